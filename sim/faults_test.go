package sim_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"drydock/dnsd"
	"drydock/drop"
	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFaults does each kind of harm, and heals it.
func TestFaults(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		host := simtest.NewHost(t, sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.10/24")))
		peer := simtest.NewMachine(t, sim.WithName("peer"), sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.47/24")))
		app := simtest.NewNetwork(t, host, "app")
		web, db := simtest.Run(t, host, "web", sim.WithNetwork(app)), simtest.Run(t, host, "db", sim.WithNetwork(app))
		heal := func(fn func(), err error) {
			t.Helper()
			require.NoError(t, err)
			fn()
			fn()
		}
		begin := time.Now()
		require.NoError(t, web.Link(app).Impair(veth.Lossy(0.2), veth.Impairment{}))
		require.NoError(t, app.Impair(veth.Impairment{}, veth.Impairment{Delay: time.Second}))
		require.NoError(t, app.Impair(veth.Impairment{}, veth.Impairment{}))
		require.NoError(t, host.SetQdiscs("eth0", []sim.Qdisc{{Kind: "netem", Netem: veth.Lossy(1)}}))
		require.NoError(t, host.SetQdiscs("eth0", nil))
		require.NoError(t, web.Link(app).SetCarrier(false))
		require.NoError(t, web.Link(app).SetCarrier(true))
		heal(app.Partition([]*sim.Container{web}, []*sim.Container{db}))
		heal(app.Block(web, host))
		heal(web.Isolate())
		heal(web.CutOff())
		_, err := lan.Block(host.Machine, peer)
		require.NoError(t, err)
		cancel, err := lan.Schedule(veth.Schedule{{At: time.Second, Impairment: veth.Lossy(0.3)}}, nil)
		require.NoError(t, err)
		defer cancel()
		time.Sleep(2 * time.Second)
		require.NoError(t, peer.Kill())
		require.Error(t, web.Link(app).Impair(veth.Lossy(2), veth.Impairment{}), "is no fault")

		assert.Equal(t, []string{
			"web on app: sends loss 20%, receives unimpaired",
			"app: each sends unimpaired, receives delay 1s",
			"app: each sends and receives unimpaired",
			"docker eth0 by tc: sends loss 100%",
			"docker eth0 by tc: sends unimpaired",
			"web on app: plug pulled",
			"web on app: plugged in",
			"partition app: [[web] [db]]", "healed: partition app: [[web] [db]]",
			"block on app: from [web] to [docker]", "healed: block on app: from [web] to [docker]",
			"isolate web on app", "healed: isolate web on app",
			"cut web on app", "healed: cut web on app",
		}, whats(host.Faults()))
		assert.Equal(t, begin, host.Faults()[0].Time)
		assert.Equal(t, []string{"block on lan: from [docker] to [peer]", "lan: each sends loss 30%, receives unimpaired"}, whats(lan.Faults()))
		assert.Equal(t, []string{"peer: power cut"}, whats(peer.Faults()))
		for range 300 {
			require.NoError(t, web.Link(app).SetCarrier(true))
		}
		assert.Len(t, host.Faults(), 256)
	})
}

func whats(faults []sim.Fault) (list []string) {
	for _, f := range faults {
		list = append(list, f.What)
	}
	return list
}

// TestQuestions asks for names that there are, that there are not, and one that is not answered.
func TestQuestions(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		faults, err := dnsd.NewFaults(1, dnsd.Fault{Name: "lost", Rate: 1, Action: dnsd.Drop}, dnsd.Fault{Name: "slow", Rate: 1, Delay: time.Minute})
		require.NoError(t, err)
		host := simtest.NewHost(t, sim.WithResolver(faults.Wrap))
		app := simtest.NewNetwork(t, host, "app")
		web := simtest.Run(t, host, "web", sim.WithNetwork(app))
		simtest.Run(t, host, "db", sim.WithNetwork(app))
		begin := time.Now()
		ask := func(name string) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			web.LookupNetIP(ctx, "ip4", name)
			synctest.Wait()
		}
		for _, name := range []string{"db", "lost", "slow"} {
			ask(name)
		}
		list := host.Questions()
		require.Len(t, list, 2, "slow is being answered")
		assert.Equal(t, sim.Question{Time: begin, From: "web", Name: "db.", Type: "A", Code: "NOERROR", Answers: []string{"172.18.0.3"}}, list[0])
		assert.Equal(t, sim.Question{Time: begin, From: "web", Name: "lost.", Type: "A"}, list[1])
		require.NoError(t, web.Stop(context.Background()))
		synctest.Wait()
		list = host.Questions()
		require.Len(t, list, 3)
		assert.Equal(t, "slow.", list[2].Name)
		assert.Empty(t, list[2].Code, "the container is gone")

		require.NoError(t, web.Start())
		for i := range 300 {
			ask(fmt.Sprintf("n%d", i))
		}
		list = host.Questions()
		assert.Len(t, list, 256)
		assert.Equal(t, "n44.", list[0].Name)
	})
}

// TestPurgeTellsWithoutLock has a qdisc go with what it holds, and who is told of that look at the others.
func TestPurgeTellsWithoutLock(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		web := simtest.Run(t, host, "web")
		told := make(chan int, 100)
		host.OnDrop(func(d sim.Drop) {
			if d.Reason == drop.Discarded {
				list, _ := host.Qdiscs("docker0")
				told <- len(list)
			}
		})
		require.NoError(t, host.SetQdiscs("docker0", []sim.Qdisc{{Kind: "netem", Netem: veth.Impairment{Delay: time.Minute}}}))
		c, err := host.DialContext(t.Context(), "udp", web.IP().String()+":53")
		require.NoError(t, err)
		c.Write([]byte("x"))
		time.Sleep(time.Second)
		require.NoError(t, host.SetQdiscs("docker0", nil))
		require.Equal(t, 1, <-told, "it is still there")
	})
}
