package nat

// Trace is TRACE: from here on every rule that the packet matches, and every
// policy, is told to the logger of the tables at level warning and to those who [OnTrace].
// A packet that is sent to the machine itself, or that netstack forwards with a copy, is
// traced as far as it is the same.
type Trace struct{}

var _ = reserve("TRACE")

func (Trace) String() string { return "-j TRACE" }

func (Trace) place() place { return anywhere }

func (t Trace) checked(setting) (Target, error) { return t, nil }

func (Trace) apply(_ *host, p *packet) verdict {
	p.traced = true
	return carryOn
}
