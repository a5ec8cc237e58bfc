package nat

import (
	"drydock/nat/conntrack"
)

// NoTrack keeps the packet out of connection tracking: its state is UNTRACKED, and it is not
// translated. In the raw table, which is the only one before tracking.
type NoTrack struct {
	CT bool // spelled -j CT --notrack rather than -j NOTRACK
}

var (
	_ = reserve("NOTRACK")
	_ = reserve("CT")
)

// String tells the two spellings apart, as iptables-save does, though they are one target
// to the kernel.
func (t NoTrack) String() string {
	if t.CT {
		return "-j CT --notrack"
	}
	return "-j NOTRACK"
}

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
