package nat

import (
	"net/netip"

	wire "drydock/internal/packet"
	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// translate asks table nat about the first packet of a connection, and makes p what
// was decided then.
func (t *Tables) translate(p *packet) bool {
	if p.conn == nil || p.isLocked() {
		return true
	}
	// What the quoted packet went through the other way is undone in the error and in what
	// it quotes.
	m := p.hook.manip()
	if p.related && p.isError() {
		return t.translateError(p, m)
	}
	// Only the first packet of a connection asks the rules, and each end of it at one
	// hook: the destination in PREROUTING or OUTPUT, the source in POSTROUTING or INPUT.
	// Even an end that no rule translates is decided then, for ports that clash.
	status := p.conn.Status()
	if p.state == StateNew && status&(m.decided()|conntrack.Confirmed) == 0 {
		if !t.askNAT(p, m.decided()) {
			return false
		}
		if p.conn.Status()&m.decided() == 0 {
			t.bindNull(p, m)
		}
		status = p.conn.Status()
	}
	if status&m.inDir(p.dir).translated() == 0 {
		return true
	}
	// What packets of one direction are to look like is the mirror image of those of the
	// other.
	target, ok := p.conn.Tuple(1 - p.dir).Invert()
	if !ok {
		return true
	}
	if m == source {
		return t.rewrite(p, m, target.Src, target.SrcPort)
	}
	return t.rewrite(p, m, target.Dst, target.DstPort)
}

// rewrite gives one end of p another address and, unless p is a fragment without,
// another port or ICMP id. The checksums are patched, not computed (RFC 1624): a damaged
// packet stays damaged, and a partial checksum stays one.
func (t *Tables) rewrite(p *packet, m manip, addr netip.Addr, port uint16) bool {
	if p.borrowed {
		p.own()
	}
	if m == source {
		p.src = addr
	} else {
		p.dst = addr
	}
	w := wire.Translation{
		Destination: m == destination, Addr: addr, Port: port,
		KeepPort: p.isError(), // where an echo has its id, an error has something else
		Partial:  p.pkt.GSOOptions.Type != stack.GSONone && p.pkt.GSOOptions.NeedsCsum,
	}
	if p.layout.Fragment == wire.Following {
		w.Apply(p.ip, nil, p.proto)
		return true
	}
	w.Apply(p.ip, p.l4, p.proto)
	switch {
	case !p.ports || isICMP(p.proto):
	case m == source:
		p.srcPort = port
	default:
		p.dstPort = port
	}
	return true
}
