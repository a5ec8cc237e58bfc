package nat

import (
	"encoding/binary"

	"drydock/drop"
	wire "drydock/internal/packet"
	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// An inner is the packet that an ICMP error is about, as far as it is quoted.
type inner struct {
	ip, l4 []byte
	tuple  conntrack.Tuple
}

// parseQuote reads the packet that b begins with. It is false if b does not say of
// which connection the packet is.
func parseQuote(b []byte) (q inner, ok bool) {
	l, ok := wire.ParseQuote(b)
	if !ok || l.Fragment == wire.Following || l.V6 && l.Protocol == wire.NoNextHeader {
		return inner{}, false
	}
	q.ip, q.l4 = b[:l.Transport], b[l.Transport:]
	q.tuple.Src, q.tuple.Dst = wire.Addrs(b)
	q.tuple.Proto = l.Protocol
	return q, q.parseTransport()
}

// parseTransport needs the ports or the id only: eight bytes of what failed is all that an
// error must quote (RFC 792).
func (q *inner) parseTransport() bool {
	switch q.tuple.Proto {
	case wire.TCP, wire.UDP:
		if len(q.l4) < 4 { // the ports
			return false
		}
		q.tuple.SrcPort, q.tuple.DstPort = binary.BigEndian.Uint16(q.l4), binary.BigEndian.Uint16(q.l4[2:])
	case wire.ICMP, wire.ICMPv6:
		if len(q.l4) < header.ICMPv4MinimumSize {
			return false
		}
		id := binary.BigEndian.Uint16(q.l4[4:])
		q.tuple.SrcPort, q.tuple.DstPort = id, id
		q.tuple.Type, q.tuple.Code = q.l4[0], q.l4[1]
	}
	return true
}

// relate finds the connection that an ICMP error is about. The error goes the other
// way than what it quotes, to where the answers to that go. p stays invalid if there is
// no such connection.
func (t *Tables) relate(p *packet) {
	q, ok := parseQuote(p.quote)
	if !ok {
		return
	}
	inverse, ok := q.tuple.Invert()
	if !ok {
		return
	}
	if c, d := t.conns.Find(&inverse); c != nil {
		if c.Tuple(d).Dst == p.dst {
			p.setRef(c.Ref(d, true))
		}
		return
	}
	// What the stack itself complains about may lie between the two translations.
	if p.hook != output {
		return
	}
	if c, d := t.conns.Find(&q.tuple); c != nil && q.tuple.Src == p.dst {
		p.setRef(c.Ref(1-d, true))
	}
}

// Relate says that answer, which is about to be sent, is an ICMP error about the packet
// to. It is then of the same connection and translated like it, even if that has not
// been confirmed yet, so that it could not be found. (On Linux nf_ct_attach.)
func (t *Tables) Relate(answer, to *stack.PacketBuffer) {
	if r, ok := to.Owner.(*conntrack.Ref); ok {
		answer.Owner = relative(r)
	}
}

// LimitErrors has allow decide whether an address may get another ICMP error now, before REJECT sends
// one: on Linux net.ipv4.icmp_ratelimit is a limit for each host that all errors share.
func (t *Tables) LimitErrors(allow func(to tcpip.Address) bool) { t.mayTell.Store(&allow) }

// relative returns what an answer carries to a packet that carries r.
func relative(r *conntrack.Ref) *conntrack.Ref {
	if r.Conn == nil {
		return r
	}
	return r.Conn.Ref(1-r.Dir, true)
}

// translateError makes an ICMP error what it would be without translation: m of the
// error itself, and the opposite end of the packet that it quotes.
func (t *Tables) translateError(p *packet, m manip) bool {
	status := p.conn.Status()
	if p.proto == wire.ICMP && p.icmpType == uint8(header.ICMPv4Redirect) {
		// Whoever follows it would talk past the translation.
		const done, any = conntrack.SrcNATDone | conntrack.DstNATDone, conntrack.SrcNAT | conntrack.DstNAT
		if status&done != done || status&any != 0 {
			return t.drop(p, drop.Redirect)
		}
	}
	if status&m.inDir(p.dir).translated() == 0 {
		return true
	}
	other := p.conn.Tuple(1 - p.dir)
	target, ok := other.Invert()
	if !ok {
		return true
	}
	if p.borrowed {
		p.own()
	}
	// What is quoted went the other way: its other end is translated, to what it was.
	if m == source {
		p.rewriteQuote(wire.Translation{Destination: true, Addr: other.Dst, Port: other.DstPort})
		return t.rewrite(p, m, target.Src, 0)
	}
	p.rewriteQuote(wire.Translation{Addr: other.Src, Port: other.SrcPort})
	return t.rewrite(p, m, target.Dst, 0)
}

// rewriteQuote changes one end of the packet that p quotes, its checksums, and for all
// that the checksum of p.
func (p *packet) rewriteQuote(t wire.Translation) {
	q, ok := parseQuote(p.quote)
	if !ok {
		return
	}
	var room [maxQuote]byte
	n := copy(room[:], p.quote)
	t.Apply(q.ip, q.l4, q.tuple.Proto)
	wire.Patch(p.l4[2:4], room[:n], p.quote[:n])
}
