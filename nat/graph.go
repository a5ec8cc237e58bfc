package nat

// maxJumps is how many jumps may follow each other: Linux' NFT_JUMP_STACK_SIZE of 16
// has the built-in chain in it.
const maxJumps = 15

// A graph says from where packets come to the chains of a table. It decides what a chain of
// one's own may hold: SNAT, say, if only POSTROUTING and INPUT lead to it. It grows with
// jumps; when one goes it is made again, in time linear in chains and jumps.
type graph struct {
	hooks []hookSet // that lead to a chain
	jumps []int     // the most that do
}

// newGraph returns the graph of a table, whose jumps are known to be allowed.
func newGraph(t *table) *graph {
	g := &graph{hooks: make([]hookSet, len(t.chains)), jumps: make([]int, len(t.chains))}
	for h, c := range t.chains[:numHooks] {
		if c == nil {
			continue
		}
		g.hooks[h] = 1 << h
		for _, e := range c.calls {
			_ = g.link(t, h, e.to)
		}
	}
	return g
}

// grow makes room for new chains of t.
func (g *graph) grow(t *table) {
	for len(g.hooks) < len(t.chains) {
		g.hooks, g.jumps = append(g.hooks, 0), append(g.jumps, 0)
	}
}

// link follows a jump between two chains, which closes no circle. It fails if packets
// would make too many jumps, or meet rules that are not allowed where they come from.
// A chain that no packet comes to may have any. After a failure g is not right.
func (g *graph) link(t *table, from, to int) error {
	hooks, jumps := g.hooks[to]|g.hooks[from], max(g.jumps[to], g.jumps[from]+1)
	if g.hooks[from] == 0 || hooks == g.hooks[to] && jumps == g.jumps[to] {
		return nil
	}
	// The 16th jump would not be made by Linux, which refuses the rule instead.
	if jumps > maxJumps {
		return ErrDepth
	}
	g.hooks[to], g.jumps[to] = hooks, jumps
	if r := t.chains[to].barred(hooks); r != nil {
		return r.misplaced(hooks)
	}
	for _, e := range t.chains[to].calls {
		if err := g.link(t, to, e.to); err != nil {
			return err
		}
	}
	return nil
}

// leads reports whether packets can come from one chain to another.
func (t *table) leads(from, to int) bool {
	if from == to {
		return true
	}
	if len(t.chains[from].calls) == 0 {
		return false
	}
	seen := make([]bool, len(t.chains))
	seen[from] = true
	for ahead := []int{from}; len(ahead) > 0; {
		c := t.chains[ahead[len(ahead)-1]]
		ahead = ahead[:len(ahead)-1]
		for _, e := range c.calls {
			if e.to == to {
				return true
			}
			if !seen[e.to] {
				seen[e.to] = true
				ahead = append(ahead, e.to)
			}
		}
	}
	return false
}
