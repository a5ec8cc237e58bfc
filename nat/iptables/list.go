package iptables

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"drydock/nat"
	"drydock/nat/internal/words"
)

// A listing is how iptables -L prints:
//
//	Chain FORWARD (policy DROP 1 packets, 84 bytes)
//	num   pkts bytes target     prot opt in     out     source               destination
//	1        2   168 ACCEPT     tcp  --  eth0   !br-app  0.0.0.0/0            10.0.0.0/8           tcp dpt:80
//
// -v adds counters and interfaces, -x prints counters in full, --line-numbers the first
// column. Programs parse this, so that blanks count, the one at the end of a row too.
type listing struct {
	v6, numeric, counters, exact, lineNumbers bool
}

// list writes chains, or one rule of a chain, as iptables -L.
func (c *command) list(w io.Writer, rs *nat.Ruleset, chains []nat.Chain) {
	l := listing{rs.IPv6(), c.numeric, c.verbose > 0, c.exact, c.lineNumbers}
	for i, id := range chains {
		if !c.numbered {
			if i > 0 {
				fmt.Fprintln(w)
			}
			l.chain(w, rs, id)
			l.header(w)
		}
		number := 0
		for r, count := range rs.Rules(id) {
			if number++; !c.numbered || number == c.number {
				l.rule(w, number, r, count)
			}
		}
	}
}

// chain writes the line of a chain: its policy and what that decided, or how many rules
// jump to it.
func (l listing) chain(w io.Writer, rs *nat.Ruleset, id nat.Chain) {
	policy, count, builtin := rs.Policy(id)
	switch {
	case !builtin:
		fmt.Fprintf(w, "Chain %s (%d references)\n", baseName(id), rs.References(id))
	case !l.counters:
		fmt.Fprintf(w, "Chain %s (policy %s)\n", baseName(id), targetName(policy))
	default:
		fmt.Fprintf(w, "Chain %s (policy %s %s packets, %s bytes)\n",
			baseName(id), targetName(policy), l.short(count.Packets), l.short(count.Bytes))
	}
}

// header writes the names of the columns. That of the target is one narrower in the rows,
// so that "!" fits before the protocol.
func (l listing) header(w io.Writer) {
	if l.lineNumbers {
		fmt.Fprintf(w, "%-4s ", "num")
	}
	switch {
	case l.counters && l.exact:
		fmt.Fprintf(w, "%8s %10s ", "pkts", "bytes")
	case l.counters:
		fmt.Fprintf(w, "%5s %5s ", "pkts", "bytes")
	}
	fmt.Fprintf(w, "%-10s %-4s %s ", "target", "prot", "opt")
	if l.counters {
		fmt.Fprintf(w, "%-6s %-6s  ", "in", "out")
	}
	fmt.Fprintf(w, "%-20s %-20s\n", "source", "destination")
}

// rule writes the row of a rule. Protocols have names, with -n too.
func (l listing) rule(w io.Writer, number int, r nat.Rule, count nat.Counters) {
	if l.lineNumbers {
		fmt.Fprintf(w, "%-4d ", number)
	}
	if l.counters {
		fmt.Fprintf(w, "%s %s ", l.count(count.Packets), l.count(count.Bytes))
	}
	fmt.Fprintf(w, "%-9s %s%-4s %s ", targetName(r.Target), sign(r.Proto.Not), protocolName(r.Proto), fragmentColumn(r))
	if l.counters {
		fmt.Fprintf(w, " %-6s %-6s ", interfaceColumn(r.In, l.numeric), interfaceColumn(r.Out, l.numeric))
	}
	fmt.Fprintf(w, "%s%-19s %s%-19s %s\n", sign(r.Src.Not), networkColumn(r.Src, l.v6, l.numeric),
		sign(r.Dst.Not), networkColumn(r.Dst, l.v6, l.numeric), details(r, l.numeric))
}

// details returns the last column, what matches and target add, with the blank that
// precedes each.
func details(r nat.Rule, numeric bool) string {
	s := ""
	if _, ok := r.Target.(nat.Goto); ok {
		s = "[goto] "
	}
	c := column{numeric, r.Proto.Number}
	for _, m := range r.Matches {
		s += " " + matchLists[reflect.TypeOf(m)](m, c)
	}
	if r.Target == nil {
		return s
	}
	if _, text := targetLists[reflect.TypeOf(r.Target)](r.Target, c); text != "" {
		s += " " + text
	}
	return s
}

// verboseLine is what -A, -I, -R, -C and -D print of a rule with -v.
func verboseLine(v6 bool, r nat.Rule) string {
	return fmt.Sprintf("%s %s%s opt %s in %s out %s %s%s %s-> %s  %s\n",
		targetName(r.Target), sign(r.Proto.Not), protocolName(r.Proto), fragmentColumn(r), interfaceColumn(r.In, true), interfaceColumn(r.Out, true),
		sign(r.Src.Not), networkColumn(r.Src, v6, true), sign(r.Dst.Not), networkColumn(r.Dst, v6, true), details(r, true))
}

// targetName returns what the first column of -L has.
func targetName(t nat.Target) string {
	if t == nil {
		return ""
	}
	name, _ := targetLists[reflect.TypeOf(t)](t, column{})
	return name
}

// sign stands before a value in a column of its own.
func sign(not bool) string {
	if not {
		return "!"
	}
	return " "
}

// notOption is what precedes an inverted option.
func notOption(not bool) string {
	if not {
		return "! "
	}
	return ""
}

// notValue is what precedes an inverted value.
func notValue(not bool) string {
	if not {
		return "!"
	}
	return ""
}

// protocolName returns the name without the sign, which has a column of its own.
func protocolName(p nat.Protocol) string { return nat.Protocol{Number: p.Number}.String() }

// fragmentColumn returns what the column opt has.
func fragmentColumn(r nat.Rule) string {
	switch r.Fragment {
	case nat.FollowingFragments:
		return "-f"
	case nat.FirstFragments:
		return "!f"
	}
	return "--"
}

// networkColumn returns a network without its sign: hosts without a mask.
func networkColumn(n nat.Network, v6, numeric bool) string {
	n.Not = false
	text, length := n.String(), "/32"
	if v6 {
		length = "/128"
	}
	switch {
	case numeric && v6 && (!n.Addr.IsValid() || text == "::/0"):
		return "::/0"
	case numeric && (!n.Addr.IsValid() || text == "0.0.0.0/0"):
		return "0.0.0.0/0"
	case text == "0.0.0.0/0" || text == "::/0":
		return nat.Network{}.String() // anywhere
	}
	return strings.TrimSuffix(text, length)
}

// interfaceColumn returns an interface as iptables -L -v prints it, "!docker0".
func interfaceColumn(i nat.Interface, numeric bool) string {
	switch {
	case i.Name == "" && numeric:
		return "*"
	case i.Name == "":
		return "any"
	}
	return notValue(i.Not) + i.Name
}

// count returns a counter of a row, right-aligned.
func (l listing) count(n uint64) string {
	if l.exact {
		return fmt.Sprintf("%8d", n)
	}
	return fmt.Sprintf("%5s", l.short(n))
}

// short returns a counter in thousands, millions … where five digits are not enough.
func (l listing) short(n uint64) string {
	// Five digits are shown as they are, and more in thousands, rounded: 100000 is 100K.
	const units = "KMGT"
	if l.exact || n <= 99999 {
		return fmt.Sprint(n)
	}
	for i := 0; ; i++ {
		n = (n + 500) / 1000
		if n <= 9999 || i == len(units)-1 {
			return fmt.Sprintf("%d%c", n, units[i])
		}
	}
}

// listRules writes chains and their rules as iptables -S.
func (c *command) listRules(w io.Writer, rs *nat.Ruleset, chains []nat.Chain) {
	for _, id := range chains {
		policy, count, builtin := rs.Policy(id)
		switch {
		case c.numbered:
		case !builtin:
			fmt.Fprintf(w, "-N %s\n", words.Name(baseName(id)))
		case c.verbose > 0:
			fmt.Fprintf(w, "-P %s %s -c %d %d\n", baseName(id), targetName(policy), count.Packets, count.Bytes)
		default:
			fmt.Fprintf(w, "-P %s %s\n", baseName(id), targetName(policy))
		}
	}
	for _, id := range chains {
		number := 0
		for r, count := range rs.Rules(id) {
			if number++; c.numbered && number != c.number {
				continue
			}
			fmt.Fprintf(w, "-A %s", words.Name(baseName(id)))
			if c.verbose > 0 {
				writeCounted(w, r, count)
			} else {
				writeRule(w, r)
			}
		}
	}
}

// writeRule writes a rule behind its chain.
func writeRule(w io.Writer, r nat.Rule) {
	if text := r.String(); text != "" {
		fmt.Fprintf(w, " %s", text)
	}
	fmt.Fprintln(w)
}

// writeCounted writes a rule with its counters, which stand before the target.
func writeCounted(w io.Writer, r nat.Rule, count nat.Counters) {
	target := r.Target
	if r.Target = nil; r.String() != "" {
		fmt.Fprintf(w, " %s", r)
	}
	fmt.Fprintf(w, " -c %d %d", count.Packets, count.Bytes)
	if target != nil {
		fmt.Fprintf(w, " %s", target)
	}
	fmt.Fprintln(w)
}
