package nat

import (
	"encoding/binary"
	"net/netip"
	"strings"
)

// An instruction is a rule in the form in which packets meet it, side by side with the
// others of its chain, one in each cache line of 64 bytes.
type instruction struct {
	want, mask digest
	rule       *rule
	to         int32 // the chain to go on in
	action     action
	more       bool // that rule.rest is to be asked too
}

// An action is what becomes of a packet that a rule matches.
type action uint8

const (
	actNothing action = iota
	actAccept
	actDrop
	actReturn
	actJump
	actGoto
	actApply // what the target of the rule says
)

func (r *rule) instruction() instruction {
	return instruction{
		want: r.want, mask: r.mask, rule: r, to: int32(r.to), action: actionOf(r.Target), more: r.rest.any(),
	}
}

func actionOf(t Target) action {
	switch t.(type) {
	case nil:
		return actNothing
	case Accept:
		return actAccept
	case Drop:
		return actDrop
	case Return:
		return actReturn
	case Jump:
		return actJump
	case Goto:
		return actGoto
	}
	return actApply
}

// A digest is what rules mostly ask for, packed so that a packet is compared with a
// rule by three exclusive ors under masks. The digest of a packet that a rule matches
// equals that of the rule; the reverse holds as far as the rule asks for nothing else.
type digest struct {
	addrs     uint64 // source and destination of IPv4, the end of the destination of IPv6
	transport uint64 // states, protocol and ports, at the bits below
	nics      uint64 // for each interface its length and its last three bytes
}

// The parts of digest.transport: two ports of 16 bits, a protocol of 8, one bit for
// each state, of which a packet has one, and whether the ports are known.
const (
	srcPortShift  = 16
	protoShift    = 32
	stateShift    = 40
	portsKnown    = 1 << 63
	trackedStates = StateInvalid | StateNew | StateEstablished | StateRelated | StateUntracked
)

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

func (d *digest) differs(want, mask *digest) bool {
	return (d.addrs^want.addrs)&mask.addrs|(d.transport^want.transport)&mask.transport|(d.nics^want.nics)&mask.nics != 0
}

func nicDigest(name string) uint64 {
	n := len(name)
	if n < 3 {
		return uint64(n)
	}
	return uint64(n&0xff) | uint64(name[n-1])<<8 | uint64(name[n-2])<<16 | uint64(name[n-3])<<24
}

// bits128 is an address or a mask; of IPv4 the last 32 bits.
type bits128 struct{ hi, lo uint64 }

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

// compile fills in what r compares packets with.
func (r *rule) compile(v6 bool) {
	r.compileAddrs(v6)
	r.compileInterface(r.In, 32, &r.rest.in)
	r.compileInterface(r.Out, 0, &r.rest.out)
	switch {
	case r.Proto.Not:
		r.rest.notProto = r.Proto.Number
	case r.Proto.Number != 0:
		r.ask(uint64(r.Proto.Number)<<protoShift, 0xff<<protoShift)
	}
	r.rest.matchers = r.compileMatches()
	r.applier, _ = r.Target.(applier)
}

// ask makes r want bits of digest.transport.
func (r *rule) ask(want, mask uint64) {
	r.want.transport |= want
	r.mask.transport |= mask
}

func (r *rule) compileAddrs(v6 bool) {
	if !r.Dst.Not {
		r.want.addrs |= bitsOf(r.Dst.Addr).lo
		r.mask.addrs |= bitsOf(r.Dst.Mask).lo
	}
	if !v6 && !r.Src.Not {
		r.want.addrs |= bitsOf(r.Src.Addr).lo << 32
		r.mask.addrs |= bitsOf(r.Src.Mask).lo << 32
	}
	if v6 || r.Src.Not {
		r.rest.src = compileNetwork(r.Src)
	}
	if v6 || r.Dst.Not {
		r.rest.dst = compileNetwork(r.Dst)
	}
}

// compileInterface asks for the digest of a name that is to be equal, which may be that
// of others too.
func (r *rule) compileInterface(i Interface, shift int, rest *nicTest) {
	if i.Name == "" {
		return
	}
	rest.name, rest.prefix = i.prefix()
	rest.not, rest.there = i.Not, true
	if !rest.prefix && !rest.not {
		r.want.nics |= nicDigest(i.Name) << shift
		r.mask.nics |= 0xffffffff << shift
	}
}

// compileMatches returns what tests packets for the matches that a digest does not
// tell. Behind a Limit all of them are left: it counts the packets that they are not
// asked about.
func (r *rule) compileMatches() (left []matcher) {
	ports, limited := false, false
	for _, m := range r.Matches {
		_, isLimit := m.(Limit)
		limited = limited || isLimit
		if !limited && r.compileMatch(m, &ports) {
			continue
		}
		if m := m.matcher(); m != nil {
			left = append(left, m)
		}
	}
	return left
}

// compileMatch asks for what m does, if the digest tells it. It has room for the ports
// of one match.
func (r *rule) compileMatch(m Match, ports *bool) bool {
	switch m := m.(type) {
	case Conntrack:
		return m.States&^trackedStates == 0 && r.compileStates(m.States, m.Not)
	case State:
		return r.compileStates(m.States, m.Not)
	case UDP:
		return r.compilePorts(m.Src, m.Dst, ports)
	case TCP:
		return m == TCP{Src: m.Src, Dst: m.Dst} && r.compilePorts(m.Src, m.Dst, ports)
	}
	return false
}

// compileStates wants the bits of states that are not in s to be 0, or those that are.
func (r *rule) compileStates(s StateSet, not bool) bool {
	if !not {
		s = trackedStates &^ s
	}
	r.ask(0, uint64(s)<<stateShift)
	return true
}

func (r *rule) compilePorts(src, dst PortRange, done *bool) bool {
	for _, p := range []PortRange{src, dst} {
		if *done || p.Set && (p.Not || p.Lo != p.Hi) {
			return false
		}
	}
	*done = true
	r.ask(portsKnown, portsKnown)
	if src.Set {
		r.ask(uint64(src.Lo)<<srcPortShift, 0xffff<<srcPortShift)
	}
	if dst.Set {
		r.ask(uint64(dst.Lo), 0xffff)
	}
	return true
}

// conditions are what a rule asks for beyond its digest.
type conditions struct {
	src, dst addrTest
	notProto uint8
	in, out  nicTest
	matchers []matcher
}

func (c *conditions) any() bool {
	return c.src.there || c.dst.there || c.notProto != 0 || c.in.there || c.out.there || len(c.matchers) > 0
}

func (c *conditions) match(p *packet) bool {
	if c.src.there && !c.src.match(p.src) || c.dst.there && !c.dst.match(p.dst) ||
		c.notProto != 0 && c.notProto == p.proto ||
		c.in.there && !c.in.match(p.in) || c.out.there && !c.out.match(p.out) {
		return false
	}
	for _, m := range c.matchers {
		if !m.match(p) {
			return false
		}
	}
	return true
}

// An addrTest is a Network that is there.
type addrTest struct {
	addr, mask bits128
	not, there bool
}

func compileNetwork(n Network) addrTest {
	return addrTest{addr: bitsOf(n.Addr), mask: bitsOf(n.Mask), not: n.Not, there: n.Addr.IsValid()}
}

func (t *addrTest) match(a netip.Addr) bool {
	b := bitsOf(a)
	return ((b.hi^t.addr.hi)&t.mask.hi|(b.lo^t.addr.lo)&t.mask.lo == 0) != t.not
}

// A nicTest is an Interface that is there.
type nicTest struct {
	name               string
	prefix, not, there bool
}

func (t *nicTest) match(name string) bool {
	if t.prefix {
		return strings.HasPrefix(name, t.name) != t.not
	}
	return (name == t.name) != t.not
}
