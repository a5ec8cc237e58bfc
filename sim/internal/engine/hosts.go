package engine

import (
	"net/netip"
	"strings"
)

// text writes links before the container's own lines, in the order in which dockerd adds them.
// Own returns the names of a line of the container's own; without names there is no line. IPv6
// names are there in a container that has no IPv6, too.
func (h *Hosts) text(own func(Host) []string) string {
	var b strings.Builder
	b.WriteString(`127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::0	ip6-localnet
ff00::0	ip6-mcastprefix
ff02::1	ip6-allnodes
ff02::2	ip6-allrouters
`)
	line := func(a netip.Addr, names ...string) {
		if len(names) > 0 {
			b.WriteString(a.String() + "\t" + strings.Join(names, " ") + "\n")
		}
	}
	for _, e := range h.Extra {
		line(e.Addr, e.Name)
	}
	for _, l := range h.Links {
		names := []string{l.Alias, l.ID[:12]}
		if l.Alias != l.Name {
			names = append(names, l.Name)
		}
		line(l.Addr, names...)
	}
	for _, o := range h.Own {
		line(o.Addr, own(o)...)
	}
	return b.String()
}
