package netstack

import (
	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A link stands between a stack and the endpoint of one of its NICs. Frames pass
// the gate, and those for other stations, which a bridge floods, end here:
// netstack itself does not look at the destination address.
type link struct {
	stack.LinkEndpoint
	gate       *gate
	neighbours *neighbourhood
	nic        *nic // nil: it has no neighbours
	stack      *stack.Stack
	dispatcher stack.NetworkDispatcher
	drop       func(drop.Reason, *stack.PacketBuffer) // counts what is dropped here
}

var _ stack.GSOEndpoint = (*link)(nil)

// Attach implements stack.LinkEndpoint.
func (l *link) Attach(d stack.NetworkDispatcher) {
	l.attach(d, l)
}

// attach is Attach for a link that self is.
func (l *link) attach(d, self stack.NetworkDispatcher) {
	if d == nil { // the interface is being removed; self would be a dispatcher that is not nil
		l.LinkEndpoint.Attach(nil)
		if l.nic != nil {
			l.neighbours.strike(l.nic)
		}
		return
	}
	if l.nic != nil {
		l.neighbours.enlist(l.nic)
	}
	l.dispatcher = d
	l.LinkEndpoint.Attach(self)
}

// Capabilities implements stack.LinkEndpoint. See nic for what it does not say.
func (l *link) Capabilities() stack.LinkEndpointCapabilities {
	return l.LinkEndpoint.Capabilities() &^ stack.CapabilityResolutionRequired
}

// DeliverNetworkPacket implements stack.NetworkDispatcher.
func (l *link) DeliverNetworkPacket(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	if pkt.PktType == tcpip.PacketOtherHost {
		return
	}
	l.gate.enter()
	defer l.gate.leave()
	l.hear(proto, pkt)
	if why := l.logged(proto, pkt); why != drop.Unknown {
		l.drop(why, pkt)
		return
	}
	l.dispatcher.DeliverNetworkPacket(proto, pkt)
}

// hear takes what a packet says of neighbours. The gate is open.
func (l *link) hear(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	if l.nic != nil {
		l.nic.hear(proto, pkt)
	}
}

// DeliverLinkPacket implements stack.NetworkDispatcher.
func (l *link) DeliverLinkPacket(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	l.dispatcher.DeliverLinkPacket(proto, pkt)
}

// The embedded interface has no methods of stack.GSOEndpoint, for which gVisor asks by a type
// assertion. Without them it would cut what it sends into segments of the MTU: a tenth of
// the throughput.

// GSOMaxSize implements stack.GSOEndpoint.
func (l *link) GSOMaxSize() uint32 {
	if gso, ok := l.LinkEndpoint.(stack.GSOEndpoint); ok {
		return gso.GSOMaxSize()
	}
	return 0
}

// SupportedGSO implements stack.GSOEndpoint.
func (l *link) SupportedGSO() stack.SupportedGSO {
	if gso, ok := l.LinkEndpoint.(stack.GSOEndpoint); ok {
		return gso.SupportedGSO()
	}
	return stack.GSONotSupported
}

// A packetWriter takes single packets, as a veth end does.
type packetWriter interface {
	WritePacket(*stack.PacketBuffer) tcpip.Error
}

// A qdisc passes packets on without making a list of each, like Linux's noqueue.
type qdisc struct{ packetWriter }

// Close implements stack.QueueingDiscipline.
func (qdisc) Close() {}
