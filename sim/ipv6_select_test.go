package sim_test

import (
	"fmt"
	"net/netip"
	"testing"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestIPv6Select: which address of a name a container takes. Programs in Go prefer IPv4
// to unique local addresses and global IPv6 ones to IPv4. Ping takes x2 and localhost as
// ping(8) did in a container of Docker Engine 20.10.24.
func TestIPv6Select(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		x := simtest.NewNetwork(t, h, "x", sim.WithSubnet(prefix("fd00:1::/64")))
		y := simtest.NewNetwork(t, h, "y", sim.WithSubnet(prefix("2001:db8:1::/64")))
		z := simtest.NewNetwork(t, h, "z")
		in := make(map[string]*sim.Container)
		for _, n := range []*sim.Network{x, y, z} {
			name := n.Name()
			in[name] = simtest.Run(t, h, name+"1", sim.WithNetwork(n), sim.WithAddHost("six:fd00:1::9", "six:1.2.3.4"))
			second := simtest.Run(t, h, name+"2", sim.WithNetwork(n))
			who(t, second, "tcp", "80")
			who(t, second, "tcp4", "81")
			who(t, second, "tcp6", "82")
			who(t, in[name], "tcp", "80")
		}
		for _, tt := range []struct {
			in, host   string
			inGo, libc string
			reachable  bool
		}{
			{"x", "x2", "[172.18.0.3 fd00:1::3]", "[fd00:1::3 172.18.0.3]", true},
			{"x", "x1", "[172.18.0.2 fd00:1::2]", "[fd00:1::2 172.18.0.2]", true},
			{"x", "localhost", "[::1 127.0.0.1]", "[::1 127.0.0.1]", true},
			{"x", "six", "[1.2.3.4 fd00:1::9]", "[fd00:1::9 1.2.3.4]", false},
			{"y", "y2", "[2001:db8:1::3 172.19.0.3]", "[2001:db8:1::3 172.19.0.3]", true},
			{"y", "six", "[1.2.3.4 fd00:1::9]", "[1.2.3.4 fd00:1::9]", false},
			{"z", "z2", "[172.20.0.3]", "[172.20.0.3]", true},
			{"z", "localhost", "[127.0.0.1 ::1]", "[127.0.0.1 ::1]", true},
			{"z", "six", "[1.2.3.4 fd00:1::9]", "[1.2.3.4 fd00:1::9]", false},
		} {
			c, text := in[tt.in], tt.host+" from "+tt.in
			inGo, err := c.LookupNetIP(t.Context(), "ip", tt.host)
			require.NoError(t, err, text)
			require.Equal(t, tt.inGo, fmt.Sprint(inGo), text)
			libc, err := c.GetAddrInfo(t.Context(), "ip", tt.host)
			require.NoError(t, err, text)
			require.Equal(t, tt.libc, fmt.Sprint(libc), text)
			if !tt.reachable {
				continue
			}
			require.Equal(t, inGo[0].String(), dialed(t, c, tt.host+":80"), text)
			var from netip.Addr
			_, err = c.Ping(t.Context(), tt.host, &ping.Config{Observe: func(e ping.Event) { from = e.From }})
			require.NoError(t, err, text)
			require.Equal(t, libc[0], from, text)
		}
		require.Equal(t, "fd00:1::3", dialed(t, in["x"], "x2:82"), "nobody listens on the first address")
		require.Equal(t, "172.19.0.3", dialed(t, in["y"], "y2:81"), "nobody listens on the first address")
	})
}

// dialed returns the host that a connection to address is with.
func dialed(t *testing.T, m machine, address string) string {
	t.Helper()
	c, err := m.DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	defer c.Close()
	return host(c.RemoteAddr())
}
