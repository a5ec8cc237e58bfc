package slirp

import (
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A link stands between the outside and its end of the cable. A spoofing stack
// answers ARP requests for any address, so those for others end here, as do frames
// for other stations, which netstack would take.
type link struct {
	stack.LinkEndpoint
	gateway    netip.Addr
	dispatcher stack.NetworkDispatcher
}

var _ stack.GSOEndpoint = (*link)(nil)

// Attach implements stack.LinkEndpoint.
func (l *link) Attach(d stack.NetworkDispatcher) {
	if d == nil {
		l.LinkEndpoint.Attach(nil)
		return
	}
	l.dispatcher = d
	l.LinkEndpoint.Attach(l)
}

// DeliverNetworkPacket implements stack.NetworkDispatcher.
func (l *link) DeliverNetworkPacket(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	if pkt.PktType == tcpip.PacketOtherHost {
		return
	}
	if proto == header.ARPProtocolNumber && !l.answers(pkt) {
		return
	}
	l.dispatcher.DeliverNetworkPacket(proto, pkt)
}

// answers reports whether an ARP packet is a reply or asks for the gateway.
func (l *link) answers(pkt *stack.PacketBuffer) bool {
	b, ok := pkt.Data().PullUp(header.ARPSize)
	if !ok {
		return false
	}
	arp := header.ARP(b)
	return arp.Op() != header.ARPRequest || netip.AddrFrom4([4]byte(arp.ProtocolAddressTarget())) == l.gateway
}

// DeliverLinkPacket implements stack.NetworkDispatcher.
func (l *link) DeliverLinkPacket(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	l.dispatcher.DeliverLinkPacket(proto, pkt)
}

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

// A qdisc passes packets on without making a list of each.
type qdisc struct{ packetWriter }

// Close implements stack.QueueingDiscipline.
func (qdisc) Close() {}
