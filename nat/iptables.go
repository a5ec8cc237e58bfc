package nat

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// Run runs one iptables command line, or one of ip6tables in the tables of IPv6,
// without the name of the program: Run(w, "-t", "nat", "-L", "-n"). What iptables
// prints goes to w. A command that fails changes nothing and prints nothing; its error
// is a *CommandError.
//
// Hosts have no names here: -L prints addresses as numbers with and without -n. And
// it prints protocols by name with and without -n, as iptables did for twenty years
// and 1.8.9 does not. The matches are tcp, udp, multiport, icmp, icmp6, conntrack
// (--ctstate), state, addrtype, mark, limit, comment and physdev, the targets ACCEPT,
// DROP, RETURN, REJECT, SNAT, DNAT, MASQUERADE, REDIRECT, MARK, LOG, NOTRACK and CT
// --notrack. There is no -f.
func (rs *Ruleset) Run(w io.Writer, args ...string) error {
	program := programName(rs.v6, false)
	c, err := (&parser{v6: rs.v6, args: args}).parse()
	if err != nil {
		return from(program, 0, err)
	}
	var out bytes.Buffer
	switch c.command {
	case 'V':
		fmt.Fprintf(&out, "%s %s\n", program, version)
	case 'h':
		fmt.Fprintf(&out, usage, program)
	case 'L', 'S':
		err = rs.show(&out, c)
	default:
		err = rs.edit(func(d *draft) error { return c.run(d, &out) })
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

// show runs -L and -S.
func (rs *Ruleset) show(w io.Writer, c *commandLine) error {
	t := rs.state.Load().tables[c.table]
	chains, err := c.chains(t)
	if err != nil {
		return err
	}
	if c.command == 'S' {
		listRules(w, chains, c)
	} else {
		t.list(w, chains, rs.v6, c)
	}
	if !c.zero {
		return nil
	}
	return rs.edit(func(d *draft) error { return c.each(d, io.Discard, "", d.zero) })
}

// chains returns the chain that is to be listed, or all of a table.
func (c *commandLine) chains(t *table) ([]*chain, error) {
	if c.chain == "" {
		return t.sorted(), nil
	}
	if ch := t.find(c.chain); ch != nil {
		return []*chain{ch}, nil
	}
	return nil, &CommandError{kind: badListing, Err: ErrNoChain,
		Message: fmt.Sprintf("chain `%s' in table `%s' is incompatible, use 'nft' tool.", c.chain, c.table)}
}

// run makes the changes of a command in d.
func (c *commandLine) run(d *draft, w io.Writer) error {
	id := c.id()
	switch c.command {
	case 'L', 'S': // in the input of iptables-restore, which has no place to list to
		_, err := c.chains(d.state.tables[c.table])
		return err
	case 'N':
		return d.newChain(id)
	case 'E':
		return d.rename(id, c.newName)
	case 'P':
		return c.setPolicy(d, id)
	case 'F':
		return c.each(d, w, "Flushing", d.flush)
	case 'X':
		return c.each(d, w, "Deleting", d.deleteChain)
	case 'Z':
		if c.numbered {
			return d.zeroAt(id, c.number)
		}
		return c.each(d, w, "Zeroing", d.zero)
	}
	return c.runRules(d, w)
}

// each calls f for the chain of the command, or for each of its table that it can be
// meant for, and says so with -v.
func (c *commandLine) each(d *draft, w io.Writer, doing string, f func(Chain) error) error {
	if c.chain != "" {
		return c.tell(w, doing, c.chain, f(c.id()))
	}
	for _, ch := range d.state.tables[c.table].sorted() {
		if c.command == 'X' && ch.builtin() {
			continue
		}
		if err := c.tell(w, doing, ch.name, f(ch.full)); err != nil {
			return err
		}
	}
	return nil
}

func (c *commandLine) tell(w io.Writer, doing, chain string, err error) error {
	if c.verbose > 0 && err == nil {
		fmt.Fprintf(w, "%s chain `%s'\n", doing, chain)
	}
	return err
}

// runRules runs the commands of rules.
func (c *commandLine) runRules(d *draft, w io.Writer) error {
	id, rules := c.id(), c.rules()
	var err error
	switch {
	case c.numbered && c.command == 'D':
		return d.deleteAt(id, c.number)
	case c.command == 'A':
		err = d.append(id, c.counters, rules...)
	case c.command == 'I':
		reversed := slices.Clone(rules) // each goes before the last
		slices.Reverse(reversed)
		err = d.insert(id, c.number, c.counters, reversed...)
	case c.command == 'R':
		err = d.replace(id, c.number, c.counters, rules[0])
	default:
		for _, r := range rules {
			if c.command == 'C' {
				err = d.check(id, r)
			} else {
				err = d.delete(id, r)
			}
			if err != nil {
				return err
			}
		}
	}
	if err == nil && c.verbose > 0 {
		for _, r := range rules {
			io.WriteString(w, r.verboseLine(d.v6))
		}
	}
	return err
}

// check fails unless a chain has a rule that is equal to r.
func (d *draft) check(c Chain, r Rule) error {
	return d.look(opCheck, c, &r, func(t *table, ch *chain) error {
		at, err := d.index(t, ch, r)
		if err == nil && at < 0 {
			err = ErrNoRule
		}
		return err
	})
}

// policies are the targets of -P. Others, as nil, are none.
var policies = map[string]Target{"ACCEPT": Accept{}, "DROP": Drop{}}

func (c *commandLine) setPolicy(d *draft, id Chain) error {
	if ch := d.state.tables[c.table].find(c.chain); ch == nil { // iptables does not tell these two apart
		return refused(opPolicy, id, nil, ErrNotBuiltin)
	}
	var count *Counters
	if c.counted {
		count = &c.counters
	}
	return d.setPolicy(id, policies[c.policy], count)
}

// ParseRule reads a rule as iptables-save prints it: "-A FORWARD -o docker0 -j ACCEPT",
// in the table that -t names or filter, or without -A, which leaves the chain
// empty. With -6 the rule is one of IPv6; without it is if it can be none of IPv4.
// Names of chains are not looked up. The error is a *CommandError with the words of
// iptables.
func ParseRule(spec string) (Chain, Rule, error) {
	words, err := splitWords(spec)
	if err != nil {
		return "", Rule{}, err
	}
	v6 := slices.Contains(words, "-6") || slices.Contains(words, "--ipv6")
	c, r, err := parseRule(v6, words)
	if err != nil && !v6 {
		if c6, r6, err6 := parseRule(true, words); err6 == nil {
			return c6, r6, nil
		}
	}
	return c, r, err
}

func parseRule(v6 bool, words []string) (Chain, Rule, error) {
	line, err := (&parser{v6: v6, bare: true, args: words}).parse()
	if err == nil && (line.command != 'A' || len(line.srcs)*len(line.dsts) != 1) {
		err = wrong("not one rule")
	}
	if err != nil {
		return "", Rule{}, from(programName(v6, false), 0, err)
	}
	if line.chain == "" {
		return "", line.rules()[0], nil
	}
	return line.id(), line.rules()[0], nil
}
