package nat

import (
	"fmt"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// TTLMatch is -m ttl of IPv4 and -m hl of IPv6: what the packet has left of its way.
type TTLMatch struct {
	V6    bool
	Op    TTLOp
	Value uint8
}

// A TTLOp is how TTLMatch compares.
type TTLOp uint8

// The comparisons of TTLMatch.
const (
	TTLEqual   TTLOp = iota // --ttl-eq, --hl-eq
	TTLUnequal              // inverted
	TTLLess                 // --ttl-lt
	TTLGreater              // --ttl-gt
)

func (m TTLMatch) checked(in setting) (Match, error) {
	switch {
	case m.V6 != in.v6:
		return nil, ErrFamily
	case m.Op > TTLGreater:
		return nil, ErrValue
	}
	return m, nil
}

func (m TTLMatch) String() string {
	name := ttlName(m.V6)
	return fmt.Sprintf("-m %s %s--%s-%s %d", name, notOption(m.Op == TTLUnequal), name, [...]string{"eq", "eq", "lt", "gt"}[m.Op], m.Value)
}

// ttlName is what the two families call it.
func ttlName(v6 bool) string {
	if v6 {
		return "hl"
	}
	return "ttl"
}

func (m TTLMatch) compile(*asking) matcher { return m }

func (m TTLMatch) match(p *packet) bool {
	left := *p.ttl()
	switch m.Op {
	case TTLUnequal:
		return left != m.Value
	case TTLLess:
		return left < m.Value
	case TTLGreater:
		return left > m.Value
	}
	return left == m.Value
}

// ttl is the byte of the header.
func (p *packet) ttl() *byte {
	if p.v6 {
		return &p.ip[7]
	}
	return &p.ip[8]
}

// setIPv4 changes a byte of the header of IPv4 and its checksum.
func (p *packet) setIPv4(at int, now byte) {
	ip := header.IPv4(p.ip)
	word := ip[at&^1 : at&^1+2]
	old := [2]byte(word)
	ip[at] = now
	patchHeader(ip, old[:], word)
}
