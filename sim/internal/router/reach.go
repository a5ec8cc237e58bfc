package router

import (
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Reclaim takes back an address that was lent to an interface, which is about to have it itself.
func (r *Router) Reclaim(id tcpip.NICID, a tcpip.Address) { r.owners.reclaim(id, a) }

// Reach lets sockets send from an address of this host to another host, through the
// interface out if that is not 0. It returns the interface; 0 if there is no way, or one
// that is not the router's business.
//
// gVisor's sockets look for the route themselves and prefer an interface that has their
// address. With the address lent to the right one, and bound or sent to that interface,
// they find the way that Linux takes.
func (r *Router) Reach(src, dst tcpip.Address, out tcpip.NICID) tcpip.NICID {
	f := r.current()
	owner := f.addresses[src]
	switch {
	case owner == nil || f.addresses[dst] != nil:
		return 0
	case owner.id == out:
		return out
	}
	var p *Port
	if out != 0 {
		p = r.ports.get(out)
	} else if h := f.hop(dst); h != nil {
		p = h.out
	}
	if p == nil {
		return 0
	}
	if p != owner {
		r.owners.lend(p, src)
	}
	return p.id
}

// moved returns the way that packets of a connection take now if it is not the one that its
// socket found, nil otherwise: gVisor's keep their route, where Linux looks again when
// routes have changed. What is bound to a link stays there, and so do broadcasts.
func (r *Router) moved(route *stack.Route, src tcpip.Address) *hop {
	f, dst := r.current(), route.RemoteAddress()
	if !f.several || route.Loop() != stack.PacketOut || f.addresses[src] == nil || route.IsOutboundBroadcast() ||
		header.IsV4MulticastAddress(dst) || header.IsV6MulticastAddress(dst) || header.IsV6LinkLocalUnicastAddress(dst) {
		return nil
	}
	h := f.hop(dst)
	if h == nil || h.out.id == route.NICID() && h.route.NextHop() == route.NextHop() {
		return nil
	}
	return h
}

// Plain reports whether the router has nothing to do with a packet that arrived at a port:
// it is for an address of that interface, is whole, and nothing asks where it comes from.
func (r *Router) Plain(in *Port, proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) bool {
	if r.filter.Load() != nil || r.filterRP.Load() != int32(RPOff) || in.filterRP.Load() != int32(RPOff) || !in.ready.Load() {
		return false
	}
	var dst tcpip.Address
	b := packet.Front(pkt, len(pkt.LinkHeader().Slice()))
	switch {
	case proto == header.IPv4ProtocolNumber && len(b) >= header.IPv4MinimumSize:
		dst = header.IPv4(b).DestinationAddress()
	case proto == header.IPv6ProtocolNumber && len(b) >= header.IPv6MinimumSize:
		dst = header.IPv6(b).DestinationAddress()
	default:
		return false
	}
	f := r.current()
	return !f.closed && f.addresses[dst] == in && !packet.IsFragment(b)
}

// RouteLocalnet reports whether packets for dst leave by an interface with route_localnet.
func (r *Router) RouteLocalnet(dst tcpip.Address) bool {
	h := r.current().hop(dst)
	return h != nil && h.out.localnet.Load()
}

// ReceiveARP sees to it that the stack answers an ARP packet that arrived at a port, with
// its link header consumed, if it asks for any address of this host. It borrows pkt and
// does not change it.
func (r *Router) ReceiveARP(in *Port, pkt *stack.PacketBuffer) {
	var b [header.ARPSize]byte
	if packet.Copy(b[:], pkt, pkt.HeaderSize()) < len(b) || header.ARP(b[:]).Op() != header.ARPRequest {
		return
	}
	a := tcpip.AddrFrom4Slice(header.ARP(b[:]).ProtocolAddressTarget())
	if owner := r.current().addresses[a]; owner != nil && owner != in {
		r.owners.lend(in, a)
	}
}
