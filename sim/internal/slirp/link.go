package slirp

import (
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/nested"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A link stands between the outside and its end of the cable. A spoofing stack
// answers ARP requests for any address, so those for others end here, as do frames
// for other stations, which netstack would take.
type link struct {
	nested.Endpoint
	gateway netip.Addr
}

// newLink uses gVisor's nested endpoint for what is passed on as it is. Its lock for each
// frame is no matter here, where each goes through sockets of the machine.
func newLink(end stack.LinkEndpoint, gateway netip.Addr) *link {
	l := &link{gateway: gateway}
	l.Init(end, l)
	return l
}

// DeliverNetworkPacket implements stack.NetworkDispatcher.
func (l *link) DeliverNetworkPacket(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	if pkt.PktType == tcpip.PacketOtherHost {
		return
	}
	if proto == header.ARPProtocolNumber && !l.answers(pkt) {
		return
	}
	l.Endpoint.DeliverNetworkPacket(proto, pkt)
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

// A packetWriter takes single packets, as a veth end does.
type packetWriter interface {
	WritePacket(*stack.PacketBuffer) tcpip.Error
}

// A qdisc passes packets on without making a list of each.
type qdisc struct{ packetWriter }

// Close implements stack.QueueingDiscipline.
func (qdisc) Close() {}
