package nat

import (
	"fmt"

	wire "drydock/internal/packet"
)

// TTL is TTL of IPv4 and HL of IPv6, in table mangle: it sets what the packet has left, or
// adds to it or takes from it.
type TTL struct {
	V6    bool
	Op    TTLChange
	Value uint8
}

// A TTLChange is what TTL does.
type TTLChange uint8

// The changes of TTL. What would get above 255 or below 0 stays there.
const (
	TTLSet TTLChange = iota
	TTLInc
	TTLDec
)

var (
	_ = reserve("TTL")
	_ = reserve("HL")
)

func (t TTL) String() string {
	name, target := "ttl", "TTL"
	if t.V6 {
		name, target = "hl", "HL"
	}
	return fmt.Sprintf("-j %s --%s-%s %d", target, name, [...]string{"set", "inc", "dec"}[t.Op], t.Value)
}

func (TTL) place() place { return place{tables: 1 << mangleTable, hooks: everyHook} }

func (t TTL) checked(in setting) (Target, error) {
	switch {
	case t.V6 != in.v6:
		return nil, ErrFamily
	case t.Op > TTLDec, t.Op != TTLSet && t.Value == 0:
		return nil, ErrValue
	}
	return t, nil
}

func (t TTL) apply(_ *host, p *packet) verdict {
	old := *p.ttl()
	now := int(t.Value)
	switch t.Op {
	case TTLInc:
		now = min(int(old)+now, 255)
	case TTLDec:
		now = max(int(old)-now, 0)
	}
	if byte(now) == old {
		return carryOn
	}
	p.writable()
	if p.v6 {
		*p.ttl() = byte(now)
	} else {
		p.setIPv4(8, byte(now))
	}
	return carryOn
}

// patchHeader brings the checksum of an IPv4 header in line with a change.
func patchHeader(ip, old, now []byte) { wire.Patch(ip[10:12], old, now) }
