package iproute2

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim"
)

// A routeSelector says which routes are shown.
type routeSelector struct {
	how, dev, scope, proto, table string // how: "root", "match", "exact" or "" for none
	dst                           netip.Prefix
	via                           netip.Addr
	cache                         bool // what was learned of the ways, which "show" has none of
}

func (p *ip) readRouteSelector(words []string) (s routeSelector, err error) {
	for args := arguments(words); len(args) > 0 && err == nil; {
		word, _ := args.next()
		switch word {
		case "dev", "oif":
			if s.dev, err = args.value(); err == nil {
				_, err = p.link(s.dev)
			}
		case "scope":
			s.scope, err = args.value()
		case "proto", "protocol":
			s.proto, err = args.value()
		case "table":
			if s.table, err = args.value(); err == nil {
				s.table, err = tableName(s.table)
			}
		case "cache":
			s.cache = true
		case "via":
			if word, err = args.value(); err == nil {
				s.via, err = parseAddr(word, p.family)
			}
		case "root", "match", "exact", "to":
			s.how = word
			if word, err = args.value(); err == nil && s.how == "to" && slices.Contains([]string{"root", "match", "exact"}, word) {
				s.how = word
				word, err = args.value()
			}
			if err == nil {
				s.dst, err = parsePrefix(word, p.family)
			}
		default:
			s.how = "exact"
			s.dst, err = parsePrefix(word, p.family)
		}
	}
	if s.how == "to" {
		s.how = "exact"
	}
	return s, err
}

// takes reports whether a route is selected.
func (s *routeSelector) takes(r shownRoute) bool {
	if s.dev != "" && r.Dev != s.dev || s.scope != "" && r.scope() != s.scope ||
		s.proto != "" && r.proto() != s.proto || s.via.IsValid() && r.Via != s.via {
		return false
	}
	return s.takesTo(r.Dst)
}

// takesTo reports whether routes to a destination are selected.
func (s *routeSelector) takesTo(dst netip.Prefix) bool {
	switch s.how {
	case "root":
		return s.dst.Bits() <= dst.Bits() && s.dst.Contains(dst.Addr())
	case "match":
		return dst.Bits() <= s.dst.Bits() && dst.Contains(s.dst.Addr())
	case "exact":
		return dst == s.dst.Masked()
	}
	return true
}

// A shownRoute is a route with its interface and, of the kernel's own, the source. Those are
// the routes to the subnets of addresses.
type shownRoute struct {
	sim.Route
	link   sim.Interface
	kernel netip.Addr
}

func (p *ip) shown(r sim.Route, link sim.Interface) shownRoute {
	s := shownRoute{Route: r, link: link}
	if !r.Via.IsValid() && !r.Src.IsValid() {
		for _, a := range link.Addrs {
			if a.Masked() == r.Dst.Masked() {
				s.kernel = a.Addr()
				break
			}
		}
	}
	return s
}

func (r shownRoute) proto() string {
	if r.kernel.IsValid() {
		return "kernel"
	}
	return "boot"
}

// scope is link of what needs no gateway. IPv6 knows no scope of routes.
func (r shownRoute) scope() string {
	if r.Via.IsValid() || r.Dst.Addr().Is6() {
		return "global"
	}
	return "link"
}

// source is what is printed after src.
func (r shownRoute) source() string {
	switch {
	case r.Src.IsValid():
		return r.Src.String()
	case r.kernel.IsValid() && r.kernel.Is4():
		return r.kernel.String()
	}
	return ""
}

// metric is what the kernel gives routes of IPv6.
func (r shownRoute) metric() int {
	if r.kernel.IsValid() {
		return 256
	}
	return 1024
}

// routes returns the table main of a family as the kernel orders it: IPv4 by destination, IPv6
// with the default route at the end.
func (p *ip) routes(family int) (list []shownRoute) {
	links := make(map[string]sim.Interface)
	for _, i := range p.m.Interfaces() {
		links[i.Name] = i
	}
	for _, r := range p.m.Routes() {
		if link := links[r.Dev]; fits(r.Dst.Addr(), family) && !link.Loopback { // those are in the table "local"
			list = append(list, p.shown(r, link))
		}
	}
	last := func(r shownRoute) int {
		if r.Dst.Bits() == 0 && r.Dst.Addr().Is6() {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b shownRoute) int {
		return cmp.Or(cmp.Compare(last(a), last(b)), a.Dst.Addr().Compare(b.Dst.Addr()), cmp.Compare(b.Dst.Bits(), a.Dst.Bits()))
	})
	return list
}

// showRoutes is ip route show: of IPv4 unless -6 says otherwise.
func (p *ip) showRoutes(words []string) error {
	s, err := p.readRouteSelector(words)
	if err != nil {
		return err
	}
	family := cmp.Or(p.family, 4)
	if s.dst.IsValid() && s.dst.Addr().Is6() {
		family = 6
	}
	if s.cache {
		return nil
	}
	objects := p.showTables(s, family)
	if s.table == "all" && p.family == 0 && family == 4 {
		objects = append(objects, p.showTables(s, 6)...)
	}
	if p.json {
		p.printJSON(objects)
	}
	return nil
}

// showTables shows the routes of a family, main before local, or returns them for JSON.
func (p *ip) showTables(s routeSelector, family int) (objects []fields) {
	show := func(line string, f fields) {
		if p.json {
			objects = append(objects, f)
		} else {
			p.Printf("%s\n", line)
		}
	}
	if s.table == "all" || s.table == "main" || s.table == "" {
		for _, r := range p.routes(family) {
			if s.takes(r) {
				show(r.line(s), r.fields(s))
			}
		}
	}
	if s.table == "all" || s.table == "local" {
		for _, r := range p.locals(family) {
			if r.takenBy(s) {
				show(r.line(s), r.fields(s))
			}
		}
	}
	return objects
}

// line returns a route as it is shown. What was selected is not repeated. linkdown is a route by
// an interface without carrier; the kernel still uses it unless
// net.ipv4.conf.*.ignore_routes_with_linkdown is set. Lines of IPv4 end with a space.
func (r shownRoute) line(s routeSelector) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s ", destination(r.Dst))
	if r.Via.IsValid() {
		fmt.Fprintf(&b, "via %s ", r.Via)
	}
	if s.dev == "" {
		fmt.Fprintf(&b, "dev %s ", r.Dev)
	}
	if r.kernel.IsValid() && s.proto == "" {
		b.WriteString("proto kernel ")
	}
	if r.scope() == "link" && s.scope == "" {
		b.WriteString("scope link ")
	}
	if src := r.source(); src != "" {
		fmt.Fprintf(&b, "src %s ", src)
	}
	if r.Dst.Addr().Is6() {
		fmt.Fprintf(&b, "metric %d ", r.metric())
	}
	if !r.link.Running {
		b.WriteString("linkdown ")
	}
	if r.Dst.Addr().Is6() {
		b.WriteString("pref medium")
	}
	return b.String()
}

// destination returns how ip writes one: a host without its length.
func destination(dst netip.Prefix) string {
	switch dst.Bits() {
	case 0:
		return "default"
	case dst.Addr().BitLen():
		return dst.Addr().String()
	}
	return dst.String()
}

func (r shownRoute) fields(s routeSelector) (f fields) {
	f.add("dst", destination(r.Dst))
	if r.Via.IsValid() {
		f.add("gateway", r.Via.String())
	}
	if s.dev == "" {
		f.add("dev", r.Dev)
	}
	if r.kernel.IsValid() && s.proto == "" {
		f.add("protocol", "kernel")
	}
	if r.scope() == "link" && s.scope == "" {
		f.add("scope", "link")
	}
	f.add("prefsrc", r.source())
	if r.Dst.Addr().Is6() {
		f.add("metric", r.metric())
	}
	flags := []string{}
	if !r.link.Running {
		flags = append(flags, "linkdown")
	}
	f.add("flags", flags)
	if r.Dst.Addr().Is6() {
		f.add("pref", "medium")
	}
	return f
}
