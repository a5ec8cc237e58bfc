package iptables

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"drydock/nat"
	"drydock/nat/internal/words"
)

// Restore reads what Save and iptables-save write and replaces the tables that it
// names, all at once, or does nothing: the first wrong line is reported as an *Error.
// Between the lines of chains and COMMIT it takes any command of Run
// that has no -t. Counters are not looked at, as by iptables-restore.
func Restore(rs *nat.Ruleset, r io.Reader) error { return restore(rs, r, false) }

// RestoreCounters is Restore with the counters of rules and policies,
// iptables-restore -c.
func RestoreCounters(rs *nat.Ruleset, r io.Reader) error { return restore(rs, r, true) }

// restore does it in one edit. A line may see what the lines above have made, such as a
// chain; packets see nothing before the end.
func restore(rs *nat.Ruleset, r io.Reader, counters bool) error {
	input, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	re := &restoring{program: programName(rs.IPv6(), true), counters: counters}
	return rs.Edit(func(rs *nat.Ruleset) error {
		re.rs = rs
		for line := range strings.SplitSeq(strings.TrimSuffix(string(input), "\n"), "\n") {
			re.number++
			if err := re.line(line); err != nil {
				return re.explain(err)
			}
		}
		if re.open {
			return from(re.program, 0, malformed("COMMIT expected at line %d", re.number+1))
		}
		return nil
	})
}

// A restoring is a Restore on its way through the input. The shape of that is
//
//	*filter                        a table, which is emptied
//	:FORWARD DROP [12:3456]        a chain with its policy and what that has counted
//	:DOCKER - [0:0]                a chain of one's own, which is made
//	[7:420] -A FORWARD -j DOCKER   a command without -t, with counters for its rules
//	COMMIT
//
// once for each table, with comments and empty lines anywhere. The counters are read only
// by RestoreCounters, but have to be well-formed as far as the real one looks.
type restoring struct {
	program  string
	counters bool
	rs       *nat.Ruleset
	number   int    // of the line
	open     bool   // between the name of a table and COMMIT
	table    string // that is open
}

// malformed is input that has not the shape of iptables-save's output.
func malformed(format string, args ...any) error {
	return &Error{kind: badInput, Message: fmt.Sprintf(format, args...)}
}

// explain returns the words of iptables-restore for an error in the line. To those of
// iptables about policies it does not add where to look further.
func (re *restoring) explain(err error) error {
	line := re.number
	var e *nat.RuleError
	if errors.As(err, &e) && errors.Is(err, nat.ErrPolicy) {
		err = &Error{kind: badRule, Message: "Bad policy name", Err: e}
	}
	if said := (*Error)(nil); errors.As(err, &said) && said.kind == badInput {
		line = 0 // which its message tells
	}
	return from(re.program, line, err)
}

// line reads a line between "*table" and COMMIT, or around them, where only comments may
// be.
func (re *restoring) line(line string) error {
	line = strings.TrimSuffix(line, "\r")
	switch {
	case line == "", line[0] == '#':
		return nil
	// Blanks before "*" and behind COMMIT are no mistake to the eye, but to the real one.
	case !re.open && line[0] == '*':
		return re.begin(strings.Trim(line[1:], " \t"))
	case !re.open:
		return malformed("line %d failed", re.number)
	case line == "COMMIT":
		re.open = false
		return nil
	case line[0] == ':':
		return re.chain(line[1:])
	}
	return re.command(line)
}

// begin empties a table.
func (re *restoring) begin(name string) error {
	switch {
	case name == "":
		return wrong("%s: line %d table name invalid", re.program, re.number)
	case !slices.Contains(tables, name):
		return wrong("%s: line %d table name '%s' invalid", re.program, re.number, name)
	}
	re.open, re.table = true, name
	return re.rs.Reset(name)
}

// chain reads "INPUT ACCEPT [0:0]" or "DOCKER - [0:0]".
func (re *restoring) chain(line string) error {
	fields, err := words.Split(line)
	if err != nil {
		return re.unclosed()
	}
	if len(fields) == 0 {
		return wrong("%s: line %d chain name invalid", re.program, re.number)
	}
	id := nat.Chain(re.table + "/" + fields[0])
	policy, _, builtin := re.rs.Policy(id)
	_, known := re.rs.Len(id)
	if !known {
		if err := parseChainName(fields[0]); err != nil {
			return err
		}
	}
	switch {
	case len(fields) == 1:
		return wrong("%s: line %d policy invalid", re.program, re.number)
	case builtin:
		return re.policy(id, policy, fields)
	case known: // a second time: it begins again
		return re.rs.Flush(id)
	}
	return re.rs.NewChain(id)
}

// policy sets the policy of a built-in chain, which counts then. "-" leaves what it was
// before, which begin has made ACCEPT.
func (re *restoring) policy(id nat.Chain, policy nat.Target, fields []string) error {
	if fields[1] != "-" {
		policy = policies[fields[1]]
	}
	if re.table == "nat" && policy == nat.Target(nat.Drop{}) {
		return dropsInNAT()
	}
	if !re.counters {
		return re.rs.SetPolicy(id, policy)
	}
	count, rest, ok := bracketed(strings.Join(fields[2:], " "))
	if !ok || rest != "" {
		return wrong("invalid policy counters for chain '%s'", fields[0])
	}
	if err := re.rs.SetPolicy(id, policy); err != nil {
		return err
	}
	return re.rs.SetCounters(id, 0, count)
}

// bracketed reads "[12:3456]" and returns what follows.
func bracketed(s string) (c nat.Counters, rest string, ok bool) {
	inside, rest, ok := strings.Cut(strings.TrimPrefix(s, "["), "]")
	if !ok || !strings.HasPrefix(s, "[") {
		return c, rest, false
	}
	packets, bytes, _ := strings.Cut(inside, ":")
	var err, err2 error
	c.Packets, err = strconv.ParseUint(packets, 10, 64)
	c.Bytes, err2 = strconv.ParseUint(bytes, 10, 64)
	return c, rest, err == nil && err2 == nil
}

// command runs "[12:3456] -A INPUT -j ACCEPT".
func (re *restoring) command(line string) error {
	var counters []string
	if line[0] == '[' {
		count, rest, ok := bracketed(line)
		switch {
		case !strings.Contains(line, "]"):
			return wrong("Bad line %d: need ]", re.number)
		case re.counters && !ok:
			return wrong("-c packet counter not numeric")
		case re.counters:
			counters = []string{"-c", fmt.Sprintf("%d,%d", count.Packets, count.Bytes)}
		}
		line = rest
	}
	fields, err := words.Split(line)
	if err != nil {
		return re.unclosed()
	}
	// The table is that of the input, so that what does not go with nat is told here, too.
	p := &parser{scope: scope{v6: re.rs.IPv6()}, restore: true, args: append(counters, fields...)}
	p.table = re.table
	c, err := p.parse()
	if err != nil || c.ended() {
		return err
	}
	return c.run(io.Discard, re.rs)
}

// unclosed reports a quote without an end. The real iptables-restore goes on with
// what it has, a string with a newline in it that iptables-save cannot print.
func (re *restoring) unclosed() error { return malformed("line %d failed", re.number) }
