package iptables

import (
	"slices"

	"drydock/nat"
	"drydock/nat/internal/words"
)

// ParseRule reads a rule as iptables-save prints it: "-A FORWARD -o docker0 -j ACCEPT",
// in the table that -t names or filter, or without -A, which leaves the chain
// empty. With -6 the rule is one of IPv6; without it is if it can be none of IPv4.
// Names of chains are not looked up. The error is an *Error with the words of iptables.
// The reverse of ParseRule is nat.Rule's String.
func ParseRule(spec string) (nat.Chain, nat.Rule, error) {
	words, err := words.Split(spec)
	if err != nil {
		return "", nat.Rule{}, from(programName(false, false), 0, wrong("%v", err))
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

// parseRule reads a rule of one family. What is not one rule, a list of addresses or another
// command, is refused, and so is a word that ends a line early, -V or -h.
func parseRule(v6 bool, words []string) (nat.Chain, nat.Rule, error) {
	line, err := (&parser{scope: scope{v6: v6}, bare: true, args: words}).parse()
	if err == nil && (line.letter != 'A' || len(line.srcs)*len(line.dsts) != 1) {
		err = wrong("not one rule")
	}
	if err != nil {
		return "", nat.Rule{}, from(programName(v6, false), 0, err)
	}
	if line.chain == "" {
		return "", line.rules()[0], nil
	}
	return line.id(), line.rules()[0], nil
}
