package stun

import (
	"fmt"
	"net/netip"
	"testing"

	"drydock/nat"
	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

var (
	addrs = [2]netip.Addr{netip.MustParseAddr("203.0.113.100"), netip.MustParseAddr("203.0.113.101")}
	ports = [2]uint16{3478, 3479}
)

// discover has a machine behind a NAT find out what that is.
func discover(t *testing.T, how nat.Target) behaviour {
	t.Helper()
	internet, home := simtest.NewLAN(t), simtest.NewLAN(t)
	uplink := func(lan *sim.LAN, addr string) sim.MachineOption {
		return sim.WithUplink(lan, netip.MustParsePrefix(addr))
	}
	opts := []sim.MachineOption{sim.WithName("server")}
	for _, addr := range addrs {
		opts = append(opts, uplink(internet, addr.String()+"/24"))
	}
	_, err := listen(t.Context(), simtest.NewMachine(t, opts...), addrs, ports)
	require.NoError(t, err)
	simtest.NewMachine(t, sim.WithName("router"), uplink(home, "10.0.0.1/24"), uplink(internet, "203.0.113.1/24"), sim.WithNAT(internet, how))
	m := simtest.NewMachine(t, uplink(home, "10.0.0.2/24"))
	require.NoError(t, m.AddRoute(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParseAddr("10.0.0.1")))
	b, err := (&client{m, netip.AddrPortFrom(addrs[0], ports[0])}).discover(t.Context())
	require.NoError(t, err)
	return b
}

// TestBehaviours tells all mappings and filterings apart, with hairpins and without.
func TestBehaviours(t *testing.T) {
	t.Parallel()
	for mapping := range nat.AddressAndPortDependent + 1 {
		for filtering := range nat.AddressAndPortDependent + 1 {
			for _, flag := range []bool{false, true} {
				how := nat.NAPT{Mapping: mapping, Filtering: filtering, Hairpin: flag, Random: flag}
				// Where the mapping that the server sees is its alone, and the filter knows only the
				// server, a hairpin to there finds nobody in.
				hairpin := flag && (mapping == nat.EndpointIndependent || filtering == nat.EndpointIndependent)
				t.Run(fmt.Sprint(how), func(t *testing.T) {
					simtest.VirtualTime(t, func(t *testing.T) {
						require.Equal(t, behaviour{mapping, filtering, !flag, hairpin}, discover(t, how))
					})
				})
			}
		}
	}
}

// TestPresets has what are the kinds that have names.
func TestPresets(t *testing.T) {
	t.Parallel()
	const none, address, port = nat.EndpointIndependent, nat.AddressDependent, nat.AddressAndPortDependent
	for how, want := range map[nat.Target]behaviour{
		nat.FullCone:                 {none, none, true, false},
		nat.RestrictedCone:           {none, address, true, false},
		nat.PortRestrictedCone:       {none, port, true, false},
		nat.Symmetric:                {port, port, false, false},
		nat.CarrierGrade:             {none, none, false, true},
		nat.Masquerade{}:             {none, port, true, false},
		nat.Masquerade{Random: true}: {port, port, false, false},
	} {
		t.Run(fmt.Sprint(how), func(t *testing.T) {
			simtest.VirtualTime(t, func(t *testing.T) { require.Equal(t, want, discover(t, how)) })
		})
	}
}
