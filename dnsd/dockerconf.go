package dnsd

import (
	"net/netip"
	"slices"
	"strings"
)

// Embedded is the address of the resolver that Docker embeds in networks other than
// the default one.
var Embedded = netip.AddrFrom4([4]byte{127, 0, 0, 11})

// HostResolvConf returns the resolv.conf of a container on the default bridge or
// without network, which is that of its host without nameservers on a loopback
// address and, unless it has IPv6, those with an IPv6 address. If none is left, Docker
// adds Google's.
func HostResolvConf(host string, ipv6 bool) string {
	var b strings.Builder
	servers := 0
	for line := range strings.Lines(host) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "nameserver" {
			a, err := netip.ParseAddr(fields[1])
			if err == nil && (a.IsLoopback() || a.Is6() && !ipv6) {
				continue
			}
			servers++
		}
		b.WriteString(line)
	}
	if servers == 0 {
		b.WriteString("\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n")
	}
	if servers == 0 && ipv6 {
		b.WriteString("nameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844") // without a line feed
	}
	return b.String()
}

// With returns c with what "docker run" is given by --dns, --dns-search and
// --dns-option in its place; what is empty stays as it is. The search list "." is
// none at all.
func (c ResolvConf) With(nameservers []netip.Addr, search, options []string) ResolvConf {
	if len(nameservers) > 0 {
		c.Nameservers = slices.Clone(nameservers)
	}
	if len(search) > 0 {
		c.Search = slices.Clone(search)
	}
	if len(options) > 0 {
		c.Options = slices.Clone(options)
	}
	if len(c.Search) == 1 && c.Search[0] == "." {
		c.Search = nil
	}
	return c
}

// ForEmbedded returns the resolv.conf of a container on a network with embedded
// resolver, if c is what it would be without: the nameserver is Embedded, whose
// upstreams are the IPv4 ones of c, followed by the IPv6 ones. Names without dots are
// tried as they are, unless an option says otherwise.
func (c ResolvConf) ForEmbedded() ResolvConf {
	c.Nameservers = append([]netip.Addr{Embedded}, slices.DeleteFunc(slices.Clone(c.Nameservers), netip.Addr.Is4)...)
	if !slices.ContainsFunc(c.Options, func(o string) bool { return strings.HasPrefix(o, "ndots:") }) {
		c.Options = append(slices.Clip(c.Options), "ndots:0")
	}
	return c
}

// Upstreams returns the IPv4 nameservers of c as WithUpstreams takes them. Docker's
// resolver forwards to no others.
func (c ResolvConf) Upstreams() []netip.AddrPort {
	var list []netip.AddrPort
	for _, a := range c.Nameservers {
		if a.Is4() {
			list = append(list, netip.AddrPortFrom(a, 53))
		}
	}
	return list
}
