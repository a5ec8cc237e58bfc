package nat

import "strings"

// A StateSet is a set of connection states. A packet has exactly one of the first five:
// INVALID is what belongs to no connection and cannot begin one, RELATED an ICMP error about
// one, and UNTRACKED what NOTRACK has kept out.
type StateSet uint8

const (
	StateInvalid StateSet = 1 << iota
	StateNew
	StateEstablished
	StateRelated
	StateUntracked
	StateSNAT // the source is translated; Conntrack only
	StateDNAT // the destination is translated; Conntrack only
)

// trackedStates are those of which a packet has one.
const trackedStates = StateInvalid | StateNew | StateEstablished | StateRelated | StateUntracked

// stateNames are in the order in which iptables prints them.
var stateNames = []struct {
	name string
	bit  StateSet
}{
	{"INVALID", StateInvalid}, {"NEW", StateNew}, {"RELATED", StateRelated}, {"ESTABLISHED", StateEstablished},
	{"UNTRACKED", StateUntracked}, {"SNAT", StateSNAT}, {"DNAT", StateDNAT},
}

// String returns the states as conntrack --ctstate prints them, "RELATED,ESTABLISHED".
func (s StateSet) String() string {
	var names []string
	for _, n := range stateNames {
		if s&n.bit != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ",")
}
