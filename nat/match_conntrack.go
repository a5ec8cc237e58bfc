package nat

import (
	"drydock/nat/conntrack"
)

// Conntrack is -m conntrack --ctstate, the match that Docker's first rule has: what is
// RELATED,ESTABLISHED is accepted, whatever the others say of new connections.
type Conntrack struct {
	States StateSet
	Not    bool
}

// checked knows seven names; State has the first five.
func (m Conntrack) checked(setting) (Match, error) {
	if m.States == 0 || m.States&^(trackedStates|StateSNAT|StateDNAT) != 0 {
		return nil, ErrValue
	}
	return m, nil
}

func (m Conntrack) String() string {
	return "-m conntrack " + notOption(m.Not) + "--ctstate " + m.States.String()
}

// compile has the digest tell the state of a packet. SNAT and DNAT are of the connection,
// which may learn of them while the packet passes.
func (m Conntrack) compile(a *asking) matcher {
	if m.States&^trackedStates == 0 && a.states(m.States, m.Not) {
		return nil
	}
	return m
}

// match knows the states SNAT and DNAT besides the one of the packet: they are those
// of its connection.
func (m Conntrack) match(p *packet) bool {
	s := p.state
	if p.conn != nil && m.States&(StateSNAT|StateDNAT) != 0 {
		status := p.conn.Status()
		if status&conntrack.SrcNAT != 0 {
			s |= StateSNAT
		}
		if status&conntrack.DstNAT != 0 {
			s |= StateDNAT
		}
	}
	return (m.States&s != 0) != m.Not
}
