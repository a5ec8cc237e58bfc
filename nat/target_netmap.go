package nat

import "net/netip"

// Netmap is NETMAP: a network becomes another of the same size, of each address the bits
// outside of the mask stay. It translates the destination in PREROUTING and OUTPUT, the
// source in POSTROUTING and INPUT.
type Netmap struct{ To Network } // Not is not looked at

var _ = reserve("NETMAP")

func (t Netmap) String() string { return "-j NETMAP --to " + t.Text() }

// Text returns the network with its mask.
func (t Netmap) Text() string { return t.To.prefix() }

func (Netmap) place() place {
	return place{tables: 1 << natTable, hooks: atPrerouting | atInput | atOutput | atPostrouting}
}

func (t Netmap) checked(in setting) (Target, error) {
	t.To.Not = false
	if !t.To.Addr.IsValid() {
		return nil, ErrValue
	}
	err := t.To.check(in.v6)
	return t, err
}

func (t Netmap) apply(h *host, p *packet) verdict {
	if p.conn == nil {
		return accept
	}
	m := p.hook.manip()
	addr := p.src
	if m == destination {
		addr = p.dst
	}
	addr = t.of(addr)
	h.bind(p, m, NATRange{MinAddr: addr, MaxAddr: addr})
	return accept
}

// of returns what an address becomes.
func (t *Netmap) of(addr netip.Addr) netip.Addr {
	a, to, mask := bitsOf(addr), bitsOf(t.To.Addr), bitsOf(t.To.Mask)
	return addrOf(bits128{a.hi&^mask.hi | to.hi&mask.hi, a.lo&^mask.lo | to.lo&mask.lo}, addr.Is4())
}
