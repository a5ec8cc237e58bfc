package nat

import (
	"encoding/binary"
	"net/netip"
)

// A Word is a value of nft, of up to 128 bits: a number or an IPv4 address in Lo, an IPv6 address in
// both, the name of an interface with its first byte uppermost in Hi.
type Word struct{ Hi, Lo uint64 }

// maxConcat is how many values a concatenation has at most.
const maxConcat = 5

// Words are the values of a concatenation, or one.
type Words [maxConcat]Word

// NumberWord returns a number.
func NumberWord(n uint64) Word { return Word{Lo: n} }

// AddrWord returns an address.
func AddrWord(a netip.Addr) Word {
	b := bitsOf(a)
	return Word{b.hi, b.lo}
}

// NameWord returns the name of an interface, of which up to 16 bytes count.
func NameWord(name string) Word {
	var b [16]byte
	copy(b[:], name)
	return Word{binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])}
}

// Addr is the reverse of AddrWord.
func (w Word) Addr(v6 bool) netip.Addr { return addrOf(bits128{w.Hi, w.Lo}, !v6) }

// Name is the reverse of NameWord.
func (w Word) Name() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], w.Hi)
	binary.BigEndian.PutUint64(b[8:], w.Lo)
	n := 0
	for n < len(b) && b[n] != 0 {
		n++
	}
	return string(b[:n])
}

// Compare orders values as unsigned numbers.
func (w Word) Compare(x Word) int {
	switch {
	case w == x:
		return 0
	case w.Hi < x.Hi || w.Hi == x.Hi && w.Lo < x.Lo:
		return -1
	}
	return 1
}

// And returns the bits of both.
func (w Word) And(x Word) Word { return Word{w.Hi & x.Hi, w.Lo & x.Lo} }

// Not returns the other bits.
func (w Word) Not() Word { return Word{^w.Hi, ^w.Lo} }

// Or returns the bits of either.
func (w Word) Or(x Word) Word { return Word{w.Hi | x.Hi, w.Lo | x.Lo} }

// Next returns the value that follows.
func (w Word) Next() Word {
	if w.Lo++; w.Lo == 0 {
		w.Hi++
	}
	return w
}
