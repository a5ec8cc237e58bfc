package nat

import (
	"hash/maphash"
	"slices"
)

// A chain is a chain of a table that packets pass. It does not change: drafts change
// copies. Copies share the arrays behind rules, code and prints, of which an older copy
// never sees what lies beyond its own end: they grow there, and lose rules at either end
// by showing less of them. Only what changes in the middle is copied, once for a draft,
// whose own arrays they are then.
type chain struct {
	id     int  // index in its table; of built-in ones the hook
	hook   hook // numHooks: a chain of one's own
	name   string
	full   Chain
	policy verdict  // of built-in chains
	count  *counter // of a policy that was set; nil: nobody counts
	rules  []*rule
	code   []instruction // of rules
	found  *indexed      // of code, as it is: who changes it needs another one
	prints []uint64      // of rules, to find one: 8 bytes of each are looked at, 32 KiB of 4,000
	own    bool          // that the arrays are a draft's own
	calls  []int         // chains that rules jump to, once for each rule
	bars   [numHooks]int // how many rules are not allowed at a hook
	nft    *chainInfo    // of nft
}

// builtin chains have a hook and a policy, and cannot go.
func (c *chain) builtin() bool { return c.hook < numHooks }

// splice puts rules in the place of those from one index to another.
func (c *chain) splice(from, to int, rules ...*rule) {
	c.uncount(c.rules[from:to])
	c.enter(rules)
	if from == len(c.rules) {
		c.found = c.found.grown()
	} else {
		c.found = new(indexed)
	}
	code, prints := make([]instruction, len(rules)), make([]uint64, len(rules))
	for i, r := range rules {
		code[i], prints[i] = r.instruction(), r.print
	}
	switch end := len(c.rules); {
	case from == end:
		c.rules, c.code, c.prints = append(c.rules, rules...), append(c.code, code...), append(c.prints, prints...)
	case to == end && len(rules) == 0: // what is added next must not be written over them
		c.rules, c.code, c.prints = c.rules[:from:from], c.code[:from:from], c.prints[:from:from]
	case from == 0 && len(rules) == 0:
		c.rules, c.code, c.prints = c.rules[to:], c.code[to:], c.prints[to:]
	default:
		if !c.own {
			c.rules, c.code, c.prints, c.own = slices.Clone(c.rules), slices.Clone(c.code), slices.Clone(c.prints), true
		}
		c.rules = slices.Replace(c.rules, from, to, rules...)
		c.code = slices.Replace(c.code, from, to, code...)
		c.prints = slices.Replace(c.prints, from, to, prints...)
	}
}

// enter counts rules that come.
func (c *chain) enter(rules []*rule) {
	for _, r := range rules {
		if r.to != noChain {
			c.calls = append(c.calls, r.to)
		}
		c.calls = append(c.calls, r.also...)
		for h := range c.bars {
			if !r.hooks.has(hook(h)) {
				c.bars[h]++
			}
		}
	}
}

// uncount forgets rules that go.
func (c *chain) uncount(rules []*rule) {
	shared := true
	for _, r := range rules {
		for k := range len(r.also) + 1 {
			to := r.to
			if k > 0 {
				to = r.also[k-1]
			}
			if to == noChain {
				continue
			}
			if shared {
				c.calls, shared = slices.Clone(c.calls), false
			}
			i := slices.Index(c.calls, to)
			c.calls = slices.Delete(c.calls, i, i+1)
		}
		for h := range c.bars {
			if !r.hooks.has(hook(h)) {
				c.bars[h]--
			}
		}
	}
}

// barred returns a rule that is not allowed at one of hooks, nil if there is none.
func (c *chain) barred(hooks hookSet) *rule {
	for h, n := range c.bars {
		if n > 0 && hooks.has(hook(h)) {
			return c.rules[slices.IndexFunc(c.rules, func(r *rule) bool { return !r.hooks.has(hook(h)) })]
		}
	}
	return nil
}

// index returns the place of the first rule that is equal to r, which has been checked, or
// -1.
func (c *chain) index(r *Rule) int {
	print := fingerprint(r)
	for i, p := range c.prints {
		if p == print && c.rules[i].Rule.equal(r) {
			return i
		}
	}
	return -1
}

var printSeed = maphash.MakeSeed()

// fingerprint returns a number that equal rules share, and of others one pair in 2⁶⁴.
func fingerprint(r *Rule) uint64 { return maphash.String(printSeed, r.String()) }
