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

// showLocal is ip route show table local.
func (p *ip) showLocal(s routeSelector, family int) error {
	objects := []fields{}
	for _, r := range p.locals(family) {
		switch {
		case s.dev != "" && r.dev != s.dev, s.dst.IsValid() && r.dst != s.dst.Masked():
		case p.json:
			objects = append(objects, r.fields())
		default:
			p.Printf("%s\n", r.line())
		}
	}
	if p.json {
		p.printJSON(objects)
	}
	return nil
}

// scope of a local destination is the host; IPv6 has no scopes.
func (r localRoute) scope() string {
	if r.kind == "local" {
		return "host"
	}
	return "link"
}

func (r localRoute) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s dev %s ", r.kind, destination(r.dst), r.dev)
	if r.dst.Addr().Is6() {
		metric := 0
		if r.kind == "multicast" {
			metric = 256
		}
		fmt.Fprintf(&b, "proto kernel metric %d pref medium", metric)
		return b.String()
	}
	fmt.Fprintf(&b, "proto kernel scope %s src %s ", r.scope(), r.src)
	return b.String()
}

func (r localRoute) fields() (f fields) {
	f.add("type", r.kind)
	f.add("dst", destination(r.dst))
	f.add("dev", r.dev)
	f.add("protocol", "kernel")
	if r.dst.Addr().Is4() {
		f.add("scope", r.scope())
		f.add("prefsrc", r.src.String())
	} else {
		f.add("metric", 0)
	}
	f.add("flags", []string{})
	return f
}
