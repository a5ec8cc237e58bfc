package conntrack

import (
	"net/netip"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInvert(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"tcp 10.0.0.1:1000 10.0.0.2:80", "tcp 10.0.0.2:80 10.0.0.1:1000"},
		{"udp [2001:db8::1]:1000 [2001:db8::2]:53", "udp [2001:db8::2]:53 [2001:db8::1]:1000"},
		{"89 10.0.0.1:0 10.0.0.2:0", "89 10.0.0.2:0 10.0.0.1:0"},
		{"icmp 10.0.0.1:7 10.0.0.2:8", "icmp 10.0.0.2:7 10.0.0.1:0"},
		{"icmp 10.0.0.1:7 10.0.0.2:13", "icmp 10.0.0.2:7 10.0.0.1:14"},
		{"icmp 10.0.0.1:7 10.0.0.2:15", "icmp 10.0.0.2:7 10.0.0.1:16"},
		{"icmp 10.0.0.1:7 10.0.0.2:17", "icmp 10.0.0.2:7 10.0.0.1:18"},
		{"icmpv6 [fe80::1]:7 [fe80::2]:128", "icmpv6 [fe80::2]:7 [fe80::1]:129"},
		{"icmpv6 [fe80::1]:7 [fe80::2]:139", "icmpv6 [fe80::2]:7 [fe80::1]:140"},
	} {
		in, want := tuple(c.in), tuple(c.want)
		in.Code, want.Code = 1, 1
		got, ok := in.Invert()
		require.True(t, ok, c.in)
		assert.Equal(t, want, got)
		back, ok := got.Invert()
		require.True(t, ok, c.in)
		assert.Equal(t, in, back)
	}
	for typ := range 256 {
		_, ok := Tuple{Proto: 1, Type: uint8(typ)}.Invert()
		assert.Equal(t, typ == 0 || typ == 8 || 13 <= typ && typ <= 18, ok, typ)
		_, ok = Tuple{Proto: 58, Type: uint8(typ)}.Invert()
		assert.Equal(t, typ == 128 || typ == 129 || typ == 139 || typ == 140, ok, typ)
	}
}

func TestKeyHoldsTuple(t *testing.T) {
	t.Parallel()
	for _, want := range []Tuple{
		{},
		tuple("tcp 10.1.2.3:1000 255.254.253.252:65535"),
		tuple("udp [2001:db8::1]:1000 [ff02::fb]:5353"),
		tuple("udp [::ffff:10.0.0.1]:1 [::]:2"), // not the IPv4 address that it maps
		{Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("10.0.0.2"), Proto: 1, Type: 8, Code: 9, SrcPort: 3, DstPort: 3},
	} {
		k := makeKey(&want)
		assert.Equal(t, want, k.tuple())
	}
	v4, mapped := tuple("udp 10.0.0.1:1 10.0.0.2:2"), tuple("udp [::ffff:10.0.0.1]:1 [::ffff:10.0.0.2]:2")
	assert.NotEqual(t, makeKey(&v4), makeKey(&mapped))
}

// Neighbouring tuples, which are the usual ones, must spread over all bits.
func TestHashSpreads(t *testing.T) {
	t.Parallel()
	s := newSeed(newRandom(t))
	const n, buckets = 1 << 16, 1 << 8
	var low, high [buckets]int
	for i := range n {
		tuple := nth(protoTCP, i)
		k := makeKey(&tuple)
		h := s.hash(&k)
		low[h%buckets]++
		high[h>>56]++
	}
	for i := range buckets { // 256 expected, standard deviation 16; 8 of them are never met by chance
		assert.InDelta(t, n/buckets, low[i], 8*16)
		assert.InDelta(t, n/buckets, high[i], 8*16)
	}
}

func TestSizeOfConn(t *testing.T) {
	t.Parallel()
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("counts pointers of 8 bytes")
	}
	assert.EqualValues(t, 64, unsafe.Sizeof(node{}))
	assert.EqualValues(t, 64, unsafe.Sizeof(shard{}))
	assert.EqualValues(t, 256, unsafe.Sizeof(Conn{}))
	assert.EqualValues(t, 64, unsafe.Offsetof(Conn{}.expires))
	assert.EqualValues(t, 128, unsafe.Offsetof(Conn{}.reply))
}
