package nat

import "errors"

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
	ErrHelper      = errors.New("no such helper for this protocol")
	ErrAlgorithm   = errors.New("no such algorithm")
)

// The reasons for which Nftables refuses something, in the words of Linux's errors.
var (
	ErrNotThere    = errors.New("No such file or directory")
	ErrThere       = errors.New("File exists")
	ErrInUse       = errors.New("Device or resource busy")
	ErrUnsupported = errors.New("Operation not supported")
	ErrInvalid     = errors.New("Invalid argument")
	ErrLinks       = errors.New("Too many links")
	ErrOverflow    = errors.New("Value too large for defined data type")
	ErrFull        = errors.New("Too many open files in system")
)
