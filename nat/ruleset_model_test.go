package nat

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A model is a table filter without any art: chains by name, evaluated by recursion.
type model struct {
	chains map[string]*modelChain
	used   bool
}

type modelChain struct {
	policy Target // nil: a chain of one's own
	passed Counters
	rules  []*modelRule
}

type modelRule struct {
	Rule
	Counters
}

var modelHooks = map[string]hook{"INPUT": input, "FORWARD": forward, "OUTPUT": output}

func newModel() *model {
	m := &model{chains: make(map[string]*modelChain)}
	for name := range modelHooks {
		m.chains[name] = &modelChain{policy: Accept{}}
	}
	return m
}

// target returns the chain that a rule jumps to, "" for none.
func (r *modelRule) target() string {
	switch t := r.Target.(type) {
	case Jump:
		return t.Chain
	case Goto:
		return t.Chain
	}
	return ""
}

// forever is more jumps than there can be.
const forever = 1000

// height returns the most jumps that can follow from a chain, of which path are those
// that lead there; forever if they go in a circle.
func (m *model) height(name string, path ...string) int {
	if slices.Contains(path, name) {
		return forever
	}
	most, done := 0, map[string]bool{"": true}
	for _, r := range m.chains[name].rules {
		if to := r.target(); !done[to] {
			done[to] = true
			most = max(most, 1+m.height(to, append(slices.Clone(path), name)...))
		}
	}
	return most
}

// sound reports whether no jumps go in a circle. There are too few chains for more
// than 15 jumps in a row.
func (m *model) sound() bool {
	for name := range m.chains {
		if m.height(name) >= forever {
			return false
		}
	}
	return true
}

func (m *model) references(name string) (n int) {
	for _, c := range m.chains {
		for _, r := range c.rules {
			if r.target() == name {
				n++
			}
		}
	}
	return n
}

// put changes the rules of a chain, unless they would not do.
func (m *model) put(name string, rules []*modelRule) bool {
	c := m.chains[name]
	if c == nil {
		return false
	}
	old := c.rules
	c.rules = rules
	for _, r := range rules {
		if to := r.target(); to != "" && (m.chains[to] == nil || m.chains[to].policy != nil) {
			c.rules = old
			return false
		}
	}
	if !m.sound() {
		c.rules = old
		return false
	}
	m.used = true
	return true
}

// pass returns what the built-in chain of a hook says to p.
func (m *model) pass(name string, p *Packet) Target {
	if !m.used {
		return Accept{}
	}
	if v := m.chain(name, p); v != nil {
		return v
	}
	c := m.chains[name]
	c.passed.Packets++
	c.passed.Bytes += uint64(p.size)
	return c.policy
}

// chain returns nil where the end of a chain is reached, or RETURN.
func (m *model) chain(name string, p *Packet) Target {
	for _, r := range m.chains[name].rules {
		if !naiveMatch(&r.Rule, p) {
			continue
		}
		r.Packets++
		r.Bytes += uint64(p.size)
		switch t := r.Target.(type) {
		case Accept, Drop:
			return t
		case Return:
			return nil
		case Jump:
			if v := m.chain(t.Chain, p); v != nil {
				return v
			}
		case Goto:
			return m.chain(t.Chain, p)
		case Mark:
			for bit := uint32(1); bit != 0; bit <<= 1 {
				if t.Mask&bit != 0 {
					p.pkt.Mark &^= bit
				}
				if t.Value&bit != 0 {
					p.pkt.Mark ^= bit
				}
			}
		}
	}
	return nil
}

func naiveMatch(r *Rule, p *Packet) bool {
	if !naiveNetwork(r.Src, p.src) || !naiveNetwork(r.Dst, p.dst) || !naiveName(r.In, p.in) || !naiveName(r.Out, p.out) {
		return false
	}
	if r.Proto.Number > 0 && (p.proto == r.Proto.Number) == r.Proto.Not {
		return false
	}
	for _, m := range r.Matches {
		if !naiveExtension(m, p) {
			return false
		}
	}
	return true
}

func naiveNetwork(n Network, a netip.Addr) bool {
	if !n.Addr.IsValid() {
		return true
	}
	inside := true
	for i, b := range a.AsSlice() {
		inside = inside && b&n.Mask.AsSlice()[i] == n.Addr.AsSlice()[i]
	}
	return inside != n.Not
}

func naiveName(i Interface, name string) bool {
	if i.Name == "" {
		return true
	}
	if begin := strings.TrimSuffix(i.Name, "+"); begin != i.Name {
		return (len(name) >= len(begin) && name[:len(begin)] == begin) != i.Not
	}
	return (i.Name == name) != i.Not
}

func naivePorts(r PortRange, port uint16) bool {
	return !r.Set || (port >= r.Lo && port <= r.Hi) != r.Not
}

func naiveExtension(m Match, p *Packet) bool {
	switch m := m.(type) {
	case TCP:
		flags := m.Flags.Mask == 0 || (p.tcpFlags&m.Flags.Mask == m.Flags.Set) != m.Flags.Not
		return p.ports && naivePorts(m.Src, p.srcPort) && naivePorts(m.Dst, p.dstPort) && flags
	case UDP:
		return p.ports && naivePorts(m.Src, p.srcPort) && naivePorts(m.Dst, p.dstPort)
	case Multiport:
		hit := false
		for _, r := range m.Ports {
			src, dst := p.srcPort >= r.Lo && p.srcPort <= r.Hi, p.dstPort >= r.Lo && p.dstPort <= r.Hi
			hit = hit || m.Which == SourcePorts && src || m.Which == DestinationPorts && dst || m.Which == EitherPorts && (src || dst)
		}
		return p.ports && hit != m.Not
	case Conntrack:
		return (m.States&p.state != 0) != m.Not
	case State:
		return (m.States&p.state != 0) != m.Not
	case MarkMatch:
		return (p.pkt.Mark&m.Mask == m.Value) != m.Not
	case Comment:
		return true
	}
	panic(fmt.Sprintf("%T is not in the model", m))
}

// A gambler makes rules and packets from few values, so that they meet.
type gambler struct {
	*rand.Rand
	v6 bool
}

func pick[T any](g *gambler, from ...T) T { return from[g.IntN(len(from))] }

func (g *gambler) chance(percent int) bool { return g.IntN(100) < percent }

func (g *gambler) addr() netip.Addr {
	last := byte(g.IntN(4))
	if g.v6 {
		return netip.AddrFrom16([16]byte{0: 0xfd, 7: byte(g.IntN(2)), 15: last})
	}
	return netip.AddrFrom4([4]byte{172, byte(17 + g.IntN(2)), 0, last})
}

func (g *gambler) network() Network {
	if g.chance(60) {
		return Network{}
	}
	a := g.addr()
	p, _ := a.Prefix(1 + g.IntN(a.BitLen()))
	n := network(p.String())
	if g.chance(20) { // a mask with a gap
		mask := n.Mask.AsSlice()
		mask[1], mask[len(mask)-1] = 0, 1
		n.Mask, _ = netip.AddrFromSlice(mask)
		addr := n.Addr.AsSlice()
		addr[1], addr[len(addr)-1] = 0, addr[len(addr)-1]&1
		n.Addr, _ = netip.AddrFromSlice(addr)
	}
	n.Not = g.chance(25)
	return n
}

func (g *gambler) nic() string { return pick(g, "eth0", "eth1", "docker0", "br-1234", "a", "lo") }

func (g *gambler) nicTest() Interface {
	if g.chance(60) {
		return Interface{}
	}
	return Interface{Name: pick(g, g.nic(), g.nic(), "eth+", "br-+", "docker0+", "eth2"), Not: g.chance(25)}
}

func (g *gambler) portRange() PortRange {
	lo := uint16(g.IntN(5))
	switch {
	case g.chance(40):
		return PortRange{}
	case g.chance(50):
		return PortRange{Lo: lo, Hi: lo + uint16(g.IntN(3)), Set: true, Not: g.chance(25)}
	}
	return onePort(lo)
}

func (g *gambler) states() StateSet { return StateSet(1 + g.IntN(31)) }

func (g *gambler) matches(proto Protocol) (all []Match) {
	for g.chance(30) {
		all = append(all, pick[Match](g,
			Conntrack{States: g.states(), Not: g.chance(25)}, State{States: g.states(), Not: g.chance(25)},
			MarkMatch{Value: uint32(g.IntN(4)), Mask: uint32(g.IntN(4)), Not: g.chance(25)}, Comment{Text: "here"}))
	}
	for !proto.Not && (proto.Number == ianaTCP || proto.Number == ianaUDP) && g.chance(50) {
		ports := []Match{
			UDP{Src: g.portRange(), Dst: g.portRange()},
			Multiport{Which: PortSide(1 + g.IntN(3)), Ports: []PortRange{onePort(1), {Lo: 3, Hi: 4, Set: true}}, Not: g.chance(25)},
		}
		if proto.Number == ianaTCP {
			ports[0] = TCP{Src: g.portRange(), Dst: g.portRange()}
			if g.chance(30) {
				ports[0] = TCP{Flags: TCPFlags{Mask: 0x17, Set: 0x02, Not: g.chance(25)}}
			}
		}
		all = append(all, pick(g, ports...))
	}
	return all
}

func (g *gambler) ownChain() string { return pick(g, "A", "B", "C", "D", "E") }

func (g *gambler) chain() string {
	return pick(g, "INPUT", "FORWARD", "OUTPUT", g.ownChain(), g.ownChain())
}

func (g *gambler) rule() Rule {
	r := Rule{Src: g.network(), Dst: g.network(), In: g.nicTest(), Out: g.nicTest()}
	if g.chance(60) {
		r.Proto = Protocol{Number: pick[uint8](g, ianaTCP, ianaTCP, ianaUDP, ianaICMP), Not: g.chance(20)}
	}
	r.Matches = g.matches(r.Proto)
	r.Target = pick[Target](g, nil, Accept{}, Drop{}, Return{}, Jump{g.ownChain()}, Jump{g.ownChain()}, Goto{g.ownChain()},
		Mark{Value: uint32(g.IntN(4)), Mask: uint32(g.IntN(4))})
	return r
}

func (g *gambler) packet(t *Tables) *Packet {
	p := &Packet{
		tables: t, v6: g.v6, hook: pick(g, input, forward, output), src: g.addr(), dst: g.addr(),
		in: g.nic(), out: g.nic(), proto: pick[uint8](g, ianaTCP, ianaUDP, ianaICMP, 50),
		size: 20 + g.IntN(1480), state: pick(g, StateInvalid, StateNew, StateEstablished, StateRelated, StateUntracked),
		pkt: stack.NewPacketBuffer(stack.PacketBufferOptions{}),
	}
	if p.hook == input {
		p.out = ""
	}
	if p.hook == output {
		p.in = ""
	}
	if (p.proto == ianaTCP || p.proto == ianaUDP) && g.chance(90) {
		p.ports, p.srcPort, p.dstPort = true, uint16(g.IntN(6)), uint16(g.IntN(6))
	}
	if p.proto == ianaTCP && p.ports {
		p.tcpFlags = pick[uint8](g, 0x02, 0x12, 0x10, 0x04)
	}
	return p
}

// TestModel makes random changes to a table, some of which are to be refused, and lets
// random packets pass, beside a model that does the same as simply as can be.
func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			g := &gambler{Rand: rand.New(rand.NewPCG(seed, 0)), v6: seed%2 == 1}
			tables := New()
			rs := tables.v4
			if g.v6 {
				rs = tables.v6
			}
			m := newModel()
			refused := 0
			for range 300 {
				before := rs.state.Load()
				did, done, err := g.change(m, rs)
				require.Equal(t, done, err == nil, "%s: %v", did, err)
				if err != nil {
					refused++
					require.Same(t, before, rs.state.Load(), "%s: %v", did, err)
				}
				for range 8 {
					p := g.packet(tables)
					q := *p
					q.pkt = stack.NewPacketBuffer(stack.PacketBufferOptions{})
					want := m.pass(p.hookName(), &q)
					got := rs.traverse(filterTable, tables, p)
					require.Equal(t, want == Drop{}, got == drop, "after %s: %+v", did, p)
					require.Equal(t, q.pkt.Mark, p.pkt.Mark)
				}
				m.requireSame(t, rs)
			}
			require.Greater(t, refused, 10)
			require.Less(t, refused, 250)
		})
	}
}

func (p *Packet) hookName() string { return hookNames[p.hook] }

// change makes a random change to m and rs, and reports what m made of it.
func (g *gambler) change(m *model, rs *Ruleset) (did string, done bool, err error) {
	name, r := g.chain(), g.rule()
	full := Chain("filter/" + name)
	c := m.chains[name]
	if c == nil {
		c = &modelChain{}
	}
	made := &modelRule{Rule: r}
	ok := c.accepts(name, r)
	at := g.IntN(len(c.rules) + 3)
	switch n := g.IntN(20); {
	case n < 7:
		done = ok && m.put(name, append(slices.Clone(c.rules), made))
		return fmt.Sprint("append ", full, " ", r), done, rs.Append(full, r)
	case n < 10:
		done = ok && at >= 1 && at <= len(c.rules)+1 && m.put(name, slices.Insert(slices.Clone(c.rules), at-1, made))
		return fmt.Sprint("insert ", full, at, r), done, rs.Insert(full, at, r)
	case n < 11:
		if done = ok && at >= 1 && at <= len(c.rules); done {
			rules := slices.Clone(c.rules)
			rules[at-1] = made
			done = m.put(name, rules)
		}
		return fmt.Sprint("replace ", full, at, r), done, rs.Replace(full, at, r)
	case n < 13:
		if done = at >= 1 && at <= len(c.rules); done {
			done = m.put(name, slices.Delete(slices.Clone(c.rules), at-1, at))
		}
		return fmt.Sprint("delete ", full, at), done, rs.DeleteAt(full, at)
	case n < 14:
		if at >= 1 && at <= len(c.rules) {
			r = c.rules[at-1].Rule
		}
		i := slices.IndexFunc(c.rules, func(o *modelRule) bool { return o.String() == r.String() })
		if done = i >= 0; done {
			m.put(name, slices.Delete(slices.Clone(c.rules), i, i+1))
		}
		return fmt.Sprint("delete ", full, r), done, rs.Delete(full, r)
	case n < 17:
		if done = m.chains[name] == nil; done {
			m.chains[name], m.used = &modelChain{}, true
		}
		return fmt.Sprint("new ", full), done, rs.NewChain(full)
	case n < 18:
		if done = m.chains[name] != nil && c.policy == nil && len(c.rules) == 0 && m.references(name) == 0; done {
			delete(m.chains, name)
		}
		return fmt.Sprint("delete chain ", full), done, rs.DeleteChain(full)
	case n < 19:
		to := g.ownChain()
		if done = m.chains[name] != nil && c.policy == nil && m.chains[to] == nil; done {
			m.rename(name, to)
		}
		return fmt.Sprint("rename ", full, to), done, rs.RenameChain(full, to)
	}
	switch {
	case g.chance(40):
		done = m.chains[name] != nil && m.put(name, nil)
		return fmt.Sprint("flush ", full), done, rs.Flush(full)
	case g.chance(50):
		policy := pick[Target](g, Accept{}, Drop{}, Return{})
		if done = c.policy != nil && policy != (Return{}); done {
			c.policy, m.used = policy, true
		}
		return fmt.Sprint("policy ", full, policy), done, rs.SetPolicy(full, policy)
	}
	c.passed = Counters{}
	for _, r := range c.rules {
		r.Counters = Counters{}
	}
	return fmt.Sprint("zero ", full), m.chains[name] != nil, rs.Zero(full)
}

// accepts reports whether the interfaces of a rule are of use in a chain.
func (c *modelChain) accepts(name string, r Rule) bool {
	return (name != "INPUT" || r.Out.Name == "") && (name != "OUTPUT" || r.In.Name == "")
}

func (m *model) rename(from, to string) {
	m.chains[to] = m.chains[from]
	delete(m.chains, from)
	for _, c := range m.chains {
		for _, r := range c.rules {
			switch r.Target {
			case Jump{from}:
				r.Target = Jump{to}
			case Goto{from}:
				r.Target = Goto{to}
			}
		}
	}
}

// requireSame compares chains, rules, policies, counters and references.
func (m *model) requireSame(t *testing.T, rs *Ruleset) {
	t.Helper()
	names := []Chain{FilterInput, FilterForward, FilterOutput}
	var own []string
	for name, c := range m.chains {
		if c.policy == nil {
			own = append(own, name)
		}
	}
	sort.Strings(own)
	for _, name := range own {
		names = append(names, Chain("filter/"+name))
	}
	require.Equal(t, names, chainsOf(rs, "filter"))
	for _, full := range names {
		_, name := full.split()
		c := m.chains[name]
		i := 0
		for r, n := range rs.Rules(full) {
			require.Less(t, i, len(c.rules))
			require.Equal(t, c.rules[i].String(), r.String())
			require.Equal(t, c.rules[i].Counters, n, r)
			i++
		}
		require.Len(t, c.rules, i)
		policy, passed, ok := rs.Policy(full)
		require.Equal(t, c.policy, policy)
		require.Equal(t, c.policy != nil, ok)
		require.Equal(t, c.passed, passed)
		require.Equal(t, m.references(name), rs.References(full))
	}
}
