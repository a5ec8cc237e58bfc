package netstack

import (
	"slices"
	"time"

	"drydock/drop"
	"drydock/internal/packet"
	"drydock/sim/internal/neigh"
	"drydock/sim/internal/router"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A nic is an interface as the network protocols of a stack have it: that of gVisor, but with
// neighbour tables of ours. GVisor makes two with room for 512 neighbours each, which take 80 KiB,
// for every link that says that it resolves addresses. So link does not say so, and gVisor gives
// all packets to WritePacket, and what neighbour discovery hears to HandleNeighbor….
type nic struct {
	stack.NetworkInterface
	of     *stack.Stack
	space  *namespace
	tables [2]*neigh.Table
	// These do not change while there are packets.
	askers [2]stack.LinkAddressResolver
	ip     [3]stack.NetworkEndpoint // that send packets; the router's is the last
}

// Families of addresses, as indexes.
const (
	family4 = iota
	family6
)

func familyOf(a tcpip.Address) int {
	if a.Len() == header.IPv6AddressSize {
		return family6
	}
	return family4
}

var protocols = [...]tcpip.NetworkProtocolNumber{family4: ipv4.ProtocolNumber, family6: ipv6.ProtocolNumber}

// retransmit has a neighbour be given up before the third second is over. On Linux it takes
// 3.07 s, and what programs do each second comes later by as much, so that an error is for three
// requests of ping, and a SYN is not sent again at the instant at which it is refused. Here time
// is exact, and what falls on one instant is done in any order.
const retransmit = time.Second - time.Millisecond

func (s *namespace) newNIC(index int) *nic {
	n := &nic{of: s.stack, space: s}
	for family := range n.tables {
		n.tables[family] = neigh.New(neigh.Config{
			Link: n, Clock: s.stack.Clock(), Retransmit: retransmit, Seed: s.seed + uint64(len(n.tables)*index+family),
		})
	}
	return n
}

// A protocol is a network protocol whose interfaces are of type nic, if they have neighbours.
type protocol struct {
	stack.NetworkProtocol
	space *namespace
}

// neighbouring returns a protocol as a factory for the stack of s.
func (s *namespace) neighbouring(f stack.NetworkProtocolFactory) stack.NetworkProtocolFactory {
	return func(of *stack.Stack) stack.NetworkProtocol { return protocol{f(of), s} }
}

// NewEndpoint implements stack.NetworkProtocol.
func (p protocol) NewEndpoint(inner stack.NetworkInterface, d stack.TransportDispatcher) stack.NetworkEndpoint {
	n := p.space.adding
	if n == nil {
		return p.NetworkProtocol.NewEndpoint(inner, d)
	}
	n.NetworkInterface = inner
	ep := p.NetworkProtocol.NewEndpoint(n, d)
	if p.Number() != arp.ProtocolNumber {
		*n.endpoint(p.Number()) = ep
	}
	if r, ok := ep.(stack.LinkAddressResolver); ok {
		family := family4
		if r.LinkAddressProtocol() == ipv6.ProtocolNumber {
			family = family6
		}
		n.askers[family] = r
	}
	return ep
}

// endpoint returns what packets with that number are sent by.
func (n *nic) endpoint(proto tcpip.NetworkProtocolNumber) *stack.NetworkEndpoint {
	if family := slices.Index(protocols[:], proto); family >= 0 {
		return &n.ip[family]
	}
	return &n.ip[len(protocols)]
}

// WritePacket implements stack.NetworkInterface: it sends a packet to the next hop of its route.
func (n *nic) WritePacket(r *stack.Route, pkt *stack.PacketBuffer) tcpip.Error {
	hop := r.NextHop()
	gateway := hop.Len() > 0
	if !gateway {
		hop = r.RemoteAddress()
	}
	t := n.tables[familyOf(hop)]
	mac, ok := t.Lookup(hop)
	if !ok && !gateway {
		mac, ok = n.fixed(r)
	}
	if !ok {
		var err tcpip.Error
		mac, err = t.Resolve(hop, r.LocalAddress(), gateway, pkt)
		if err != nil && slices.Contains(protocols[:], pkt.NetworkProtocolNumber) {
			n.Lose(pkt) // as on Linux its sender hears nothing; a router counts it
			return nil
		}
		if mac == "" {
			return err
		}
	}
	return n.WritePacketToRemote(mac, pkt)
}

// fixed returns the MAC of destinations for which nobody is asked.
func (n *nic) fixed(r *stack.Route) (tcpip.LinkAddress, bool) {
	a := r.RemoteAddress()
	if asker := n.askers[familyOf(a)]; asker != nil {
		if mac, ok := asker.ResolveStaticAddress(a); ok {
			return mac, true
		}
	}
	switch {
	case r.IsOutboundBroadcast():
		return header.EthernetBroadcastAddress, true
	case a == r.LocalAddress():
		return n.LinkAddress(), true
	}
	return "", false
}

// HandleNeighborProbe implements stack.NetworkInterface. ARP is heard by hearARP.
func (n *nic) HandleNeighborProbe(proto tcpip.NetworkProtocolNumber, a tcpip.Address, mac tcpip.LinkAddress) tcpip.Error {
	if proto == ipv6.ProtocolNumber {
		n.tables[family6].Learn(a, mac)
	}
	return nil
}

// HandleNeighborConfirmation implements stack.NetworkInterface.
func (n *nic) HandleNeighborConfirmation(proto tcpip.NetworkProtocolNumber, a tcpip.Address, mac tcpip.LinkAddress, flags stack.ReachabilityConfirmationFlags) tcpip.Error {
	if proto == ipv6.ProtocolNumber {
		n.tables[family6].Advertise(a, mac, flags.Solicited, flags.Override)
	}
	return nil
}

// Ask implements neigh.Link.
func (n *nic) Ask(a, local tcpip.Address, mac tcpip.LinkAddress) tcpip.Error {
	family := familyOf(a)
	asker := n.askers[family]
	if asker == nil {
		return &tcpip.ErrNotSupported{}
	}
	if local.Len() > 0 && !n.asksFrom(family, local) {
		local = tcpip.Address{}
	}
	return asker.LinkAddressRequest(a, local, mac)
}

// asksFrom reports whether an address is one to ask from. The answer to a neighbour solicitation is
// routed, so that of another interface, which a router lends (see there), is none.
func (n *nic) asksFrom(family int, local tcpip.Address) bool {
	if family == family4 {
		return n.CheckLocalAddress(ipv4.ProtocolNumber, local)
	}
	ep, ok := n.ip[family6].(stack.AddressableEndpoint)
	return ok && slices.ContainsFunc(ep.PrimaryAddresses(), func(a tcpip.AddressWithPrefix) bool { return a.Address == local })
}

// Send implements neigh.Link.
func (n *nic) Send(pkt *stack.PacketBuffer, mac tcpip.LinkAddress) { n.WritePacketToRemote(mac, pkt) }

// Fail implements neigh.Link.
func (n *nic) Fail(pkt *stack.PacketBuffer) {
	n.count(pkt)
	if slices.Contains(protocols[:], pkt.NetworkProtocolNumber) { // of those that it forwards the router tells
		n.space.drop(n.ID(), drop.NeighbourFailed, pkt)
	}
	if ep, ok := (*n.endpoint(pkt.NetworkProtocolNumber)).(stack.LinkResolvableNetworkEndpoint); ok {
		ep.HandleLinkResolutionFailure(pkt)
	}
}

// Lose implements neigh.Link.
func (n *nic) Lose(pkt *stack.PacketBuffer) {
	n.count(pkt)
	router.Restore(pkt)
	n.space.drop(n.ID(), drop.NeighbourFailed, pkt)
}

// count counts a packet that is not sent.
func (n *nic) count(pkt *stack.PacketBuffer) {
	n.of.Stats().IP.OutgoingPacketErrors.Increment()
	if ep := *n.endpoint(pkt.NetworkProtocolNumber); ep != nil {
		if stats, ok := ep.Stats().(stack.IPNetworkEndpointStats); ok {
			stats.IPStats().OutgoingPacketErrors.Increment()
		}
	}
}

// hear takes what a received packet says of neighbours. It borrows pkt.
func (n *nic) hear(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	switch proto {
	case arp.ProtocolNumber:
		n.hearARP(pkt)
	case ipv4.ProtocolNumber:
		if n.tables[family4].Listening() {
			n.confirm(family4, pkt)
		}
	case ipv6.ProtocolNumber:
		if n.tables[family6].Listening() {
			n.confirm(family6, pkt)
		}
	}
}

func (n *nic) hearARP(pkt *stack.PacketBuffer) {
	var b [header.ARPSize]byte
	if packet.Copy(b[:], pkt, pkt.HeaderSize()) == len(b) && n.Enabled() {
		n.tables[family4].ReceiveARP(b[:], pkt.PktType == tcpip.PacketHost, func(a tcpip.Address) bool {
			return n.CheckLocalAddress(ipv4.ProtocolNumber, a)
		})
	}
}

// confirm takes a packet of TCP with an acknowledgement, and an echo reply, for a proof that its
// sender receives. Linux takes what its TCP made of the former, and ping's word for the latter
// (MSG_CONFIRM).
func (n *nic) confirm(family int, pkt *stack.PacketBuffer) {
	eth := header.Ethernet(pkt.LinkHeader().Slice())
	if len(eth) < header.EthernetMinimumSize {
		return
	}
	var room [packet.MaxHeaders]byte
	b := room[:packet.Copy(room[:], pkt, len(eth))]
	l, ok := packet.Parse(b, pkt.Size()-len(eth))
	if !ok || l.Fragment != packet.Whole || l.Transport >= len(b) {
		return
	}
	switch b := b[l.Transport:]; {
	case l.Protocol == packet.TCP && len(b) >= header.TCPMinimumSize && header.TCP(b).Flags()&(header.TCPFlagAck|header.TCPFlagRst) == header.TCPFlagAck:
	case l.Protocol == packet.ICMP && header.ICMPv4Type(b[0]) == header.ICMPv4EchoReply:
	case l.Protocol == packet.ICMPv6 && header.ICMPv6Type(b[0]) == header.ICMPv6EchoReply:
	default:
		return
	}
	src, dst := packet.Addrs(b)
	if n.CheckLocalAddress(protocols[family], packet.ToAddress(dst)) {
		n.tables[family].Confirm(packet.ToAddress(src), eth.SourceAddress())
	}
}

// flush forgets all neighbours: the interface went down.
func (n *nic) flush() {
	for _, t := range n.tables {
		t.Flush()
	}
}
