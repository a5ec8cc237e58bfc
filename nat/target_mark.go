package nat

import (
	"fmt"
)

// Mark changes the mark of the packet to mark&^Mask ^ Value, as --set-xmark does: {1, 1} sets
// the lowest bit, {0, 1} clears it, {1, 0} turns it over, and {v, ^uint32(0)} sets all.
type Mark struct{ Value, Mask uint32 }

var _ = reserve("MARK")

func (t Mark) String() string { return fmt.Sprintf("-j MARK --set-xmark %#x/%#x", t.Value, t.Mask) }

func (Mark) place() place { return anywhere }

func (t Mark) checked(setting) (Target, error) { return t, nil }

// apply changes the packet itself, not its connection: those that follow come to the rule
// as well.
func (t Mark) apply(_ *host, p *packet) verdict {
	p.pkt.Mark = p.pkt.Mark&^t.Mask ^ t.Value
	return carryOn
}
