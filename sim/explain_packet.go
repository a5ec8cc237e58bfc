package sim

import (
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// refusal returns what comes back for the first packet of f if nobody listens: a reset of TCP, and an
// ICMP error for UDP.
func refusal(transport string, f flow) []byte {
	if transport == "tcp" {
		return probe(transport, f.reversed(), header.TCPFlagRst|header.TCPFlagAck, 0)
	}
	quoted := probe(transport, f, 0, 0)
	from, to := packet.ToAddress(f.dst.Addr()), packet.ToAddress(f.src.Addr())
	if f.src.Addr().Is6() {
		b := make([]byte, header.ICMPv6DstUnreachableMinimumSize+len(quoted))
		h := header.ICMPv6(b)
		h.SetType(header.ICMPv6DstUnreachable)
		h.SetCode(header.ICMPv6PortUnreachable)
		copy(b[header.ICMPv6DstUnreachableMinimumSize:], quoted)
		h.SetChecksum(header.ICMPv6Checksum(header.ICMPv6ChecksumParams{Header: h, Src: from, Dst: to}))
		return append(ipHeader(header.ICMPv6ProtocolNumber, from, to, len(b)), b...)
	}
	b := make([]byte, header.ICMPv4MinimumSize+len(quoted))
	h := header.ICMPv4(b)
	h.SetType(header.ICMPv4DstUnreachable)
	h.SetCode(header.ICMPv4PortUnreachable)
	copy(b[header.ICMPv4MinimumSize:], quoted)
	h.SetChecksum(header.ICMPv4Checksum(h, 0))
	return append(ipHeader(header.ICMPv4ProtocolNumber, from, to, len(b)), b...)
}

// probe returns the first IP packet of a connection, or the one that answers it: flags and mss are TCP's.
func probe(transport string, f flow, flags header.TCPFlags, mss uint16) []byte {
	l4 := make([]byte, header.UDPMinimumSize)
	proto := header.UDPProtocolNumber
	if transport == "tcp" {
		var options []byte
		if flags.Contains(header.TCPFlagSyn) {
			options = synOptions(mss)
		}
		l4, proto = append(make([]byte, header.TCPMinimumSize), options...), header.TCPProtocolNumber
		header.TCP(l4).Encode(&header.TCPFields{
			SrcPort: f.src.Port(), DstPort: f.dst.Port(), SeqNum: 1, AckNum: 2, DataOffset: uint8(len(l4)), Flags: flags, WindowSize: 64240,
		})
	} else {
		header.UDP(l4).Encode(&header.UDPFields{SrcPort: f.src.Port(), DstPort: f.dst.Port(), Length: uint16(len(l4))})
	}
	src, dst := packet.ToAddress(f.src.Addr()), packet.ToAddress(f.dst.Addr())
	sum := ^checksum.Checksum(l4, header.PseudoHeaderChecksum(proto, src, dst, uint16(len(l4))))
	if transport == "tcp" {
		header.TCP(l4).SetChecksum(sum)
	} else {
		header.UDP(l4).SetChecksum(sum)
	}
	return append(ipHeader(proto, src, dst, len(l4)), l4...)
}

// synOptions are those of Linux' first segment.
func synOptions(mss uint16) []byte {
	const windowScale = 7
	b := make([]byte, 20)
	n := header.EncodeMSSOption(uint32(mss), b)
	n += header.EncodeSACKPermittedOption(b[n:])
	n += header.EncodeTSOption(1, 0, b[n:])
	n += header.EncodeNOP(b[n:])
	header.EncodeWSOption(windowScale, b[n:])
	return b
}

// linkHeader returns that of a frame with an IP packet.
func linkHeader(src, dst tcpip.LinkAddress, b []byte) []byte {
	link := make([]byte, header.EthernetMinimumSize)
	proto := header.IPv4ProtocolNumber
	if b[0]>>4 == header.IPv6Version {
		proto = header.IPv6ProtocolNumber
	}
	header.Ethernet(link).Encode(&header.EthernetFields{SrcAddr: src, DstAddr: dst, Type: proto})
	return link
}

// ipHeader returns the header of a packet with size bytes behind it.
func ipHeader(proto tcpip.TransportProtocolNumber, src, dst tcpip.Address, size int) []byte {
	const ttl = 64
	if src.Len() == header.IPv6AddressSize {
		b := make([]byte, header.IPv6MinimumSize)
		header.IPv6(b).Encode(&header.IPv6Fields{
			PayloadLength: uint16(size), TransportProtocol: proto, HopLimit: ttl, SrcAddr: src, DstAddr: dst,
		})
		return b
	}
	b := make([]byte, header.IPv4MinimumSize)
	h := header.IPv4(b)
	h.Encode(&header.IPv4Fields{
		TotalLength: uint16(len(b) + size), TTL: ttl, Protocol: uint8(proto), Flags: header.IPv4FlagDontFragment, SrcAddr: src, DstAddr: dst,
	})
	h.SetChecksum(^h.CalculateChecksum())
	return b
}

// flowOf returns the ends of a packet that probe made.
func flowOf(b []byte) flow {
	l, _ := packet.Parse(b, len(b))
	f, _ := endsOf(b, &l)
	return f
}
