package nat

import (
	"net/netip"

	wire "drydock/internal/packet"
)

// The targets of table nat decide about the connection of a packet; the packet itself
// is translated afterwards, like all those that follow it.

func (s SNAT) apply(t *Tables, p *packet) verdict {
	if p.conn != nil {
		t.bind(p, source, s.To)
	}
	return accept
}

func (d DNAT) apply(t *Tables, p *packet) verdict {
	if p.conn != nil {
		t.bind(p, destination, d.To)
	}
	return accept
}

// apply chooses the address that Linux would: of those of the outgoing interface, the
// one that is on the same subnet as the next hop. A packet that leaves by an interface
// without address is dropped.
func (m Masquerade) apply(t *Tables, p *packet) verdict {
	if p.conn == nil {
		return accept
	}
	addr, ok := t.addressOf(p.nic, p.out, p.nextHop())
	if !ok {
		return drop
	}
	t.bind(p, source, NATRange{
		MinAddr: addr, MaxAddr: addr,
		MinPort: m.MinPort, MaxPort: m.MaxPort,
		Random: m.Random, FullyRandom: m.FullyRandom,
	})
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

// apply sends the packet to the stack itself: to 127.0.0.1 or ::1 what the stack sends,
// and other packets to the first address of the interface they came by. There is no
// such address for a packet that is then dropped.
func (r Redirect) apply(t *Tables, p *packet) verdict {
	if p.conn == nil {
		return accept
	}
	addr, ok := loopbackOf(p.v6), true
	if p.hook != output {
		peer := p.dst // of IPv6 the scope counts
		if !p.v6 {
			peer = netip.IPv4Unspecified()
		}
		addr, ok = t.addressOf(p.nic, p.in, peer)
	}
	if !ok {
		return drop
	}
	t.bind(p, destination, NATRange{
		MinAddr: addr, MaxAddr: addr,
		MinPort: r.MinPort, MaxPort: r.MaxPort,
		Random: r.Random,
	})
	return accept
}

func loopbackOf(v6 bool) netip.Addr {
	if v6 {
		return netip.IPv6Loopback()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}
