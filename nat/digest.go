package nat

import (
	"encoding/binary"
	"net/netip"
)

// A digest is what rules mostly ask for, packed so that a packet is compared with a
// rule by three exclusive ors under masks. The digest of a packet that a rule matches
// equals that of the rule; the reverse holds as far as the rule asks for nothing else.
//
// What is in it is what Docker's rules ask for: addresses, a protocol, a port, states and
// interfaces. Ports count only together with portsKnown, since those of a fragment are 0,
// which a rule may ask for. A match that wants more, or the ports of a second match, gives
// a matcher to be asked behind it, by a call through an interface.
type digest struct {
	addrs     uint64 // source and destination of IPv4, the end of the destination of IPv6
	transport uint64 // states, protocol and ports, at the bits below
	nics      uint64 // for each interface its length and its last three bytes
}

// The parts of digest.transport: two ports of 16 bits, a protocol of 8, one bit for
// each state, of which a packet has one, and whether the ports are known.
const (
	srcPortShift = 16
	protoShift   = 32
	stateShift   = 40
	portsKnown   = 1 << 63
)

// digest is computed once for each table that p passes, not for each rule.
func (p *packet) digest() digest {
	d := digest{
		addrs:     bitsOf(p.dst).lo,
		transport: uint64(p.dstPort) | uint64(p.srcPort)<<srcPortShift | uint64(p.proto)<<protoShift | uint64(p.state)<<stateShift,
		nics:      nicDigest(p.in)<<32 | nicDigest(p.out),
	}
	if !p.v6 {
		d.addrs |= bitsOf(p.src).lo << 32
	}
	if p.ports {
		d.transport |= portsKnown
	}
	return d
}

// differs decides about most rules, without a branch until the end.
func (d *digest) differs(want, mask *digest) bool {
	return (d.addrs^want.addrs)&mask.addrs|(d.transport^want.transport)&mask.transport|(d.nics^want.nics)&mask.nics != 0
}

// nicDigest keeps the last three bytes of a name: those of bridges and cables differ at
// the end, br-5d3…, veth1a2b, more than at the beginning.
func nicDigest(name string) uint64 {
	n := len(name)
	if n < 3 {
		return uint64(n)
	}
	return uint64(n&0xff) | uint64(name[n-1])<<8 | uint64(name[n-2])<<16 | uint64(name[n-3])<<24
}

// bits128 is an address or a mask; of IPv4 the last 32 bits.
type bits128 struct{ hi, lo uint64 }

// bitsOf returns the zero bits for an address that is not valid, which no rule asks for.
func bitsOf(a netip.Addr) bits128 {
	switch {
	case a.Is4():
		b := a.As4()
		return bits128{lo: uint64(binary.BigEndian.Uint32(b[:]))}
	case a.Is6():
		b := a.As16()
		return bits128{hi: binary.BigEndian.Uint64(b[:8]), lo: binary.BigEndian.Uint64(b[8:])}
	}
	return bits128{}
}

// An asking is what a rule wants of the digests of packets, and what of it has been
// spoken for.
type asking struct {
	want, mask digest
	on         *host // of which a match may ask more
	v6         bool
	hasPorts   bool // there is room for the ports of one match
	counted    bool // that a match came that counts the packets that it is asked about
}

// transport wants bits of digest.transport.
func (a *asking) transport(want, mask uint64) {
	a.want.transport |= want
	a.mask.transport |= mask
}

// states wants the bits of states that are not in s to be 0, or those that are. It is
// false if a matcher must ask: behind a match that counts, such as a limit, which must not
// be spared packets that only what follows it refuses.
func (a *asking) states(s StateSet, not bool) bool {
	if a.counted {
		return false
	}
	if !not {
		s = trackedStates &^ s
	}
	a.transport(0, uint64(s)<<stateShift)
	return true
}

// ports wants single ports. It is false if a matcher must ask.
func (a *asking) ports(src, dst PortRange) bool {
	if a.counted || a.hasPorts {
		return false
	}
	for _, p := range []PortRange{src, dst} {
		if p.Set && (p.Not || p.Lo != p.Hi) {
			return false
		}
	}
	a.hasPorts = true
	a.transport(portsKnown, portsKnown)
	if src.Set {
		a.transport(uint64(src.Lo)<<srcPortShift, 0xffff<<srcPortShift)
	}
	if dst.Set {
		a.transport(uint64(dst.Lo), 0xffff)
	}
	return true
}

// addrOf is the reverse of bitsOf.
func addrOf(b bits128, v4 bool) netip.Addr {
	if v4 {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], uint32(b.lo))
		return netip.AddrFrom4(a)
	}
	var a [16]byte
	binary.BigEndian.PutUint64(a[:8], b.hi)
	binary.BigEndian.PutUint64(a[8:], b.lo)
	return netip.AddrFrom16(a)
}
