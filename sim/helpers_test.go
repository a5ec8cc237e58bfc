package sim_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim"
)

// prefix parses s; "" is the invalid prefix.
func prefix(s string) netip.Prefix {
	if s == "" {
		return netip.Prefix{}
	}
	return netip.MustParsePrefix(s)
}

func sortedPairs(m map[string]string) string {
	var s []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		s = append(s, k+"="+m[k])
	}
	return strings.Join(s, " ")
}

// snapshot is everything about a host that a refused operation must not change.
func snapshot(h *sim.Host) string {
	var s strings.Builder
	for c := range h.Containers() {
		fmt.Fprintln(&s, c.Name(), c.ID(), c.Running(), c.IP(), c.Hostname())
	}
	for _, i := range h.Interfaces() {
		fmt.Fprintln(&s, i.Index, i.Peer, i.Name, i.Master, i.Addrs, i.MTU)
	}
	return s.String()
}
