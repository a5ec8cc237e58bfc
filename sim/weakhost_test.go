package sim_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestMultihomedContainer: a container with two networks answers from the address that it
// was asked at, also where the way back leads over the other network, and a connection from
// that address goes on when the default route moves (moby#30302).
func TestMultihomedContainer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		filter string // rp_filter of the host and the container
		subnet netip.Prefix
		addr   string
		peer   string
	}{
		{"0", prefix("10.10.0.0/24"), "10.10.0.150", "172.16.80.47"},
		{"2", prefix("10.10.0.0/24"), "10.10.0.150", "172.16.80.47"},
		{"0", prefix("fd00:10::/64"), "fd00:10::150", "fd00:80::47"},
	} {
		t.Run(test.filter+" "+test.addr, func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				lan := simtest.NewLAN(t)
				docker := simtest.NewHost(t, sim.WithUplink(lan, prefix("172.16.80.10/24")), sim.WithUplink(lan, prefix("fd00:80::10/64")),
					sim.WithFixedCIDRv6(prefix("fd00:17::/64")))
				peer := simtest.NewMachine(t, sim.WithUplink(lan, prefix("172.16.80.47/24")), sim.WithUplink(lan, prefix("fd00:80::47/64")))
				runIptables(t, docker, "-P FORWARD ACCEPT")
				n := simtest.NewNetwork(t, docker, "zext", sim.WithSubnet(prefix("10.10.0.0/24")), sim.WithSubnet(prefix("fd00:10::/64")))
				require.NoError(t, docker.SetSysctl("net.ipv4.conf.all.rp_filter", test.filter))
				web := simtest.Run(t, docker, "web", sim.WithNetwork(n, sim.WithAddr(netip.MustParseAddr(test.addr))))
				filter, err := web.Sysctl("net.ipv4.conf.all.rp_filter")
				require.NoError(t, err)
				require.Equal(t, test.filter, filter, "a new namespace has it of the host's")
				via := map[bool]string{true: "172.16.80.10", false: "fd00:80::10"}[test.subnet.Addr().Is4()]
				require.NoError(t, peer.AddRoute(test.subnet, netip.MustParseAddr(via)))
				who(t, web, "tcp", "80")
				who(t, web, "udp", "80")
				l, err := peer.Listen(t.Context(), "tcp", ":7001")
				require.NoError(t, err)
				dial := func() net.Conn {
					ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
					defer cancel()
					d := web.Dialer()
					d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(test.addr)}
					c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(test.peer, "7001"))
					require.NoError(t, err)
					return c
				}
				open := dial()
				defer open.Close()
				s, err := l.Accept()
				require.NoError(t, err)
				defer s.Close()
				check := func(udp string) {
					stats, err := peer.Ping(t.Context(), test.addr, &ping.Config{Count: 1, Timeout: 2 * time.Second})
					require.NoError(t, err)
					require.Equal(t, 1, stats.Received)
					require.Contains(t, nc(t, peer, "tcp", net.JoinHostPort(test.addr, "80")), "you are "+test.peer)
					require.Contains(t, nc(t, peer, "udp", net.JoinHostPort(test.addr, "80")), udp)
					dial().Close()
					for _, c := range []net.Conn{open, s} {
						c.SetDeadline(time.Now().Add(2 * time.Second))
					}
					io.WriteString(open, "ping")
					_, err = io.ReadFull(s, make([]byte, 4))
					require.NoError(t, err)
					io.WriteString(s, "pong")
					_, err = io.ReadFull(open, make([]byte, 4))
					require.NoError(t, err)
				}
				answered := "you are " + test.peer
				check(answered)
				bridge, _ := docker.Network("bridge")
				require.NoError(t, web.Connect(bridge)) // "bridge" < "zext": the default route moves
				check("timed out")                      // a socket of all addresses answers from that of the way back, as ever
				require.NoError(t, web.Disconnect(bridge))
				check(answered)
			})
		})
	}
}
