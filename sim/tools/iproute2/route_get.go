package iproute2

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"drydock/sim"
	"drydock/sim/tools/internal/inet"
)

// A way is what a packet takes: a route and what kind of destination that leads to.
type way struct {
	kind   string // "", "local" or "broadcast"
	route  shownRoute
	source netip.Addr
}

// has reports whether an interface has an address.
func has(i sim.Interface, a netip.Addr) bool {
	for _, p := range i.Addrs {
		if p.Addr() == a || i.Loopback && p.Addr().Is4() && p.Contains(a) {
			return true
		}
	}
	return false
}

// wayTo looks where the kernel does: in the table "local" and then in "main".
func (p *ip) wayTo(dst netip.Addr, oif string) (way, bool) {
	for _, i := range p.m.Interfaces() {
		if has(i, dst) {
			source := dst
			if i.Loopback && dst.Is4() { // all of 127/8
				source = i.Addrs[0].Addr()
			}
			return way{"local", shownRoute{Route: sim.Route{Dev: "lo"}}, source}, true
		}
		for _, a := range i.Addrs {
			if inet.Broadcast(a) == dst {
				return way{"broadcast", shownRoute{Route: sim.Route{Dev: i.Name}}, a.Addr()}, true
			}
		}
	}
	links := make(map[string]sim.Interface)
	for _, i := range p.m.Interfaces() {
		links[i.Name] = i
	}
	for _, r := range p.m.Routes() { // the most specific first
		if link := links[r.Dev]; r.Dst.Contains(dst) && link.Up && (oif == "" || r.Dev == oif) {
			s := p.shown(r, link)
			return way{"", s, s.sourceOf(link)}, true
		}
	}
	return way{}, false
}

// sourceOf returns the source of what goes a way through an interface.
func (r shownRoute) sourceOf(link sim.Interface) netip.Addr {
	if r.Src.IsValid() {
		return r.Src
	}
	if r.kernel.IsValid() {
		return r.kernel
	}
	toward := r.Dst.Addr()
	if r.Via.IsValid() {
		toward = r.Via
	}
	var first netip.Addr
	for _, a := range link.Addrs {
		switch {
		case a.Addr().Is4() != toward.Is4():
		case a.Contains(toward) && r.Via.IsValid():
			return a.Addr()
		case !first.IsValid() || first.IsLinkLocalUnicast():
			first = a.Addr()
		}
	}
	return first
}

func (p *ip) printWay(w way, dst, from netip.Addr) {
	if p.json {
		p.printJSON([]fields{w.fields(dst, from)})
		return
	}
	var b strings.Builder
	if w.kind != "" {
		fmt.Fprintf(&b, "%s ", w.kind)
	}
	fmt.Fprintf(&b, "%s ", dst)
	switch {
	case from.IsValid():
		fmt.Fprintf(&b, "from %s ", from)
	case dst.Is6():
		b.WriteString("from :: ")
	}
	if via := w.route.Via; via.IsValid() {
		fmt.Fprintf(&b, "via %s ", via)
	}
	fmt.Fprintf(&b, "dev %s ", w.route.Dev)
	if dst.Is6() {
		if w.route.kernel.IsValid() {
			b.WriteString("proto kernel ")
		}
		if w.source.IsValid() && !from.IsValid() {
			fmt.Fprintf(&b, "src %s ", w.source)
		}
		metric := 0
		if w.kind == "" {
			metric = w.route.metric()
		}
		p.record(fmt.Sprintf("%smetric %d pref medium\n", b.String(), metric))
		return
	}
	if w.source.IsValid() && !from.IsValid() {
		fmt.Fprintf(&b, "src %s ", w.source)
	}
	cache := map[string]string{"": "", "local": "<local> ", "broadcast": "<local,brd> "}[w.kind]
	if mtu, expires := p.m.PathMTU(dst); mtu > 0 && w.kind == "" {
		cache = fmt.Sprintf("expires %dsec mtu %d ", int64(expires/time.Second), mtu)
	}
	p.record(fmt.Sprintf("%suid 0 \n    cache %s\n", b.String(), cache))
}

func (w way) fields(dst, from netip.Addr) (f fields) {
	f.add("type", w.kind)
	f.add("dst", dst.String())
	if from.IsValid() {
		f.add("from", from.String())
	}
	if w.route.Via.IsValid() {
		f.add("gateway", w.route.Via.String())
	}
	f.add("dev", w.route.Dev)
	if w.source.IsValid() && !from.IsValid() {
		f.add("prefsrc", w.source.String())
	}
	f.add("flags", []string{})
	if dst.Is4() {
		f.add("uid", 0)
		cache := map[string][]string{"": {}, "local": {"local"}, "broadcast": {"local", "brd"}}[w.kind]
		f.add("cache", cache)
	}
	return f
}
