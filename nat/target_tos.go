package nat

import "fmt"

// TOS makes the type of service or traffic class tos&^Mask ^ Value, in table mangle.
type TOS struct{ Value, Mask uint8 }

var _ = reserve("TOS")

func (t TOS) String() string { return fmt.Sprintf("-j TOS --set-tos 0x%02x/0x%02x", t.Value, t.Mask) }

func (TOS) place() place { return place{tables: 1 << mangleTable, hooks: everyHook} }

func (t TOS) checked(setting) (Target, error) { return t, nil }

func (t TOS) apply(_ *host, p *packet) verdict {
	old := p.tos()
	if now := old&^t.Mask ^ t.Value; now != old {
		p.writable()
		p.setTOS(now)
	}
	return carryOn
}
