package nat

import (
	"net/netip"
	"strings"

	wire "drydock/internal/packet"
)

// conditions are what a rule asks for beyond its digest. They lie in the rule, not in the
// instruction, whose cache line they would not fit.
type conditions struct {
	src, dst addrTest
	notProto uint8
	fragment Fragments
	in, out  nicTest
	matchers []matcher
}

// any is false for most rules of Docker, of which the digest tells all.
func (c *conditions) any() bool {
	return c.src.there || c.dst.there || c.notProto != 0 || c.fragment != AllFragments || c.in.there || c.out.there || len(c.matchers) > 0
}

// match asks in the order of cost.
func (c *conditions) match(p *packet) bool {
	if c.src.there && !c.src.match(p.src) || c.dst.there && !c.dst.match(p.dst) ||
		c.notProto != 0 && c.notProto == p.proto ||
		c.fragment != AllFragments && (c.fragment == FollowingFragments) != (p.layout.Fragment == wire.Following) ||
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

// compileNetwork returns a test that is not there for the zero Network.
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

// match compares what the digest holds three bytes of.
func (t *nicTest) match(name string) bool {
	if t.prefix {
		return strings.HasPrefix(name, t.name) != t.not
	}
	return (name == t.name) != t.not
}
