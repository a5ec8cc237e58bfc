package sim_test

import (
	"fmt"
	"net/netip"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestIPv6Select: which address of a name a container takes. Programs in Go prefer IPv4
// to unique local addresses and global IPv6 ones to IPv4; ping(8) takes IPv6 ones, as
// Docker Engine 20.10.24's containers of Debian 12 did.
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
			in[name] = simtest.Run(t, h, name+"1", sim.OnNetwork(n), sim.WithExtraHost("six", addr("fd00:1::9")), sim.WithExtraHost("six", addr("1.2.3.4")))
			who(t, simtest.Run(t, h, name+"2", sim.OnNetwork(n)), "tcp", "80")
			who(t, in[name], "tcp", "80")
		}
		for _, tt := range []struct {
			in, host   string
			order      string // of LookupNetIP, "" if it is not reachable
			dial, ping string
		}{
			{"x", "x2", "[172.18.0.3 fd00:1::3]", "172.18.0.3", "fd00:1::3"},
			{"y", "y2", "[2001:db8:1::3 172.19.0.3]", "2001:db8:1::3", "2001:db8:1::3"},
			{"z", "z2", "[172.20.0.3]", "172.20.0.3", "172.20.0.3"},
			{"x", "localhost", "[::1 127.0.0.1]", "::1", "::1"},
			{"z", "localhost", "[127.0.0.1 ::1]", "127.0.0.1", "127.0.0.1"},
			{"z", "six", "[1.2.3.4 fd00:1::9]", "", ""},
			{"x", "six", "[1.2.3.4 fd00:1::9]", "", ""},
			{"y", "six", "[1.2.3.4 fd00:1::9]", "", ""},
		} {
			c := in[tt.in]
			addrs, err := c.LookupNetIP(t.Context(), "ip", tt.host)
			require.NoError(t, err)
			require.Equal(t, tt.order, fmt.Sprint(addrs), "%s from %s", tt.host, tt.in)
			if tt.dial == "" {
				continue
			}
			conn, err := c.DialContext(t.Context(), "tcp", tt.host+":80")
			require.NoError(t, err)
			require.Equal(t, tt.dial, host(conn.RemoteAddr()))
			conn.Close()
			var from netip.Addr
			_, err = c.Ping(t.Context(), tt.host, sim.PingObserver(func(e sim.PingEvent) { from = e.From }))
			require.NoError(t, err)
			require.Equal(t, tt.ping, from.String())
		}

		// Recorded: getent ahosts six.
		for network, want := range map[string]string{"x": "[fd00:1::9 1.2.3.4]", "z": "[1.2.3.4 fd00:1::9]"} {
			addrs, err := in[network].GetAddrInfo(t.Context(), "ip", "six")
			require.NoError(t, err)
			require.Equal(t, want, fmt.Sprint(addrs))
		}
		_, err := in["x"].Ping(t.Context(), "x2", sim.PingNetwork("ip4"))
		require.NoError(t, err)
	})
}

// TestIPv6Fallback: a service that listens on one family only is reached at once, and
// one whose first address is silent after 300 ms.
