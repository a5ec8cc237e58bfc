package router

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Linux lets a packet with any address of the host leave by whichever interface the
// most specific route says, and answers for any address on every interface (the weak
// host model of RFC 1122, section 3.3.4.2). Netstack prefers a route through the
// interface that has the source address, even the default route. So a stack that
// routes has each address on all its interfaces; where it was not put it is never
// chosen as a source, nor listed.

// A sharedAddr is an address that an interface has because another one does.
type sharedAddr struct {
	port *Port
	addr tcpip.Address
}

// share gives all interfaces the addresses of all others, and takes away those that
// are gone.
func (r *Router) share(f *fib) {
	for a := range r.shared {
		gone := f.ports[a.port.id] != a.port
		if !gone && f.addresses[a.addr] == nil {
			r.stack.RemoveAddress(a.port.id, a.addr)
		}
		if gone || f.addresses[a.addr] == nil {
			delete(r.shared, a)
		}
	}
	for addr := range f.addresses {
		if header.IsV4LoopbackAddress(addr) || header.IsV6LoopbackAddress(addr) {
			continue
		}
		for _, p := range f.ports {
			if a := (sharedAddr{p, addr}); !p.nic.IsLoopback() && !r.shared[a] && r.addShared(a) {
				r.shared[a] = true
			}
		}
	}
}

// addShared is false if the address is the interface's own.
func (r *Router) addShared(a sharedAddr) bool {
	proto := ipv4.ProtocolNumber
	if a.addr.Len() == header.IPv6AddressSize {
		proto = ipv6.ProtocolNumber
	}
	err := r.stack.AddProtocolAddress(a.port.id, tcpip.ProtocolAddress{
		Protocol:          proto,
		AddressWithPrefix: a.addr.WithPrefix(),
	}, stack.AddressProperties{PEB: stack.NeverPrimaryEndpoint})
	return err == nil
}
