package nat

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Restore reads what Save and iptables-save write and replaces the tables that it
// names, all at once, or does nothing: the first wrong line is reported as a
// *CommandError. Between the lines of chains and COMMIT it takes any command of Run
// that has no -t. Counters are not looked at, as by iptables-restore.
func (rs *Ruleset) Restore(r io.Reader) error { return rs.restore(r, false) }

// RestoreCounters is Restore with the counters of rules and policies,
// iptables-restore -c.
func (rs *Ruleset) RestoreCounters(r io.Reader) error { return rs.restore(r, true) }

func (rs *Ruleset) restore(r io.Reader, counters bool) error {
	input, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	re := &restoring{v6: rs.v6, program: programName(rs.v6, true), counters: counters}
	return rs.edit(func(d *draft) error {
		re.draft = d
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

// A restoring is a Restore on its way through the input.
type restoring struct {
	v6       bool
	program  string
	counters bool
	draft    *draft
	number   int     // of the line
	open     bool    // between the name of a table and COMMIT
	table    tableID // that is open
}

// malformed is input that has not the shape of iptables-save's output.
func malformed(format string, args ...any) error {
	return &CommandError{kind: badInput, Message: fmt.Sprintf(format, args...)}
}

// explain returns the words of iptables-restore for an error in the line. To those of
// iptables about policies it does not add where to look further.
func (re *restoring) explain(err error) error {
	line := re.number
	var e *RuleError
	if errors.As(err, &e) && errors.Is(err, ErrPolicy) {
		err = &CommandError{kind: badRule, Message: "Bad policy name", Err: e}
	}
	if said := (*CommandError)(nil); errors.As(err, &said) && said.kind == badInput {
		line = 0 // which its message tells
	}
	return from(re.program, line, err)
}

func (re *restoring) line(line string) error {
	line = strings.TrimSuffix(line, "\r")
	switch {
	case line == "", line[0] == '#':
		return nil
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
	id, ok := tableNamed(name)
	switch {
	case name == "":
		return wrong("%s: line %d table name invalid", re.program, re.number)
	case !ok:
		return wrong("%s: line %d table name '%s' invalid", re.program, re.number, name)
	}
	re.open, re.table = true, id
	re.draft.clear(id)
	return nil
}

// chain reads "INPUT ACCEPT [0:0]" or "DOCKER - [0:0]".
func (re *restoring) chain(line string) error {
	words, err := splitWords(line)
	if err != nil {
		return re.unclosed()
	}
	if len(words) == 0 {
		return wrong("%s: line %d chain name invalid", re.program, re.number)
	}
	ch := re.draft.state.tables[re.table].find(words[0])
	id := fullName(re.table, words[0])
	switch {
	case ch == nil && parseChainName(words[0]) != nil:
		return parseChainName(words[0])
	case len(words) == 1:
		return wrong("%s: line %d policy invalid", re.program, re.number)
	case ch == nil:
		return re.draft.newChain(id)
	case !ch.builtin(): // a second time: it begins again
		return re.draft.flush(id)
	}
	return re.policy(ch, words)
}

func (re *restoring) policy(ch *chain, words []string) error {
	policy := Target(Accept{})
	if words[1] == "-" && ch.policy == drop {
		policy = Drop{}
	} else if words[1] != "-" {
		policy = policies[words[1]]
	}
	var count *Counters
	if re.counters {
		c, rest, ok := bracketed(strings.Join(words[2:], " "))
		if !ok || rest != "" {
			return wrong("invalid policy counters for chain '%s'", words[0])
		}
		count = &c
	}
	return re.draft.setPolicy(ch.full, policy, count)
}

// bracketed reads "[12:3456]" and returns what follows.
func bracketed(s string) (c Counters, rest string, ok bool) {
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
	words, err := splitWords(line)
	if err != nil {
		return re.unclosed()
	}
	p := &parser{v6: re.v6, restore: true, args: append(counters, words...)}
	c, err := p.parse()
	if err != nil || p.ended() {
		return err
	}
	c.table = re.table
	return c.run(re.draft, io.Discard)
}

// unclosed reports a quote without an end. The real iptables-restore goes on with
// what it has, a string with a newline in it that iptables-save cannot print.
func (re *restoring) unclosed() error { return malformed("line %d failed", re.number) }
