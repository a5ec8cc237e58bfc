package nat

import (
	"fmt"

	wire "drydock/internal/packet"
	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Owner is -m owner: whose socket sent the packet, in OUTPUT and POSTROUTING. All sockets
// of a machine are root's, so that a range of users or groups matches if it has 0 in it.
// Packets that the stack itself sends, a RST or the answer to a ping, have no socket, and
// they are those that the inverted conditions match.
type Owner struct {
	UID, GID  IDRange
	Socket    bool // --socket-exists
	NotSocket bool
	Groups    bool // --suppl-groups: GID is looked for in the supplementary groups too
}

// An IDRange is users or groups from Min to Max. The zero IDRange is not looked at.
type IDRange struct {
	Min, Max uint32
	Set, Not bool
}

func (m Owner) checked(setting) (Match, error) {
	if m == (Owner{Groups: m.Groups}) || m.NotSocket && !m.Socket || m.Groups && !m.GID.Set {
		return nil, ErrValue
	}
	for _, r := range []IDRange{m.UID, m.GID} {
		if r.Min > r.Max || !r.Set && r != (IDRange{}) {
			return nil, ErrValue
		}
	}
	return m, nil
}

func (Owner) hooks() hookSet { return atOutput | atPostrouting }

func (m Owner) String() string {
	s := "-m owner"
	if m.Socket {
		s += " " + notOption(m.NotSocket) + "--socket-exists"
	}
	if m.UID.Set {
		s += " " + notOption(m.UID.Not) + "--uid-owner " + m.UID.String()
	}
	if m.GID.Set {
		s += " " + notOption(m.GID.Not) + "--gid-owner " + m.GID.String()
	}
	if m.Groups {
		s += " --suppl-groups"
	}
	return s
}

// String returns "0" or "0-999".
func (r IDRange) String() string {
	if r.Min == r.Max {
		return fmt.Sprint(r.Min)
	}
	return fmt.Sprintf("%d-%d", r.Min, r.Max)
}

// has is about root, 0.
func (r IDRange) has(socket bool) bool { return !r.Set || (socket && r.Min == 0) != r.Not }

func (m Owner) compile(*asking) matcher { return m }

func (m Owner) match(p *packet) bool {
	socket := p.hasSocket()
	return (!m.Socket || socket != m.NotSocket) && m.UID.has(socket) && m.GID.has(socket)
}

// hasSocket reports whether a socket of the machine sent p. Connected ones are found by
// both ends, and the others by where they are bound.
func (p *packet) hasSocket() bool {
	s := p.host.stack.Load()
	if s == nil || p.hook == postrouting && p.in != "" || p.isLocked() {
		return false
	}
	t := conntrack.Tuple{Src: p.src, Dst: p.dst, SrcPort: p.srcPort, DstPort: p.dstPort}
	if p.conn != nil && !p.related { // as it was before translation
		if p.dir == conntrack.Original {
			t = p.conn.Tuple(conntrack.Original)
		} else if inverse, ok := p.conn.Tuple(conntrack.Original).Invert(); ok {
			t = inverse
		}
	}
	switch p.proto {
	case wire.TCP, wire.UDP:
	case wire.ICMP, wire.ICMPv6:
		return p.ports && wire.IsQuery(p.proto, p.icmpType) && (p.icmpType == 8 || p.icmpType == 128)
	default:
		return true
	}
	if p.proto == wire.TCP && p.tcpFlags&tcpRST != 0 {
		// A RST of a socket that is going is like one that no socket sends.
		return false
	}
	id := stack.TransportEndpointID{LocalPort: t.SrcPort, LocalAddress: wire.ToAddress(t.Src), RemotePort: t.DstPort, RemoteAddress: wire.ToAddress(t.Dst)}
	return s.FindTransportEndpoint(wire.Network(p.src), tcpip.TransportProtocolNumber(p.proto), id, p.nic) != nil
}

const tcpRST = 4
