package nat

import (
	"math/rand/v2"
	"slices"
)

// A Miss is a rule that a packet fails to match by one of its conditions alone.
type Miss struct {
	Hook      string // "FORWARD"
	Chain     Chain
	Rule      int    // counted from 1
	Drops     bool   // the rule would drop or reject it
	Condition string // that fails, as iptables-save prints it: "-p tcp", "-m tcp --dport 8080"
}

// OnMiss makes f hear of what packets that are traced nearly match, before they pass a table.
// It costs as much as many packets.
func OnMiss(f func(Miss)) Option { return func(cfg *config) { cfg.onMiss = f } }

// tellMisses tells of the rules of a table that p nearly matches, in the chains that it passes.
func (t *Tables) tellMisses(id tableID, p *packet) {
	table := t.rules(p).state.Load().tables[id]
	if base := table.chains[p.hook]; base != nil && table.used() {
		s := search{table: table, p: p, tell: t.onMiss}
		s.on = host{conns: t.conns, clock: t.clock, sets: t.sets, dice: rand.New(rand.NewPCG(0, 0)), still: true}
		s.on.stack.Store(t.stack.Load())
		s.chain(base, maxJumps)
	}
}

// A search goes through the rules of a table as a packet does.
type search struct {
	table *table
	p     *packet
	tell  func(Miss)
	on    host // what rules remember here is not what they remember for packets
}

// chain goes through a chain. It is false if the packet does not come back from there.
func (s *search) chain(c *chain, depth int) (back bool) {
	for i, r := range c.all() {
		if !s.matches(r.Rule) {
			if why := s.miss(r); why != "" {
				s.tell(Miss{hookNames[s.p.hook], c.full, i + 1, r.drops(), why})
			}
			continue
		}
		switch r.Target.(type) {
		case Return:
			return true
		case Accept, Drop, Reject, DNAT, SNAT, Masquerade, Redirect, Netmap, NFQueue:
			return false
		case NAPT:
			if s.p.hook == postrouting { // in PREROUTING it does nothing about most ports
				return false
			}
		case Jump:
			if depth > 0 && !s.chain(s.table.chains[r.to], depth-1) {
				return false
			}
		case Goto:
			return depth > 0 && s.chain(s.table.chains[r.to], depth-1)
		}
	}
	return true
}

// matches reports whether the packet matches, as traversal finds out.
func (s *search) matches(r Rule) bool {
	c := rule{Rule: r}
	c.compile(&s.on, s.p.v6)
	d := s.p.digest()
	return !d.differs(&c.asks.want, &c.asks.mask) && c.rest.match(s.p)
}

// miss returns the one condition that keeps the packet from matching r, "" if there are several
// or if r does nothing with what it matches.
func (s *search) miss(r *rule) string {
	if r.Target == nil {
		return ""
	}
	for _, c := range r.parts() {
		if s.matches(c.without) {
			return c.text
		}
	}
	return ""
}

func (r *rule) drops() bool {
	switch r.Target.(type) {
	case Drop, Reject:
		return true
	}
	return false
}

// A part is one condition of a rule.
type part struct {
	text    string
	without Rule // the rule without it
}

func (r *rule) parts() (all []part) {
	add := func(alone Rule, take func(*Rule)) {
		if text := alone.String(); text != "" {
			without := r.Rule.clone()
			take(&without)
			all = append(all, part{text, without})
		}
	}
	add(Rule{Src: r.Src}, func(o *Rule) { o.Src = Network{} })
	add(Rule{Dst: r.Dst}, func(o *Rule) { o.Dst = Network{} })
	add(Rule{In: r.In}, func(o *Rule) { o.In = Interface{} })
	add(Rule{Out: r.Out}, func(o *Rule) { o.Out = Interface{} })
	add(Rule{Proto: r.Proto}, func(o *Rule) { o.Proto = Protocol{} })
	for i, m := range r.Matches {
		add(Rule{Matches: []Match{m}}, func(o *Rule) { o.Matches = slices.Delete(o.Matches, i, i+1) })
	}
	return all
}
