package nat

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/header/parse"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// onesSum is the Internet checksum as RFC 1071 explains it, without any cleverness.
func onesSum(b []byte) uint16 {
	sum := uint64(0)
	for i, x := range b {
		if i%2 == 0 {
			sum += uint64(x) << 8
		} else {
			sum += uint64(x)
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

// pseudo returns the bytes that a checksum is computed of.
func pseudo(src, dst netip.Addr, proto uint8, l4 []byte) []byte {
	if proto == 1 {
		return l4
	}
	b := append(src.AsSlice(), dst.AsSlice()...)
	b = append(b, 0, 0, byte(len(l4)>>8), byte(len(l4)), 0, 0, 0, proto)
	return append(b, l4...)
}

// A seen is a packet that came out, taken to pieces by other code than that under test.
type seen struct {
	v6       bool
	src, dst netip.Addr
	proto    uint8
	ttl      uint8
	l4       []byte
	whole    []byte
	fragment bool // not the first
	partial  bool // any
}

func dissect(b []byte) seen {
	s := seen{whole: b}
	if b[0]>>4 == 4 {
		n := int(b[0]&15) * 4
		s.src, s.dst = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
		s.proto, s.ttl, s.l4 = b[9], b[8], b[n:min(len(b), int(binary.BigEndian.Uint16(b[2:])))]
		frag := binary.BigEndian.Uint16(b[6:])
		s.fragment, s.partial = frag&0x1fff != 0, frag&0x3fff != 0
		return s
	}
	s.v6, s.src, s.dst = true, netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
	s.proto, s.ttl, s.l4 = b[6], b[7], b[40:]
	for s.proto == 60 || s.proto == 44 {
		if s.proto == 44 {
			f := binary.BigEndian.Uint16(s.l4[2:])
			s.fragment, s.partial = f>>3 != 0, f&0xfff9 != 0
			s.proto, s.l4 = s.l4[0], s.l4[8:]
			continue
		}
		s.proto, s.l4 = s.l4[0], s.l4[8+8*int(s.l4[1]):]
	}
	return s
}

// String returns what the tables of tests compare: "tcp S 10.0.0.1:1 > 10.0.0.2:2".
func (s seen) String() string {
	end := func(a netip.Addr, at int) string {
		return netip.AddrPortFrom(a, binary.BigEndian.Uint16(s.l4[at:])).String()
	}
	switch {
	case s.fragment:
		return fmt.Sprintf("fragment %v > %v", s.src, s.dst)
	case s.proto == 6 && len(s.l4) < 14:
		return fmt.Sprintf("tcp ? %s > %s", end(s.src, 0), end(s.dst, 2))
	case s.proto == 6:
		return fmt.Sprintf("tcp %s %s > %s", strings.ReplaceAll(header.TCPFlags(s.l4[13]).String(), " ", ""), end(s.src, 0), end(s.dst, 2))
	case s.proto == 17:
		return fmt.Sprintf("udp %s > %s", end(s.src, 0), end(s.dst, 2))
	case s.proto == 1 && s.l4[0] != echo4 && s.l4[0] != reply4, s.proto == 58 && s.l4[0] < 128:
		return fmt.Sprintf("icmp %d/%d %v > %v [%v]", s.l4[0], s.l4[1], s.src, s.dst, dissect(s.l4[8:]))
	case s.proto == 1 || s.proto == 58:
		return fmt.Sprintf("icmp %d/%d id %d %v > %v", s.l4[0], s.l4[1], binary.BigEndian.Uint16(s.l4[4:]), s.src, s.dst)
	}
	return fmt.Sprintf("proto %d %v > %v", s.proto, s.src, s.dst)
}

// assertValid checks all checksums of a packet, and of one that it quotes in full.
func assertValid(t testing.TB, b []byte) {
	t.Helper()
	s := dissect(b)
	if !s.v6 {
		assert.EqualValues(t, 0xffff, onesSum(b[:int(b[0]&15)*4]), "IP checksum of %v", s)
	}
	if s.partial {
		return
	}
	switch {
	case s.proto == 17 && s.l4[6] == 0 && s.l4[7] == 0:
		assert.False(t, s.v6, "no checksum in %v", s)
	case s.proto == 6 || s.proto == 17 || s.proto == 1 || s.proto == 58:
		assert.EqualValues(t, 0xffff, onesSum(pseudo(s.src, s.dst, s.proto, s.l4)), "checksum of %v", s)
	}
	if s.proto == 1 && (s.l4[0] == 3 || s.l4[0] == 11) || s.proto == 58 && s.l4[0] < 128 {
		inner := s.l4[8:]
		if inner[0]>>4 == 4 && int(binary.BigEndian.Uint16(inner[2:])) == len(inner) ||
			inner[0]>>4 == 6 && int(binary.BigEndian.Uint16(inner[4:]))+40 == len(inner) {
			assertValid(t, inner)
		}
	}
}

// received makes a packet of bytes as netstack has it in its hooks.
func received(b []byte) *stack.PacketBuffer {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
	proto := uint8(0)
	fragment := false
	if b[0]>>4 == 4 {
		parse.IPv4(pkt)
		ip := header.IPv4(pkt.NetworkHeader().Slice())
		proto, fragment = ip.Protocol(), ip.More() || ip.FragmentOffset() > 0
	} else {
		p, _, off, more, _ := parse.IPv6(pkt)
		proto, fragment = uint8(p), off > 0 || more
	}
	if fragment {
		return pkt
	}
	switch proto {
	case 1:
		parse.ICMPv4(pkt)
	case 6:
		parse.TCP(pkt)
	case 17:
		parse.UDP(pkt)
	case 58:
		parse.ICMPv6(pkt)
	}
	return pkt
}

func bytesOf(pkt *stack.PacketBuffer) []byte {
	v := stack.PayloadSince(pkt.NetworkHeader())
	defer v.Release()
	return v.ToSlice()
}
