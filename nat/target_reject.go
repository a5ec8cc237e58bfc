package nat

import (
	wire "drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Reject drops the packet and tells its sender why. In INPUT, FORWARD and OUTPUT of filter.
// Nothing is said about ICMP errors, later fragments, damaged packets, and what came from or went
// to more than one host; and tables that are attached to no stack only drop.
type Reject struct{ With RejectWith }

// A RejectWith is what Reject answers, by its name in iptables.
type RejectWith string

// What Reject answers.
const (
	ICMPNetUnreachable   RejectWith = "icmp-net-unreachable"
	ICMPHostUnreachable  RejectWith = "icmp-host-unreachable"
	ICMPProtoUnreachable RejectWith = "icmp-proto-unreachable"
	ICMPPortUnreachable  RejectWith = "icmp-port-unreachable" // the default for IPv4
	ICMPNetProhibited    RejectWith = "icmp-net-prohibited"
	ICMPHostProhibited   RejectWith = "icmp-host-prohibited"
	ICMPAdminProhibited  RejectWith = "icmp-admin-prohibited"
	TCPReset             RejectWith = "tcp-reset"
	ICMP6NoRoute         RejectWith = "icmp6-no-route"
	ICMP6AdminProhibited RejectWith = "icmp6-adm-prohibited"
	ICMP6AddrUnreachable RejectWith = "icmp6-addr-unreachable"
	ICMP6PortUnreachable RejectWith = "icmp6-port-unreachable" // the default for IPv6
	ICMP6PolicyFail      RejectWith = "icmp6-policy-fail"
	ICMP6RejectRoute     RejectWith = "icmp6-reject-route"
)

var _ = reserve("REJECT")

// rejections are the ICMP messages that REJECT answers, by type and code.
var rejections = map[RejectWith][2]uint8{
	ICMPNetUnreachable:   {3, 0},
	ICMPHostUnreachable:  {3, 1},
	ICMPProtoUnreachable: {3, 2},
	ICMPPortUnreachable:  {3, 3},
	ICMPNetProhibited:    {3, 9},
	ICMPHostProhibited:   {3, 10},
	ICMPAdminProhibited:  {3, 13},
	ICMP6NoRoute:         {1, 0},
	ICMP6AdminProhibited: {1, 1},
	ICMP6AddrUnreachable: {1, 3},
	ICMP6PortUnreachable: {1, 4},
	ICMP6PolicyFail:      {1, 5},
	ICMP6RejectRoute:     {1, 6},
}

func (t Reject) String() string {
	if t.With == "" { // the default of the family
		return "-j REJECT"
	}
	return "-j REJECT --reject-with " + string(t.With)
}

// place leaves out nat, whose verdict is kept for a connection, and hooks before a route
// is known: the answer needs one.
func (Reject) place() place {
	return place{tables: 1 << filterTable, hooks: atInput | atForward | atOutput}
}

// checked fills in the answer of the family.
func (t Reject) checked(in setting) (Target, error) {
	switch _, known := rejections[t.With]; {
	case t.With == "" && in.v6:
		t.With = ICMP6PortUnreachable
	case t.With == "":
		t.With = ICMPPortUnreachable
	case t.With == TCPReset:
		if in.proto != (Protocol{Number: ianaTCP}) {
			return nil, ErrProtocol
		}
	case !known:
		return nil, ErrValue
	case t.With[:5] == "icmp6" != in.v6:
		return nil, ErrFamily
	}
	return t, nil
}

// apply answers p, if it is to be answered, through the attached stack. The answer is
// of the connection of p, so that it is translated like its replies.
func (t Reject) apply(h *host, p *packet) verdict {
	s := h.stack.Load()
	if s == nil || h.still || !p.answerable() {
		return dropped
	}
	var a *answer
	if t.With == TCPReset {
		a = p.reset()
	} else {
		a = p.unreachable(t.With)
	}
	if a == nil {
		return dropped
	}
	a.ref = relative(p.ref())
	if p.hook == input && p.src.IsLinkLocalUnicast() {
		a.nic = p.nic
	}
	// A goroutine that sends holds locks of its socket, also while lo delivers, and one that
	// bridges those of the bridge: the answer must not come back to them.
	if p.hook == output || p.in == loopback || p.physIn != "" {
		h.answerLater(a, s)
		return dropped
	}
	a.send(h, s)
	return dropped
}

// maxAnswers bounds the answers that wait (net.core.netdev_max_backlog).
const maxAnswers = 1000

// answerLater sends a when whoever sent the packet has let go of the locks of its
// socket, which must not hear of the answer before.
func (h *host) answerLater(a *answer, s *stack.Stack) {
	if h.answers.Add(1) > maxAnswers {
		h.answers.Add(-1)
		return
	}
	s.Clock().AfterFunc(0, func() {
		defer h.answers.Add(-1)
		a.send(h, s)
	})
}

// answerable reports whether p came from one host and went to one, so that telling the
// former does no harm (RFC 1122, section 3.2.2; RFC 4443, section 2.4), and, as Linux
// looks again, whether p arrived undamaged.
func (p *packet) answerable() bool {
	if p.layout.Fragment == wire.Following || p.isLocked() || !p.wellFormed || p.hook != output && !p.intact() {
		return false
	}
	const one = AddrUnicast | AddrLocal
	if p.addrType(p.src)&one == 0 || p.addrType(p.dst)&one == 0 {
		return false
	}
	return p.pkt.PktType != tcpip.PacketBroadcast && p.pkt.PktType != tcpip.PacketMulticast
}

// unreachable returns an ICMP error about p, nil if there must be none.
func (p *packet) unreachable(with RejectWith) *answer {
	if with == "" {
		if with = ICMPPortUnreachable; p.v6 {
			with = ICMP6PortUnreachable
		}
	}
	kind, ok := rejections[with]
	if !ok || isICMP(p.proto) && !(p.ports && wire.IsQuery(p.proto, p.icmpType)) {
		return nil
	}
	e := wire.Error{V6: p.v6, Type: kind[0], Code: kind[1]}
	a := &answer{v6: p.v6, dst: wire.ToAddress(p.src), err: e, quote: e.Quote(p.pkt, p.at, p.layout.Size)}
	if p.host.isLocal(p.dst) {
		a.src = wire.ToAddress(p.dst)
	}
	return a
}

// reset returns the segment that ends the connection of p, nil if p is no TCP segment
// or a reset itself.
func (p *packet) reset() *answer {
	if p.proto != wire.TCP || !p.wellFormed || p.layout.Fragment != wire.Whole {
		return nil
	}
	from := header.TCP(p.l4)
	flags := from.Flags()
	if flags.Contains(header.TCPFlagRst) {
		return nil
	}
	fields := header.TCPFields{
		SrcPort: from.DestinationPort(), DstPort: from.SourcePort(),
		DataOffset: header.TCPMinimumSize, Flags: header.TCPFlagRst,
	}
	if flags.Contains(header.TCPFlagAck) {
		fields.SeqNum = from.AckNumber()
	} else {
		fields.Flags |= header.TCPFlagAck
		fields.AckNum = from.SequenceNumber() + uint32(p.segment.Payload)
		for _, f := range []header.TCPFlags{header.TCPFlagSyn, header.TCPFlagFin} {
			if flags.Contains(f) {
				fields.AckNum++
			}
		}
	}
	a := &answer{
		v6: p.v6, src: wire.ToAddress(p.dst), dst: wire.ToAddress(p.src),
		reset: make([]byte, header.TCPMinimumSize),
	}
	header.TCP(a.reset).Encode(&fields)
	return a
}
