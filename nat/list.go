package nat

import (
	"fmt"
	"io"
)

// listing is how iptables -L prints.
type listing struct {
	v6, numeric, counters, exact, lineNumbers bool
}

// list writes chains of a table, or one rule of them, as iptables -L.
func (t *table) list(w io.Writer, chains []*chain, v6 bool, c *commandLine) {
	l := listing{v6, c.numeric, c.verbose > 0, c.exact, c.lineNumbers}
	for i, ch := range chains {
		if c.numbered {
			if c.number <= len(ch.rules) {
				l.rule(w, c.number, ch.rules[c.number-1])
			}
			continue
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		l.chain(w, ch, t.references(ch))
		l.header(w)
		for n, r := range ch.rules {
			l.rule(w, n+1, r)
		}
	}
}

func (l listing) chain(w io.Writer, ch *chain, references int) {
	count := ch.counters()
	switch {
	case !ch.builtin():
		fmt.Fprintf(w, "Chain %s (%d references)\n", ch.name, references)
	case !l.counters:
		fmt.Fprintf(w, "Chain %s (policy %s)\n", ch.name, ch.policyName())
	default:
		fmt.Fprintf(w, "Chain %s (policy %s %s packets, %s bytes)\n",
			ch.name, ch.policyName(), l.short(count.Packets), l.short(count.Bytes))
	}
}

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
func (l listing) rule(w io.Writer, number int, r *rule) {
	if l.lineNumbers {
		fmt.Fprintf(w, "%-4d ", number)
	}
	if l.counters {
		count := r.count.load()
		fmt.Fprintf(w, "%s %s ", l.count(count.Packets), l.count(count.Bytes))
	}
	fmt.Fprintf(w, "%-9s %s%-4s -- ", r.targetName(), sign(r.Proto.Not), protocolName(r.Proto.Number))
	if l.counters {
		fmt.Fprintf(w, " %-6s %-6s ", r.In.column(l.numeric), r.Out.column(l.numeric))
	}
	fmt.Fprintf(w, "%s%-19s %s%-19s %s\n",
		sign(r.Src.Not), r.Src.column(l.v6, l.numeric), sign(r.Dst.Not), r.Dst.column(l.v6, l.numeric), r.details(l.numeric))
}

// details returns the last column, what matches and target add, with the blank that
// precedes each.
func (r Rule) details(numeric bool) string {
	s := ""
	if _, ok := r.Target.(Goto); ok {
		s = "[goto] "
	}
	for _, m := range r.Matches {
		text := m.list(numeric)
		if multi, ok := m.(Multiport); ok {
			text = multi.listFor(r.Proto.Number, numeric)
		}
		s += " " + text
	}
	if r.Target != nil {
		if text := r.Target.list(numeric); text != "" {
			s += " " + text
		}
	}
	return s
}

// verboseLine is what -A, -I, -R, -C and -D print of a rule with -v.
func (r Rule) verboseLine(v6 bool) string {
	return fmt.Sprintf("%s %s%s opt -- in %s out %s %s%s %s-> %s  %s\n",
		r.targetName(), sign(r.Proto.Not), protocolName(r.Proto.Number), r.In.column(true), r.Out.column(true),
		sign(r.Src.Not), r.Src.column(v6, true), sign(r.Dst.Not), r.Dst.column(v6, true), r.details(true))
}

func (r Rule) targetName() string {
	if r.Target == nil {
		return ""
	}
	return r.Target.name()
}

// sign stands before a value in a column of its own.
func sign(not bool) string {
	if not {
		return "!"
	}
	return " "
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
func listRules(w io.Writer, chains []*chain, c *commandLine) {
	for _, ch := range chains {
		count := ch.counters()
		switch {
		case c.numbered:
		case !ch.builtin():
			fmt.Fprintf(w, "-N %s\n", quoteName(ch.name))
		case c.verbose > 0:
			fmt.Fprintf(w, "-P %s %s -c %d %d\n", ch.name, ch.policyName(), count.Packets, count.Bytes)
		default:
			fmt.Fprintf(w, "-P %s %s\n", ch.name, ch.policyName())
		}
	}
	for _, ch := range chains {
		for n, r := range ch.rules {
			if c.numbered && n+1 != c.number {
				continue
			}
			var count *Counters
			if c.verbose > 0 {
				count = new(r.count.load())
			}
			fmt.Fprintf(w, "-A %s%s\n", quoteName(ch.name), r.spec(count))
		}
	}
}

// counters returns what the policy of a built-in chain has decided.
func (c *chain) counters() Counters {
	if !c.builtin() {
		return Counters{}
	}
	return c.count.load()
}

func (c *chain) policyName() string {
	if c.policy == drop {
		return "DROP"
	}
	return "ACCEPT"
}
