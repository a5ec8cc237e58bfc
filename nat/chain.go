package nat

import (
	"hash/maphash"
	"slices"
)

// A chain is a chain of a table that packets pass. It does not change: drafts change
// copies, which share all blocks but those that change.
type chain struct {
	id           int  // index in its table; of built-in ones the hook
	hook         hook // numHooks: a chain of one's own
	name         string
	full         Chain
	policy       verdict       // of built-in chains
	handle       uint64        // of iptables; 0: a built-in one that nobody has used
	count        *counter      // of a policy that was set; nil: nobody counts
	size         int           // the number of rules
	blocks       []*block      // of them
	starts       []int         // the index of the first rule of each block
	found        *indexed      // of the rules, as they are: who changes them needs another one
	calls        []call        // where rules jump to
	bars         [numHooks]int // how many rules are not allowed at a hook
	nft          *chainInfo    // of nft
	translations int           // of nft: rules that translate
	lookups      int           // of nft: rules that go where a map says
	edition      *edition      // the draft that changes it
}

// A call is a chain that so many rules jump to.
type call struct{ to, rules int }

// builtin chains have a hook and a policy, and cannot go.
func (c *chain) builtin() bool { return c.hook < numHooks }

// splice puts rules in the place of those from one index to another.
func (c *chain) splice(from, to int, rules ...*rule) {
	for _, r := range c.span(from, to) {
		c.enter(r, -1)
	}
	for _, r := range rules {
		c.enter(r, 1)
	}
	c.found = c.found.after()
	c.cut(from, to)
	c.put(from, rules)
	if c.size < indexFrom { // it has no use for one, which keeps rules that have gone
		c.found = new(indexed)
	}
}

// enter counts a rule that comes or goes.
func (c *chain) enter(r *rule, n int) {
	if r.to != noChain {
		c.call(r.to, n)
	}
	for _, to := range r.also {
		c.call(to, n)
	}
	for h := range c.bars {
		if !r.hooks.has(hook(h)) {
			c.bars[h] += n
		}
	}
	if r.translates {
		c.translations += n
	}
	if r.verdictMap() != nil {
		c.lookups += n
	}
}

// call counts a jump that comes or goes.
func (c *chain) call(to, n int) {
	i := slices.IndexFunc(c.calls, func(e call) bool { return e.to == to })
	if i < 0 {
		c.calls = append(c.calls, call{to, n})
		return
	}
	c.calls = slices.Clone(c.calls)
	if c.calls[i].rules += n; c.calls[i].rules == 0 {
		c.calls = slices.Delete(c.calls, i, i+1)
	}
}

// callsTo returns the number of jumps to a chain.
func (c *chain) callsTo(to int) (n int) {
	for _, e := range c.calls {
		if e.to == to {
			n += e.rules
		}
	}
	return n
}

// barred returns a rule that is not allowed at one of hooks, nil if there is none.
func (c *chain) barred(hooks hookSet) *rule {
	for h, n := range c.bars {
		if n > 0 && hooks.has(hook(h)) {
			for _, r := range c.all() {
				if !r.hooks.has(hook(h)) {
					return r
				}
			}
		}
	}
	return nil
}

// index returns the place of the first rule that is equal to r, which has been checked, or
// -1.
func (c *chain) index(r *Rule) int {
	print := fingerprint(r)
	for b, x := range c.blocks {
		for i, p := range x.prints {
			if p == print && x.code[i].rule.Rule.equal(r) {
				return c.starts[b] + i
			}
		}
	}
	return -1
}

var printSeed = maphash.MakeSeed()

// fingerprint returns a number that equal rules share, and of others one pair in 2⁶⁴.
func fingerprint(r *Rule) uint64 { return maphash.String(printSeed, r.String()) }
