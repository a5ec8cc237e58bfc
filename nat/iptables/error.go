package iptables

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"drydock/nat"
)

// version is the release of iptables whose words are spoken here.
const version = "v1.8.9 (nf_tables)"

// An Error is a command line, or a line of Restore's input, that was refused. Where the
// ruleset refused it, errors.Is and errors.As find its error: nat.ErrNoChain and the like
// in a *nat.RuleError.
type Error struct {
	Program string // "iptables", "ip6tables", "iptables-restore", "ip6tables-restore"; "" from Save, which does not tell
	Line    int    // of the input of Restore, counted from 1; 0 from Run
	Message string // what is wrong, without the words around it
	Err     error  // the ruleset's; nil if the line never got that far

	kind problem
}

// A problem is a kind of failure: it decides the words around the message and the
// exit code.
type problem uint8

const (
	badParameter problem = iota // the line is wrong: exit code 2 and a hint at --help
	badArgument                 // so too, but without the program's name
	badVersion                  // there is no such table: 3
	badRule                     // the rules do not allow it: 1
	badResource                 // the kernel's part of iptables does not: 4
	badListing                  // there is no chain to list: 1
	badInput                    // Restore's input has no such shape, Save has no such table: 1
)

// Error returns what iptables writes to stderr, without its final newline.
func (e *Error) Error() string {
	named := e.Program + " " + version + ": "
	at, help := "", fmt.Sprintf("Try `%s -h' or '%[1]s --help' for more information.", e.Program)
	if e.Line > 0 {
		at = fmt.Sprintf("Error occurred at line: %d\n", e.Line)
	}
	// The real program ends in a place of its own for each kind of failure: most name it
	// and hint at its help, and iptables-restore adds the line in two ways.
	switch e.kind {
	case badArgument:
		return e.Message + "\n" + at + help
	case badVersion:
		return fmt.Sprintf("%s%s\nPerhaps %s or your kernel needs to be upgraded.", named, e.Message, e.Program)
	case badRule:
		if e.Line > 0 {
			return fmt.Sprintf("%s: line %d failed: %s.", e.Program, e.Line, e.Message)
		}
		return e.Program + ": " + e.Message + "."
	case badResource:
		if e.Line > 0 {
			return fmt.Sprintf("%s\nline %d: %s", named, e.Line, e.Message)
		}
		return named + " " + e.Message
	case badListing:
		return named + e.Message
	case badInput:
		if e.Program == "" {
			return e.Message
		}
		return e.Program + ": " + e.Message
	}
	if e.Message == "" { // of the wrong family, about which iptables is silent
		return help
	}
	return named + e.Message + "\n" + at + help
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// ExitCode returns the exit status of iptables: 1 where the rules did not allow the
// command, 2 for a wrong command line, 3 for an unknown table, 4 for a rule that the
// kernel would refuse.
func (e *Error) ExitCode() int {
	switch e.kind {
	case badParameter, badArgument:
		return 2
	case badVersion:
		return 3
	case badResource:
		return 4
	}
	return 1
}

// wrong is a command line that cannot be understood.
func wrong(format string, args ...any) error {
	return &Error{kind: badParameter, Message: fmt.Sprintf(format, args...)}
}

// noTable is the name of a table that does not exist.
func noTable(name string) *Error {
	return &Error{kind: badVersion, Message: "table '" + name + "' does not exist", Err: nat.ErrNoTable}
}

// from returns err as program's error at a line of its input, 0 for none.
func from(program string, line int, err error) error {
	var said Error
	if e := (*Error)(nil); errors.As(err, &e) {
		said = *e
	} else if e := (*nat.RuleError)(nil); errors.As(err, &e) {
		said.Message, said.kind = explain(e)
		said.Err = err
	} else {
		return err
	}
	said.Program, said.Line = program, line
	return &said
}

// errnos are what the kernel answers, and iptables prints, to what iptables does not check
// itself. For all else nat's errors have iptables' words.
var errnos = []struct {
	err   error
	errno string
}{
	{nat.ErrNoTarget, "Operation not supported"}, {nat.ErrHelper, "No such file or directory"},
	{nat.ErrChainInUse, "Device or resource busy"}, {nat.ErrNotEmpty, "Device or resource busy"}, {nat.ErrBuiltin, "Device or resource busy"},
	{nat.ErrLoop, "Too many links"}, {nat.ErrDepth, "Too many links"},
	{nat.ErrTarget, "Invalid argument"}, {nat.ErrMatch, "Invalid argument"}, {nat.ErrProtocol, "Invalid argument"},
	{nat.ErrFamily, "Invalid argument"}, {nat.ErrNever, "Invalid argument"}, {nat.ErrInterface, "Invalid argument"},
	{nat.ErrPort, "Invalid argument"}, {nat.ErrPortRange, "Invalid argument"}, {nat.ErrValue, "Invalid argument"}, {nat.ErrAlgorithm, "No such file or directory"},
}

// indexWords are what is done with a rule of a number, by the operation of a RuleError.
var indexWords = map[string]string{"insert": "insertion", "replace": "replacement", "delete": "deletion", "set counters": "zero"}

// explain returns what iptables 1.8.9 says about e, and which kind of failure it takes it
// for.
func explain(e *nat.RuleError) (string, problem) {
	is := func(err error) bool { return errors.Is(e.Err, err) }
	table, name, _ := strings.Cut(string(e.Chain), "/")
	if set := (*nat.SetError)(nil); errors.As(e.Err, &set) {
		return explainSet(set), badParameter
	}
	switch {
	case is(nat.ErrNoTable):
		return noTable(table).Message, badVersion
	case is(nat.ErrNoTarget) && !slices.Contains(builtins, jumpOf(e.Rule)):
		return "Chain '" + jumpOf(e.Rule) + "' does not exist", badParameter
	case is(nat.ErrNoChain) && e.Rule != nil && (e.Op == "delete" || e.Op == "check"):
		return nat.ErrNoRule.Error(), badRule
	case is(nat.ErrIndex):
		return "Index of " + indexWords[e.Op] + " too big", badRule
	case is(nat.ErrChainExists) && e.Op == "rename":
		return "File exists", badRule
	case is(nat.ErrBuiltin) && e.Op == "rename":
		return nat.ErrNoChain.Error(), badRule
	}
	for _, k := range errnos {
		switch {
		case !is(k.err):
		case e.Op == "delete chain":
			return "CHAIN_DEL failed (" + k.errno + "): chain " + name, badResource
		default:
			return fmt.Sprintf("RULE_%s failed (%s): rule in chain %s", strings.ToUpper(e.Op), k.errno, name), badResource
		}
	}
	return e.Err.Error(), badRule
}

// explainSet is about the set of a rule, which iptables looks for before it asks the kernel.
func explainSet(e *nat.SetError) string {
	if errors.Is(e, nat.ErrNoSet) {
		return fmt.Sprintf("Set %s doesn't exist.\n", e.Set)
	}
	family := "IPv4"
	if e.V6 {
		family = "IPv6"
	}
	return fmt.Sprintf("The protocol family of set %s is %s, which is not applicable.\n", e.Set, family)
}

// builtins are the names of built-in chains, which no rule may jump to.
var builtins = []string{"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}

// jumpOf returns the chain that a rule jumps or goes to.
func jumpOf(r *nat.Rule) string {
	switch t := r.Target.(type) {
	case nat.Jump:
		return t.Chain
	case nat.Goto:
		return t.Chain
	}
	return ""
}

// programName is what the messages of a family begin with.
func programName(v6, restore bool) string {
	name := "iptables"
	if v6 {
		name = "ip6tables"
	}
	if restore {
		name += "-restore"
	}
	return name
}
