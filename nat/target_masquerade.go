package nat

import (
	"net/netip"

	wire "drydock/internal/packet"
)

// Masquerade is SNAT to the address of the outgoing interface, in POSTROUTING. The address is
// looked up for each connection, so that it may change; connections keep theirs.
type Masquerade struct {
	MinPort, MaxPort uint16 // --to-ports; 0: the port stays if it is free
	Port0            bool   // MinPort is port 0, and not none
	Random           bool
	FullyRandom      bool
}

var _ = reserve("MASQUERADE")

func (t Masquerade) String() string {
	return "-j MASQUERADE" + t.ports().toPorts() + flagText(t.Random, t.FullyRandom, false)
}

// place is POSTROUTING alone: no other hook knows the interface by which a packet leaves
// and may still change its source.
func (Masquerade) place() place { return place{tables: 1 << natTable, hooks: atPostrouting} }

func (t Masquerade) checked(in setting) (Target, error) {
	return t, t.ports().checkPorts(in.proto)
}

// ports returns what the target says of ports, as a range.
func (t Masquerade) ports() NATRange {
	return NATRange{MinPort: t.MinPort, MaxPort: t.MaxPort, Port0: t.Port0}
}

// apply chooses the address that Linux would: of those of the outgoing interface, the
// one that is on the same subnet as the next hop, and if it has none, those of the others. Without
// any a packet is dropped.
func (t Masquerade) apply(h *host, p *packet) verdict {
	if p.conn == nil {
		return accept
	}
	addr, ok := h.sourceOf(p.nic, p.out, p.nextHop())
	if !ok {
		return dropped
	}
	r := t.ports()
	r.MinAddr, r.MaxAddr, r.Random, r.FullyRandom = addr, addr, t.Random, t.FullyRandom
	h.bind(p, source, r)
	return accept
}

// nextHop returns to whom p is sent on the link.
func (p *packet) nextHop() netip.Addr {
	if p.route != nil {
		if hop := p.route.NextHop(); hop.BitLen() > 0 {
			return wire.FromAddress(hop)
		}
	}
	return p.dst
}
