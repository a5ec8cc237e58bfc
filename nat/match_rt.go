package nat

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	wire "drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// RT is -m rt of IPv6: the routing header.
type RT struct {
	Type, Length       uint32 // Length in bytes
	HasType, HasLength bool
	NotType, NotLength bool
	MinSegs, MaxSegs   uint32 // segments left, 0 and 0xffffffff for all
	NotSegs            bool
	Reserved           bool // of type 0: that the reserved field is 0
	HasAddrs           bool // of type 0: that it has these, or with Loose begins ... in their order
	Loose              bool
	Addrs              [16]netip.Addr
	NAddrs             uint8
}

func (m RT) checked(in setting) (Match, error) {
	switch {
	case !in.v6:
		return nil, ErrFamily
	case !m.HasType && (m.NotType || m.Type != 0), !m.HasLength && (m.NotLength || m.Length != 0), m.MinSegs > m.MaxSegs, m.NAddrs > 16,
		(m.Reserved || m.HasAddrs) && (!m.HasType || m.Type != 0 || m.NotType), m.Loose && !m.HasAddrs, m.NAddrs > 0 && !m.HasAddrs:
		return nil, ErrValue
	}
	for _, a := range m.Addrs[:m.NAddrs] {
		if !a.Is6() {
			return nil, ErrFamily
		}
	}
	return m, nil
}

func (m RT) String() string {
	s := "-m rt"
	if m.HasType {
		s += fmt.Sprintf(" %s--rt-type %d", notOption(m.NotType), m.Type)
	}
	if m.MinSegs != 0 || m.MaxSegs != 0xffffffff {
		s += fmt.Sprintf(" %s--rt-segsleft %s", notOption(m.NotSegs), m.SegsText())
	}
	if m.HasLength {
		s += fmt.Sprintf(" %s--rt-len %d", notOption(m.NotLength), m.Length)
	}
	if m.Reserved {
		s += " --rt-0-res"
	}
	if m.HasAddrs {
		s += " --rt-0-addrs " + m.AddrsText()
	}
	if m.Loose {
		s += " --rt-0-not-strict"
	}
	return s
}

// SegsText returns "3" or "0:3".
func (m RT) SegsText() string {
	if m.MinSegs == m.MaxSegs {
		return fmt.Sprint(m.MinSegs)
	}
	return fmt.Sprintf("%d:%d", m.MinSegs, m.MaxSegs)
}

// AddrsText returns the addresses with commas.
func (m RT) AddrsText() string {
	var names []string
	for _, a := range m.Addrs[:m.NAddrs] {
		names = append(names, a.String())
	}
	return strings.Join(names, ",")
}

func (m RT) compile(*asking) matcher { return &m }

func (m *RT) match(p *packet) bool {
	h := p.routingHeader()
	if h == nil {
		return false
	}
	kind, segs, length := uint32(h[2]), uint32(h[3]), uint32(len(h))
	return (m.MinSegs <= segs && segs <= m.MaxSegs) != m.NotSegs &&
		(!m.HasLength || (length == m.Length) != m.NotLength) &&
		(!m.HasType || (kind == m.Type) != m.NotType) &&
		(!m.Reserved || len(h) >= 8 && binary.BigEndian.Uint32(h[4:]) == 0) &&
		(!m.HasAddrs || m.hasAddrs(h[min(8, len(h)):]))
}

// hasAddrs compares as Linux does: all of them and no others, or with Loose all of them in
// their order, with others between.
func (m *RT) hasAddrs(h []byte) bool {
	there := len(h) / 16
	want := m.Addrs[:m.NAddrs]
	if !m.Loose {
		if there != len(want) {
			return false
		}
	}
	next := 0
	for i := 0; i < there && next < len(want); i++ {
		switch {
		case netip.AddrFrom16([16]byte(h[i*16:i*16+16])) == want[next]:
			next++
		case !m.Loose:
			return false
		}
	}
	return next == len(want)
}

// routingHeader returns the header, nil if there is none.
func (p *packet) routingHeader() []byte {
	ip := p.ip
	if len(ip) < p.layout.Transport { // netstack knows fewer headers
		ip = p.room[:wire.Copy(p.room[:], p.pkt, p.at)]
	}
	if len(ip) < header.IPv6MinimumSize {
		return nil
	}
	next := ip[6]
	for b := ip[header.IPv6MinimumSize:]; wire.IsExtension(next); {
		size := wire.ExtensionSize(next, b)
		switch {
		case size == 0 || size > len(b):
			return nil
		case next == uint8(header.IPv6RoutingExtHdrIdentifier):
			return b[:size]
		}
		next, b = b[0], b[size:]
	}
	return nil
}
