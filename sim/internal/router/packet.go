package router

import (
	"drydock/drop"
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// takeOver returns pkt as a packet that the router may change: its headers are its
// own, the payload is shared, unless it quotes another packet. It is nil, with the reason, if
// the packet is not right. The caller owns the result; reserve is for the link header.
func takeOver(pkt *stack.PacketBuffer, proto tcpip.NetworkProtocolNumber, reserve int) (*stack.PacketBuffer, drop.Reason) {
	var scratch [packet.MaxHeaders]byte
	head := scratch[:packet.Copy(scratch[:], pkt, pkt.HeaderSize())]
	l, ok := packet.Parse(head, pkt.Data().Size())
	switch {
	case !ok || l.V6 != (proto == ipv6.ProtocolNumber):
		return nil, drop.Malformed
	case !l.V6 && !header.IPv4(head).IsChecksumValid():
		return nil, drop.Checksum
	}
	transport := head[l.Transport:min(len(head), l.Size)]
	transport = transport[:l.HeaderSize(transport)]
	headers := l.Transport + len(transport)
	rest := pkt.Data().ToBuffer()
	rest.TrimFront(int64(headers))
	rest.Truncate(int64(l.Size - headers)) // Ethernet pads
	if len(transport) > 0 && l.IsICMP() && packet.IsError(l.Protocol, transport[0]) {
		v := buffer.NewViewSize(int(rest.Size()))
		rest.ReadAt(v.AsSlice(), 0)
		rest.Release()
		rest = buffer.MakeWithView(v)
	}
	own := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: reserve + headers,
		Payload:            rest,
	})
	copy(own.TransportHeader().Push(len(transport)), transport)
	copy(own.NetworkHeader().Push(l.Transport), head)
	own.NetworkProtocolNumber = proto
	own.TransportProtocolNumber = tcpip.TransportProtocolNumber(l.Protocol)
	own.GSOOptions = pkt.GSOOptions
	own.Hash, own.Owner, own.Mark, own.PktType = pkt.Hash, pkt.Owner, pkt.Mark, pkt.PktType
	own.RXChecksumValidated = pkt.RXChecksumValidated
	link := packet.Front(pkt, 0)
	packet.SetArrival(own, link[:min(len(link), pkt.HeaderSize())])
	return own, 0
}

// protocolOf returns the protocol of an IP header.
func protocolOf(b []byte) tcpip.NetworkProtocolNumber {
	if b[0]>>4 == header.IPv6Version {
		return ipv6.ProtocolNumber
	}
	return ipv4.ProtocolNumber
}
