package nat

import (
	"fmt"
)

// Mark changes the mark of the packet to mark&^Mask ^ Value, as --set-xmark does.
type Mark struct{ Value, Mask uint32 }

var _ = reserve("MARK")

func (t Mark) String() string { return fmt.Sprintf("-j MARK --set-xmark %#x/%#x", t.Value, t.Mask) }

func (Mark) place() place { return anywhere }

func (t Mark) checked(setting) (Target, error) { return t, nil }

func (t Mark) apply(_ *host, p *packet) verdict {
	p.pkt.Mark = p.pkt.Mark&^t.Mask ^ t.Value
	return carryOn
}
