package nat

import (
	"encoding/binary"
	"net/netip"

	wire "drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A sample is an IP packet to be made, by default a TCP segment with ACK.
type sample struct {
	proto    string // "tcp", "udp", "icmp" (v4 or v6), or ""
	src, dst string // with ports for TCP and UDP
	flags    uint8  // of TCP; 0: ACK
	seq, ack uint32
	kind     uint8 // of ICMP
	code     uint8
	id       uint16 // of an ICMP echo
	data     []byte // of TCP, UDP or ICMP
	options  []byte // of IPv4, or extension headers of IPv6 with the last's next header left open
	ipID     uint16
	offset   int // of a fragment, in bytes
	more     bool
	noSum    bool // of UDP
	badSum   bool
	ttl      uint8
}

const (
	syn    = uint8(header.TCPFlagSyn)
	synAck = uint8(header.TCPFlagSyn | header.TCPFlagAck)
	rst    = uint8(header.TCPFlagRst)
	rstAck = uint8(header.TCPFlagRst | header.TCPFlagAck)
	fin    = uint8(header.TCPFlagFin | header.TCPFlagAck)
	echo4  = uint8(header.ICMPv4Echo)
	reply4 = uint8(header.ICMPv4EchoReply)
	echo6  = uint8(header.ICMPv6EchoRequest)
	reply6 = uint8(header.ICMPv6EchoReply)
)

func endpoint(s string) netip.AddrPort {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap
	}
	return netip.AddrPortFrom(netip.MustParseAddr(s), 0)
}

// bytes returns the packet.
func (s sample) bytes() []byte {
	src, dst := endpoint(s.src), endpoint(s.dst)
	v6 := src.Addr().Is6()
	l4, proto := s.transport(src, dst, v6)
	if s.offset > 0 {
		l4 = s.data
	}
	if s.ttl == 0 {
		s.ttl = 64
	}
	if v6 {
		return s.ipv6(src.Addr(), dst.Addr(), proto, l4)
	}
	b := make([]byte, header.IPv4MinimumSize+len(s.options)+len(l4))
	ip := header.IPv4(b)
	ip.Encode(&header.IPv4Fields{
		TotalLength: uint16(len(b)), ID: s.ipID, TTL: s.ttl, Protocol: proto,
		SrcAddr: wire.ToAddress(src.Addr()), DstAddr: wire.ToAddress(dst.Addr()),
	})
	b[0] = 4<<4 | byte(5+len(s.options)/4)
	copy(b[header.IPv4MinimumSize:], s.options)
	copy(b[header.IPv4MinimumSize+len(s.options):], l4)
	flags := uint8(0)
	if s.more {
		flags = header.IPv4FlagMoreFragments
	}
	ip.SetFlagsFragmentOffset(flags, uint16(s.offset))
	binary.BigEndian.PutUint16(b[10:], 0)
	binary.BigEndian.PutUint16(b[10:], ^onesSum(b[:int(b[0]&15)*4]))
	return b
}

func (s sample) ipv6(src, dst netip.Addr, proto uint8, l4 []byte) []byte {
	next := proto
	ext := append([]byte(nil), s.options...)
	if s.more || s.offset > 0 {
		f := make([]byte, 8)
		f[0] = proto
		binary.BigEndian.PutUint16(f[2:], uint16(s.offset))
		if s.more {
			f[3] |= 1
		}
		binary.BigEndian.PutUint32(f[4:], uint32(s.ipID))
		ext, next = append(ext, f...), 44
	} else if len(ext) > 0 { // destination options in front of everything
		ext[0], next = proto, 60
	}
	b := make([]byte, header.IPv6MinimumSize, header.IPv6MinimumSize+len(ext)+len(l4))
	header.IPv6(b).Encode(&header.IPv6Fields{
		PayloadLength: uint16(len(ext) + len(l4)), TransportProtocol: tcpip.TransportProtocolNumber(next),
		HopLimit: s.ttl, SrcAddr: wire.ToAddress(src), DstAddr: wire.ToAddress(dst),
	})
	return append(append(b, ext...), l4...)
}

// transport returns what is behind the IP header, with its checksum.
func (s sample) transport(src, dst netip.AddrPort, v6 bool) ([]byte, uint8) {
	var b []byte
	proto, sumAt := uint8(253), -1
	switch s.proto {
	case "", "tcp":
		if s.flags == 0 {
			s.flags = uint8(header.TCPFlagAck)
		}
		b = make([]byte, header.TCPMinimumSize)
		header.TCP(b).Encode(&header.TCPFields{
			SrcPort: src.Port(), DstPort: dst.Port(), SeqNum: s.seq, AckNum: s.ack,
			DataOffset: header.TCPMinimumSize, Flags: header.TCPFlags(s.flags), WindowSize: 1000,
		})
		proto, sumAt = 6, 16
	case "udp":
		b = make([]byte, header.UDPMinimumSize)
		header.UDP(b).Encode(&header.UDPFields{
			SrcPort: src.Port(), DstPort: dst.Port(), Length: uint16(header.UDPMinimumSize + len(s.data)),
		})
		proto, sumAt = 17, 6
		if s.noSum {
			sumAt = -1
		}
	case "icmp":
		b = make([]byte, header.ICMPv4MinimumSize)
		b[0], b[1] = s.kind, s.code
		binary.BigEndian.PutUint16(b[4:], s.id)
		proto, sumAt = 1, 2
		if v6 {
			proto = 58
		}
	}
	b = append(b, s.data...)
	if sumAt >= 0 {
		sum := ^onesSum(pseudo(src.Addr(), dst.Addr(), proto, b))
		if sum == 0 && proto == 17 {
			sum = 0xffff
		}
		if s.badSum {
			sum += 0x1234
		}
		binary.BigEndian.PutUint16(b[sumAt:], sum)
	}
	return b, proto
}
