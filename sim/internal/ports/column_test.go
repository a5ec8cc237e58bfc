package ports

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Column returns what "docker ps" shows of a running container under PORTS: its
// exposed ports, except those that are published, and its bindings. Successive
// ports are one range, "8002-8004/tcp", if they are not published or published on
// the same numbers.
func Column(exposed []Port, bindings []Binding) string {
	rows := slices.Clone(bindings)
	seen := make(map[Port]bool)
	for _, b := range bindings {
		seen[b.Port] = true
	}
	for _, p := range exposed {
		if !seen[p] {
			seen[p] = true
			rows = append(rows, Binding{Port: p})
		}
	}
	slices.SortFunc(rows, compareRows)
	var c column
	for _, b := range rows {
		if b.HostAddr.IsValid() && b.HostPort != b.Port.Number {
			c.mapped = append(c.mapped, fmt.Sprintf("%s->%v", b.host(), b.Port))
		} else {
			c.add(b)
		}
	}
	for _, g := range c.groups {
		c.text = append(c.text, g.String())
	}
	return strings.Join(append(c.text, c.mapped...), ", ")
}

// compareRows orders as Docker does: addresses and protocols as text, so IPv4 comes
// before IPv6.
func compareRows(a, b Binding) int {
	return cmp.Or(
		cmp.Compare(a.Port.Number, b.Port.Number),
		cmp.Compare(addrText(a.HostAddr), addrText(b.HostAddr)),
		cmp.Compare(a.HostPort, b.HostPort),
		cmp.Compare(a.Port.Proto.String(), b.Port.Proto.String()),
	)
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// A column is the text in the making: the ranges that are complete, those that may
// still grow, at most one for each address and protocol, and what is mapped from
// one number to another.
type column struct {
	text   []string
	groups []group
	mapped []string
}

// A group is a range of ports of one address and protocol.
type group struct {
	addr  netip.Addr
	proto Proto
	ports span
}

func (c *column) add(b Binding) {
	fresh := group{b.HostAddr, b.Port.Proto, span{b.Port.Number, b.Port.Number}}
	i := slices.IndexFunc(c.groups, func(g group) bool { return g.addr == fresh.addr && g.proto == fresh.proto })
	switch {
	case i < 0:
		c.groups = append(c.groups, fresh)
	case int(c.groups[i].ports.last)+1 == int(b.Port.Number):
		c.groups[i].ports.last++
	default:
		c.text = append(c.text, c.groups[i].String())
		c.groups[i] = fresh
	}
}

func (g group) String() string {
	if !g.addr.IsValid() {
		return fmt.Sprintf("%v/%v", g.ports, g.proto)
	}
	return fmt.Sprintf("%v:%v->%v/%v", g.addr, g.ports, g.ports, g.proto)
}
