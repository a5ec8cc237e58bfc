package nat

import (
	"errors"
	"fmt"
	"strings"
)

// The reasons for which a Ruleset refuses something, wrapped by RuleError.
var (
	ErrNoTable     error = &refusal{text: "table does not exist"}
	ErrNoChain     error = &refusal{text: "No chain/target/match by that name"}
	ErrNoTarget    error = &refusal{text: "no such chain to jump to", errno: "Operation not supported"}
	ErrNoRule      error = &refusal{text: "Bad rule (does a matching rule exist in that chain?)"}
	ErrIndex       error = &refusal{text: "no rule of that number"}
	ErrChainName   error = &refusal{text: "bad chain name"}
	ErrChainExists error = &refusal{text: "Chain already exists"}
	ErrChainInUse  error = &refusal{text: "rules jump to the chain", errno: "Device or resource busy"}
	ErrNotEmpty    error = &refusal{text: "the chain has rules", errno: "Device or resource busy"}
	ErrBuiltin     error = &refusal{text: "the chain is built in", errno: "Device or resource busy"}
	ErrNotBuiltin  error = &refusal{text: "Bad built-in chain name"}
	ErrPolicy      error = &refusal{text: "Bad policy name. Run `dmesg' for more information"}
	ErrLoop        error = &refusal{text: "chains would call each other in a circle", errno: "Too many links"}
	ErrDepth       error = &refusal{text: "more than 15 jumps in a row", errno: "Too many links"}
	ErrTarget      error = &refusal{text: "target not allowed in this chain", errno: "Invalid argument"}
	ErrMatch       error = &refusal{text: "match not allowed in this chain", errno: "Invalid argument"}
	ErrProtocol    error = &refusal{text: "not for this protocol", errno: "Invalid argument"}
	ErrFamily      error = &refusal{text: "not of this address family", errno: "Invalid argument"}
	ErrNever       error = &refusal{text: "rule would never match", errno: "Invalid argument"}
	ErrInterface   error = &refusal{text: "bad interface", errno: "Invalid argument"}
	ErrPort        error = &refusal{text: "protocol without ports", errno: "Invalid argument"}
	ErrPortRange   error = &refusal{text: "bad range of ports", errno: "Invalid argument"}
	ErrValue       error = &refusal{text: "value out of range", errno: "Invalid argument"}
)

// A refusal is a reason in iptables' words, or in others where the kernel refuses and
// iptables only tells its errno.
type refusal struct{ text, errno string }

func (r *refusal) Error() string { return r.text }

// A misuse is a reason that iptables finds before it asks the kernel and has words of
// its own for.
type misuse struct {
	kind error
	text string
}

func misused(kind error, format string, args ...any) error {
	return &misuse{kind: kind, text: fmt.Sprintf(format, args...)}
}

func (m *misuse) Error() string { return strings.TrimSpace(m.text) }
func (m *misuse) Unwrap() error { return m.kind }

// A RuleError is a change of a Ruleset, or a question to one, that was refused. The
// Ruleset is as it was before.
type RuleError struct {
	Op    string // "append", "insert", "replace", "delete", "check", "new chain", "delete chain", "rename", "flush", "zero" or "policy"
	Chain Chain
	Rule  *Rule  // nil where the operation has none
	Field string // of Rule or of the operation: "Src", "Matches[0]", "Target" …; "" where none is to blame
	Err   error  // why: one of the reasons above, or an error that wraps one
}

// Error returns, for instance: nat: append nat/POSTROUTING "-j DNAT
// --to-destination 172.18.0.2:80": Target: target not allowed in this chain.
func (e *RuleError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "nat: %s %s", e.Op, e.Chain)
	if e.Rule != nil {
		fmt.Fprintf(&b, " %q", e.Rule)
	}
	if e.Field != "" {
		b.WriteString(": " + e.Field)
	}
	return b.String() + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *RuleError) Unwrap() error { return e.Err }

// blame returns err as one about a field; the operation fills in the rest.
func blame(field string, err error) error {
	if err == nil {
		return nil
	}
	return &RuleError{Field: field, Err: err}
}

// iptables returns what iptables 1.8.9 says about e, and which kind of failure it
// takes it for.
func (e *RuleError) iptables() (string, problem) {
	_, name := e.Chain.split()
	if m := (*misuse)(nil); errors.As(e.Err, &m) {
		return m.text, badParameter
	}
	switch {
	case errors.Is(e.Err, ErrNoTable):
		table, _, _ := strings.Cut(string(e.Chain), "/")
		return fmt.Sprintf("table '%s' does not exist", table), badVersion
	case errors.Is(e.Err, ErrNoChain) && (e.Op == opDelete || e.Op == opCheck) && e.Rule != nil:
		return ErrNoRule.Error(), badRule
	case errors.Is(e.Err, ErrIndex):
		return "Index of " + indexWords[e.Op] + " too big", badRule
	case errors.Is(e.Err, ErrChainExists) && e.Op == opRename:
		return "File exists", badRule
	case errors.Is(e.Err, ErrBuiltin) && e.Op == opRename:
		return ErrNoChain.Error(), badRule
	}
	r := (*refusal)(nil)
	if !errors.As(e.Err, &r) || r.errno == "" {
		return e.Err.Error(), badRule
	}
	if e.Op == opDeleteChain {
		return fmt.Sprintf("CHAIN_DEL failed (%s): chain %s", r.errno, name), badResource
	}
	return fmt.Sprintf("RULE_%s failed (%s): rule in chain %s", strings.ToUpper(e.Op), r.errno, name), badResource
}

// The operations of RuleError.
const (
	opAppend      = "append"
	opInsert      = "insert"
	opReplace     = "replace"
	opDelete      = "delete"
	opCheck       = "check"
	opNewChain    = "new chain"
	opDeleteChain = "delete chain"
	opRename      = "rename"
	opFlush       = "flush"
	opZero        = "zero"
	opPolicy      = "policy"
)

var indexWords = map[string]string{opInsert: "insertion", opReplace: "replacement", opDelete: "deletion", opZero: "zero"}
