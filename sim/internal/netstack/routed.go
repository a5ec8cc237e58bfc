package netstack

import (
	"fmt"

	"drydock/drop"
	"drydock/sim/internal/errno"
	"drydock/sim/internal/router"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// newLink returns what stands between the stack and the endpoint of an interface.
func (s *Stack) newLink(index int, ep stack.LinkEndpoint, n *nic) stack.LinkEndpoint {
	l := link{LinkEndpoint: ep, gate: s.gate, stack: s.stack, neighbours: &s.neighbourhood, nic: n, drop: func(why drop.Reason, pkt *stack.PacketBuffer) {
		s.drop(tcpip.NICID(index), why, pkt)
	}}
	if s.router == nil {
		return &l
	}
	return &routedLink{link: l, router: s.router, index: tcpip.NICID(index)}
}

// A routedLink is the link of a stack with a router, which gets the IP packets.
type routedLink struct {
	link
	router *router.Router
	index  tcpip.NICID
	port   *router.Port
}

// Attach implements stack.LinkEndpoint.
func (l *routedLink) Attach(d stack.NetworkDispatcher) {
	if d != nil {
		l.port = l.router.Port(l.index)
	}
	l.attach(d, l)
}

// DeliverNetworkPacket implements stack.NetworkDispatcher.
func (l *routedLink) DeliverNetworkPacket(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	if proto != ipv4.ProtocolNumber && proto != ipv6.ProtocolNumber {
		// ARP and what else there is are the stack's own business.
		if proto == arp.ProtocolNumber {
			l.router.ReceiveARP(l.port, pkt)
		}
		l.link.DeliverNetworkPacket(proto, pkt)
		return
	}
	if pkt.PktType == tcpip.PacketOtherHost {
		return
	}
	if l.router.Plain(l.port, proto, pkt) {
		l.link.DeliverNetworkPacket(proto, pkt)
		return
	}
	l.gate.enter()
	defer l.gate.leave()
	l.hear(proto, pkt)
	l.router.Receive(l.port, proto, pkt)
}

// AddHeader implements stack.LinkEndpoint.
func (l *routedLink) AddHeader(pkt *stack.PacketBuffer) {
	router.Restore(pkt)
	l.LinkEndpoint.AddHeader(pkt)
}

// SetForwarding is net.ipv4.ip_forward: whether IPv4 packets for others are routed.
func (s *Stack) SetForwarding(on bool) error { return s.setForwarding(ipv4.ProtocolNumber, on) }

// SetForwarding6 is net.ipv6.conf.all.forwarding: whether IPv6 packets for others
// are routed.
func (s *Stack) SetForwarding6(on bool) error { return s.setForwarding(ipv6.ProtocolNumber, on) }

func (s *Stack) setForwarding(proto tcpip.NetworkProtocolNumber, on bool) error {
	if s.router != nil {
		s.router.SetForwarding(proto, on)
		return nil
	}
	s.gate.enter()
	defer s.gate.leave()
	if err := s.stack.SetForwardingDefaultAndAllNICs(proto, on); err != nil {
		return fmt.Errorf("netstack: forwarding: %w", errno.Of(err))
	}
	return nil
}

// SetRPFilter is net.ipv4.conf.*.rp_filter of an interface, or with index 0 of
// "all", of a stack with a router; the larger of the two counts. It is false if
// there is no such interface or router. The default is RPOff, which is what Docker
// Engine 20.10.24 was recorded with.
func (s *Stack) SetRPFilter(index int, mode router.RPFilter) bool {
	return s.router != nil && s.router.SetRPFilter(index, mode)
}

// SetRouteLocalnet is net.ipv4.conf.*.route_localnet of an interface of a stack with a
// router. It is false if there is no such interface or router.
func (s *Stack) SetRouteLocalnet(index int, on bool) bool {
	return s.router != nil && s.router.SetRouteLocalnet(index, on)
}
