package nat

import (
	"encoding/binary"
	"net/netip"

	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A manip is which end of packets is translated.
type manip uint8

const (
	source manip = iota
	destination
)

// manip returns which end is translated at the hook (HOOK2MANIP).
func (h hook) manip() manip {
	if h == prerouting || h == output {
		return destination
	}
	return source
}

// translated and decided are the status bits about an end.
func (m manip) translated() conntrack.Status {
	if m == source {
		return conntrack.SrcNAT
	}
	return conntrack.DstNAT
}

func (m manip) decided() conntrack.Status {
	if m == source {
		return conntrack.SrcNATDone
	}
	return conntrack.DstNATDone
}

// inDir returns which end of a connection is what m is of a packet in direction d.
func (m manip) inDir(d conntrack.Dir) manip {
	if d == conntrack.Reply {
		return 1 - m
	}
	return m
}

// translate asks table nat about the first packet of a connection, and makes p what
// was decided then.
func (t *Tables) translate(p *packet) bool {
	if p.conn == nil || p.isLocked() {
		return true
	}
	m := p.hook.manip()
	if p.related && p.isError() {
		return t.translateError(p, m)
	}
	status := p.conn.Status()
	if p.state == StateNew && status&(m.decided()|conntrack.Confirmed) == 0 {
		if !t.consult(natTable, p) {
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
// another port or ICMP id.
func (t *Tables) rewrite(p *packet, m manip, addr netip.Addr, port uint16) bool {
	if p.borrowed {
		p.own()
	}
	if m == source {
		p.src = addr
	} else {
		p.dst = addr
	}
	b := addr.As16()
	old := p.addrField(m)
	now := b[16-len(old):]
	switch {
	case p.fragment == following:
	case p.ports:
		p.rewritePort(m, addr, port)
	case p.proto == ianaUDPLite || p.proto == ianaDCCP:
		p.patchOther(old, now)
	}
	if !p.v6 {
		patch(p.ip[10:12], old, now)
	}
	copy(old, now)
	return true
}

// patchOther brings the checksum of UDP-Lite or DCCP, which lies where that of UDP does,
// in line with another address. (RFC 3828, section 3.1; RFC 4340, section 5.1)
func (p *packet) patchOther(old, now []byte) {
	if len(p.l4) < 8 {
		return
	}
	sum := p.l4[6:8]
	if patch(sum, old, now); sum[0] == 0 && sum[1] == 0 { // of UDP-Lite that means none
		sum[0], sum[1] = 0xff, 0xff
	}
}

// addrField returns where an address lies in the IP header.
func (p *packet) addrField(m manip) []byte { return addrField(p.ip, m) }

func addrField(ip []byte, m manip) []byte {
	off, size := 12, 4
	if ip[0]>>4 == header.IPv6Version {
		off, size = 8, 16
	}
	off += int(m) * size
	return ip[off : off+size]
}

// rewritePort changes a port of p, which has its old address still, and brings the
// checksum in line with both.
func (p *packet) rewritePort(m manip, addr netip.Addr, port uint16) {
	if p.proto == uint8(header.TCPProtocolNumber) || p.proto == uint8(header.UDPProtocolNumber) {
		if m == source {
			p.srcPort = port
		} else {
			p.dstPort = port
		}
	}
	if p.isError() { // where an echo has its id, it has something else
		port = binary.BigEndian.Uint16(p.l4[4:])
	}
	partial := p.pkt.GSOOptions.Type != stack.GSONone && p.pkt.GSOOptions.NeedsCsum
	rewriteTransport(p.l4, p.proto, p.addrField(m), addr, m, port, partial)
}

// rewriteTransport changes the port at one end of the transport header l4, and its
// checksum for that and for the address that replaces the one in field. If the checksum
// is partial, it is yet only the sum of the pseudo header, as for a device that
// computes the rest. What lies beyond the end of l4 is left alone.
func rewriteTransport(l4 []byte, proto uint8, field []byte, addr netip.Addr, m manip, port uint16, partial bool) {
	at, sumAt, pseudo := int(m)*2, 0, true
	switch proto {
	case uint8(header.TCPProtocolNumber):
		sumAt = header.TCPChecksumOffset
	case uint8(header.UDPProtocolNumber):
		sumAt = 6 // RFC 768
	case uint8(header.ICMPv4ProtocolNumber):
		at, sumAt, pseudo = 4, 2, false
	case uint8(header.ICMPv6ProtocolNumber):
		at, sumAt = 4, 2
	default:
		return
	}
	var room [2]byte
	binary.BigEndian.PutUint16(room[:], port)
	if len(l4) < at+2 {
		return
	}
	if len(l4) >= sumAt+2 {
		sum := l4[sumAt : sumAt+2]
		b := addr.As16()
		now := b[16-len(field):]
		switch {
		case partial:
			patchPartial(sum, field, now)
		case proto == uint8(header.UDPProtocolNumber):
			patchUDP(sum, field, now, l4[at:at+2], room[:])
		default:
			if pseudo {
				patch(sum, field, now)
			}
			patch(sum, l4[at:at+2], room[:])
		}
	}
	copy(l4[at:], room[:])
}
