package nat

import "fmt"

// DSCP sets the six upper bits of the type of service or traffic class, in table mangle.
type DSCP struct{ Value uint8 }

var _ = reserve("DSCP")

func (t DSCP) String() string { return fmt.Sprintf("-j DSCP --set-dscp 0x%02x", t.Value) }

func (DSCP) place() place { return place{tables: 1 << mangleTable, hooks: everyHook} }

func (t DSCP) checked(setting) (Target, error) {
	if t.Value > maxDSCP {
		return nil, ErrValue
	}
	return t, nil
}

func (t DSCP) apply(_ *host, p *packet) verdict {
	if old := p.tos(); old>>2 != t.Value {
		p.writable()
		p.setTOS(t.Value<<2 | old&3)
	}
	return carryOn
}
