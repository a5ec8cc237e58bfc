package nat

// A hook is a point on the way of a packet at which the chains of that name are
// consulted. The numbers are the indices of built-in chains.
type hook uint8

const (
	prerouting hook = iota
	input
	forward
	output
	postrouting
	numHooks
)

// A hookSet is a set of hooks.
type hookSet uint8

const (
	atPrerouting hookSet = 1 << iota
	atInput
	atForward
	atOutput
	atPostrouting

	everyHook = atPrerouting | atInput | atForward | atOutput | atPostrouting
)

// has is false for numHooks, the hook of chains of one's own.
func (s hookSet) has(h hook) bool { return s&(1<<h) != 0 }

// A tableID is a table, in the order in which a hook consults them. (Linux has nat's two
// halves at priorities of their own: the source is translated behind filter.)
type tableID uint8

const (
	rawTable tableID = iota
	mangleTable
	natTable
	filterTable
	securityTable
	numTables
)

var tableNames = [numTables]string{"raw", "mangle", "nat", "filter", "security"}

// tableHooks are the hooks at which each table has a chain.
var tableHooks = [numTables]hookSet{
	rawTable:      atPrerouting | atOutput,
	mangleTable:   everyHook,
	natTable:      atPrerouting | atInput | atOutput | atPostrouting,
	filterTable:   atInput | atForward | atOutput,
	securityTable: atInput | atForward | atOutput,
}

func (id tableID) String() string { return tableNames[id] }

// tableNamed returns the table of a name.
func tableNamed(name string) (tableID, bool) {
	for id, n := range tableNames {
		if n == name {
			return tableID(id), true
		}
	}
	return 0, false
}

// A verdict is what becomes of a packet at a rule.
type verdict uint8

const (
	carryOn verdict = iota // with the next rule
	accept
	dropped
	returned // from the chain
	jumps    // to another chain, and comes back
	goes     // to another chain
	applies  // what the target of the rule says, which is one of the first four
)

// hookNames are the names of the built-in chains.
var hookNames = [numHooks]string{"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}
