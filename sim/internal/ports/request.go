package ports

import (
	"cmp"
	"net/netip"
	"slices"
)

// A Request is a Publication on addresses of the host, of which each gets the same port.
type Request struct {
	Publication // without its Addr
	Addrs       []netip.Addr
	// Routed is that the host has no port for it: packets are for the container's address.
	Routed bool
}

// Requests orders publications, each on its Addr, as Docker does since release 28, and makes one
// request of those that differ in nothing else. Ranges come last, so that nobody is given a port of
// one that is asked for by its number.
func Requests(pubs []Publication, routed bool) (list []Request) {
	pubs = slices.Clone(pubs)
	slices.SortStableFunc(pubs, func(a, b Publication) int {
		return cmp.Or(
			cmp.Compare(a.span().open(), b.span().open()),
			a.Port.Compare(b.Port),
			cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last), a.Addr.Compare(b.Addr),
		)
	})
	for _, p := range pubs {
		addr := p.Addr
		p.Addr = netip.Addr{}
		if n := len(list); n > 0 && list[n-1].Publication == p {
			list[n-1].Addrs = append(list[n-1].Addrs, addr)
			continue
		}
		list = append(list, Request{Publication: p, Addrs: []netip.Addr{addr}, Routed: routed})
	}
	return list
}

// open is 0 for one port and 1 for several to choose from.
func (s span) open() int {
	if s.first == 0 || s.first != s.last {
		return 1
	}
	return 0
}
