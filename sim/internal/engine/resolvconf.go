package engine

import (
	"net/netip"
	"slices"
	"strings"

	"drydock/dnsd"
)

// ResolvConf is the host's file without nameservers on a loopback address and, unless the
// container has IPv6, those with an IPv6 address. If none is left there are Google's. What
// options say stands in its place: search, nameservers, options, and no comments.
func (common) ResolvConf(r ResolvConf) string {
	text := r.copyHost()
	if len(r.Nameservers)+len(r.Search)+len(r.Options) == 0 {
		return text
	}
	c := dnsd.ParseResolvConf(text)
	if len(r.Nameservers) > 0 {
		c.Nameservers = r.Nameservers
	}
	if len(r.Search) > 0 {
		c.Search = r.Search
	}
	if len(r.Options) > 0 {
		c.Options = r.Options
	}
	if len(c.Search) == 1 && c.Search[0] == "." {
		c.Search = nil
	}
	return c.String()
}

// JoinResolvConf takes the nameservers away that a container without IPv6 does not have: what is
// lost with one network does not come back with the next.
func (common) JoinResolvConf(text string, ipv6 bool) string {
	return (&ResolvConf{Host: text, IPv6: ipv6}).copyHost()
}

func (r *ResolvConf) copyHost() string {
	if r.Host == "" {
		return ""
	}
	var b strings.Builder
	servers := 0
	for line := range strings.Lines(r.Host) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "nameserver" {
			a, err := netip.ParseAddr(fields[1])
			if err == nil && (a.IsLoopback() || a.Is6() && !r.IPv6) {
				continue
			}
			servers++
		}
		b.WriteString(line)
	}
	if servers == 0 {
		b.WriteString("\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n")
	}
	if servers == 0 && r.IPv6 {
		b.WriteString("nameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844") // without a line feed
	}
	return b.String()
}

// embedded has the embedded resolver in the place of the IPv4 nameservers, which are its
// upstreams.
func embedded(c dnsd.ResolvConf) dnsd.ResolvConf {
	c.Nameservers = append([]netip.Addr{dnsd.Embedded}, slices.DeleteFunc(c.Nameservers, netip.Addr.Is4)...)
	return c
}

// setsNdots reports whether an option says how many dots a name has that is tried as it is.
func setsNdots(c dnsd.ResolvConf) bool {
	return slices.ContainsFunc(c.Options, func(o string) bool { return strings.HasPrefix(o, "ndots:") })
}
