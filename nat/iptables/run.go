package iptables

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"drydock/nat"
)

// Run runs one iptables command line, or one of ip6tables if rs is of IPv6, without the
// name of the program: Run(w, rs, "-t", "nat", "-L", "-n"). What iptables prints goes to
// w, which may be nil. A command that fails changes nothing and prints nothing; its error
// is an *Error. Within an Edit of rs, what a line of several rules has done before the one
// that fails stays done, until the Edit itself fails.
func Run(w io.Writer, rs *nat.Ruleset, args ...string) error {
	program := programName(rs.IPv6(), false)
	c, err := (&parser{scope: scope{v6: rs.IPv6()}, args: args}).parse()
	if err != nil {
		return from(program, 0, err)
	}
	var out bytes.Buffer
	switch c.letter {
	case 'V':
		fmt.Fprintf(&out, "%s %s\n", program, version)
	case 'h':
		fmt.Fprintf(&out, usage, program)
	default:
		// One edit, so that a line of several rules is one change and a list shows one
		// moment.
		err = rs.Edit(func(rs *nat.Ruleset) error { return c.run(&out, rs) })
	}
	if err != nil {
		return from(program, 0, err)
	}
	if w == nil {
		return nil
	}
	_, err = w.Write(out.Bytes())
	return err
}

// usage is not that of the real one, which is four screens long.
const usage = `%s [-t table] command
  -A, -C, -D chain rule           append, look for, delete a rule
  -I chain [number] rule          insert one
  -R chain number rule            replace one
  -D chain number                 delete one
  -L, -S [chain [number]]         list rules [-n] [-v] [-x] [--line-numbers]
  -F, -Z, -X [chain]              empty, zero, delete chains
  -N chain, -E chain name         make, rename a chain
  -P chain ACCEPT|DROP            set the policy of a built-in chain
`

// run does what a command says in the ruleset of an edit. It is asked by Run for one line,
// and by Restore for each, in an edit of many. What it prints for -v comes out only if the
// whole edit succeeds.
func (c *command) run(w io.Writer, rs *nat.Ruleset) error {
	id := c.id()
	switch c.letter {
	// Inside iptables-restore these list to nowhere, but a chain must exist.
	case 'L', 'S':
		return c.show(w, rs)
	case 'N':
		return rs.NewChain(id)
	case 'E':
		return rs.RenameChain(id, c.newName)
	case 'P':
		return c.setPolicy(rs)
	case 'F':
		return c.each(w, rs, "Flushing", rs.Flush)
	case 'X':
		return c.each(w, rs, "Deleting", func(id nat.Chain) error { return deleteChain(rs, id) })
	case 'Z':
		if c.numbered {
			return rs.SetCounters(id, c.number, nat.Counters{})
		}
		return c.each(w, rs, "Zeroing", rs.Zero)
	}
	return c.runRules(w, rs)
}

// show runs -L and -S.
func (c *command) show(w io.Writer, rs *nat.Ruleset) error {
	chains := slices.Collect(rs.Chains(c.table))
	if c.chain != "" {
		if _, ok := rs.Len(c.id()); !ok {
			return &Error{kind: badListing, Err: nat.ErrNoChain,
				Message: fmt.Sprintf("chain `%s' in table `%s' is incompatible, use 'nft' tool.", c.chain, c.table)}
		}
		chains = []nat.Chain{c.id()}
	}
	if c.letter == 'S' {
		c.listRules(w, rs, chains)
	} else {
		c.list(w, rs, chains)
	}
	if !c.zero {
		return nil
	}
	return c.each(io.Discard, rs, "", rs.Zero)
}

// each calls f for the chain of the command, or for each of its table that it can be
// meant for, and says so with -v.
func (c *command) each(w io.Writer, rs *nat.Ruleset, doing string, f func(nat.Chain) error) error {
	chains := slices.Collect(rs.Chains(c.table))
	if c.chain != "" {
		chains = []nat.Chain{c.id()}
	} else {
		chains = slices.DeleteFunc(chains, func(id nat.Chain) bool { return !c.meant(rs, id) })
	}
	for _, id := range chains {
		if err := f(id); err != nil {
			return err
		}
		if c.verbose > 0 && (c.letter != 'X' || !slices.Contains(builtins, baseName(id))) {
			fmt.Fprintf(w, "%s chain `%s'\n", doing, baseName(id))
		}
	}
	return nil
}

// meant reports whether a command without a chain is for this one. -X is for those of one's own, and fails at the first that is
// in use, and for built-in ones without rules that accept. -F with -v makes the built-in ones that nobody has used yet.
func (c *command) meant(rs *nat.Ruleset, id nat.Chain) bool {
	policy, _, builtin := rs.Policy(id)
	if c.letter == 'X' && builtin {
		if size, _ := rs.Len(id); size > 0 || policy != nat.Target(nat.Accept{}) {
			return false
		}
	}
	return rs.ChainHandle(id) > 0 || c.letter == 'F' && c.verbose > 0
}

// deleteChain is -X of one chain. One that is built in is made again when somebody uses it.
func deleteChain(rs *nat.Ruleset, id nat.Chain) error {
	policy, _, builtin := rs.Policy(id)
	switch {
	case !builtin:
		return rs.DeleteChain(id)
	case policy == nat.Target(nat.Drop{}):
		return &Error{kind: badRule, Message: "Directory not empty", Err: nat.ErrPolicy}
	}
	return rs.Unmake(id)
}

// runRules runs the commands of rules.
func (c *command) runRules(w io.Writer, rs *nat.Ruleset) error {
	id, rules := c.id(), c.rules()
	var err error
	switch c.letter {
	case 'A':
		if err = rs.Append(id, rules...); err == nil && c.counted {
			n, _ := rs.Len(id)
			err = c.count(rs, n-len(rules)+1, len(rules))
		}
	case 'I':
		slices.Reverse(rules) // each goes before the last
		if err = rs.Insert(id, c.number, rules...); err == nil && c.counted {
			err = c.count(rs, c.number, len(rules))
		}
		slices.Reverse(rules)
	case 'R':
		if err = rs.Replace(id, c.number, rules[0]); err == nil && c.counted {
			err = c.count(rs, c.number, 1)
		}
	case 'D':
		if c.numbered {
			return rs.DeleteAt(id, c.number)
		}
		err = forEach(rules, func(r nat.Rule) error { return rs.Delete(id, r) })
	case 'C':
		err = forEach(rules, func(r nat.Rule) error { return c.check(rs, r) })
	}
	if err == nil && c.verbose > 0 {
		for _, r := range rules {
			io.WriteString(w, verboseLine(rs.IPv6(), r))
		}
	}
	return err
}

// forEach is for -D and -C with several addresses, which are as many rules: the first that
// is not there ends it.
func forEach(rules []nat.Rule, f func(nat.Rule) error) error {
	for _, r := range rules {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// count gives n rules from a number on the counters of -c.
func (c *command) count(rs *nat.Ruleset, from, n int) error {
	for at := range n {
		if err := rs.SetCounters(c.id(), from+at, c.counters); err != nil {
			return err
		}
	}
	return nil
}

// check fails unless the chain has a rule that is equal to r.
func (c *command) check(rs *nat.Ruleset, r nat.Rule) error {
	has, err := rs.Has(c.id(), r)
	if err == nil && !has {
		err = &nat.RuleError{Op: "check", Chain: c.id(), Rule: &r, Err: nat.ErrNoRule}
	}
	return err
}

// policies are the targets of -P. Others, as nil, are none.
var policies = map[string]nat.Target{"ACCEPT": nat.Accept{}, "DROP": nat.Drop{}}

// setPolicy lets the ruleset refuse a policy that is no such thing: it is nil then.
func (c *command) setPolicy(rs *nat.Ruleset) error {
	if _, ok := rs.Len(c.id()); !ok { // iptables does not tell these two apart
		return &nat.RuleError{Op: "policy", Chain: c.id(), Err: nat.ErrNotBuiltin}
	}
	return rs.SetPolicy(c.id(), policies[c.policy]) // what -c says of it is forgotten, as by 1.8.9
}
