package nat

import (
	"errors"
	"fmt"
	"strings"
)

// The reasons for which a Ruleset refuses something, wrapped by RuleError. Where iptables
// says the same, they have its words.
var (
	ErrNoTable     = errors.New("table does not exist")
	ErrNoChain     = errors.New("No chain/target/match by that name")
	ErrNoTarget    = errors.New("no such chain to jump to")
	ErrNoRule      = errors.New("Bad rule (does a matching rule exist in that chain?)")
	ErrIndex       = errors.New("no rule of that number")
	ErrChainName   = errors.New("bad chain name")
	ErrChainExists = errors.New("Chain already exists")
	ErrChainInUse  = errors.New("rules jump to the chain")
	ErrNotEmpty    = errors.New("the chain has rules")
	ErrBuiltin     = errors.New("the chain is built in")
	ErrNotBuiltin  = errors.New("Bad built-in chain name")
	ErrPolicy      = errors.New("Bad policy name. Run `dmesg' for more information")
	ErrLoop        = errors.New("chains would call each other in a circle")
	ErrDepth       = errors.New("more than 15 jumps in a row")
	ErrTarget      = errors.New("target not allowed in this chain")
	ErrMatch       = errors.New("match not allowed in this chain")
	ErrProtocol    = errors.New("not for this protocol")
	ErrFamily      = errors.New("not of this address family")
	ErrNever       = errors.New("rule would never match")
	ErrInterface   = errors.New("bad interface")
	ErrPort        = errors.New("protocol without ports")
	ErrPortRange   = errors.New("bad range of ports")
	ErrValue       = errors.New("value out of range")
)

// A RuleError is a change of a Ruleset, or a question to one, that was refused. The
// Ruleset is as it was before.
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
