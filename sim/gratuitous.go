package sim

import (
	"net/netip"
	"sync"
	"time"

	"drydock/internal/packet"
	"drydock/veth"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A gratuitous sends frames of an interface that nobody has asked for, in rounds.
type gratuitous struct {
	clock tcpip.Clock
	end   *veth.Endpoint // of the interface
	// round returns what to send, and how long it is until the next round, 0 after the last one.
	round func() (frames [][]byte, wait time.Duration)

	mu    sync.Mutex // guards what follows
	over  bool
	timer tcpip.Timer
	busy  sync.WaitGroup // a round that has begun
}

// announce begins to tell a network again and again, a second after the other, which MAC the addresses
// of the interface have: by ARP requests for those of IPv4 and by neighbor advertisements for those
// of IPv6, as releases since 28 do. Others who know them with another MAC, that of an earlier
// start, so learn of it. The first of n times is over when it returns.
func (ep *endpoint) announce(clock tcpip.Clock, n int) {
	var frames [][]byte
	for _, a := range ep.addrs() {
		if a.Is4() {
			frames = append(frames, gratuitousARP(ep.mac, a))
		} else {
			frames = append(frames, unsolicitedAdvertisement(ep.mac, a))
		}
	}
	g := &gratuitous{clock: clock, end: ep.inside, round: func() ([][]byte, time.Duration) {
		if n--; n > 0 {
			return frames, time.Second
		}
		return frames, 0
	}}
	ep.gratuitous = append(ep.gratuitous, g)
	g.send()
}

// send sends a round, and sets the timer for the next one.
func (g *gratuitous) send() {
	frames := g.begin()
	if frames == nil {
		return
	}
	defer g.busy.Done()
	for _, f := range frames {
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(f)})
		packet.Ethernet(pkt)
		g.end.WritePacket(pkt) // a cable that is closed meanwhile takes nothing
		pkt.DecRef()
	}
}

func (g *gratuitous) begin() [][]byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over {
		return nil
	}
	frames, wait := g.round()
	if g.over = wait == 0; !g.over {
		g.timer = g.clock.AfterFunc(wait, g.send)
	}
	g.busy.Add(1)
	return frames
}

// stop ends it. When it returns nothing is under way.
func (g *gratuitous) stop() {
	g.mu.Lock()
	g.over = true
	if g.timer != nil {
		g.timer.Stop()
	}
	g.mu.Unlock()
	g.busy.Wait()
}

// gratuitousARP is an ARP request for an address by who has it.
func gratuitousARP(mac []byte, ip netip.Addr) []byte {
	b := make([]byte, header.EthernetMinimumSize+header.ARPSize)
	header.Ethernet(b).Encode(&header.EthernetFields{
		SrcAddr: tcpip.LinkAddress(mac), DstAddr: header.EthernetBroadcastAddress, Type: header.ARPProtocolNumber,
	})
	arp := header.ARP(b[header.EthernetMinimumSize:])
	arp.SetIPv4OverEthernet()
	arp.SetOp(header.ARPRequest)
	copy(arp.HardwareAddressSender(), mac)
	copy(arp.ProtocolAddressSender(), ip.AsSlice())
	copy(arp.ProtocolAddressTarget(), ip.AsSlice())
	return b
}

// unsolicitedAdvertisement is a neighbor advertisement to all nodes (RFC 4861, section 7.2.6).
func unsolicitedAdvertisement(mac []byte, ip netip.Addr) []byte {
	body := make([]byte, header.NDPNAMinimumSize+header.NDPLinkLayerAddressSize)
	na := header.NDPNeighborAdvert(body)
	na.SetOverrideFlag(true)
	na.SetTargetAddress(packet.ToAddress(ip))
	na.Options().Serialize(header.NDPOptionsSerializer{header.NDPTargetLinkLayerAddressOption(mac)})
	return discovery(mac, packet.ToAddress(ip), header.IPv6AllNodesMulticastAddress, header.ICMPv6NeighborAdvert, body)
}

// discovery is a frame of neighbor discovery to a group.
func discovery(mac []byte, src, group tcpip.Address, kind header.ICMPv6Type, body []byte) []byte {
	size := header.ICMPv6HeaderSize + len(body)
	b := make([]byte, header.EthernetMinimumSize+header.IPv6MinimumSize+size)
	header.Ethernet(b).Encode(&header.EthernetFields{
		SrcAddr: tcpip.LinkAddress(mac), DstAddr: header.EthernetAddressFromMulticastIPv6Address(group), Type: header.IPv6ProtocolNumber,
	})
	header.IPv6(b[header.EthernetMinimumSize:]).Encode(&header.IPv6Fields{
		PayloadLength: uint16(size), TransportProtocol: header.ICMPv6ProtocolNumber, HopLimit: header.NDPHopLimit, SrcAddr: src, DstAddr: group,
	})
	icmp := header.ICMPv6(b[header.EthernetMinimumSize+header.IPv6MinimumSize:])
	icmp.SetType(kind)
	copy(icmp.MessageBody(), body)
	icmp.SetChecksum(header.ICMPv6Checksum(header.ICMPv6ChecksumParams{Header: icmp, Src: src, Dst: group}))
	return b
}
