package iproute2

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim/tools/internal/inet"
)

const ruleUsage = `Usage: ip rule { list | lst | show }
`

// showRules is ip rule: those that the kernel begins with, which nobody changes here.
func (p *ip) showRules([]string) error {
	rules := []fields{}
	for _, r := range []struct {
		priority int
		table    string
	}{{0, "local"}, {32766, "main"}, {32767, "default"}} {
		switch {
		case p.family == 6 && r.table == "default":
		case p.json:
			var f fields
			f.add("priority", r.priority)
			f.add("src", "all")
			f.add("table", r.table)
			rules = append(rules, f)
		default:
			p.Printf("%d:\tfrom all lookup %s\n", r.priority, r.table)
		}
	}
	if p.json {
		p.printJSON(rules)
	}
	return nil
}

// tableName returns the name of a table of routes by name or number.
func tableName(s string) (string, error) {
	numbers := map[string]string{"255": "local", "254": "main", "253": "default", "0": "all"}
	if name := cmp.Or(numbers[s], s); slices.Contains([]string{"local", "main", "default", "all"}, name) {
		return name, nil
	}
	return "", fail(2, "Error: ipv4: FIB table does not exist.\nDump terminated")
}

// A localRoute is an entry of the table local.
type localRoute struct {
	kind string // "local", "broadcast" or "multicast"
	dst  netip.Prefix
	dev  string
	src  netip.Addr // of IPv4
}

// locals returns the table local: the machine's own addresses and those of broadcasts.
func (p *ip) locals(family int) (list []localRoute) {
	host := func(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }
	for _, i := range p.m.Interfaces() {
		if !i.Up {
			continue
		}
		for _, a := range i.Addrs {
			if !fits(a.Addr(), family) {
				continue
			}
			if i.Loopback && a.Addr().Is4() {
				list = append(list, localRoute{"local", a.Masked(), i.Name, a.Addr()})
			}
			list = append(list, localRoute{"local", host(a.Addr()), i.Name, a.Addr()})
			b := inet.Broadcast(a)
			if i.Loopback && a.Bits() == 8 { // the table has one, the interface not
				b = netip.AddrFrom4([4]byte{127, 255, 255, 255})
			}
			if b.IsValid() && !i.NoBroadcast {
				list = append(list, localRoute{"broadcast", host(b), i.Name, a.Addr()})
			}
		}
		if family == 6 && !i.Loopback && slices.ContainsFunc(i.Addrs, func(a netip.Prefix) bool { return a.Addr().Is6() }) {
			list = append(list, localRoute{"multicast", netip.MustParsePrefix("ff00::/8"), i.Name, netip.Addr{}})
		}
	}
	slices.SortStableFunc(list, func(a, b localRoute) int {
		return cmp.Or(a.dst.Addr().Compare(b.dst.Addr()), cmp.Compare(a.dst.Bits(), b.dst.Bits()))
	})
	return list
}

// takenBy reports whether the route is selected.
func (r localRoute) takenBy(s routeSelector) bool {
	return (s.dev == "" || r.dev == s.dev) && (s.scope == "" || r.scope() == s.scope) && (s.proto == "" || s.proto == "kernel") &&
		!s.via.IsValid() && s.takesTo(r.dst)
}

// scope of a local destination is the host; IPv6 has no scopes.
func (r localRoute) scope() string {
	if r.kind == "local" {
		return "host"
	}
	return "link"
}

// metric is what the kernel gives routes of IPv6.
func (r localRoute) metric() int {
	if r.kind == "multicast" {
		return 256
	}
	return 0
}

// A routeWord is a part of a route as lines and as JSON have it.
type routeWord struct {
	word, key string
	value     any
}

// words leaves out what was selected, and the table if it is the one that was asked for.
func (r localRoute) words(s routeSelector) (list []routeWord) {
	if s.dev == "" {
		list = append(list, routeWord{"dev", "dev", r.dev})
	}
	if s.table == "all" {
		list = append(list, routeWord{"table", "table", "local"})
	}
	if s.proto == "" {
		list = append(list, routeWord{"proto", "protocol", "kernel"})
	}
	if r.dst.Addr().Is6() {
		return append(list, routeWord{"metric", "metric", r.metric()})
	}
	if s.scope == "" {
		list = append(list, routeWord{"scope", "scope", r.scope()})
	}
	return append(list, routeWord{"src", "prefsrc", r.src.String()})
}

func (r localRoute) line(s routeSelector) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s ", r.kind, destination(r.dst))
	for _, w := range r.words(s) {
		fmt.Fprintf(&b, "%s %v ", w.word, w.value)
	}
	if r.dst.Addr().Is6() {
		b.WriteString("pref medium")
	}
	return b.String()
}

func (r localRoute) fields(s routeSelector) (f fields) {
	f.add("type", r.kind)
	f.add("dst", destination(r.dst))
	for _, w := range r.words(s) {
		f.add(w.key, w.value)
	}
	f.add("flags", []string{})
	if r.dst.Addr().Is6() {
		f.add("pref", "medium")
	}
	return f
}
