package nat

import (
	wire "drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// PktType is -m pkttype: to whom the link carried the packet. What the machine itself sends
// is unicast; on lo the address decides, since there is no link.
type PktType struct {
	Type LinkType
	Not  bool
}

// A LinkType is to whom a frame is.
type LinkType string

// The types that PktType knows.
const (
	Unicast   LinkType = "unicast"
	Broadcast LinkType = "broadcast"
	Multicast LinkType = "multicast"
	OtherHost LinkType = "otherhost"
)

func (m PktType) checked(setting) (Match, error) {
	switch m.Type {
	case Unicast, Broadcast, Multicast, OtherHost:
		return m, nil
	}
	return nil, ErrValue
}

func (m PktType) String() string {
	return "-m pkttype " + notOption(m.Not) + "--pkt-type " + string(m.Type)
}

func (m PktType) compile(*asking) matcher { return m }

func (m PktType) match(p *packet) bool { return (p.linkType() == m.Type) != m.Not }

func (p *packet) linkType() LinkType {
	link := p.linkHeader()
	switch {
	case p.in == loopback && p.hook != output:
		switch {
		case p.dst.IsMulticast():
			return Multicast
		case !p.v6:
			return Broadcast // as Linux has it, for 127.0.0.1 too
		}
		return Multicast
	case p.hook == output || p.in == "" && p.physIn == "":
		return Unicast
	case p.pkt.PktType == tcpip.PacketBroadcast:
		return Broadcast
	case p.pkt.PktType == tcpip.PacketMulticast:
		return Multicast
	case p.pkt.PktType == tcpip.PacketOtherHost:
		return OtherHost
	case len(link) < header.EthernetMinimumSize || link[0]&1 == 0:
		return Unicast
	case header.Ethernet(link).DestinationAddress() == header.EthernetBroadcastAddress:
		return Broadcast
	}
	return Multicast
}

// linkHeader returns the Ethernet header by which p came, empty for none. Of frames of a
// bridge it is the beginning.
func (p *packet) linkHeader() []byte {
	if link := p.pkt.LinkHeader().Slice(); len(link) > 0 {
		return link
	}
	if link := wire.Arrival(p.pkt); link != nil {
		return link
	}
	if p.at == header.EthernetMinimumSize && len(p.pkt.NetworkHeader().Slice()) == 0 {
		return wire.Front(p.pkt, 0)
	}
	return nil
}
