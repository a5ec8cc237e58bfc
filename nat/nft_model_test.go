package nat

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	wire "drydock/internal/packet"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A nftModel is chains by name, whose rules are gone through one statement after the other.
type nftModel struct {
	chains map[string][]*NftRule
	sets   map[string][]Element
	counts map[*Count]uint64
}

// value is Key.load in other words.
func (m *nftModel) value(k Key, p *packet) (Word, bool) {
	switch k {
	case MetaIIFName:
		return NameWord(p.in), true
	case MetaOIFName:
		return NameWord(p.out), true
	case MetaMark:
		return NumberWord(uint64(p.pkt.Mark)), true
	case MetaL4Proto:
		return NumberWord(uint64(p.proto)), true
	case CTState:
		return NumberWord(map[StateSet]uint64{StateInvalid: 1, StateEstablished: 2, StateRelated: 4, StateNew: 8, StateUntracked: 64}[p.state]), true
	case IPSaddr:
		return AddrWord(p.src), !p.v6
	case IPDaddr:
		return AddrWord(p.dst), !p.v6
	case IP6Daddr:
		return AddrWord(p.dst), p.v6
	case TCPDport:
		return NumberWord(uint64(p.dstPort)), p.proto == ianaTCP
	case UDPSport:
		return NumberWord(uint64(p.srcPort)), p.proto == ianaUDP
	case THDport:
		return NumberWord(uint64(p.dstPort)), true
	}
	panic(k)
}

func (m *nftModel) find(keys []Key, list []Element, p *packet) *Element {
	for i := range list {
		all := true
		for n, k := range keys {
			v, ok := m.value(k, p)
			all = all && ok && v.Compare(list[i].Key[n]) >= 0 && v.Compare(list[i].Last[n]) <= 0
		}
		if all {
			return &list[i]
		}
	}
	return nil
}

func (m *nftModel) elements(set string, anon *Elements) (list []Element) {
	if set != "" {
		return m.sets[set]
	}
	for e := range anon.All() {
		list = append(list, *e)
	}
	return list
}

// rule returns what a rule decides.
func (m *nftModel) rule(r *NftRule, p *packet) Verdict {
	for _, s := range r.Statements {
		switch s := s.(type) {
		case Compare:
			v, ok := m.value(s.Key, p)
			if !ok || !m.compare(s, v) {
				return Verdict{}
			}
		case Lookup:
			for _, k := range s.Keys {
				if _, ok := m.value(k, p); !ok {
					return Verdict{}
				}
			}
			if (m.find(s.Keys, m.elements(s.Set, s.Anon), p) != nil) == s.Not {
				return Verdict{}
			}
		case *Count:
			m.counts[s]++
		case SetKey:
			p.pkt.Mark = s.Xor
		case Verdict:
			return s
		case VerdictMap:
			if e := m.find(s.Keys, m.elements(s.Set, s.Anon), p); e == nil || e.Verdict.Decision != Continue {
				if e == nil {
					return Verdict{}
				}
				return e.Verdict
			}
		}
	}
	return Verdict{}
}

func (m *nftModel) compare(s Compare, v Word) bool {
	if s.Mask != (Word{}) {
		v.Hi, v.Lo = v.Hi&s.Mask.Hi, v.Lo&s.Mask.Lo
	}
	less := v.Hi < s.Value.Hi || v.Hi == s.Value.Hi && v.Lo < s.Value.Lo
	switch s.Op {
	case Equal:
		return v == s.Value
	case Unequal:
		return v != s.Value
	case Less:
		return less
	case Greater:
		return !less && v != s.Value
	case In:
		return v.Hi == s.Value.Hi && !less && v.Lo <= s.Last.Lo
	case AnyOf:
		return v.Lo&s.Value.Lo != 0
	}
	panic(s.Op)
}

// chain returns what a chain decides: Continue if the packet comes back from it.
func (m *nftModel) chain(name string, p *packet) Decision {
	for _, r := range m.chains[name] {
		switch v := m.rule(r, p); v.Decision {
		case Accepted, Discard:
			return v.Decision
		case Returned:
			return Continue
		case JumpTo:
			if d := m.chain(v.Chain, p); d != Continue {
				return d
			}
		case GoTo:
			return m.chain(v.Chain, p)
		}
	}
	return Continue
}

// A nftGambler makes rules and packets.
type nftGambler struct{ *rand.Rand }

func (g nftGambler) key() Key {
	return []Key{MetaIIFName, MetaOIFName, MetaMark, MetaL4Proto, CTState, IPSaddr, IPDaddr, IP6Daddr, TCPDport, UDPSport, THDport}[g.IntN(11)]
}

// word has values of which packets have some.
func (g nftGambler) word(k Key) Word {
	switch k {
	case MetaIIFName, MetaOIFName:
		return NameWord([]string{"eth0", "docker0", "br-1", "br-2", ""}[g.IntN(5)])
	case MetaL4Proto:
		return NumberWord([]uint64{ianaTCP, ianaUDP, 1}[g.IntN(3)])
	case CTState:
		return NumberWord([]uint64{1, 2, 4, 8, 64}[g.IntN(5)])
	case IPSaddr, IPDaddr:
		return AddrWord(netip.AddrFrom4([4]byte{10, 0, 0, byte(g.IntN(4))}))
	case IP6Daddr:
		return AddrWord(netip.AddrFrom16([16]byte{0xfd, byte(g.IntN(2)), 15: byte(g.IntN(3))}))
	}
	return NumberWord(uint64(g.IntN(6)))
}

func (g nftGambler) element(keys []Key) (e Element) {
	for i, k := range keys {
		e.Key[i] = g.word(k)
	}
	e.Last = e.Key
	if len(keys) > 0 && g.IntN(3) == 0 && e.Key[0].Lo < 1000 {
		e.Last[0].Lo += uint64(g.IntN(3))
	}
	return e
}

func (g nftGambler) keys() []Key {
	keys := []Key{g.key()}
	for g.IntN(3) == 0 && len(keys) < maxConcat {
		keys = append(keys, g.key())
	}
	return keys
}

func (g nftGambler) verdict(chains []string) Verdict {
	d := Decision(g.IntN(6))
	if d < JumpTo || len(chains) == 0 {
		return Verdict{Decision: d % JumpTo}
	}
	return Verdict{d, chains[g.IntN(len(chains))]}
}

// elements are some that do not overlap where they are of one value. Of concatenations none are ranges: which of
// several wins is not said.
func (g nftGambler) elements(keys []Key, chains []string) *Elements {
	s, _ := NewElements(len(keys))
	for range g.IntN(6) {
		e := g.element(keys)
		if len(keys) > 1 {
			e.Last = e.Key
		}
		e.Verdict = g.verdict(chains)
		_ = s.add(&e)
	}
	return s
}

func (g nftGambler) statement(chains []string, sets map[string][]Key) Statement {
	switch g.IntN(7) {
	case 0:
		return &Count{}
	case 1:
		return SetKey{Key: MetaMark, Xor: uint32(g.IntN(6))}
	case 2:
		keys := g.keys()
		return Lookup{Keys: keys, Anon: g.elements(keys, nil), Not: g.IntN(3) == 0}
	case 3:
		for name, keys := range sets {
			if name[0] == 's' {
				return Lookup{Keys: keys, Set: name, Not: g.IntN(3) == 0}
			}
		}
	}
	k := g.key()
	m := Compare{Key: k, Op: []Op{Equal, Equal, Equal, Unequal, Less, Greater}[g.IntN(6)], Value: g.word(k)}
	switch {
	case k == CTState && g.IntN(2) == 0:
		m.Op, m.Value = AnyOf, NumberWord(uint64(g.IntN(127)+1))
	case (k == IPSaddr || k == IPDaddr) && g.IntN(2) == 0:
		m.Mask = NumberWord(0xfffffffe)
		m.Value = m.Value.And(m.Mask)
	case m.Value.Hi == 0 && g.IntN(4) == 0:
		m.Op, m.Last = In, m.Value
		m.Last.Lo += uint64(g.IntN(3))
	}
	return m
}

func (g nftGambler) rule(chains []string, sets map[string][]Key) (r NftRule) {
	for range g.IntN(4) {
		r.Statements = append(r.Statements, g.statement(chains, sets))
	}
	switch g.IntN(4) {
	case 0:
		keys := g.keys()
		r.Statements = append(r.Statements, VerdictMap{Keys: keys, Anon: g.elements(keys, chains)})
	case 1:
		r.Statements = append(r.Statements, VerdictMap{Keys: sets["m"], Set: "m"})
	default:
		r.Statements = append(r.Statements, g.verdict(chains))
		return r
	}
	if g.IntN(2) == 0 { // what follows a map is for its verdict continue
		r.Statements = append(r.Statements, g.rule(chains, sets).Statements...)
	}
	return r
}

func (g nftGambler) packet(t *Tables) *packet {
	p := samplePacket(t)
	p.v6 = g.IntN(3) == 0
	p.in, p.out = g.word(MetaIIFName).Name(), g.word(MetaOIFName).Name()
	p.src, p.dst = g.word(IPSaddr).Addr(false), g.word(IPDaddr).Addr(false)
	if p.v6 {
		p.src, p.dst = g.word(IP6Daddr).Addr(true), g.word(IP6Daddr).Addr(true)
	}
	p.proto = []uint8{ianaTCP, ianaUDP}[g.IntN(2)]
	p.srcPort, p.dstPort = uint16(g.IntN(6)), uint16(g.IntN(6))
	p.state = 1 << g.IntN(5)
	p.layout = wire.Layout{Size: 52, V6: p.v6, Protocol: p.proto}
	p.pkt = stack.NewPacketBuffer(stack.PacketBufferOptions{})
	p.pkt.Mark = uint32(g.IntN(6))
	return p
}

// TestNftModel compares what becomes of packets, and what counters count, with a model of nft's semantics without
// digests, indices and compiled rules. Chains lead to later ones, so that there is no circle.
func TestNftModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		g := nftGambler{rand.New(rand.NewPCG(seed, 7))}
		tables := New()
		names := []string{"base", "a", "b", "c"}
		sets := map[string][]Key{"m": g.keys(), "s": g.keys()}
		model := nftModel{chains: map[string][]*NftRule{}, sets: map[string][]Element{}, counts: map[*Count]uint64{}}
		require.NoError(t, tables.nft.Edit(func(tx *NftEdit) error {
			require.NoError(t, tx.AddTable(NftTable{Family: FamilyINet, Name: "t"}))
			for _, n := range names {
				c := NftChain{Name: n}
				if n == "base" {
					c.Base = &BaseChain{Hook: HookForward}
				}
				require.NoError(t, tx.AddChain(FamilyINet, "t", c))
			}
			for _, n := range []string{"m", "s"} {
				require.NoError(t, tx.AddSet(FamilyINet, "t", NftSet{Name: n, Width: len(sets[n]), Verdicts: n == "m"}, g.elements(sets[n], nil)))
				for e := range tx.Set(FamilyINet, "t", n).elements.All() {
					model.sets[n] = append(model.sets[n], *e)
				}
			}
			for i, n := range names {
				for range g.IntN(70) { // enough for an index
					at := -1
					if g.IntN(4) == 0 {
						at = 0
					}
					_, err := tx.AddRule(FamilyINet, "t", n, at, g.rule(names[i+1:], sets))
					require.NoError(t, err)
				}
			}
			return nil
		}))
		view := tables.nft.View()
		for _, n := range names {
			for r := range view.Rules(FamilyINet, "t", n) {
				model.chains[n] = append(model.chains[n], r)
			}
		}
		for i := range 300 {
			p := g.packet(tables)
			mark := p.pkt.Mark
			want := model.chain("base", p) != Discard
			wantMark := p.pkt.Mark
			p.pkt.Mark = mark
			require.Equal(t, want, tables.pass(p), "seed %d packet %d", seed, i)
			require.Equal(t, wantMark, p.pkt.Mark, "seed %d packet %d", seed, i)
		}
		for c, n := range model.counts {
			where := ""
			for name, rules := range model.chains {
				for i, r := range rules {
					if slices.ContainsFunc(r.Statements, func(s Statement) bool { return s == Statement(c) }) {
						where = fmt.Sprintf("seed %d, %s %d: %+v", seed, name, i, r.Statements)
					}
				}
			}
			require.Equal(t, n, c.Counters().Packets, where)
		}
	}
}
