package nat

import (
	"drydock/nat/internal/words"
)

// Jump goes on in a chain of one's own and comes back at its end, or at a Return. The chain
// must exist, and cannot go while rules name it.
type Jump struct{ Chain string }

// Goto is Jump without coming back: at the end of the chain traversal goes on
// where this chain was called from.
type Goto struct{ Chain string }

func (t Jump) String() string { return "-j " + words.Name(t.Chain) }

func (t Goto) String() string { return "-g " + words.Name(t.Chain) }

func (Jump) place() place { return anywhere }
func (Goto) place() place { return anywhere }

func (t Jump) checked(setting) (Target, error) { return t, nil }
func (t Goto) checked(setting) (Target, error) { return t, nil }

// jumpOf returns the chain that a target names.
func jumpOf(t Target) (string, bool) {
	switch t := t.(type) {
	case Jump:
		return t.Chain, true
	case Goto:
		return t.Chain, true
	}
	return "", false
}
