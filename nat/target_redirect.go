package nat

import (
	"net/netip"
)

// Redirect is DNAT to the machine itself: to the address of the incoming
// interface, or to 127.0.0.1 for what the machine sends.
type Redirect struct {
	MinPort, MaxPort uint16 // --to-ports; 0: the port stays
	Port0            bool   // MinPort is port 0, and not none
	Random           bool
}

var _ = reserve("REDIRECT")

func (t Redirect) String() string {
	return "-j REDIRECT" + t.ports().toPorts() + flagText(t.Random, false, false)
}

func (Redirect) place() place { return place{tables: 1 << natTable, hooks: atPrerouting | atOutput} }

// checked takes no protocol for enough where no ports are given.
func (t Redirect) checked(in setting) (Target, error) {
	return t, t.ports().checkPorts(in.proto)
}

// ports returns what the target says of ports, as a range.
func (t Redirect) ports() NATRange {
	return NATRange{MinPort: t.MinPort, MaxPort: t.MaxPort, Port0: t.Port0}
}

// apply sends the packet to the stack itself: to 127.0.0.1 or ::1 what the stack sends,
// and other packets to the first address of the interface they came by. There is no
// such address for a packet that is then dropped.
func (t Redirect) apply(h *host, p *packet) verdict {
	if p.conn == nil {
		return accept
	}
	addr, ok := loopbackOf(p.v6), true
	if p.hook != output {
		peer := p.dst // of IPv6 the scope counts
		if !p.v6 {
			peer = netip.IPv4Unspecified()
		}
		addr, ok = h.addressOf(p.nic, p.in, peer)
	}
	if !ok {
		return dropped
	}
	r := t.ports()
	r.MinAddr, r.MaxAddr, r.Random = addr, addr, t.Random
	h.bind(p, destination, r)
	return accept
}

// loopbackOf returns where a redirected packet of the machine's own goes.
func loopbackOf(v6 bool) netip.Addr {
	if v6 {
		return netip.IPv6Loopback()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}
