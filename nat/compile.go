package nat

// A rule is a Rule in a chain. It does not change; a changed one is a copy, which
// shares what packets change: counters and the buckets of limits. It keeps the Rule to show
// it; what packets are compared with is asks and rest, which are made of it once.
type rule struct {
	Rule
	count   *counter
	asks    asking     // of the digests of packets that it may match
	rest    conditions // that decide whether it does
	applier applier    // Target, if it does something
	hooks   hookSet    // at which it is allowed
	to      int        // index of the chain that it jumps to, or noChain
	print   uint64     // fingerprint of Rule
	handle  uint64

	nft        *NftRule // of nft, in place of Rule
	verdict    verdict  // of nft
	also       []int    // of nft: chains that a map of its own leads to
	translates bool     // of nft: for chains of type nat alone
	final      bool     // of nft, while it is compiled: no statement that follows may fail
}

// noChain is the index of no chain.
const noChain = -1

// An instruction is a rule in the form in which packets meet it, side by side with the
// others of its chain, one in each cache line of 64 bytes.
type instruction struct {
	want, mask digest
	rule       *rule
	to         int32 // the chain to go on in
	verdict    verdict
	more       bool // that rule.rest is to be asked too
}

// instruction is called whenever the rule comes into a chain, so that it must not depend
// on its place there.
func (r *rule) instruction() instruction {
	v := r.verdict
	if r.nft == nil {
		v = verdictOf(r.Target)
	}
	return instruction{want: r.asks.want, mask: r.asks.mask, rule: r, to: int32(r.to), verdict: v, more: r.rest.any()}
}

// verdictOf returns what traversal does at a target. All but those that it knows apply.
func verdictOf(t Target) verdict {
	switch t.(type) {
	case nil:
		return carryOn
	case Accept:
		return accept
	case Drop:
		return dropped
	case Return:
		return returned
	case Jump:
		return jumps
	case Goto:
		return goes
	}
	return applies
}

// compile fills in what r compares packets with.
func (r *rule) compile(on *host, v6 bool) {
	r.asks.on, r.asks.v6 = on, v6
	r.compileAddrs(v6)
	r.compileInterface(r.In, 32, &r.rest.in)
	r.compileInterface(r.Out, 0, &r.rest.out)
	switch {
	case r.Proto.Not:
		r.rest.notProto = r.Proto.Number
	case r.Proto.Number != 0:
		r.asks.transport(uint64(r.Proto.Number)<<protoShift, 0xff<<protoShift)
	}
	r.rest.fragment = r.Fragment
	for _, m := range r.Matches {
		if left := m.compile(&r.asks); left != nil {
			r.rest.matchers = append(r.rest.matchers, left)
		}
	}
	if t, ok := r.Target.(compiled); ok {
		r.applier = t.compileTarget(on, v6)
	} else {
		r.applier, _ = r.Target.(applier)
	}
}

// compileAddrs has room in the digest for both addresses of IPv4, and for half of the
// destination of IPv6. That half, the interface identifier, tells containers of a network
// apart; the rest is compared where it is equal.
func (r *rule) compileAddrs(v6 bool) {
	if !r.Dst.Not {
		r.asks.want.addrs |= bitsOf(r.Dst.Addr).lo
		r.asks.mask.addrs |= bitsOf(r.Dst.Mask).lo
	}
	if !v6 && !r.Src.Not {
		r.asks.want.addrs |= bitsOf(r.Src.Addr).lo << 32
		r.asks.mask.addrs |= bitsOf(r.Src.Mask).lo << 32
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
		r.asks.want.nics |= nicDigest(i.Name) << shift
		r.asks.mask.nics |= 0xffffffff << shift
	}
}
