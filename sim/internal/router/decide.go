package router

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A way is what becomes of a packet.
type way int

const (
	martianSource      way = iota // dropped: it cannot come from there
	martianDestination            // dropped: nobody is there
	here
	elsewhere
)

// decide4 says where a packet goes that arrived at a port, and for "here" whose
// address it is for; netstack has that on the port then. The order of the questions is
// Linux's (ip_route_input_slow).
func (r *Router) decide4(f *fib, in *Port, src, dst tcpip.Address) (way, *Port) {
	// 0.0.0.0 is the source of who has no address yet: it may broadcast (DHCP), no more.
	zero := src == header.IPv4Any
	switch {
	case header.IsV4MulticastAddress(src) || src == header.IPv4Broadcast:
		return martianSource, nil
	case header.IsV4MulticastAddress(dst):
		return here, in
	case dst == header.IPv4Broadcast || zero && dst == header.IPv4Any:
		return here, in
	case header.IPv4CurrentNetworkSubnet.Contains(src):
		return martianSource, nil
	case header.IPv4CurrentNetworkSubnet.Contains(dst) || header.IsV4LoopbackAddress(dst) && !in.localnet.Load():
		return martianDestination, nil
	case header.IsV4LoopbackAddress(src) || !r.plausible(f, in, src):
		return martianSource, nil
	}
	if owner := f.lookup(in, dst); owner != nil {
		if header.IsV4LoopbackAddress(dst) {
			return here, owner
		}
		return here, in
	}
	if owner := f.broadcasts[dst]; owner != nil {
		return here, owner
	}
	if !r.forwarding[v4].Load() {
		return martianDestination, nil
	}
	return elsewhere, nil
}

// plausible reports whether a packet from src may arrive at in: it is not from an
// address of this host, and passes rp_filter. Linux's is fib_validate_source. A packet from
// one of the host's own addresses that comes from a wire is forged, or came back.
func (r *Router) plausible(f *fib, in *Port, src tcpip.Address) bool {
	if f.addresses[src] != nil {
		return false
	}
	mode := RPFilter(max(r.filterRP.Load(), in.filterRP.Load()))
	if mode == RPOff {
		return true
	}
	back := f.hop(src)
	return back != nil && (mode == RPLoose || back.out == in)
}

// decide6 is decide4 for IPv6.
func (r *Router) decide6(f *fib, in *Port, src, dst tcpip.Address) (way, *Port) {
	switch {
	case header.IsV6MulticastAddress(src) || header.IsV6LoopbackAddress(src) || header.IsV4MappedAddress(src):
		return martianSource, nil
	case header.IsV6LoopbackAddress(dst) || header.IsV4MappedAddress(dst) || dst == header.IPv6Any:
		return martianDestination, nil
	case header.IsV6MulticastAddress(dst):
		for _, a := range f.solicited[dst] { // which a neighbour may ask for
			f.lookup(in, a)
		}
		return here, in
	case header.IsV6LinkLocalUnicastAddress(dst) || f.lookup(in, dst) != nil:
		return here, in
	}
	switch {
	case !r.forwarding[v6].Load():
		return martianDestination, nil
	case src == header.IPv6Any || f.addresses[src] != nil:
		return martianSource, nil
	}
	return elsewhere, nil
}
