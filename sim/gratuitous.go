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

// A gratuitous tells a network again and again, a second after the other, which MAC the addresses
// of an interface have: by ARP requests for those of IPv4 and by neighbor advertisements for those
// of IPv6, as releases since 28 do. Others who know them with another MAC, that of an earlier
// start, so learn of it.
type gratuitous struct {
	clock  tcpip.Clock
	end    *veth.Endpoint // of the interface
	frames [][]byte

	mu    sync.Mutex // guards what follows
	left  int        // times to come
	timer tcpip.Timer
	busy  sync.WaitGroup // a round that has begun
}

// announce begins to tell of the addresses, n times. The first is over when it returns.
func (ep *endpoint) announce(clock tcpip.Clock, n int) {
	g := &gratuitous{clock: clock, end: ep.inside, left: n}
	for _, a := range ep.addrs() {
		if a.Is4() {
			g.frames = append(g.frames, gratuitousARP(ep.mac, a))
		} else {
			g.frames = append(g.frames, unsolicitedAdvertisement(ep.mac, a))
		}
	}
	ep.gratuitous = g
	g.round()
}

// round tells once, and sets the timer for the next time.
func (g *gratuitous) round() {
	if !g.begin() {
		return
	}
	defer g.busy.Done()
	for _, f := range g.frames {
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(f)})
		packet.Ethernet(pkt)
		g.end.WritePacket(pkt) // a cable that is closed meanwhile takes nothing
		pkt.DecRef()
	}
}

func (g *gratuitous) begin() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.left == 0 {
		return false
	}
	if g.left--; g.left > 0 {
		g.timer = g.clock.AfterFunc(time.Second, g.round)
	}
	g.busy.Add(1)
	return true
}

// stop ends it. When it returns nothing is under way.
func (g *gratuitous) stop() {
	if g == nil {
		return
	}
	g.mu.Lock()
	g.left = 0
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
	const size = header.ICMPv6NeighborAdvertMinimumSize + header.NDPLinkLayerAddressSize
	b := make([]byte, header.EthernetMinimumSize+header.IPv6MinimumSize+size)
	header.Ethernet(b).Encode(&header.EthernetFields{
		SrcAddr: tcpip.LinkAddress(mac), DstAddr: header.EthernetAddressFromMulticastIPv6Address(header.IPv6AllNodesMulticastAddress),
		Type: header.IPv6ProtocolNumber,
	})
	src := packet.ToAddress(ip)
	header.IPv6(b[header.EthernetMinimumSize:]).Encode(&header.IPv6Fields{
		PayloadLength: size, TransportProtocol: header.ICMPv6ProtocolNumber, HopLimit: header.NDPHopLimit,
		SrcAddr: src, DstAddr: header.IPv6AllNodesMulticastAddress,
	})
	icmp := header.ICMPv6(b[header.EthernetMinimumSize+header.IPv6MinimumSize:])
	icmp.SetType(header.ICMPv6NeighborAdvert)
	na := header.NDPNeighborAdvert(icmp.MessageBody())
	na.SetOverrideFlag(true)
	na.SetTargetAddress(src)
	na.Options().Serialize(header.NDPOptionsSerializer{header.NDPTargetLinkLayerAddressOption(mac)})
	icmp.SetChecksum(header.ICMPv6Checksum(header.ICMPv6ChecksumParams{Header: icmp, Src: src, Dst: header.IPv6AllNodesMulticastAddress}))
	return b
}
