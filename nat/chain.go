package nat

import (
	"slices"
)

// A chain is a chain of a table that packets pass. It does not change: drafts change
// copies. Copies share the arrays behind rules and code, which only ever grow
// behind the end that older copies know.
type chain struct {
	id     int  // index in its table; of built-in ones the hook
	hook   hook // numHooks: a chain of one's own
	name   string
	full   Chain
	policy verdict  // of built-in chains
	count  *counter // of the policy
	rules  []*rule
	code   []instruction // of rules
	calls  []int         // chains that rules jump to, once for each
}

func (c *chain) builtin() bool { return c.hook < numHooks }

// splice puts rules in the place of those from one index to another.
func (c *chain) splice(from, to int, rules ...*rule) {
	code := make([]instruction, len(rules))
	for i, r := range rules {
		code[i] = r.instruction()
	}
	if from == len(c.rules) {
		c.rules, c.code = append(c.rules, rules...), append(c.code, code...)
		c.call(rules)
		return
	}
	c.rules = slices.Concat(c.rules[:from], rules, c.rules[to:])
	c.code = slices.Concat(c.code[:from], code, c.code[to:])
	c.calls = nil
	c.call(c.rules)
}

func (c *chain) call(rules []*rule) {
	for _, r := range rules {
		if r.to != noChain {
			c.calls = append(c.calls, r.to)
		}
	}
}
