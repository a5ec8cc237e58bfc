package nat

import (
	"encoding/binary"
	"slices"
	"strings"

	wire "drydock/internal/packet"
)

// Multiport is -m multiport: up to 15 ports, where a range counts as two. Its rule must be
// one for TCP, UDP, UDP-Lite, SCTP or DCCP, whose ports lie at the same place.
type Multiport struct {
	Which PortSide
	Ports []PortRange // Set and Not are not looked at
	Not   bool
}

// A PortSide is which ports Multiport looks at.
type PortSide uint8

const (
	SourcePorts      PortSide = iota + 1 // --sports
	DestinationPorts                     // --dports
	EitherPorts                          // --ports
)

// maxMultiport is XT_MULTI_PORTS.
const maxMultiport = 15

var multiportProtocols = []uint8{ianaTCP, ianaUDP, ianaUDPLite, ianaSCTP, ianaDCCP}

// checked drops what is not looked at in ranges, so that rules that say the same are
// equal.
func (m Multiport) checked(in setting) (Match, error) {
	switch {
	case in.proto.Number == 0 || in.proto.Not:
		return nil, ErrPort
	case !slices.Contains(multiportProtocols, in.proto.Number):
		return nil, ErrPort
	case m.Which < SourcePorts || m.Which > EitherPorts || len(m.Ports) == 0:
		return nil, ErrValue
	}
	slots := 0
	for i, r := range m.Ports {
		if r.Lo > r.Hi {
			return nil, ErrPortRange
		}
		m.Ports[i] = PortRange{Lo: r.Lo, Hi: r.Hi, Set: r.Set}
		slots++
		if r.Lo < r.Hi {
			slots++
		}
	}
	if slots > maxMultiport {
		return nil, ErrValue
	}
	return m, nil
}

// clone and equal are what a copy and == do not do for the ports.

func (m Multiport) clone() Match {
	m.Ports = slices.Clone(m.Ports)
	return m
}

func (m Multiport) equal(other Match) bool {
	o, ok := other.(Multiport)
	return ok && m.Which == o.Which && m.Not == o.Not && slices.Equal(m.Ports, o.Ports)
}

func (m Multiport) String() string {
	ports := make([]string, len(m.Ports))
	for i, p := range m.Ports {
		ports[i] = portsText(p.Lo, p.Hi, ":")
	}
	return "-m multiport " + notOption(m.Not) + "--" + m.Which.String() + " " + strings.Join(ports, ",")
}

// String returns the option of multiport without its dashes.
func (s PortSide) String() string {
	switch s {
	case SourcePorts:
		return "sports"
	case DestinationPorts:
		return "dports"
	}
	return "ports"
}

// compile leaves the ports to match: the digest has room for one port at each end.
func (m Multiport) compile(*asking) matcher { return m }

// match looks at all ports in turn: there are at most 15.
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
