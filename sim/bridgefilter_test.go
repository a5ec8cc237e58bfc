package sim_test

import (
	"io"
	"net/netip"
	"strings"
	"testing"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

const bridgeCall, bridgeCall6 = "net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"

// TestBridgeFilter switches the firewall of bridges off, as was recorded: icc=false has no effect
// then, and a new network without ICC switches it on again.
func TestBridgeFilter(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithICC(false), sim.WithFixedCIDRv6(netip.MustParsePrefix("fd00:1::/64")))
		a, b := simtest.Run(t, h, "a1"), simtest.Run(t, h, "b1")
		require.NoError(t, iptables.Run(io.Discard, h.Firewall().IPv6(), strings.Fields("-A FORWARD -p icmpv6 --icmpv6-type echo-request -j DROP")...))
		const v4, v6 = "172.17.0.3", "fd00:1::242:ac11:3"
		for _, tt := range []struct{ call, call6, want, want6 string }{
			{"1", "1", "lost", "lost"},
			{"0", "1", v4 + " ttl=64", "lost"},
			{"1", "0", "lost", v6 + " ttl=64"},
			{"0", "0", v4 + " ttl=64", v6 + " ttl=64"},
			{"-7", "7", "lost", "lost"}, // Linux takes any number
		} {
			require.NoError(t, h.SetSysctl(bridgeCall, tt.call))
			require.NoError(t, h.SetSysctl(bridgeCall6, tt.call6))
			require.Equal(t, tt.want, pinged(t, a, b.IP().String()))
			require.Equal(t, tt.want6, pinged(t, a, v6))
		}
		value, err := h.Sysctl(bridgeCall)
		require.NoError(t, err)
		require.Equal(t, "1", value)
		require.ErrorIs(t, h.SetSysctl(bridgeCall, "x"), sim.ErrAddress)

		for _, tt := range []struct {
			name string
			opts []sim.NetworkOption
			want string
		}{
			{"un", nil, "0 0"},
			{"noicc", []sim.NetworkOption{sim.WithICC(false)}, "1 0"},
			{"noicc6", []sim.NetworkOption{sim.WithICC(false), sim.WithSubnet(prefix("fd00:2::/64"))}, "1 1"},
		} {
			require.NoError(t, h.SetSysctl(bridgeCall, "0"))
			require.NoError(t, h.SetSysctl(bridgeCall6, "0"))
			simtest.NewNetwork(t, h, tt.name, tt.opts...)
			v4, _ := h.Sysctl(bridgeCall)
			v6, _ := h.Sysctl(bridgeCall6)
			require.Equal(t, tt.want, v4+" "+v6, tt.name)
		}
	})
}
