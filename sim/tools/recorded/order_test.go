package recorded

import (
	"strings"
	"testing"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// TestNetworksInAnyOrder has rules of networks in another order, and those of one network.
func TestNetworksInAnyOrder(t *testing.T) {
	t.Parallel()
	const recorded = `*filter
-A DOCKER ! -i docker0 -o docker0 -j DROP
-A DOCKER ! -i br-aaaaaaaaaaaa -o br-aaaaaaaaaaaa -j DROP
-A DOCKER -o br-aaaaaaaaaaaa -j ACCEPT
table ip t {
	chain in__docker0 {
		counter accept
	}
	chain in__br-aaaaaaaaaaaa {
		counter accept
		counter drop
	}`
	swap := func(a, b string) string {
		return strings.NewReplacer(a, b, b, a).Replace(recorded)
	}
	for _, tt := range []struct {
		name, ours string
		equal      int
	}{
		{"the same", recorded, 12},
		{"rules of two networks", swap("! -i docker0 -o docker0 -j DROP", "! -i br-aaaaaaaaaaaa -o br-aaaaaaaaaaaa -j DROP"), 12},
		{"of one", swap("! -i br-aaaaaaaaaaaa -o br-aaaaaaaaaaaa -j DROP", "-o br-aaaaaaaaaaaa -j ACCEPT"), 11},
		{"chains of two networks", swap("in__docker0 {\n\t\tcounter accept", "in__br-aaaaaaaaaaaa {\n\t\tcounter accept\n\t\tcounter drop"), 12},
		{"rules of one chain", swap("\t\tcounter accept\n\t\tcounter drop", "\t\tcounter drop\n\t\tcounter accept"), 11},
		{"a rule of another chain", strings.Replace(strings.Replace(recorded, "\n\t\tcounter drop", "", 1), "counter accept", "counter accept\n\t\tcounter drop", 1), 11},
	} {
		c := newNames(sim.Docker29).compare("iptables-save; nft list ruleset", strings.Split(recorded, "\n"), strings.Split(tt.ours, "\n"), networks)
		require.Equal(t, tt.equal, c.equal, tt.name)
	}
}
