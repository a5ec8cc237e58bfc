package nat

import (
	wire "drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

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

// apply answers p, if it is to be answered, through the attached stack. The answer is
// of the connection of p, so that it is translated like its replies.
func (r Reject) apply(t *Tables, p *packet) verdict {
	s := t.stack.Load()
	if s == nil || !p.answerable() {
		return drop
	}
	var a *answer
	if r.With == TCPReset {
		a = p.reset()
	} else {
		a = p.unreachable(r.With)
	}
	if a == nil {
		return drop
	}
	a.ref = relative(p.ref())
	if p.hook == input && p.src.IsLinkLocalUnicast() {
		a.nic = p.nic
	}
	if p.hook == output || p.physIn != "" {
		t.answerLater(a, s)
		return drop
	}
	a.send(t, s)
	return drop
}

// maxAnswers bounds the answers that wait (net.core.netdev_max_backlog).
const maxAnswers = 1000

// answerLater sends a when whoever sent the packet has let go of the locks of its
// socket, which must not hear of the answer before.
func (t *Tables) answerLater(a *answer, s *stack.Stack) {
	if t.answers.Add(1) > maxAnswers {
		t.answers.Add(-1)
		return
	}
	s.Clock().AfterFunc(0, func() {
		defer t.answers.Add(-1)
		a.send(t, s)
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
	if p.tables.isLocal(p.dst) {
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
