package conntracktools

import (
	"context"
	"slices"

	"drydock/nat"
	"drydock/nat/conntrack"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/netfilter"
)

// banner is before all that conntrack says of itself, which goes to standard error.
const banner = "conntrack v1.4.7 (conntrack-tools): "

// Conntrack is conntrack(8). Connections go to standard output, and what was done with
// them to standard error, so that a pipe has the connections alone. -C prints its
// number to standard output: it is what was asked for.
func Conntrack(_ context.Context, c *command.Call) int {
	q, err := parse(c.Args[1:])
	if err != nil {
		return c.Fail(2, banner+"%v\nTry `conntrack -h' or 'conntrack --help' for more information.\n", err)
	}
	t, ok := netfilter.Of(c)
	if !ok {
		return c.Fail(1, banner+"Operation failed: Operation not permitted\n")
	}
	q.run(c, t)
	return 0
}

// A filter tells whether a connection is meant. It is called under locks of the table
// and must not use that.
type filter func(conntrack.Entry) bool

// A query is a command with what it is about.
type query struct {
	command  byte // one of LDFC
	filters  []filter
	last     string // option that adds a filter, by its long name
	extended bool   // -o extended
}

func (q *query) match(e conntrack.Entry) bool {
	return !slices.ContainsFunc(q.filters, func(f filter) bool { return !f(e) })
}

// run does what the query says. What -D lists is what it deleted, each connection as it
// was then. Lines are sorted: the order in the kernel's table is random, and here it
// would be another with each seed.
func (q *query) run(c *command.Call, tables *nat.Tables) {
	var lines []string
	list := func(e conntrack.Entry) bool {
		if !q.match(e) {
			return false
		}
		line := e.String()
		if q.extended {
			line = e.Extended()
		}
		lines = append(lines, line)
		return true
	}
	print := func(done string) {
		slices.Sort(lines)
		for _, line := range lines {
			c.Printf("%s\n", line)
		}
		c.Errorf("%s%d flow entries have been %s.\n", banner, len(lines), done)
	}
	switch q.command {
	case 'L':
		for e := range tables.Conns() {
			list(e)
		}
		print("shown")
	case 'D':
		tables.Forget(list)
		print("deleted")
	case 'F':
		tables.Forget(func(conntrack.Entry) bool { return true })
		c.Errorf("%sconnection tracking table has been emptied.\n", banner)
	case 'C':
		n := 0
		for range tables.Conns() {
			n++
		}
		c.Printf("%d\n", n)
	}
}
