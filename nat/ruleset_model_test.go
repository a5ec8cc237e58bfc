package nat

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
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
	counts bool   // that the policy was set
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
func (m *model) pass(name string, p *packet) Target {
	if !m.used {
		return Accept{}
	}
	if v := m.chain(name, p); v != nil {
		return v
	}
	c := m.chains[name]
	if c.counts {
		c.passed.Packets++
		c.passed.Bytes += uint64(p.layout.Size)
	}
	return c.policy
}

// chain returns nil where the end of a chain is reached, or RETURN.
func (m *model) chain(name string, p *packet) Target {
	for _, r := range m.chains[name].rules {
		if !naiveMatch(&r.Rule, p) {
			continue
		}
		r.Packets++
		r.Bytes += uint64(p.layout.Size)
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

// TestModel makes random changes to a table, some of which are to be refused, and lets
// random packets pass, beside a model that does the same as simply as can be.
func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			g := &gambler{Rand: rand.New(rand.NewPCG(seed, 0)), v6: seed%2 == 1}
			tables, rs := g.tables(t)
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
					got := rs.traverse(filterTable, p)
					require.Equal(t, want == Drop{}, got == dropped, "after %s: %+v", did, p)
					require.Equal(t, q.pkt.Mark, p.pkt.Mark)
				}
				m.requireSame(t, rs)
			}
			require.Greater(t, refused, 10)
			require.Less(t, refused, 250)
		})
	}
}

func (p *packet) hookName() string { return hookNames[p.hook] }

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
