package nat

import (
	"fmt"
	"time"

	"drydock/nat/internal/words"
	"drydock/nat/ipset"
)

// SetTarget is SET: what a set sees of the packet is added to one set, deleted from another
// or both, and traversal goes on. It is not told whether that worked. Timeout is that of
// the set unless HasTimeout.
type SetTarget struct {
	Add, Del           string // "": none
	AddSides, DelSides SetSides
	Exist              bool // an entry that is there begins anew
	HasTimeout         bool
	Timeout            time.Duration
}

var _ = reserve("SET")

func (t SetTarget) String() string { return "-j SET" + t.Text(" --") }

// Text returns the options, each behind sep.
func (t SetTarget) Text(sep string) string {
	s := ""
	if t.Add != "" {
		s += fmt.Sprintf("%sadd-set %s %s", sep, words.Name(t.Add), t.AddSides)
	}
	if t.Exist {
		s += sep + "exist"
	}
	if t.HasTimeout {
		s += fmt.Sprintf("%stimeout %d", sep, t.Timeout/time.Second)
	}
	if t.Del != "" {
		s += fmt.Sprintf("%sdel-set %s %s", sep, words.Name(t.Del), t.DelSides)
	}
	return s
}

func (SetTarget) place() place { return anywhere }

func (t SetTarget) checked(in setting) (Target, error) {
	if t.Add == "" && t.Del == "" || t.Timeout < 0 || t.Timeout%time.Second != 0 {
		return nil, ErrValue
	}
	for name, sides := range map[string]SetSides{t.Add: t.AddSides, t.Del: t.DelSides} {
		if name == "" {
			continue
		}
		if _, err := in.setOf(name); err != nil {
			return nil, err
		}
		if err := sides.check(); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// A setApplier holds its sets.
type setApplier struct {
	SetTarget
	add, del       *ipset.Set
	askAdd, askDel ipset.Ask
}

func (t SetTarget) compileTarget(on *host, _ bool) applier {
	return &setApplier{
		SetTarget: t, add: on.sets.Find(t.Add), del: on.sets.Find(t.Del),
		askAdd: ipset.Ask{Sides: ipset.Sides(t.AddSides.Dst), N: t.AddSides.N},
		askDel: ipset.Ask{Sides: ipset.Sides(t.DelSides.Dst), N: t.DelSides.N},
	}
}

func (t *setApplier) apply(h *host, p *packet) verdict {
	if h.still {
		return carryOn
	}
	q := p.setPacket()
	if t.add != nil {
		t.add.AddPacket(&q, &t.askAdd, ipset.Entry{Timeout: t.Timeout, Default: !t.HasTimeout}, t.Exist)
	}
	if t.del != nil {
		t.del.DeletePacket(&q, &t.askDel)
	}
	return carryOn
}
