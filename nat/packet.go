package nat

import (
	"net/netip"
	"sync"

	"drydock/drop"
	wire "drydock/internal/packet"
	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A packet is what rules see of a packet at a hook.
type packet struct {
	hook             hook
	v6               bool
	in, out          string // interfaces; "" where the hook has none
	physIn, physOut  string // ports of a bridge
	src, dst         netip.Addr
	proto            uint8
	ports            bool // that srcPort and dstPort (TCP, UDP) or icmpType and icmpCode are known
	srcPort, dstPort uint16
	icmpType         uint8
	icmpCode         uint8
	tcpFlags         uint8

	conn  *conntrack.Conn // nil: invalid or untracked
	dir   conntrack.Dir
	state StateSet // one of StateInvalid, New, Established, Related, Untracked

	// pkt carries the mark; it is nil in tests of rules only. The headers are not
	// to be looked for in it, but in ip and l4.
	pkt    *stack.PacketBuffer
	layout wire.Layout
	at     int    // where the IP header begins in pkt
	ip, l4 []byte // IP header with what extends it, as far as netstack knows; TCP, UDP, ICMP or other header, as far as is needed

	chain Chain // that gave the last verdict
	rule  int   // the rule of chain that did, counted from 1; 0: its policy

	host  *host
	nic   tcpip.NICID // of in at PREROUTING and INPUT, of out elsewhere; 0: frames of a bridge
	route *stack.Route
	quote []byte // behind the header of an ICMP error: what it is about

	wellFormed bool        // that the transport header is right
	borrowed   bool        // that pkt is another's: its bytes must not change
	related    bool        // that the packet is not of the connection, but about it
	traced     bool        // by TRACE
	why        drop.Reason // of a target that drops, if that is not drop.Rule
	hotdrop    bool        // by a match that has no room to remember the packet
	stale      bool        // that a rule has changed what the digest tells
	to         int32       // chain that a verdict map leads to
	nft        *nfTable    // of nft that p passes

	tuple   conntrack.Tuple
	segment conntrack.Packet
	scratch [4]byte         // for a word that lies in pieces
	room    *[roomSize]byte // for a copy of headers that do not lie in one piece
}

// roomSize is for all headers and for what is needed of the packet that an ICMP error
// quotes.
const roomSize = wire.MaxHeaders

// maxQuote is what is needed of the packet that an ICMP error quotes: its IP header, with
// 68 bytes of extension headers if it is of IPv6, and a TCP header.
const maxQuote = 128

// packets keeps some for reuse, since matches and targets make them escape.
var packets = sync.Pool{New: func() any { return &packet{room: new([roomSize]byte)} }}

// newPacket returns a packet without headers. It must be released.
func (on *host) newPacket(h hook, pkt *stack.PacketBuffer) *packet {
	p := packets.Get().(*packet)
	*p = packet{host: on, hook: h, pkt: pkt, state: StateInvalid, traced: on.still, room: p.room}
	return p
}

// release gives p up. It forgets everything, since the pool outlives connections and
// packets.
func (p *packet) release() {
	*p = packet{room: p.room}
	packets.Put(p)
}

// isLocked reports whether netstack may have sent p with locks held: IGMP, MLD and
// neighbour discovery. It must not be asked anything then.
func (p *packet) isLocked() bool {
	if p.hook != output && p.hook != postrouting {
		return false
	}
	return p.proto == uint8(header.IGMPProtocolNumber) || p.isNeighbourDiscovery()
}

// isNeighbourDiscovery reports whether p is one of the messages of ICMPv6 by which a
// link is kept up: MLD and neighbour discovery without redirects. Linux does not track
// them.
func (p *packet) isNeighbourDiscovery() bool {
	if p.proto != uint8(header.ICMPv6ProtocolNumber) || !p.ports {
		return false
	}
	t := header.ICMPv6Type(p.icmpType)
	return t >= header.ICMPv6MulticastListenerQuery && t <= header.ICMPv6NeighborAdvert ||
		t == header.ICMPv6MulticastListenerV2Report
}

// isError reports whether p is an ICMP error or redirect, which quotes the packet that
// it is about.
func (p *packet) isError() bool { return p.ports && wire.IsError(p.proto, p.icmpType) }

// ref returns what pkt carries to name the connection of p, and that TRACE marked it.
func (p *packet) ref() *conntrack.Ref {
	if p.traced {
		r := *p.shortRef()
		r.Traced = true
		return &r
	}
	return p.shortRef()
}

func (p *packet) shortRef() *conntrack.Ref {
	switch {
	case p.conn != nil:
		return p.conn.Ref(p.dir, p.related)
	case p.state == StateUntracked:
		return conntrack.Untracked
	}
	return conntrack.Invalid
}

// setRef is the reverse of ref.
func (p *packet) setRef(r *conntrack.Ref) {
	p.conn, p.dir, p.related, p.traced = r.Conn, r.Dir, r.Related, p.traced || r.Traced
	switch {
	case r.Untrack:
		p.state = StateUntracked
	case r.Conn == nil:
		p.state = StateInvalid
	case r.Related:
		p.state = StateRelated
	case r.Dir == conntrack.Reply || r.Conn.Status()&conntrack.SeenReply != 0:
		p.state = StateEstablished
	default:
		p.state = StateNew
	}
}

// addrType returns what kind of address addr is. Netstack sends IGMP, MLD and
// neighbour discovery with its locks held, so it cannot be asked about those.
func (p *packet) addrType(addr netip.Addr) AddrTypeSet {
	switch {
	case p.host == nil:
		return AddrUnspec
	case !p.isLocked() || !addr.IsValid() || addr.IsUnspecified() || addr.IsMulticast():
		return p.host.addrType(addr)
	case addr == p.src:
		return AddrLocal
	}
	return AddrUnicast
}
