package ipset

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"drydock/nat"
	"drydock/nat/ipset"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/netfilter"
)

// A session is one run of ipset, which in restore has many lines.
type session struct {
	*command.Call
	tables *nat.Tables
	line   int // of restore, counted from 1; 0: of the command line
	flags
}

// The flags may stand anywhere in a line.
type flags struct {
	exist, quiet, sorted, names, terse bool
	output                             string
}

// A usage is a line that cannot be understood: status 2 and a hint.
type usage string

func (u usage) Error() string { return string(u) }

// Ipset is ipset(8).
func Ipset(_ context.Context, c *command.Call) int {
	s := &session{Call: c}
	return s.report(s.run(c.Args[1:]))
}

// errNotIn is the status of a test that found nothing, which has been told.
var errNotIn = errors.New("not in the set")

// report prints an error and returns the status that it has.
func (s *session) report(err error) int {
	at := ""
	if s.line > 0 {
		at = fmt.Sprintf("Error in line %d: ", s.line)
	}
	var u usage
	switch {
	case err == nil:
		return 0
	case err == errNotIn:
		return 1
	case errors.As(err, &u):
		return s.Fail(2, "ipset v7.17: %s\nTry `ipset help' for more information.\n", u)
	case s.quiet:
		return 1
	}
	return s.Fail(1, "ipset v7.17: %s%v\n", at, err)
}

// A verb is a command of ipset.
type verb struct {
	names []string
	args  int // that it must have
	run   func(s *session, args []string) error
}

func verbs() []verb {
	return []verb{
		{[]string{"create", "new", "-N"}, 2, (*session).create},
		{[]string{"add", "-A"}, 2, func(s *session, a []string) error { return s.entry("add", a) }},
		{[]string{"del", "-D"}, 2, func(s *session, a []string) error { return s.entry("del", a) }},
		{[]string{"test", "-T"}, 2, func(s *session, a []string) error { return s.entry("test", a) }},
		{[]string{"destroy", "x", "-X"}, 0, (*session).destroy},
		{[]string{"list", "-L"}, 0, func(s *session, a []string) error { return s.list(a, false) }},
		{[]string{"save", "-S"}, 0, func(s *session, a []string) error { return s.list(a, true) }},
		{[]string{"restore", "-R"}, 0, (*session).restore},
		{[]string{"flush", "-F"}, 0, (*session).flush},
		{[]string{"rename", "e", "-E"}, 2, (*session).rename},
		{[]string{"swap", "w", "-W"}, 2, (*session).swap},
		{[]string{"version", "-v", "-V"}, 0, func(s *session, _ []string) error {
			s.Printf("ipset v7.17, protocol version: 7\n")
			return nil
		}},
	}
}

// findVerb knows a verb by a beginning, of several the first.
func findVerb(word string) *verb {
	word = strings.TrimPrefix(word, "--")
	for _, v := range verbs() {
		if word != "" && strings.HasPrefix(v.names[0], word) || slices.Contains(v.names, word) {
			return &v
		}
	}
	return nil
}

// run reads a line: options, the command and what belongs to it.
func (s *session) run(words []string) error {
	words, err := s.flags.take(words)
	switch {
	case err != nil:
		return err
	case len(words) == 0:
		return usage("No command specified.")
	}
	v := findVerb(words[0])
	args := words[1:]
	switch {
	case v == nil:
		return usage("No command specified: unknown argument " + words[0])
	case len(args) < v.args && len(args) == 0:
		return usage("Missing mandatory argument to command " + v.names[0])
	case len(args) < v.args:
		return usage("Missing second mandatory argument to command " + v.names[0])
	case v.names[0] == "version":
		return v.run(s, args)
	}
	if s.tables == nil {
		t, ok := netfilter.Of(s.Call)
		if !ok {
			return errors.New("Kernel error received: Operation not permitted")
		}
		s.tables = t
	}
	return v.run(s, args)
}

// take takes the options out of a line.
func (f *flags) take(words []string) (rest []string, err error) {
	for i := 0; i < len(words); i++ {
		word := words[i]
		if strings.HasPrefix(word, "--") {
			word = word[1:]
		}
		switch word {
		case "-exist", "-!":
			f.exist = true
		case "-quiet", "-q":
			f.quiet = true
		case "-sorted", "-s":
			f.sorted = true
		case "-name", "-n":
			f.names = true
		case "-terse", "-t":
			f.terse = true
		case "-output", "-o":
			if i++; i == len(words) {
				return nil, usage("Missing mandatory argument to option -o")
			}
			if f.output = words[i]; f.output != "plain" && f.output != "save" {
				return nil, fmt.Errorf("Syntax error: unknown output mode '%s'", f.output)
			}
		default:
			rest = append(rest, words[i])
		}
	}
	return rest, nil
}

// set returns the set of a name.
func (s *session) set(name string) (*ipset.Set, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if set := s.tables.Sets().Find(name); set != nil {
		return set, nil
	}
	return nil, ipset.ErrNoSet
}

func checkName(name string) error {
	if len(name) > ipset.MaxName {
		return fmt.Errorf("Syntax error: setname '%s' is longer than %d characters", name, ipset.MaxName)
	}
	return nil
}

// some returns the set that is named, or all without a name.
func (s *session) some(args []string) ([]*ipset.Set, error) {
	switch {
	case len(args) > 1:
		return nil, usage("Unknown argument " + args[1])
	case len(args) == 0:
		return s.tables.Sets().All(), nil
	}
	set, err := s.set(args[0])
	return []*ipset.Set{set}, err
}

func (s *session) destroy(args []string) error {
	sets, err := s.some(args)
	if err != nil {
		return err
	}
	return s.tables.DestroySets(sets...)
}

func (s *session) flush(args []string) error {
	sets, err := s.some(args)
	if err != nil {
		return err
	}
	for _, set := range sets {
		set.Flush()
	}
	return nil
}

func (s *session) rename(args []string) error {
	set, err := s.set(args[0])
	if err == nil {
		err = checkName(args[1])
	}
	if err != nil {
		return err
	}
	return s.tables.RenameSet(set, args[1])
}

func (s *session) swap(args []string) error {
	a, err := s.set(args[0])
	if err != nil {
		return err
	}
	b := s.tables.Sets().Find(args[1])
	if b == nil {
		return ipset.ErrSwapNone
	}
	return s.tables.Sets().Swap(a, b)
}
