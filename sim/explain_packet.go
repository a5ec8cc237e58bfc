package sim

import (
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// probe returns the first IP packet of a connection, or the one that answers it.
func probe(transport string, f flow, answer bool) []byte {
	l4 := make([]byte, header.UDPMinimumSize)
	proto := header.UDPProtocolNumber
	if transport == "tcp" {
		l4, proto = make([]byte, header.TCPMinimumSize), header.TCPProtocolNumber
		flags := header.TCPFlagSyn
		if answer {
			flags |= header.TCPFlagAck
		}
		header.TCP(l4).Encode(&header.TCPFields{
			SrcPort: f.src.Port(), DstPort: f.dst.Port(), SeqNum: 1, AckNum: 2, DataOffset: header.TCPMinimumSize, Flags: flags, WindowSize: 64240,
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
