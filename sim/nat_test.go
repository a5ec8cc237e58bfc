package sim_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"drydock/nat"
	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// A natLab is the Internet, 203.0.113.0/24, with a server and two sites behind NATs of their own.
type natLab struct {
	internet *sim.LAN
	server   *sim.Machine
	routers  [2]*sim.Machine
	machines [2]*sim.Machine
}

func newNATLab(t *testing.T, how ...nat.Target) *natLab {
	t.Helper()
	internet := simtest.NewLAN(t)
	uplink := func(lan *sim.LAN, addr string) sim.MachineOption {
		return sim.WithUplink(lan, netip.MustParsePrefix(addr+"/24"))
	}
	l := &natLab{internet: internet, server: simtest.NewMachine(t, sim.WithName("server"), uplink(internet, "203.0.113.100"), uplink(internet, "203.0.113.101"))}
	for i, how := range how {
		site := simtest.NewLAN(t)
		l.routers[i] = simtest.NewMachine(t, sim.WithName(fmt.Sprintf("router%d", i+1)),
			uplink(site, fmt.Sprintf("10.0.%d.1", i+1)), uplink(internet, fmt.Sprintf("203.0.113.%d", i+1)), sim.WithNAT(internet, how))
		l.machines[i] = simtest.NewMachine(t, sim.WithName(fmt.Sprintf("machine%d", i+1)), uplink(site, fmt.Sprintf("10.0.%d.2", i+1)))
		require.NoError(t, l.machines[i].AddRoute(everywhere, netip.MustParseAddr(fmt.Sprintf("10.0.%d.1", i+1))))
	}
	return l
}

// seen sends from a port of a machine to one of the server, and returns where from that sees it come.
func (l *natLab) seen(t *testing.T, from net.PacketConn, port int) netip.AddrPort {
	t.Helper()
	server, err := l.server.ListenPacket(t.Context(), "udp", fmt.Sprintf(":%d", port))
	require.NoError(t, err)
	defer server.Close()
	_, err = from.WriteTo([]byte("hello"), &net.UDPAddr{IP: net.IPv4(203, 0, 113, 100), Port: port})
	require.NoError(t, err)
	_, at, err := server.ReadFrom(make([]byte, 10))
	require.NoError(t, err)
	_, err = server.WriteTo([]byte("hello"), at)
	require.NoError(t, err)
	_, _, err = from.ReadFrom(make([]byte, 10))
	require.NoError(t, err, "the answer")
	return netip.MustParseAddrPort(at.String())
}

func TestWithNAT(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newNATLab(t, nat.RestrictedCone, nat.Masquerade{})
		save := func(r *sim.Machine) string {
			var b strings.Builder
			require.NoError(t, iptables.Run(&b, r.Firewall().IPv4(), "-t", "nat", "-S"))
			require.NoError(t, iptables.Run(&b, r.Firewall().IPv4(), "-S", "INPUT"))
			return b.String()
		}
		require.Equal(t, `-P PREROUTING ACCEPT
-P INPUT ACCEPT
-P OUTPUT ACCEPT
-P POSTROUTING ACCEPT
-A PREROUTING -j NAPT
-A POSTROUTING -o eth1 -j NAPT --filtering address-dependent
-P INPUT ACCEPT
-A INPUT -i eth1 -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP
`, save(l.routers[0]))
		require.Contains(t, save(l.routers[1]), "-A POSTROUTING -o eth1 -j MASQUERADE\n")
		require.NotContains(t, save(l.routers[1]), "NAPT")

		for i, m := range l.machines {
			conn, err := m.ListenPacket(t.Context(), "udp", ":5000")
			require.NoError(t, err)
			want := netip.AddrPortFrom(netip.MustParseAddr(fmt.Sprintf("203.0.113.%d", i+1)), 5000)
			require.Equal(t, want, l.seen(t, conn, 53))
			require.Equal(t, want, l.seen(t, conn, 54))
		}
		require.Equal(t, "203.0.113.100 ttl=63", pinged(t, l.machines[0], "203.0.113.100"))
		require.Equal(t, "lost", pinged(t, l.server, "203.0.113.1"))
		require.Equal(t, "10.0.1.1 ttl=64", pinged(t, l.machines[0], "10.0.1.1"))
		require.Equal(t, "Connection refused", nc(t, l.machines[0], "tcp", "203.0.113.100:80"))
		require.Equal(t, "timed out", nc(t, l.server, "tcp", "203.0.113.1:5000"))
	})
}

// TestNATTimeouts sets how long a mapping lives.
func TestNATTimeouts(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		for _, seconds := range []int{30, 300} { // Linux's, and what RFC 4787 recommends
			l := newNATLab(t, nat.NAPT{Random: true})
			const key = "net.netfilter.nf_conntrack_udp_timeout"
			require.NoError(t, l.routers[0].SetSysctl(key, strconv.Itoa(seconds)))
			got, err := l.routers[0].Sysctl(key)
			require.NoError(t, err)
			require.Equal(t, strconv.Itoa(seconds), got)
			conn, err := l.machines[0].ListenPacket(t.Context(), "udp", ":5000")
			require.NoError(t, err)
			first := l.seen(t, conn, 53)
			time.Sleep(time.Duration(seconds)*time.Second - time.Second)
			require.Equal(t, first, l.seen(t, conn, 54))
			time.Sleep(time.Duration(seconds)*time.Second + time.Second)
			require.NotEqual(t, first, l.seen(t, conn, 55))
		}
	})
}

// TestConntrackSysctls reads and sets each.
func TestConntrackSysctls(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := 0
		for _, s := range h.Sysctls() {
			if !strings.HasPrefix(s.Key, "net.netfilter.") {
				continue
			}
			n++
			require.NoError(t, h.SetSysctl(s.Key, strconv.Itoa(1000+n)))
		}
		require.Equal(t, 14, n)
		to := reflect.ValueOf(h.Firewall().Timeouts())
		for i := range to.NumField() {
			require.Greater(t, to.Field(i).Interface(), 1000*time.Second, to.Type().Field(i).Name)
		}
		const key = "net.netfilter.nf_conntrack_tcp_timeout_established"
		require.ErrorIs(t, h.SetSysctl(key, "0"), sim.ErrAddress)
		require.ErrorIs(t, h.SetSysctl("net.netfilter.nf_conntrack_timeout", "1"), sim.ErrNotFound)
		_, err := simtest.Run(t, h, "web").Sysctl(key)
		require.ErrorIs(t, err, sim.ErrNotFound, "a container has no connections of its own")
	})
}

func TestNATRefused(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan, other := simtest.NewLAN(t), simtest.NewLAN(t)
		v6 := sim.WithUplink(other, netip.MustParsePrefix("fd00::1/64"))
		v4 := sim.WithUplink(lan, netip.MustParsePrefix("10.0.0.1/24"))
		for _, tt := range []struct {
			name string
			opts []sim.MachineOption
			err  []error
		}{
			{"no uplink", []sim.MachineOption{v4, sim.WithNAT(other, nat.FullCone)}, []error{sim.ErrNotFound}},
			{"no LAN", []sim.MachineOption{v4, sim.WithNAT(nil, nat.FullCone)}, []error{sim.ErrNotFound}},
			{"IPv6 alone", []sim.MachineOption{v6, sim.WithNAT(other, nat.FullCone)}, []error{sim.ErrAddress}},
			{"twice", []sim.MachineOption{v4, sim.WithNAT(lan, nat.FullCone), sim.WithNAT(lan, nat.Symmetric)}, []error{sim.ErrConflict}},
			{"no NAT", []sim.MachineOption{v4, sim.WithNAT(lan, nat.Drop{})}, []error{sim.ErrFirewall}},
			{"nothing", []sim.MachineOption{v4, sim.WithNAT(lan, nil)}, []error{sim.ErrFirewall}},
			{"no such behaviour", []sim.MachineOption{v4, sim.WithNAT(lan, nat.NAPT{Mapping: 3})}, []error{sim.ErrFirewall, nat.ErrValue}},
			{"ports of all protocols", []sim.MachineOption{v4, sim.WithNAT(lan, nat.NAPT{MinPort: 5000, MaxPort: 5001})}, []error{sim.ErrFirewall, nat.ErrPort}},
		} {
			_, err := sim.NewMachine(append(tt.opts, sim.WithVirtualTime())...)
			for _, want := range tt.err {
				require.ErrorIs(t, err, want, tt.name)
			}
			var as *sim.Error
			require.ErrorAs(t, err, &as, tt.name)
		}
		// The order of options does not matter, and a Host can be one.
		h := simtest.NewHost(t, sim.WithNAT(lan, nat.FullCone), v4)
		forward, err := h.Sysctl("net.ipv4.ip_forward")
		require.NoError(t, err)
		require.Equal(t, "1", forward)
	})
}

// TestExplainNAT has the steps of a connection through a NAT, out and in.
func TestExplainNAT(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newNATLab(t, nat.RestrictedCone)
		m, router := l.machines[0], l.routers[0]
		inside, err := m.ListenPacket(t.Context(), "udp", ":5000")
		require.NoError(t, err)
		_, err = l.server.ListenPacket(t.Context(), "udp", ":53")
		require.NoError(t, err)
		_, err = inside.WriteTo([]byte("hello"), &net.UDPAddr{IP: net.IPv4(203, 0, 113, 100), Port: 53})
		require.NoError(t, err)

		e, err := m.Explain("udp", "203.0.113.100:53")
		require.NoError(t, err)
		require.Equal(t, sim.Answered, e.Verdict, e)
		require.Contains(t, e.String(), "POSTROUTING nat: -A POSTROUTING -o eth1 -j NAPT --filtering address-dependent")
		require.Contains(t, e.String(), " = udp 203.0.113.1:")

		e, err = l.server.Explain("udp", "203.0.113.1:5000")
		require.NoError(t, err)
		require.Equal(t, sim.Answered, e.Verdict, e)
		require.Contains(t, e.String(), "PREROUTING nat: -A PREROUTING -j NAPT")
		require.Contains(t, e.String(), "> 10.0.1.2:5000")

		stranger := simtest.NewMachine(t, sim.WithUplink(l.internet, netip.MustParsePrefix("203.0.113.200/24")))
		for port, why := range map[string]string{
			"5000": `PREROUTING drops it by -A PREROUTING -j NAPT: refused by the NAT's filter`,
			"5001": `INPUT drops it by -A INPUT -i eth1 -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP`,
		} {
			before := router.Drops().Total()
			e, err = stranger.Explain("udp", "203.0.113.1:"+port)
			require.NoError(t, err)
			require.Equal(t, sim.Dropped, e.Verdict, e)
			require.Equal(t, why, e.Why)
			require.Equal(t, before, router.Drops().Total())
			require.Equal(t, "timed out", nc(t, stranger, "udp", "203.0.113.1:"+port))
			require.Equal(t, before+1, router.Drops().Total())
		}
	})
}

// TestDialerReuseAddr dials from the port at which a listener is, to several addresses, and punches
// holes with it.
func TestDialerReuseAddr(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newNATLab(t, nat.PortRestrictedCone, nat.PortRestrictedCone)
		dial := func(m *sim.Machine, reuse bool, address string) error {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			d := m.Dialer()
			d.ReuseAddr, d.LocalAddr = reuse, &net.TCPAddr{Port: 5000}
			_, err := d.DialContext(ctx, "tcp", address)
			return err
		}
		who(t, l.server, "tcp", "80")
		who(t, l.server, "tcp", "81")
		m := l.machines[0]
		listener, err := m.Listen(t.Context(), "tcp", ":5000")
		require.NoError(t, err)
		require.ErrorIs(t, dial(m, false, "203.0.113.100:80"), syscall.EADDRINUSE)
		require.NoError(t, dial(m, true, "203.0.113.100:80"))
		require.NoError(t, dial(m, true, "203.0.113.100:81"))
		require.Error(t, dial(m, true, "203.0.113.100:81"), "it has that connection")

		// The SYN of the first one is dropped, that of the second one opens what both need.
		errs := make(chan error)
		go func() { errs <- dial(m, true, "203.0.113.2:5000") }()
		time.Sleep(500 * time.Millisecond)
		require.NoError(t, dial(l.machines[1], false, "203.0.113.1:5000"))
		require.NoError(t, <-errs)
		listener.Close()
	})
}
