package report_test

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/report"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A lab is a host that publishes port 80 of web to a LAN with a client on it.
type lab struct {
	lan     *sim.LAN
	host    *sim.Host
	client  *sim.Machine
	app     *sim.Network
	web, db *sim.Container
}

func newLab(t *testing.T) *lab {
	l := &lab{lan: simtest.NewLAN(t)}
	l.host = simtest.NewHost(t, sim.WithUplink(l.lan, netip.MustParsePrefix("192.168.0.10/24")))
	l.client = simtest.NewMachine(t, sim.WithName("client"), sim.WithUplink(l.lan, netip.MustParsePrefix("192.168.0.47/24")))
	l.app = simtest.NewNetwork(t, l.host, "app")
	l.web = simtest.Run(t, l.host, "web", sim.WithNetwork(l.app), sim.WithPublish("8080:80"))
	l.db = simtest.Run(t, l.host, "db", sim.WithNetwork(l.app))
	return l
}

func (l *lab) sources() []report.Source {
	return []report.Source{l.client, l.lan, l.host, l.host.Machine}
}

// visit connects from the client to the published port.
func (l *lab) visit(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
	defer cancel()
	if c, err := l.client.DialContext(ctx, "tcp", "192.168.0.10:8080"); err == nil {
		t.Cleanup(func() { c.Close() })
	}
	synctest.Wait()
}

func (l *lab) rule(t *testing.T, line string) {
	t.Helper()
	require.NoError(t, iptables.Run(io.Discard, l.host.Firewall().IPv4(), strings.Fields(line)...))
}

func ping1(t *testing.T, from *sim.Netns, to string) {
	t.Helper()
	from.Ping(context.Background(), to, &ping.Config{Count: 1, Timeout: time.Second})
	synctest.Wait()
}

func listen(t *testing.T, on *sim.Container, address string) {
	t.Helper()
	l, err := on.Listen(context.Background(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
}

func TestState(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		listen(t, l.web, ":80")
		l.visit(t)
		l.rule(t, "-I DOCKER-USER -p icmp -j DROP")
		ping1(t, &l.web.Netns, l.db.IP().String())
		l.web.LookupNetIP(t.Context(), "ip4", "db")
		require.NoError(t, l.db.Link(l.app).Impair(veth.Lossy(1), veth.Impairment{Delay: time.Second}))
		ping1(t, &l.db.Netns, "172.18.0.1")
		gone := simtest.Run(t, l.host, "gone")
		require.NoError(t, gone.Stop(t.Context()))

		var b bytes.Buffer
		require.NoError(t, report.WriteState(&b, l.sources()...))
		text := strings.Join(strings.Fields(b.String()), " ")
		for _, want := range []string{
			"==== machine client ====", "==== LAN ====", "==== host docker ====", "==== container db of docker ====", "==== container web of docker ====",
			"gone exited 0", "web running 0", "80/tcp -> 0.0.0.0:8080",
			"app br-", "172.18.0.0/16 172.18.0.1",
			"[1:84] -A DOCKER-USER -p icmp -j DROP",
			"tcp 6 431998 ESTABLISHED src=192.168.0.47 dst=192.168.0.10",
			"2 lost by impairment 1 rule",
			"db. A NOERROR 172.18.0.3 0s",
			"eth0 netem loss 100% 0 2 lost by impairment",
			"0.0.0.0/0 172.18.0.1 eth0", "192.168.0.10 eth0 00:0c:29:", "REACHABLE",
			"tcp LISTEN 1 4096 [::]:80",
			"fault db on app: sends loss 100%, receives delay 1s",
			"event container start web",
			"client eth0 - 2s", // a station of the LAN
		} {
			assert.True(t, strings.Contains(text, want), want)
		}
		assert.Equal(t, 1, strings.Count(text, "==== host docker ===="), "the machine of the host is told of once")
		require.NoError(t, l.host.Close())
		require.NoError(t, report.WriteState(io.Discard, l.sources()...), "of a closed host too")
		require.NoError(t, report.WriteState(io.Discard))
		require.ErrorContains(t, report.WriteState(io.Discard, nil), "neither host, machine nor LAN")
		require.ErrorIs(t, report.WriteState(failing{}, l.sources()...), io.ErrClosedPipe)
	})
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestStateIsBounded has many of everything.
func TestStateIsBounded(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		network := simtest.NewNetwork(t, host, "app", sim.WithSubnet(netip.MustParsePrefix("10.0.0.0/16")))
		for range 300 {
			simtest.Run(t, host, "", sim.WithNetwork(network), sim.WithPublishAll(), sim.WithExpose("80", "81"))
		}
		var b bytes.Buffer
		require.NoError(t, report.WriteState(&b, host))
		assert.Less(t, b.Len(), 1<<20)
		for _, want := range []string{"… and 44 more\n", "==== … and 101 more ===="} {
			assert.Contains(t, b.String(), want)
		}
		b.Reset()
		require.NoError(t, report.WriteMermaid(&b, host))
		assert.Contains(t, b.String(), `more["… and 103 more"]`)
		assert.Less(t, b.Len(), 64<<10)
	})
}

func TestGraphs(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		simtest.Run(t, l.host, "box", sim.WithHostNetwork())
		simtest.Run(t, l.host, "alone", sim.WithNoNetwork())
		require.NoError(t, l.db.Link(l.app).Impair(veth.Lossy(0.2), veth.Impairment{Delay: time.Second}))
		require.NoError(t, l.client.Uplink(l.lan).SetCarrier(false))
		require.NoError(t, l.web.Stop(t.Context()))
		var b bytes.Buffer
		require.NoError(t, report.WriteMermaid(&b, l.sources()...))
		assert.Equal(t, `flowchart BT
  n0{{"LAN"}}
  n1["client"]
  n2[["docker"]]
  n3(["app<br/>172.18.0.0/16"])
  n4(["bridge<br/>172.17.0.0/16"])
  n5("web<br/>exited")
  n6("db<br/>eth0 172.18.0.3")
  n7("box")
  n8("alone")
  n1 -.-|"eth0 192.168.0.47 no carrier"| n0
  n2 ---|"eth0 192.168.0.10"| n0
  n3 ---|"`+l.app.Device()+` 172.18.0.1"| n2
  n4 ---|"docker0 172.17.0.1"| n2
  n5 --- n3
  n6 -.-|"eth0 172.18.0.3 sends loss 20%, receives delay 1s"| n3
  n7 --- n2
`, b.String())
		b.Reset()
		require.NoError(t, report.WriteDOT(&b, l.sources()...))
		for _, want := range []string{
			`n5 [shape=component, style=dotted, label="web\nexited"]`,
			`n6 -- n3 [label="eth0 172.18.0.3\nsends loss 20%, receives delay 1s", color=red, style="dashed"]`,
		} {
			assert.Contains(t, b.String(), want)
		}
		if _, err := exec.LookPath("dot"); err == nil {
			cmd := exec.Command("dot", "-Tsvg")
			cmd.Stdin = &b
			out, err := cmd.CombinedOutput()
			assert.NoError(t, err, string(out))
		}
	})
}
