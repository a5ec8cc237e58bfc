package nat

import "strings"

// A Chain names a chain in its table: "filter/FORWARD", "nat/DOCKER". Chains of one's own
// have names of up to 28 bytes, without blanks, that begin with neither "-" nor "!" and are
// no target's.
type Chain string

// The built-in chains.
const (
	RawPrerouting Chain = "raw/PREROUTING"
	RawOutput     Chain = "raw/OUTPUT"

	ManglePrerouting  Chain = "mangle/PREROUTING"
	MangleInput       Chain = "mangle/INPUT"
	MangleForward     Chain = "mangle/FORWARD"
	MangleOutput      Chain = "mangle/OUTPUT"
	ManglePostrouting Chain = "mangle/POSTROUTING"

	NATPrerouting  Chain = "nat/PREROUTING"
	NATInput       Chain = "nat/INPUT"
	NATOutput      Chain = "nat/OUTPUT"
	NATPostrouting Chain = "nat/POSTROUTING"

	FilterInput   Chain = "filter/INPUT"
	FilterForward Chain = "filter/FORWARD"
	FilterOutput  Chain = "filter/OUTPUT"

	SecurityInput   Chain = "security/INPUT"
	SecurityForward Chain = "security/FORWARD"
	SecurityOutput  Chain = "security/OUTPUT"
)

// split returns the names of the table and of the chain.
func (c Chain) split() (table, name string) {
	table, name, _ = strings.Cut(string(c), "/")
	return table, name
}

// fullName returns the name of a chain of a table.
func fullName(id tableID, name string) Chain { return Chain(tableNames[id] + "/" + name) }
