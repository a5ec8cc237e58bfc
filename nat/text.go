package nat

import (
	"errors"
	"fmt"
	"strings"
)

// version is the release of iptables whose words are spoken here.
const version = "v1.8.9 (nf_tables)"

// A CommandError is a command line, or a line of Restore's input, that was refused.
// Where a Ruleset refused it, errors.Is and errors.As find its error.
type CommandError struct {
	Program string // "iptables", "ip6tables", "iptables-restore", "ip6tables-restore"; "" from Save, which does not tell
	Line    int    // of the input of Restore, counted from 1; 0 from Run
	Message string // what is wrong, without the words around it
	Err     error  // the Ruleset's; nil if the line never got that far

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
func (e *CommandError) Error() string {
	named := e.Program + " " + version + ": "
	at, help := "", fmt.Sprintf("Try `%s -h' or '%[1]s --help' for more information.", e.Program)
	if e.Line > 0 {
		at = fmt.Sprintf("Error occurred at line: %d\n", e.Line)
	}
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
func (e *CommandError) Unwrap() error { return e.Err }

// ExitCode returns the exit status of iptables: 1 where the rules did not allow the
// command, 2 for a wrong command line, 3 for an unknown table, 4 for a rule that the
// kernel would refuse.
func (e *CommandError) ExitCode() int {
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
	return &CommandError{kind: badParameter, Message: fmt.Sprintf(format, args...)}
}

// from returns err as program's error at a line of its input, 0 for none.
func from(program string, line int, err error) error {
	var said CommandError
	if e := (*CommandError)(nil); errors.As(err, &e) {
		said = *e
	} else if e := (*RuleError)(nil); errors.As(err, &e) {
		said.Message, said.kind = e.iptables()
		said.Err = err
	} else {
		return err
	}
	said.Program, said.Line = program, line
	return &said
}

// quoteString returns s as iptables-save prints strings: bare if it is a word of letters,
// digits, dashes and underscores.
func quoteString(s string) string {
	plain := func(r rune) bool {
		return r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `'`, `\'`).Replace(s) + `"`
}

// quoteName returns the name of a chain or an interface for a line of rules. The
// kernel takes names that only quotes can carry; iptables-save prints them bare and
// cannot read them again.
func quoteName(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\r\n\v\f\"'\\") {
		return quoteString(s)
	}
	return s
}

var errQuote = errors.New("nat: a quote is not closed")

// splitWords splits a line as iptables-restore does: at blanks outside of double
// quotes, in which a backslash takes the next byte as it is. A closing quote ends
// its word.
func splitWords(line string) ([]string, error) {
	var words []string
	var word []byte
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\' && i+1 < len(line):
			i++
			word = append(word, line[i])
		case quoted && c == '"':
			words, word, quoted = append(words, string(word)), word[:0], false
		case quoted:
			word = append(word, c)
		case c == '"':
			quoted = true
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			if len(word) > 0 {
				words, word = append(words, string(word)), word[:0]
			}
		default:
			word = append(word, c)
		}
	}
	if quoted {
		return nil, errQuote
	}
	if len(word) > 0 {
		words = append(words, string(word))
	}
	return words, nil
}
