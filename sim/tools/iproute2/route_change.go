package iproute2

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"

	"drydock/sim"
)

// changeRoute is ip route add, change, replace and del.
func changeRoute(how string) func(p *ip, words []string) error {
	return func(p *ip, words []string) error {
		r, err := p.parseRoute(words)
		if err != nil {
			return err
		}
		if how == "change" && p.admin != nil && !slices.ContainsFunc(p.m.Routes(), func(o sim.Route) bool { return o.Dst == r.Dst }) {
			if err := p.permitted(); err != nil {
				return err
			}
			return refused(syscall.ENOENT)
		}
		if p.admin == nil {
			return refused(syscall.EPERM)
		}
		switch how {
		case "add":
			err = p.admin.AddRouteSpec(r)
		case "del":
			err = p.admin.DeleteRouteSpec(r)
		default:
			err = p.admin.ReplaceRoute(r)
		}
		return kernelRoute(err, r)
	}
}

// kernelRoute returns an error in the words that the kernel gives to netlink along with the
// number.
func kernelRoute(err error, r sim.Route) error {
	switch {
	case errors.Is(err, syscall.EINVAL) && r.Dst != r.Dst.Masked():
		return fail(2, "Error: Invalid prefix for given prefix length.")
	case errors.Is(err, syscall.EINVAL) && r.Src.IsValid():
		return fail(2, "Error: Invalid prefsrc address.")
	case r.Via.IsValid() && (errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENETUNREACH)):
		if r.Via.Is6() && r.Via.IsLinkLocalUnicast() && r.Dev == "" {
			return fail(2, "Error: Egress device not specified.")
		}
		return fail(2, "Error: Nexthop has invalid gateway.")
	case errors.Is(err, syscall.ENETDOWN):
		return fail(2, "Error: Device for nexthop is not up.")
	}
	return kernel(err)
}

// parseRoute reads what follows add and del. That a route is of the kernel or global follows
// from what it is, and is not kept.
func (p *ip) parseRoute(words []string) (r sim.Route, err error) {
	if len(words) == 0 {
		return r, failure{exit, routeUsage}
	}
	family := p.family
	if slices.ContainsFunc(words, func(w string) bool { a, err := netip.ParseAddr(w); return err == nil && a.Is6() }) && family == 0 {
		family = 6 // of "default"
	}
	for args := arguments(words); len(args) > 0 && err == nil; {
		word, _ := args.next()
		switch word {
		case "via", "src":
			var text string
			if text, err = args.value(); err != nil {
				break
			}
			a, bad := parseAddr(text, family)
			if err = bad; word == "via" {
				r.Via = a
			} else {
				r.Src = a
			}
		case "dev", "oif":
			if r.Dev, err = args.value(); err == nil {
				_, err = p.link(r.Dev)
			}
		case "proto", "protocol", "scope":
			_, err = args.value()
		case "table":
			if word, err = args.value(); err == nil && word != "main" && word != "254" {
				err = wrong(word, "invalid table ID")
			}
		default:
			if word == "to" || word == "unicast" {
				if word, err = args.value(); err != nil {
					break
				}
			}
			if r.Dst.IsValid() {
				return r, duplicate("to", word)
			}
			r.Dst, err = parsePrefix(word, family)
		}
	}
	if err == nil && !r.Dst.IsValid() {
		r.Dst, err = parsePrefix("default", family)
	}
	return r, err
}

// flushRoutes is ip route flush.
func (p *ip) flushRoutes(words []string) error {
	if len(words) == 0 {
		return fail(1, `"ip route flush" requires arguments.`)
	}
	s, err := p.readRouteSelector(words)
	if err != nil {
		return err
	}
	if s.cache {
		return p.flushCache()
	}
	if s.table == "local" || s.table == "default" {
		return refused(syscall.EOPNOTSUPP)
	}
	family := p.family
	if family == 0 && (!s.dst.IsValid() || s.dst.Addr().Is4()) {
		family = 4
	}
	for _, r := range p.routes(family) {
		if !s.takes(r) {
			continue
		}
		if err := p.change(func(m administrator) error { return m.DeleteRouteSpec(r.Route) }); err != nil {
			return err
		}
	}
	return nil
}

// flushCache is ip route flush cache, which writes to a file.
func (p *ip) flushCache() error {
	if p.admin == nil || p.admin.FlushPathMTUs() != nil {
		return fail(exit, `Cannot open "/proc/sys/net/ipv4/route/flush": Read-only file system`)
	}
	return nil
}

// getRoute is ip route get: the way that a packet takes.
func (p *ip) getRoute(words []string) error {
	var dst, from netip.Addr
	var oif string
	for args := arguments(words); len(args) > 0; {
		word, _ := args.next()
		var err error
		switch word {
		case "from":
			if word, err = args.value(); err == nil {
				from, err = parseAddr(word, p.family)
			}
		case "oif", "dev":
			if oif, err = args.value(); err == nil {
				_, err = p.link(oif)
			}
		default:
			var n netip.Prefix
			if n, err = parsePrefix(word, p.family); err == nil && dst.IsValid() {
				err = duplicate("to", word)
			}
			dst = n.Addr()
		}
		if err != nil {
			return err
		}
	}
	if !dst.IsValid() {
		return fail(1, "need at least a destination address")
	}
	w, ok := p.wayTo(dst, oif)
	if !ok {
		return refused(syscall.ENETUNREACH)
	}
	if from.IsValid() && !slices.ContainsFunc(p.m.Interfaces(), func(i sim.Interface) bool { return has(i, from) }) {
		return refused(syscall.ENETUNREACH)
	}
	p.printWay(w, dst, from)
	return nil
}
