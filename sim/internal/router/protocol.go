package router

import (
	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Restore gives a packet that is about to get its link header the number of its
// protocol. The link endpoints of the stack must call it in AddHeader.
func Restore(pkt *stack.PacketBuffer) {
	if pkt.NetworkProtocolNumber != forwarded {
		return
	}
	pkt.NetworkProtocolNumber = protocolOf(pkt.NetworkHeader().Slice())
}

// Protocol is the factory of a network protocol that the stack must have. Of its
// packets none arrives; it is how the router gets hold of interfaces.
func (r *Router) Protocol(s *stack.Stack) stack.NetworkProtocol {
	r.stack = s
	return protocol{r}
}

// A protocol exists for what gVisor gives to protocols alone: the interface as it is from
// inside, which sends a packet to a route's next hop and has it wait for the neighbour,
// and the notice that the neighbour did not answer. All other methods are there because
// the interface has them.
type protocol struct{ router *Router }

func (protocol) Number() tcpip.NetworkProtocolNumber { return forwarded }

func (protocol) MinimumPacketSize() int { return 0 }

func (protocol) ParseAddresses([]byte) (src, dst tcpip.Address) { return }

func (p protocol) NewEndpoint(nic stack.NetworkInterface, _ stack.TransportDispatcher) stack.NetworkEndpoint {
	port := newPort(nic)
	p.router.ports.add(port)
	return endpoint{p.router, port}
}

func (protocol) SetOption(tcpip.SettableNetworkProtocolOption) tcpip.Error {
	return &tcpip.ErrUnknownProtocolOption{}
}

func (protocol) Option(tcpip.GettableNetworkProtocolOption) tcpip.Error {
	return &tcpip.ErrUnknownProtocolOption{}
}

func (protocol) Close() {}

func (protocol) Wait() {}

func (protocol) Parse(*stack.PacketBuffer) (tcpip.TransportProtocolNumber, bool, bool) {
	return 0, false, false
}

// An endpoint is the protocol on one interface.
type endpoint struct {
	router *Router
	port   *Port
}

var _ stack.LinkResolvableNetworkEndpoint = endpoint{}

// HandleLinkResolutionFailure implements stack.LinkResolvableNetworkEndpoint: it
// tells the sender of pkt that the next hop does not answer.
func (e endpoint) HandleLinkResolutionFailure(pkt *stack.PacketBuffer) {
	e.router.ip.Forwarding.HostUnreachable.Increment()
	Restore(pkt)
	e.router.drop(e.port, drop.NeighbourFailed, pkt)
	why := hostUnreachable4
	if pkt.NetworkProtocolNumber == ipv6.ProtocolNumber {
		why = addressUnreachable6
	}
	e.router.complain(pkt, why, 0)
}

func (e endpoint) Close() { e.router.ports.remove(e.port) }

func (endpoint) Enable() tcpip.Error { return nil }

func (e endpoint) Enabled() bool { return e.port.nic.Enabled() }

func (endpoint) Disable() {}

func (endpoint) DefaultTTL() uint8 { return 0 }

func (e endpoint) MTU() uint32 { return e.port.nic.MTU() }

func (endpoint) EndpointHeaderSize() uint32 { return 0 }

func (e endpoint) MaxHeaderLength() uint16 { return e.port.nic.MaxHeaderLength() }

func (endpoint) WritePacket(*stack.Route, stack.NetworkHeaderParams, *stack.PacketBuffer) tcpip.Error {
	return &tcpip.ErrNotSupported{}
}

func (endpoint) WriteHeaderIncludedPacket(*stack.Route, *stack.PacketBuffer) tcpip.Error {
	return &tcpip.ErrNotSupported{}
}

func (endpoint) HandlePacket(*stack.PacketBuffer) {}

func (endpoint) NetworkProtocolNumber() tcpip.NetworkProtocolNumber { return forwarded }

func (endpoint) Stats() stack.NetworkEndpointStats { return noStats{} }

type noStats struct{}

func (noStats) IsNetworkEndpointStats() {}
