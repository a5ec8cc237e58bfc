package nat

// State is -m state --state, the older Conntrack.
type State struct {
	States StateSet
	Not    bool
}

// checked knows five states; SNAT and DNAT are Conntrack's.
func (m State) checked(setting) (Match, error) {
	if m.States == 0 || m.States&^trackedStates != 0 {
		return nil, ErrValue
	}
	return m, nil
}

func (m State) String() string {
	return "-m state " + notOption(m.Not) + "--state " + m.States.String()
}

// compile is the same as Conntrack's.
func (m State) compile(a *asking) matcher {
	if a.states(m.States, m.Not) {
		return nil
	}
	return m
}

func (m State) match(p *packet) bool { return (m.States&p.state != 0) != m.Not }
