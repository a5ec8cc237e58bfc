package router

import (
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Has reports whether an interface of the stack has an address, IPv6 link-local ones
// excepted. It knows what Refresh has seen.
func (r *Router) Has(a tcpip.Address) bool { return r.owners.has(a) }

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
