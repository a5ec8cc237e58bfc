// Package words reads and writes the words of a line of rules, as iptables-save prints
// and iptables-restore takes it. Package nat prints rules in such words, package iptables
// reads them.
package words

import (
	"errors"
	"strings"
)

// ErrQuote is the error of Split about a quote without an end.
var ErrQuote = errors.New("a quote is not closed")

// Quote returns s as iptables-save prints strings: bare if it is a word of letters,
// digits, dashes and underscores.
func Quote(s string) string {
	plain := func(r rune) bool {
		return r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `'`, `\'`).Replace(s) + `"`
}

// Name returns the name of a chain or an interface for a line of rules. The kernel takes
// names that only quotes can carry; iptables-save prints them bare and cannot read them
// again.
func Name(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\r\n\v\f\"'\\") {
		return Quote(s)
	}
	return s
}

// Split splits a line as iptables-restore does: at blanks outside of double quotes, in
// which a backslash takes the next byte as it is. A closing quote ends its word, so that
// "a"b is two.
func Split(line string) ([]string, error) {
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
		return nil, ErrQuote
	}
	if len(word) > 0 {
		words = append(words, string(word))
	}
	return words, nil
}
