package nat

import (
	"drydock/nat/conntrack"
)

// NoTrack keeps the packet out of connection tracking: its state is UNTRACKED, and it is not
// translated. In the raw table, which is the only one before tracking.
type NoTrack struct{}

var _ = reserve("NOTRACK")

func (NoTrack) String() string { return "-j NOTRACK" }

func (NoTrack) place() place { return place{tables: 1 << rawTable, hooks: atPrerouting | atOutput} }

func (t NoTrack) checked(setting) (Target, error) { return t, nil }

// apply leaves alone what is of a connection already: packets that come back through
// the loopback interface.
func (NoTrack) apply(_ *host, p *packet) verdict {
	if p.conn == nil {
		p.setRef(conntrack.Untracked)
	}
	return carryOn
}
