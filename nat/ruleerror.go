package nat

import (
	"fmt"
	"slices"
	"strings"
)

// A RuleError is a change of a Ruleset, or a question to one, that was refused. The
// Ruleset is as it was before. errors.Is finds the reason, and errors.As this type:
//
//	var e *nat.RuleError
//	if errors.As(err, &e) && errors.Is(err, nat.ErrTarget) {
//		log.Printf("%s is wrong in rule %v of %s", e.Field, e.Rule, e.Chain)
//	}
type RuleError struct {
	// Op is "append", "insert", "replace", "delete", "check", "new chain", "delete chain", "rename", "flush",
	// "zero", "set counters", "policy" or "reset".
	Op    string
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
	opSetCounters = "set counters"
	opReset       = "reset"
	opPolicy      = "policy"
)

// refused returns the RuleError about err, which may be one in part.
func refused(op string, c Chain, r *Rule, err error) error {
	e, ok := err.(*RuleError)
	if !ok {
		e = &RuleError{Err: err}
	}
	e.Op, e.Chain = op, c
	if e.Rule == nil && r != nil && !slices.Contains(r.Matches, nil) {
		e.Rule = new(r.clone())
	}
	return e
}
