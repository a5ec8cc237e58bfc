package router

import (
	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A decision is what becomes of a packet that arrived.
type decision struct {
	here *Port       // it is for this interface, on which netstack has its destination
	drop drop.Reason // unless 0
}

// elsewhere is the decision to forward.
var elsewhere = decision{}

// decide4 decides about a packet that arrived at a port. The order of the questions is
// Linux's (ip_route_input_slow).
func (r *Router) decide4(f *fib, in *Port, src, dst tcpip.Address) decision {
	// 0.0.0.0 is the source of who has no address yet: it may broadcast (DHCP), no more.
	zero := src == header.IPv4Any
	switch {
	case header.IsV4MulticastAddress(src) || src == header.IPv4Broadcast:
		return decision{drop: drop.MartianSource}
	case header.IsV4MulticastAddress(dst):
		return decision{here: in}
	case dst == header.IPv4Broadcast || zero && dst == header.IPv4Any:
		return decision{here: in}
	case header.IPv4CurrentNetworkSubnet.Contains(src):
		return decision{drop: drop.MartianSource}
	case header.IPv4CurrentNetworkSubnet.Contains(dst) || header.IsV4LoopbackAddress(dst) && !in.localnet.Load():
		return decision{drop: drop.MartianDestination}
	case header.IsV4LoopbackAddress(src) || f.addresses[src] != nil: // one's own, from a wire: forged, or come back
		return decision{drop: drop.MartianSource}
	case !r.plausible(f, in, src):
		return decision{drop: drop.RPFilter}
	}
	if owner := f.lookup(in, dst); owner != nil {
		if header.IsV4LoopbackAddress(dst) {
			return decision{here: owner}
		}
		return decision{here: in}
	}
	if owner := f.broadcasts[dst]; owner != nil {
		return decision{here: owner}
	}
	if !r.forwarding[v4].Load() {
		return decision{drop: drop.NotForwarding}
	}
	return elsewhere
}

// plausible reports whether rp_filter lets a packet from src arrive at in. Linux's is
// fib_validate_source.
func (r *Router) plausible(f *fib, in *Port, src tcpip.Address) bool {
	mode := RPFilter(max(r.filterRP.Load(), in.filterRP.Load()))
	if mode == RPOff {
		return true
	}
	back := f.hop(src)
	return back != nil && (mode == RPLoose || back.out == in)
}

// decide6 is decide4 for IPv6.
func (r *Router) decide6(f *fib, in *Port, src, dst tcpip.Address) decision {
	switch {
	case header.IsV6MulticastAddress(src) || header.IsV6LoopbackAddress(src) || header.IsV4MappedAddress(src):
		return decision{drop: drop.MartianSource}
	case header.IsV6LoopbackAddress(dst) || header.IsV4MappedAddress(dst) || dst == header.IPv6Any:
		return decision{drop: drop.MartianDestination}
	case header.IsV6MulticastAddress(dst):
		for _, a := range f.solicited[dst] { // which a neighbour may ask for
			f.lookup(in, a)
		}
		return decision{here: in}
	case header.IsV6LinkLocalUnicastAddress(dst) || f.lookup(in, dst) != nil:
		return decision{here: in}
	}
	switch {
	case !r.forwarding[v6].Load():
		return decision{drop: drop.NotForwarding}
	case src == header.IPv6Any || f.addresses[src] != nil:
		return decision{drop: drop.MartianSource}
	}
	return elsewhere
}
