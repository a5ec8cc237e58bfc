package nat

import (
	"encoding/binary"
	"net/netip"

	"drydock/nat/conntrack"

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
	off := 0
	switch {
	case len(b) >= header.IPv4MinimumSize && b[0]>>4 == header.IPv4Version:
		ip := header.IPv4(b)
		off = int(ip.HeaderLength())
		if off < header.IPv4MinimumSize || ip.FragmentOffset() > 0 {
			return inner{}, false
		}
		q.tuple.Src, q.tuple.Dst = netip.AddrFrom4([4]byte(ip[12:])), netip.AddrFrom4([4]byte(ip[16:]))
		q.tuple.Proto = ip.Protocol()
	case len(b) >= header.IPv6MinimumSize && b[0]>>4 == header.IPv6Version:
		ext, ok := parseExtensions(b)
		if !ok || ext.fragment == following {
			return inner{}, false
		}
		off = ext.off
		q.tuple.Src, q.tuple.Dst = netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
		q.tuple.Proto = ext.proto
	default:
		return inner{}, false
	}
	if off > len(b) {
		return inner{}, false
	}
	q.ip, q.l4 = b[:off], b[off:]
	return q, q.parseTransport()
}

func (q *inner) parseTransport() bool {
	switch q.tuple.Proto {
	case uint8(header.TCPProtocolNumber), uint8(header.UDPProtocolNumber):
		if len(q.l4) < 4 { // the ports
			return false
		}
		q.tuple.SrcPort, q.tuple.DstPort = binary.BigEndian.Uint16(q.l4), binary.BigEndian.Uint16(q.l4[2:])
	case uint8(header.ICMPv4ProtocolNumber), uint8(header.ICMPv6ProtocolNumber):
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
	if p.proto == uint8(header.ICMPv4ProtocolNumber) && p.icmpType == uint8(header.ICMPv4Redirect) {
		// Whoever follows it would talk past the translation.
		const done, any = conntrack.SrcNATDone | conntrack.DstNATDone, conntrack.SrcNAT | conntrack.DstNAT
		if status&done != done || status&any != 0 {
			return t.drop(p, DropTranslation)
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
	if m == source {
		p.rewriteQuote(destination, other.Dst, other.DstPort)
		return t.rewrite(p, m, target.Src, 0)
	}
	p.rewriteQuote(source, other.Src, other.SrcPort)
	return t.rewrite(p, m, target.Dst, 0)
}

// rewriteQuote changes one end of the packet that p quotes, its checksums, and for all
// that the checksum of p.
func (p *packet) rewriteQuote(m manip, addr netip.Addr, port uint16) {
	q, ok := parseQuote(p.quote)
	if !ok {
		return
	}
	var room [maxQuote]byte
	n := copy(room[:], p.quote)
	b := addr.As16()
	old := addrField(q.ip, m)
	now := b[16-len(old):]
	rewriteTransport(q.l4, q.tuple.Proto, old, addr, m, port, false)
	if addr.Is4() {
		patch(q.ip[10:12], old, now)
	}
	copy(old, now)
	patch(p.l4[2:4], room[:n], p.quote[:n])
}
