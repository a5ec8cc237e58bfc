// Package samples has one table of packets about whose headers all users of package
// packet must agree: netfilter, connection tracking, routing, and who cuts and checks
// segments. Only tests import it.
package samples

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// The ends of all samples. The ports lie where TCP, UDP, UDP-Lite, DCCP and SCTP have
// them.
var (
	Src4, Dst4 = netip.MustParseAddr("10.1.0.99"), netip.MustParseAddr("10.2.0.99")
	Src6, Dst6 = netip.MustParseAddr("fd01::99"), netip.MustParseAddr("fd02::99")
)

const SrcPort, DstPort = 40000, 8080

// A Sample is an IP packet.
type Sample struct {
	Name   string
	Bytes  []byte
	Layout packet.Layout
	OK     bool // that it is well-formed as far as its IP headers go

	// Tracked says that connection tracking makes a connection of it, with the protocol
	// that Layout says, and of TCP and UDP with the ports.
	Tracked bool
}

// All returns the table.
func All() []Sample {
	tcp, udp, icmp, icmpv6 := body(packet.TCP, 40), body(packet.UDP, 9), body(packet.ICMP, 12), body(packet.ICMPv6, 12)
	options := extension{60, []byte{0, 0, 1, 4, 0, 0, 0, 0}}
	hop := extension{0, []byte{0, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}
	routed := extension{43, append([]byte{0, 2, 4, 1, 0, 0, 0, 0}, Dst6.AsSlice()...)} // one segment left
	arrived := extension{43, append([]byte{0, 2, 4, 0, 0, 0, 0, 0}, Dst6.AsSlice()...)}
	auth := extension{51, []byte{0, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}
	mobility := extension{135, []byte{59, 1, 5, 0, 0, 0, 0, 0, 1, 10, 0, 0, 0, 0, 0, 0}}
	list := []Sample{
		v4("TCP", packet.TCP, tcp, 0),
		v4("UDP", packet.UDP, udp, 0),
		v4("ICMP", packet.ICMP, icmp, 0),
		v4("SCTP", 132, body(132, 12), 0),
		v4("authentication header over IPv4", 51, slices.Concat([]byte{6, 4}, auth.bytes[2:], tcp), 0),
		v4("options", packet.TCP, tcp, 10),
		v4("protocol 0 over IPv4", 0, tcp, 0),
		v4("no next header over IPv4", packet.NoNextHeader, make([]byte, 8), 0),
		v4("IPv6's ICMP over IPv4", packet.ICMPv6, icmpv6, 0).untracked(),
		v4("TCP cut short", packet.TCP, tcp[:19], 0).untracked(),
		v4("datagram longer than its packet", packet.UDP, udp[:8], 0).untracked(),

		v6("TCP over IPv6", packet.TCP, tcp),
		v6("UDP over IPv6", packet.UDP, udp),
		v6("ICMPv6", packet.ICMPv6, icmpv6),
		v6("IPv4's ICMP over IPv6", packet.ICMP, icmp).untracked(),
		v6("hop-by-hop options", packet.TCP, tcp, hop),
		v6("destination options", packet.UDP, udp, options),
		v6("routed to the last", packet.TCP, tcp, arrived),
		v6("all in order", packet.TCP, tcp, hop, options, arrived, auth, options),
		v6("all out of order", packet.UDP, udp, options, auth, arrived, hop),
		v6("authentication header", packet.TCP, tcp, auth),
		v6("authentication header of ICMPv6", packet.ICMPv6, icmpv6, auth),
		v6("shortest authentication header", packet.TCP, tcp, extension{51, make([]byte, 8)}),
		v6("mobility", 135, mobility.bytes),
		v6("mobility behind options", 135, mobility.bytes, options),
		v6("TCP behind mobility", 135, append([]byte{6, 0, 5, 0, 0, 0, 0, 0}, tcp...)),
		v6("HIP", 139, make([]byte, 40)),
		v6("shim6", 140, make([]byte, 8)),
		v6("encapsulating security payload", 50, make([]byte, 32)),
		v6("experiment", 253, append([]byte{6, 0, 0, 0, 0, 0, 0, 0}, tcp...)),
		v6("SCTP over IPv6", 132, body(132, 12), options),
		v6("no next header", packet.NoNextHeader, []byte{1, 2, 3}).untracked(),
		v6("no next header behind options", packet.NoNextHeader, nil, options).untracked(),
		v6("atomic fragment", packet.TCP, tcp, extension{44, []byte{0, 0, 0, 0, 0, 0, 0, 7}}),
		v6("twelve extension headers", packet.TCP, tcp, slices.Repeat([]extension{options}, 12)...),
		v6("thirteen extension headers", packet.TCP, tcp, slices.Repeat([]extension{options}, 13)...).malformed(),
		v6("headers beyond those that are looked at", packet.TCP, tcp, extension{60, long(31)}).malformed(),
		v6("authentication header cut short", 51, auth.bytes[:16]).malformed(),
		v6("options cut short", 60, []byte{6, 1, 1, 4, 0, 0, 0, 0}).malformed(),
		v6("extension header of 7 bytes", 60, make([]byte, 7)).malformed(),
		v6("nothing where options should be", 60, nil).malformed(),
		v6("TCP cut short behind options", packet.TCP, tcp[:19], options).untracked(),
	}
	list = append(list, routedSample(v6("routed by its source", packet.TCP, tcp, routed)))
	list = append(list, fragments(options, auth)...)
	return append(list, lengths()...)
}

// fragments are parts of datagrams. A first one that does not hold all headers is tracked
// by nobody.
func fragments(options, auth extension) []Sample {
	udp := body(packet.UDP, 24)
	frag := func(offset uint16, more byte) extension {
		h := []byte{0, 0, 0, more, 0, 0, 0, 7}
		binary.BigEndian.PutUint16(h[2:], offset|uint16(more))
		return extension{44, h}
	}
	first := v6("first fragment", packet.UDP, udp[:16], options, frag(0, 1))
	last := v6("last fragment", packet.UDP, udp[16:], options, frag(16, 0)).untracked()
	// What a later fragment carries looks like an extension header, and is none.
	middle := v6("fragment of an authentication header", 51, []byte{6, 200, 0, 0, 0, 0, 0, 0}, frag(8, 1)).untracked()
	behind := v6("authentication header behind a fragment header", packet.UDP, udp[:16], frag(0, 1), auth)
	for _, s := range []*Sample{&first, &behind} {
		s.Layout.Fragment = packet.First
	}
	for _, s := range []*Sample{&last, &middle} {
		s.Layout.Fragment = packet.Following
	}
	first4 := v4("first fragment over IPv4", packet.UDP, udp[:16], 0)
	first4.Layout.Fragment = packet.First
	first4.edit(func(b []byte) { b[6] = 0x20 })
	last4 := v4("last fragment over IPv4", packet.UDP, udp[16:], 0).untracked()
	last4.Layout.Fragment = packet.Following
	last4.edit(func(b []byte) { b[6], b[7] = 0, 2 })
	return []Sample{first, last, middle, behind, first4, last4}
}

// lengths are packets with padding, or whose lengths are wrong.
func lengths() []Sample {
	tcp := body(packet.TCP, 40)
	padded4, padded6 := v4("padding", packet.TCP, tcp, 0), v6("padding over IPv6", packet.TCP, tcp)
	for _, s := range []*Sample{&padded4, &padded6} {
		s.Bytes = append(s.Bytes, 0, 0, 0)
	}
	short := v4("total length within the header", packet.TCP, tcp, 1).malformed()
	short.edit(func(b []byte) { b[3] = 23 })
	long4 := v4("total length beyond the packet", packet.TCP, tcp, 0).malformed()
	long4.edit(func(b []byte) { b[3]++ })
	ihl := v4("header of 16 bytes", packet.TCP, tcp, 0).malformed()
	ihl.edit(func(b []byte) { b[0] = 0x44 })
	long6 := v6("payload length beyond the packet", packet.TCP, tcp).malformed()
	long6.Bytes[5]++
	jumbo := v6("jumbogram", packet.TCP, tcp, extension{0, []byte{0, 0, 0xc2, 4, 0, 0, 0, 29}}).malformed()
	jumbo.Bytes[5] = 0
	return []Sample{padded4, padded6, short, long4, ihl, long6, jumbo}
}

// An extension is an extension header. Its next header field is filled in.
type extension struct {
	kind  byte
	bytes []byte
}

// long returns options of 8 bytes and n times 8 more.
func long(n byte) []byte {
	b := make([]byte, 8+8*int(n))
	b[1] = n
	return b
}

func v4(name string, proto uint8, l4 []byte, options int) Sample {
	b := make([]byte, header.IPv4MinimumSize+4*options)
	b[0], b[8], b[9] = 4<<4|byte(len(b)/4), 64, proto
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)+len(l4)))
	binary.BigEndian.PutUint16(b[4:], 7)
	copy(b[12:], Src4.AsSlice())
	copy(b[16:], Dst4.AsSlice())
	for i := header.IPv4MinimumSize; i < len(b); i++ {
		b[i] = 1 // no operation
	}
	s := Sample{Name: name, Bytes: append(b, l4...), OK: true, Tracked: true}
	s.Layout = packet.Layout{Transport: len(b), Size: len(s.Bytes), Protocol: proto, ID: 7}
	s.edit(func([]byte) {})
	return s
}

// edit changes an IPv4 header and brings its checksum in line.
func (s *Sample) edit(change func(ip []byte)) {
	change(s.Bytes)
	ip := s.Bytes[:max(int(s.Bytes[0]&0xf)*4, header.IPv4MinimumSize)]
	ip[10], ip[11] = 0, 0
	binary.BigEndian.PutUint16(ip[10:], ^checksum.Checksum(ip, 0))
	s.sum()
}

func v6(name string, proto uint8, l4 []byte, extensions ...extension) Sample {
	b := make([]byte, header.IPv6MinimumSize)
	b[0], b[6], b[7] = 6<<4, proto, 64
	copy(b[8:], Src6.AsSlice())
	copy(b[24:], Dst6.AsSlice())
	s := Sample{Name: name, OK: true, Tracked: true, Layout: packet.Layout{V6: true, Protocol: proto}}
	next := 6 // where the next header field of the header before is
	for _, e := range extensions {
		b[next] = e.kind
		next = len(b)
		b = append(b, e.bytes...)
		b[next] = proto
		if e.kind == 44 {
			s.Layout.ID = 7
		}
	}
	s.Layout.Transport = len(b)
	s.Bytes = append(b, l4...)
	s.Layout.Size = len(s.Bytes)
	binary.BigEndian.PutUint16(s.Bytes[4:], uint16(len(s.Bytes)-header.IPv6MinimumSize))
	s.sum()
	return s
}

// sum computes the transport checksum, without code of package packet.
func (s *Sample) sum() {
	l4 := s.Bytes[s.Layout.Transport:]
	at := map[uint8]int{packet.TCP: 16, packet.UDP: 6, packet.ICMP: 2, packet.ICMPv6: 2}[s.Layout.Protocol]
	if at == 0 || len(l4) < at+2 {
		return
	}
	addrs := s.Bytes[12:20]
	if s.Layout.V6 {
		addrs = s.Bytes[8:40]
	}
	initial := uint16(0)
	if s.Layout.Protocol != packet.ICMP {
		initial = checksum.Combine(checksum.Checksum(addrs, uint16(s.Layout.Protocol)), uint16(len(l4)))
	}
	l4[at], l4[at+1] = 0, 0
	binary.BigEndian.PutUint16(l4[at:], ^checksum.Checksum(l4, initial))
}

// body returns a header of a protocol with data, n bytes in all.
func body(proto uint8, n int) []byte {
	b := make([]byte, n)
	switch proto {
	case packet.ICMP:
		b[0], b[5] = uint8(header.ICMPv4Echo), 9
		return b
	case packet.ICMPv6:
		b[0], b[5] = uint8(header.ICMPv6EchoRequest), 9
		return b
	case packet.TCP:
		b[12], b[13] = 5<<4, uint8(header.TCPFlagSyn)
	case packet.UDP:
		binary.BigEndian.PutUint16(b[4:], uint16(n))
	}
	binary.BigEndian.PutUint16(b[0:], SrcPort)
	binary.BigEndian.PutUint16(b[2:], DstPort)
	return b
}

func (s Sample) untracked() Sample { s.Tracked = false; return s }

func (s Sample) malformed() Sample { s.OK, s.Tracked = false, false; return s }

func routedSample(s Sample) Sample { s.Layout.Routed = true; return s }
