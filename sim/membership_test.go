package sim_test

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"drydock/drop"
	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/require"
)

// TestLinkLife: a link has an interface while its container runs, does at each start what was
// asked for, and ends with Disconnect.
func TestLinkLife(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	n := simtest.NewNetwork(t, h, "n", sim.WithSubnet(prefix("10.1.0.0/24")))
	c := simtest.Run(t, h, "c1", sim.WithNetwork(n, sim.WithAddr(netip.MustParseAddr("10.1.0.9"))))
	l := c.Link(n)
	require.Same(t, l, c.Link(n))
	require.Same(t, n, l.Network())
	require.Nil(t, l.LAN())
	require.Equal(t, "eth0", l.Name())
	require.Equal(t, "02:42:0a:01:00:09", l.MAC().String())

	require.NoError(t, c.Stop(t.Context()))
	require.Empty(t, l.Name())
	require.Nil(t, l.MAC())
	require.False(t, l.Addr().IsValid())
	require.ErrorIs(t, l.SetCarrier(false), sim.ErrNotRunning)
	require.NoError(t, l.Impair(veth.Impairment{Delay: 1}, veth.Impairment{}), "for the next start")

	require.NoError(t, c.Start())
	require.Equal(t, "10.1.0.9", l.Addr().String())
	require.NoError(t, c.Disconnect(n))
	require.Equal(t, "", l.Name())
	for _, err := range []error{l.Impair(veth.Impairment{}, veth.Impairment{}), l.SetCarrier(true)} {
		require.ErrorIs(t, err, sim.ErrNotFound)
		require.EqualError(t, err, "container c1 is not connected to network n")
	}
	require.NoError(t, c.Connect(n))
	require.NotSame(t, l, c.Link(n), "another membership")
	require.Equal(t, "eth1", c.Link(n).Name())
}

// TestUplink: a machine's link to a LAN is there until the machine ends.
func TestUplink(t *testing.T) {
	t.Parallel()
	lan, other := simtest.NewLAN(t), simtest.NewLAN(t)
	m := simtest.NewMachine(t, sim.WithUplink(lan, prefix("10.0.0.1/24")), sim.WithUplink(lan, prefix("fd00::1/64")))
	l := m.Uplink(lan)
	require.Same(t, lan, l.LAN())
	require.Nil(t, l.Network())
	require.Equal(t, "eth0 10.0.0.1 fd00::1", l.Name()+" "+l.Addr().String()+" "+l.Addr6().String())
	require.Equal(t, m.Interfaces()[1].MAC, l.MAC())
	require.EqualError(t, m.Uplink(other).SetCarrier(false), "host machine is not connected to the LAN")
	require.ErrorIs(t, m.Uplink(nil).Impair(veth.Impairment{}, veth.Impairment{}), sim.ErrNotFound)
	require.Empty(t, m.Uplink(other).Name())
}

// TestSysctl: what is set is read, and what is not known is refused in sysctl's words.
func TestSysctl(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, test := range []struct{ key, value string }{
		{"net.ipv4.ip_forward", "1"}, {"net.ipv6.conf.all.forwarding", "0"}, {"net.ipv4.conf.all.rp_filter", "0"},
	} {
		value, err := h.Sysctl(test.key)
		require.NoError(t, err)
		require.Equal(t, test.value, value, test.key)
	}
	simtest.NewNetwork(t, h, "n", sim.WithSubnet(prefix("fd00:1::/64")))
	value, err := h.Sysctl("net.ipv6.conf.all.forwarding")
	require.NoError(t, err)
	require.Equal(t, "1", value, "Docker has set it")

	require.NoError(t, h.SetSysctl("net.ipv4.conf.all.rp_filter", "2"))
	for _, value := range []string{"3", "-1", "", "yes"} {
		err := h.SetSysctl("net.ipv4.conf.all.rp_filter", value)
		require.ErrorIs(t, err, sim.ErrAddress)
		require.EqualError(t, err, `sysctl: setting key "net.ipv4.conf.all.rp_filter": Invalid argument`)
	}
	value, _ = h.Sysctl("net.ipv4.conf.all.rp_filter")
	require.Equal(t, "2", value)
	_, err = h.Sysctl("kernel.hostname")
	require.ErrorIs(t, err, sim.ErrNotFound)
	require.EqualError(t, err, "sysctl: cannot stat /proc/sys/kernel/hostname: No such file or directory")
	require.NoError(t, h.Close())
	require.ErrorIs(t, h.SetSysctl("net.ipv4.ip_forward", "0"), sim.ErrClosed)
}

// TestTime: virtual time outside of a bubble is refused, and real time inside of one.
func TestTime(t *testing.T) {
	t.Parallel()
	_, err := sim.NewHost(sim.WithVirtualTime())
	require.ErrorIs(t, err, sim.ErrTime)
	_, err = sim.NewMachine(sim.WithVirtualTime())
	require.ErrorIs(t, err, sim.ErrTime)
	var refused *sim.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "create machine", refused.Op)
	synctest.Test(t, func(t *testing.T) {
		_, err := sim.NewMachine()
		require.ErrorIs(t, err, sim.ErrTime)
	})
}

// TestTimesMeet: hosts, LANs and who uses them live in one time, or are told so.
func TestTimesMeet(t *testing.T) {
	t.Parallel()
	at := prefix("192.0.2.2/24")
	uses := func(t *testing.T, h *sim.Host, c *sim.Container, n *sim.Network) {
		ctx := t.Context()
		_, err := h.DialContext(ctx, "tcp", "192.0.2.3:80")
		require.ErrorIs(t, err, sim.ErrTime)
		_, err = c.Listen(ctx, "tcp", ":80")
		require.ErrorIs(t, err, sim.ErrTime)
		_, err = c.ListenPacket(ctx, "udp", ":80")
		require.ErrorIs(t, err, sim.ErrTime)
		_, err = c.Ping(ctx, "172.17.0.1", nil)
		require.ErrorIs(t, err, sim.ErrTime)
		_, err = c.LookupNetIP(ctx, "ip", "web")
		require.ErrorIs(t, err, sim.ErrTime)
		_, err = h.Run("other")
		require.ErrorIs(t, err, sim.ErrTime)
		_, err = h.CreateNetwork("other")
		require.ErrorIs(t, err, sim.ErrTime)
		require.ErrorIs(t, c.Connect(n), sim.ErrTime)
		require.ErrorIs(t, c.Start(), sim.ErrTime)
		require.Nil(t, c.Interfaces())
	}
	lan := simtest.NewLAN(t)
	h := simtest.NewHost(t, sim.WithUplink(lan, at))
	n := simtest.NewNetwork(t, h, "n")
	c := simtest.Run(t, h, "c1")
	var virtual *sim.LAN
	synctest.Test(t, func(t *testing.T) {
		_, err := sim.NewHost(sim.WithVirtualTime(), sim.WithUplink(lan, at))
		require.ErrorIs(t, err, sim.ErrTime, "a LAN from outside")
		_, err = sim.NewMachine(sim.WithVirtualTime(), sim.WithUplink(lan, at))
		require.ErrorIs(t, err, sim.ErrTime)
		virtual = simtest.NewLAN(t)
		uses(t, h, c, n)
		h := simtest.NewHost(t, sim.WithUplink(virtual, at))
		n := simtest.NewNetwork(t, h, "n")
		c := simtest.Run(t, h, "c1")
		outside := make(chan struct{})
		go func() { // still in the bubble
			defer close(outside)
			_, err := c.Ping(t.Context(), "172.17.0.1", nil)
			require.NoError(t, err)
		}()
		<-outside
		require.NoError(t, c.Connect(n))
	})
	_, err := sim.NewHost(sim.WithUplink(virtual, at))
	require.ErrorIs(t, err, sim.ErrTime, "a LAN from a bubble")
	synctest.Test(t, func(t *testing.T) {
		_, err := sim.NewMachine(sim.WithVirtualTime(), sim.WithUplink(virtual, at))
		require.ErrorIs(t, err, sim.ErrTime, "a LAN from another bubble")
	})
	_, err = c.Ping(t.Context(), "172.17.0.1", nil)
	require.NoError(t, err, "nothing has happened to it")
}

// TestLoopInBubble: two LANs that are cabled twice do not stop the time of a bubble.
func TestLoopInBubble(t *testing.T) {
	t.Parallel()
	for _, cables := range []int{2, 3} {
		simtest.VirtualTime(t, func(t *testing.T) {
			one, two := simtest.NewLAN(t), simtest.NewLAN(t)
			for i := range cables {
				a, b, err := veth.Pair()
				require.NoError(t, err)
				t.Cleanup(a.Close)
				_, err = one.Bridge().AddPort(fmt.Sprint("x", i), a)
				require.NoError(t, err)
				_, err = two.Bridge().AddPort(fmt.Sprint("x", i), b)
				require.NoError(t, err)
			}
			m := simtest.NewMachine(t, sim.WithUplink(one, prefix("192.0.2.1/24")))
			simtest.NewMachine(t, sim.WithUplink(two, prefix("192.0.2.3/24")))
			_, err := m.Ping(t.Context(), "192.0.2.2", &ping.Config{Count: 1, Timeout: time.Second})
			require.Error(t, err, "nobody has that address")
			drops := uint64(0)
			for _, p := range append(one.Bridge().Ports(), two.Bridge().Ports()...) {
				drops += p.Stats().Drops[drop.Loop]
			}
			require.NotZero(t, drops)
		})
	}
}

// TestDialerKeepAlive: a connection without keep-alive outlives an outage that ends others.
func TestDialerKeepAlive(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		bridge, _ := h.Network("bridge")
		web, cli := simtest.Run(t, h, "web"), simtest.Run(t, h, "cli")
		l, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		for _, test := range []struct {
			keepAlive time.Duration
			after     time.Duration // of an outage; 0: it lives
		}{{0, 150 * time.Second}, {time.Second, 136 * time.Second}, {-1, 0}} {
			d := cli.Dialer()
			d.KeepAlive = test.keepAlive
			c, err := d.DialContext(t.Context(), "tcp", "172.17.0.2:80")
			require.NoError(t, err)
			in, err := l.Accept()
			require.NoError(t, err)
			require.NoError(t, cli.Link(bridge).SetCarrier(false))
			begin := time.Now()
			c.SetReadDeadline(begin.Add(time.Hour))
			_, err = c.Read(make([]byte, 1))
			if test.after == 0 {
				require.Equal(t, "timed out", failure(err))
				require.Equal(t, time.Hour, time.Since(begin))
			} else {
				require.InDelta(t, test.after.Seconds(), time.Since(begin).Seconds(), 1)
			}
			require.NoError(t, cli.Link(bridge).SetCarrier(true))
			c.Close()
			in.Close()
		}
	})
}
