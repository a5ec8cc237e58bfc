package conntrack

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// A Dir is the direction of a packet of a connection.
type Dir uint8

const (
	Original Dir = iota // as the packet that began it
	Reply
)

// The IP protocols that are tracked in ways of their own.
const (
	protoICMP    = 1
	protoTCP     = 6
	protoUDP     = 17
	protoGRE     = 47
	protoICMPv6  = 58
	protoUDPLite = 136
)

// A Tuple tells one direction of a connection from all others. Tuples are
// comparable.
type Tuple struct {
	Src, Dst         netip.Addr // IPv4 is never mapped into IPv6; zones do not count
	SrcPort, DstPort uint16     // of TCP and UDP; both the id of ICMP echoes
	Proto            uint8      // IP protocol
	Type, Code       uint8      // of ICMP and ICMPv6
}

// icmpAnswers and icmpv6Answers are the types of requests and what answers them.
var (
	icmpAnswers   = [][2]uint8{{8, 0}, {13, 14}, {15, 16}, {17, 18}} // echo, timestamp, information, address mask
	icmpv6Answers = [][2]uint8{{128, 129}, {139, 140}}               // echo, node information
)

// Invert returns the tuple of an answer to t, and of what t answers. It is false for
// ICMP messages that are not answered.
func (t Tuple) Invert() (Tuple, bool) {
	t.Src, t.Dst = t.Dst, t.Src
	t.SrcPort, t.DstPort = t.DstPort, t.SrcPort
	switch t.Proto {
	case protoICMP:
		return t.invertType(icmpAnswers)
	case protoICMPv6:
		return t.invertType(icmpv6Answers)
	}
	return t, true
}

// invertType looks a type up from either side: an answer is inverted to what it answers.
func (t Tuple) invertType(answers [][2]uint8) (Tuple, bool) {
	for _, a := range answers {
		switch t.Type {
		case a[0]:
			t.Type = a[1]
			return t, true
		case a[1]:
			t.Type = a[0]
			return t, true
		}
	}
	return Tuple{}, false
}

// begins reports whether a packet with tuple t may begin a connection. Of TCP the
// flags decide.
func (t *Tuple) begins() bool {
	switch t.Proto {
	case protoICMP:
		return t.Src.Is4() && isRequest(icmpAnswers, t.Type)
	case protoICMPv6:
		return t.Src.Is6() && isRequest(icmpv6Answers, t.Type)
	}
	return true
}

// isRequest reports whether a type is one that begins a connection; answers alone do not.
func isRequest(answers [][2]uint8, typ uint8) bool {
	for _, a := range answers {
		if a[0] == typ {
			return true
		}
	}
	return false
}

// A key is a Tuple without pointers, in 40 bytes: a node of the hash table with its
// key is one cache line, and the collector does not look into it.
type key struct {
	src, dst         [2]uint64
	srcPort, dstPort uint16
	proto, typ, code uint8
	family           uint8 // 4, 6 or, of a zero Tuple, 0
}

// makeKey packs a tuple so that it is hashed and compared in words: a netip.Addr has a
// pointer in it.
func makeKey(t *Tuple) key {
	k := key{
		src: words(t.Src), dst: words(t.Dst),
		srcPort: t.SrcPort, dstPort: t.DstPort,
		proto: t.Proto, typ: t.Type, code: t.Code,
	}
	switch {
	case t.Src.Is4():
		k.family = 4
	case t.Src.IsValid():
		k.family = 6
	}
	return k
}

// words returns an address as two words, of which IPv4 has the second alone. The family is
// in the key beside them.
func words(a netip.Addr) [2]uint64 {
	if a.Is4() { // at half the cost
		b := a.As4()
		return [2]uint64{0, uint64(binary.BigEndian.Uint32(b[:]))}
	}
	b := a.As16()
	return [2]uint64{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func (k *key) addr(w [2]uint64) netip.Addr {
	switch k.family {
	case 4:
		return netip.AddrFrom4([4]byte{byte(w[1] >> 24), byte(w[1] >> 16), byte(w[1] >> 8), byte(w[1])})
	case 6:
		var b [16]byte
		binary.BigEndian.PutUint64(b[:8], w[0])
		binary.BigEndian.PutUint64(b[8:], w[1])
		return netip.AddrFrom16(b)
	}
	return netip.Addr{}
}

func (k *key) tuple() Tuple {
	return Tuple{
		Src: k.addr(k.src), Dst: k.addr(k.dst),
		SrcPort: k.srcPort, DstPort: k.dstPort,
		Proto: k.proto, Type: k.typ, Code: k.code,
	}
}

// A seed makes the hashes of one table unpredictable.
type seed [6]uint64

// newSeed makes hashes that nobody outside can foresee, so that connections cannot be made
// to fall into one bucket.
func newSeed(random func() uint64) (s seed) {
	for i := range s {
		s[i] = random() | 1
	}
	return s
}

// hash folds 128-bit products. Every operand is mixed with a secret number first, so
// that nobody outside can make a product vanish or two keys collide.
func (s *seed) hash(k *key) uint64 {
	ports := uint64(k.srcPort)<<48 | uint64(k.dstPort)<<32 | uint64(k.proto)<<24 |
		uint64(k.typ)<<16 | uint64(k.code)<<8 | uint64(k.family)
	a := fold(k.src[0]^s[0], k.src[1]^s[1])
	b := fold(k.dst[0]^s[2], k.dst[1]^s[3])
	// The second fold spreads what the ports of neighbours differ in over all bits: with
	// one alone, buckets were 8 standard deviations off for one seed in 300.
	return fold(fold(a^ports^s[4], b^bits.RotateLeft64(ports, 32)^s[5])^s[0], s[2]|1)
}

// fold multiplies to 128 bits and folds the halves together, as wyhash does.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
