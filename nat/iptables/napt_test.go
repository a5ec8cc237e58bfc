package iptables

import (
	"strings"
	"testing"

	"drydock/nat"

	"github.com/stretchr/testify/require"
)

// TestNAPT reads what it prints, of all that the target can be.
func TestNAPT(t *testing.T) {
	t.Parallel()
	for mapping := range nat.AddressAndPortDependent + 1 {
		for filtering := range nat.AddressAndPortDependent + 1 {
			for flags := range 16 {
				want := nat.NAPT{
					Mapping: mapping, Filtering: filtering,
					Hairpin: flags&1 != 0, Random: flags&2 != 0, Parity: flags&4 != 0,
				}
				line := "-t nat -A POSTROUTING -p udp "
				if flags&8 != 0 {
					want.MinPort, want.MaxPort = 1024, 2047
				}
				_, r, err := ParseRule(line + want.String())
				require.NoError(t, err, want)
				require.Equal(t, want, r.Target, want)
			}
		}
	}
	rs := nat.New().IPv4()
	for _, line := range []string{
		"-t nat -A PREROUTING -j NAPT",
		"-t nat -A POSTROUTING -o eth1 -p udp -j NAPT --hairpin --filtering address-dependent --to-ports 1024-2047 --random",
	} {
		require.NoError(t, Run(nil, rs, strings.Fields(line)...), line)
	}
	var out strings.Builder
	require.NoError(t, Run(&out, rs, "-t", "nat", "-S"))
	require.Contains(t, out.String(), "-A PREROUTING -j NAPT\n")
	require.Contains(t, out.String(), "-A POSTROUTING -o eth1 -p udp -j NAPT --filtering address-dependent --to-ports 1024-2047 --hairpin --random\n")
	out.Reset()
	require.NoError(t, Run(&out, rs, "-t", "nat", "-L", "POSTROUTING", "-n"))
	require.Contains(t, out.String(), "NAPT       udp  --  0.0.0.0/0            0.0.0.0/0            filtering address-dependent to-ports 1024-2047 hairpin random\n")

	for line, want := range map[string]string{
		"-t nat -A POSTROUTING -j NAPT --mapping symmetric":          `NAPT: Bad value for "--mapping" option: "symmetric"`,
		"-t nat -A POSTROUTING -j NAPT --to-ports 1024":              "Need TCP, UDP, SCTP or DCCP with port specification",
		"-t nat -A POSTROUTING -p udp -j NAPT --to-ports 0-9":        "NAPT: port 0 and shifted ranges are not supported",
		"-t nat -A POSTROUTING -p udp -j NAPT --to-ports 10-19/5":    "NAPT: port 0 and shifted ranges are not supported",
		"-t nat -A PREROUTING -j NAPT --filtering address-dependent": "RULE_APPEND failed (Invalid argument)",
	} {
		err := Run(nil, rs, strings.Fields(line)...)
		require.ErrorContains(t, err, want, line)
	}
}
