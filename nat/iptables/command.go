package iptables

import (
	"strings"

	"drydock/nat"
)

// A command is what a command line says. It is all that running it needs: the words are
// forgotten, and the rules that it makes do not know of which line they are.
type command struct {
	table       string
	letter      byte // of its short option; 0: none, 'V' and 'h' end at once
	numbered    bool // -D, -I, -R, -L, -S or -Z with the number of a rule
	number      int
	chain       string
	newName     string   // of -E
	policy      string   // of -P
	rule        nat.Rule // without its addresses
	srcs, dsts  []nat.Network
	counters    nat.Counters
	counted     bool // that counters are given
	verbose     int
	numeric     bool
	exact       bool
	lineNumbers bool
	zero        bool // -Z beside -L or -S
	otherFamily bool // -6 in a line for iptables-restore: to be skipped
}

// id returns the chain in its table.
func (c *command) id() nat.Chain { return nat.Chain(c.table + "/" + c.chain) }

// ofRules reports whether the command takes a rule. Others may be given the options of one,
// which allowed then refuses.
func (c *command) ofRules() bool {
	return strings.IndexByte("AIRCD", c.letter) >= 0 && !(c.letter == 'D' && c.numbered)
}

// rules returns the rules of the line: one for each pair of its addresses.
func (c *command) rules() []nat.Rule {
	var rules []nat.Rule
	for _, src := range c.srcs {
		for _, dst := range c.dsts {
			r := c.rule
			r.Src, r.Dst = src, dst
			rules = append(rules, r)
		}
	}
	return rules
}

// ended reports whether what follows in the line does not matter.
func (c *command) ended() bool { return c.letter == 'V' || c.letter == 'h' || c.otherFamily }

// baseName returns what is behind the slash of a chain.
func baseName(c nat.Chain) string {
	_, name, _ := strings.Cut(string(c), "/")
	return name
}
