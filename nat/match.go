package nat

import (
	"encoding/binary"
	"slices"
	"strings"

	wire "drydock/internal/packet"
	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A matcher tests packets for a match of a rule. What it needs to remember belongs to
// the rule.
type matcher interface{ match(p *packet) bool }

// Most matches test packets themselves.

func (m TCP) matcher() matcher       { return m }
func (m UDP) matcher() matcher       { return m }
func (m Multiport) matcher() matcher { return m }
func (m ICMP) matcher() matcher      { return m }
func (m Conntrack) matcher() matcher { return m }
func (m State) matcher() matcher     { return m }
func (m AddrType) matcher() matcher  { return m }
func (m MarkMatch) matcher() matcher { return m }
func (m Physdev) matcher() matcher   { return m }

// matcher returns nil, which matches everything.
func (Comment) matcher() matcher { return nil }

// match is false for fragments without a header, inverted or not.
func (m TCP) match(p *packet) bool {
	return p.ports && m.Src.match(p.srcPort) && m.Dst.match(p.dstPort) && m.Flags.match(p.tcpFlags) &&
		(m.Option == 0 || hasTCPOption(p.l4, m.Option) != m.NotOpt)
}

func (m UDP) match(p *packet) bool {
	return p.ports && m.Src.match(p.srcPort) && m.Dst.match(p.dstPort)
}

func (r PortRange) match(port uint16) bool { return !r.Set || r.has(port) != r.Not }

func (r PortRange) has(port uint16) bool { return r.Lo <= port && port <= r.Hi }

func (f TCPFlags) match(flags uint8) bool {
	return f.Mask == 0 || (TCPFlagSet(flags)&f.Mask == f.Set) != f.Not
}

// hasTCPOption reports whether the header of segment has an option of a kind. As Linux
// it does not take the end of the options (kind 0) for their end.
func hasTCPOption(segment []byte, kind uint8) bool {
	if len(segment) < header.TCPMinimumSize {
		return false
	}
	size := int(segment[header.TCPDataOffset]>>4) * 4
	for i := header.TCPMinimumSize; i < min(size, len(segment)); {
		switch {
		case segment[i] == kind:
			return true
		case segment[i] <= 1 || i+1 == len(segment) || segment[i+1] == 0:
			i++
		default:
			i += int(segment[i+1])
		}
	}
	return false
}

func (m Multiport) match(p *packet) bool {
	src, dst, ok := p.bothPorts()
	if !ok {
		return false
	}
	hit := slices.ContainsFunc(m.Ports, func(r PortRange) bool {
		return m.Which != DestinationPorts && r.has(src) || m.Which != SourcePorts && r.has(dst)
	})
	return hit != m.Not
}

// bothPorts returns the ports of a packet of any protocol that has them where TCP does.
func (p *packet) bothPorts() (src, dst uint16, ok bool) {
	switch p.proto {
	case ianaTCP, ianaUDP:
		return p.srcPort, p.dstPort, p.ports
	case ianaUDPLite, ianaSCTP, ianaDCCP:
		if p.layout.Fragment == wire.Following || len(p.l4) < 4 {
			return 0, 0, false
		}
		return binary.BigEndian.Uint16(p.l4), binary.BigEndian.Uint16(p.l4[2:]), true
	}
	return 0, 0, false
}

func (m ICMP) match(p *packet) bool {
	if !p.ports {
		return false
	}
	hit := m.Any || p.icmpType == m.Type && m.MinCode <= p.icmpCode && p.icmpCode <= m.MaxCode
	return hit != m.Not
}

// match knows the states SNAT and DNAT besides the one of the packet: they are those
// of its connection.
func (m Conntrack) match(p *packet) bool {
	s := p.state
	if p.conn != nil && m.States&(StateSNAT|StateDNAT) != 0 {
		status := p.conn.Status()
		if status&conntrack.SrcNAT != 0 {
			s |= StateSNAT
		}
		if status&conntrack.DstNAT != 0 {
			s |= StateDNAT
		}
	}
	return (m.States&s != 0) != m.Not
}

func (m State) match(p *packet) bool { return (m.States&p.state != 0) != m.Not }

func (m AddrType) match(p *packet) bool {
	return (m.Src == 0 || (m.Src&p.addrType(p.src) != 0) != m.NotSrc) &&
		(m.Dst == 0 || (m.Dst&p.addrType(p.dst) != 0) != m.NotDst)
}

func (m MarkMatch) match(p *packet) bool { return (p.pkt.Mark&m.Mask == m.Value) != m.Not }

// match takes a packet that is in no bridge for one without ports. Linux does not know
// the port by which a packet that is to be routed will leave.
func (m Physdev) match(p *packet) bool {
	if p.physIn == "" && p.physOut == "" {
		return (!m.IsBridged || m.NotBridged) && (!m.IsIn || m.NotIsIn) && (!m.IsOut || m.NotIsOut) &&
			(m.In.Name == "" || m.In.Not) && (m.Out.Name == "" || m.Out.Not)
	}
	in, out := p.physIn != "", p.physOut != ""
	switch {
	case m.IsBridged && out == m.NotBridged, m.IsIn && in == m.NotIsIn, m.IsOut && out == m.NotIsOut:
		return false
	case m.In.Name != "" && in && !m.In.match(p.physIn):
		return false
	}
	return m.Out.Name == "" || out && m.Out.match(p.physOut)
}

// match reports whether i, which is not the zero Interface, matches a name.
func (i Interface) match(name string) bool {
	if begin, ok := i.prefix(); ok {
		return strings.HasPrefix(name, begin) != i.Not
	}
	return (name == i.Name) != i.Not
}
