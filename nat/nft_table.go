package nat

import (
	"cmp"
	"slices"
	"strconv"
)

// A Family is the packets that a table of nft is for.
type Family uint8

// The families.
const (
	FamilyIP Family = iota
	FamilyIP6
	FamilyINet // both
)

// String returns the name of the family.
func (f Family) String() string { return nameOf(f, "ip", "ip6", "inet") }

// nameOf returns the name of a constant, or its number.
func nameOf[T ~uint8](n T, names ...string) string {
	if int(n) < len(names) {
		return names[n]
	}
	return strconv.Itoa(int(n))
}

// has are the families of packets, as Statement's.
func (f Family) has() uint8 { return [...]uint8{1, 2, 3}[f] }

// A Hook is where packets come to a base chain.
type Hook uint8

// The hooks.
const (
	HookPrerouting  = Hook(prerouting)
	HookInput       = Hook(input)
	HookForward     = Hook(forward)
	HookOutput      = Hook(output)
	HookPostrouting = Hook(postrouting)
)

// String returns the name of the hook.
func (h Hook) String() string {
	return nameOf(h, "prerouting", "input", "forward", "output", "postrouting")
}

// A ChainType is a kind of base chains.
type ChainType uint8

// The types. A route chain does not look for a route again when it has changed the mark.
const (
	FilterChain ChainType = iota
	NATChain              // asked about the first packet of a connection only
	RouteChain            // of HookOutput
)

// String returns the name of the type.
func (t ChainType) String() string { return nameOf(t, "filter", "nat", "route") }

// A BaseChain is what makes packets come to a chain. It is asked in the order of priorities, beside
// the tables of iptables: raw is -300, the connection is found at -200, mangle -150, nat -100 or, of
// the source, 100, filter 0 and security 50.
type BaseChain struct {
	Type     ChainType
	Hook     Hook
	Priority int32
	Drops    bool // the policy
}

// chainInfo is what a chain of nft has besides.
type chainInfo struct {
	Base    *BaseChain
	Handle  uint64
	Comment string
	seq     uint64 // of base chains: the newest goes first
}

// An NftRule is a rule of nft. Those of an Nftables do not change.
type NftRule struct {
	Statements []Statement
	Comment    string
	Handle     uint64
	Kept       bool // when its chain is written anew
}

// A NftSet is a set, or a map with Data or Verdicts. What its values are is up to who prints them.
type NftSet struct {
	Name       string
	Handle     uint64
	Width      int // values of a key
	Keys, Data any // of who prints them; comparable
	Verdicts   bool
	Constant   bool
	Interval   bool
	Counts     bool
	Size       uint32
	Policy     string
	Comment    string
	elements   *Elements
	room       uint32 // for elements, of a set that is constant: for those that it had first
}

// Elements returns the members.
func (s *NftSet) Elements() *Elements { return s.elements }

// An ObjectKind is a kind of named statements.
type ObjectKind uint8

// The kinds.
const (
	ObjectCounter ObjectKind = iota
	ObjectQuota
)

// String returns the name of the kind.
func (k ObjectKind) String() string { return nameOf(k, "counter", "quota") }

// An Object is a named counter or quota of a table.
type Object struct {
	Kind    ObjectKind
	Name    string
	Handle  uint64
	Comment string
	Start   Counters
	Quota   Quota // of ObjectQuota, without a name
	count   *counter
}

// Counters returns what a counter has counted.
func (o *Object) Counters() Counters {
	if o.count == nil {
		return o.Start
	}
	return o.count.load()
}

// nfTable is a table of nft. It does not change.
type nfTable struct {
	family  Family
	name    string
	handle  uint64
	comment string
	dormant bool
	next    uint64    // handle
	progs   [2]*table // for IPv4 and IPv6, with the same chains of as many rules; nil: not of the family
	sets    []*NftSet // by place; nil: there is none
	objects []*Object // in order
	bases   []int     // chains that packets come to
}

// main returns the program by which chains and rules are known.
func (t *nfTable) main() *table {
	if t.progs[0] != nil {
		return t.progs[0]
	}
	return t.progs[1]
}

// chain returns the chain of a name, nil if there is none.
func (t *nfTable) chain(name string) *chain { return t.main().find(name) }

func (t *nfTable) setIndex(name string) int {
	return slices.IndexFunc(t.sets, func(s *NftSet) bool { return s != nil && s.Name == name })
}

func (t *nfTable) set(name string) *NftSet {
	if i := t.setIndex(name); i >= 0 {
		return t.sets[i]
	}
	return nil
}

func (t *nfTable) object(kind ObjectKind, name string) *Object {
	for _, o := range t.objects {
		if o.Kind == kind && o.Name == name {
			return o
		}
	}
	return nil
}

// handleOf gives the next handle.
func (t *nfTable) newHandle() uint64 {
	t.next++
	return t.next
}

// full is the name of a chain as packets tell it.
func (t *nfTable) full(chain string) Chain {
	return Chain(t.family.String() + " " + t.name + "/" + chain)
}

// compile makes the rule for the packets of one family.
func (t *nfTable) compile(r *NftRule, print uint64, v6 bool, on *host) *rule {
	c := t.compileFrom(r.Statements, asking{on: on, v6: v6})
	c.nft, c.print = r, print
	return c
}

// compileFrom makes a rule of statements. Those behind a verdict map are a rule of their own, to which its verdict continue
// leads.
func (t *nfTable) compileFrom(list []Statement, a asking) *rule {
	c := &rule{to: noChain, hooks: everyHook, asks: a}
	family := uint8(1)
	if a.v6 {
		family = 2
	}
	last := 0 // statement that may keep a packet from what follows
	for i, s := range list {
		if asks(s) {
			last = i
		}
	}
	for i, s := range list {
		c.final = i >= last
		if s.families()&family == 0 && !c.asks.counted { // what counts before it does
			c.never()
		}
		s.build(c, t)
		switch s := s.(type) {
		case Translate:
			c.translates = true
			c.hooks &= s.hooks()
		case Rejection:
			c.hooks &= everyHook &^ atPostrouting
		case VerdictMap:
			if i+1 < len(list) {
				t.compileBehind(c, list[i+1:])
			}
			return c
		}
	}
	return c
}

// compileBehind adds the statements behind a verdict map to its rule.
func (t *nfTable) compileBehind(c *rule, list []Statement) {
	a := c.asks
	a.counted = true // digests are compared before the map is asked
	b := t.compileFrom(list, a)
	c.applier.(*verdictLookup).behind = b
	c.hooks &= b.hooks
	c.translates = c.translates || b.translates
	c.also = append(c.also, b.also...)
	if b.to != noChain {
		c.also = append(c.also, b.to)
	}
}

// asks reports whether a statement may keep a packet from what follows.
func asks(s Statement) bool {
	switch s.(type) {
	case Compare, Lookup, *RateLimit, *Quota, *Count, SetKey, Rejection:
		return true
	}
	return false
}

// never makes a rule that no packet matches: each is in one state.
func (r *rule) never() { r.asks.transport(0, uint64(trackedStates)<<stateShift) }

// A hooked chain is asked about packets.
type baseChain struct {
	nft   *nfTable
	prog  *table
	chain *chain
}

func (b baseChain) priority() int32 { return b.chain.nft.Base.Priority }

// maxSlots is one more than the tables and other steps of a hook.
const maxSlots = 7

// hookChains are the base chains of one hook.
type hookChains struct {
	slots [maxSlots][]baseChain // by the step that they are before
	nat   [2][]baseChain        // before iptables' table nat and behind it
}

// nftState is all tables at one moment. It does not change.
type nftState struct {
	tables []*nfTable // in the order in which they were made
	hooks  [2][numHooks]*hookChains
	seq    uint64
}

// link finds the base chains. Chains that are to be asked at the same place are in the order of
// priorities, the newest first, as Linux has those of the same.
func (s *nftState) link() {
	s.hooks = [2][numHooks]*hookChains{}
	var all []baseChain
	for _, t := range s.tables {
		if t.dormant {
			continue
		}
		for _, id := range t.bases {
			for _, prog := range t.progs {
				if prog != nil {
					all = append(all, baseChain{t, prog, prog.chains[id]})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b baseChain) int {
		return cmp.Or(cmp.Compare(a.priority(), b.priority()), cmp.Compare(b.chain.nft.seq, a.chain.nft.seq))
	})
	for _, b := range all {
		base := b.chain.nft.Base
		v6 := 0
		if b.prog == b.nft.progs[1] {
			v6 = 1
		}
		at := &s.hooks[v6][base.Hook]
		if *at == nil {
			*at = new(hookChains)
		}
		if base.Type == NATChain {
			i := 0
			if base.Priority > natPriority(hook(base.Hook)) {
				i = 1
			}
			(*at).nat[i] = append((*at).nat[i], b)
			continue
		}
		slot := slotOf(hook(base.Hook), base.Priority)
		(*at).slots[slot] = append((*at).slots[slot], b)
	}
}
