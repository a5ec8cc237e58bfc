package nat

import (
	"net/netip"

	"drydock/drop"
	wire "drydock/internal/packet"
	"drydock/nat/conntrack"
)

// NAPT is translation that behaves as RFC 4787 (UDP), RFC 5382 (TCP) and RFC 5508 (ICMP) have
// it: where SNAT and MASQUERADE decide for each connection, NAPT keeps a table of mappings from
// endpoints inside to ports outside, by which others can come in. Iptables of Debian has no such
// target; that of routers has FULLCONENAT, which the zero NAPT equals. As there it takes two rules:
//
//	-t nat -A POSTROUTING -o eth1 -j NAPT --mapping endpoint-independent --filtering address-dependent
//	-t nat -A PREROUTING -j NAPT
//
// In POSTROUTING it maps what leaves to the address of the outgoing interface. No two mappings
// share a port there. In PREROUTING, where it has no options, it translates a packet to a
// mapped port back, or drops it, as drop.NATFilter, if the filter of the mapping does not know the sender; what is for
// other ports goes on to the next rule. A mapping keeps the behaviour with which it was made. The
// machine's own packets are not mapped, and pings from outside are the machine's.
//
// A mapping lives as long as a connection by it: packets of either direction prolong it
// (RFC 4787, REQ-6), for the timeouts of conntrack. Where no port is left,
// the packet is dropped as drop.NATPorts.
//
// What the RFCs want and what holds:
//
//   - ICMP errors are translated and end no mapping. TCP's simultaneous open passes. A SYN that the
//     filter refuses is never answered; RFC 5382 has a NAT answer after 6 seconds.
//   - A mapping of UDP lives for Linux's 30 seconds, with answers for 2 minutes, one of ICMP for 30
//     seconds. RFC 4787 wants 2 minutes at least, RFC 5508 one: see [Tables.SetTimeouts].
//   - Ports stay below 512, from 600 to 1023, or above, as Linux keeps them apart.
//   - There is one outside address, and no pool of them.
//   - Conntrack has one connection for a pair of endpoints. If the mapping depends on the remote
//     endpoint and the filter does not, and a remote endpoint that has a mapping comes by that of
//     another, it is seen with another port than its own.
//   - Ports on which the machine's own sockets listen are not known, and may be mapped.
type NAPT struct {
	Mapping, Filtering Dependence
	Hairpin            bool   // --hairpin: machines inside reach each other by their ports outside; else such packets are dropped
	MinPort, MaxPort   uint16 // --to-ports; 0: as SNAT chooses
	Random             bool   // --random: ports are not preserved
	Parity             bool   // --parity: an even port becomes an even one, an odd port an odd one
}

var _ = reserve("NAPT")

func (t NAPT) String() string {
	s := "-j NAPT"
	if t.Mapping != EndpointIndependent {
		s += " --mapping " + t.Mapping.String()
	}
	if t.Filtering != EndpointIndependent {
		s += " --filtering " + t.Filtering.String()
	}
	s += t.ports().toPorts()
	for _, f := range []struct {
		set  bool
		name string
	}{{t.Hairpin, "hairpin"}, {t.Parity, "parity"}} {
		if f.set {
			s += " --" + f.name
		}
	}
	return s + flagText(t.Random, false, false)
}

// ports returns what the target says of ports, as a range.
func (t NAPT) ports() NATRange { return NATRange{MinPort: t.MinPort, MaxPort: t.MaxPort} }

// place is PREROUTING only for a target without options: there the mapping has them.
func (t NAPT) place() place {
	hooks := atPostrouting
	if t == (NAPT{}) {
		hooks |= atPrerouting
	}
	return place{tables: 1 << natTable, hooks: hooks}
}

func (t NAPT) checked(in setting) (Target, error) {
	if t.Mapping > AddressAndPortDependent || t.Filtering > AddressAndPortDependent {
		return nil, ErrValue
	}
	return t, t.ports().checkPorts(in.proto)
}

func (t NAPT) apply(h *host, p *packet) verdict {
	switch {
	case p.conn == nil:
		return carryOn
	case p.hook == prerouting:
		return h.comesIn(p)
	}
	return t.goesOut(h, p)
}

// goesOut translates the source of what leaves.
func (t NAPT) goesOut(h *host, p *packet) verdict {
	addr, ok := h.addressOf(p.nic, p.out, p.nextHop())
	if !ok {
		return dropped
	}
	flow, ok := p.conn.Tuple(conntrack.Reply).Invert() // as the destination was translated
	if !ok {
		return dropped
	}
	if !hasPorts(flow.Proto) || h.isLocal(flow.Src) {
		h.bind(p, source, NATRange{MinAddr: addr, MaxAddr: addr})
		return accept
	}
	m := h.mappings.open(h, t, flow, addr, p.out, session{p.conn, h.nanoseconds() + passage})
	if m == nil {
		return p.dropFor(drop.NATPorts)
	}
	h.bind(p, source, only(m.outside.at))
	return accept
}

// comesIn translates the destination of what comes to a mapping.
func (h *host) comesIn(p *packet) verdict {
	flow := p.conn.Tuple(conntrack.Original)
	if flow.Proto != wire.TCP && flow.Proto != wire.UDP {
		return carryOn
	}
	to := natPort{flow.Proto, netip.AddrPortFrom(flow.Dst, flow.DstPort)}
	m := h.mappings.find(h, to)
	if m == nil {
		return carryOn
	}
	if p.in != m.device {
		return h.turnsBack(p, m, flow)
	}
	by := session{p.conn, h.nanoseconds() + passage}
	if !h.mappings.enter(h, m, netip.AddrPortFrom(flow.Src, flow.SrcPort), by) {
		return p.dropFor(drop.NATFilter)
	}
	h.bind(p, destination, only(m.key.inside))
	return accept
}

// turnsBack translates both ends of what comes to a mapping from inside: who sends is known by its
// port outside, too (RFC 4787, REQ-9). That it has asked lets the other one answer, whether or not it
// is let in itself, so that the two can punch holes.
func (h *host) turnsBack(p *packet, m *mapping, flow conntrack.Tuple) verdict {
	if !m.how.Hairpin {
		return p.dropFor(drop.NATHairpin)
	}
	now := h.nanoseconds()
	own := h.mappings.open(h, m.how, flow, flow.Dst, m.device, session{until: now + h.patience(flow.Proto)})
	if own == nil {
		return p.dropFor(drop.NATPorts)
	}
	by := session{p.conn, now + passage}
	if !h.mappings.enter(h, m, own.outside.at, by) {
		return p.dropFor(drop.NATFilter)
	}
	h.mappings.keep(h, own, m.outside.at, by)
	h.bind(p, destination, only(m.key.inside))
	h.bind(p, source, only(own.outside.at))
	return accept
}

// dropFor is dropped, for another reason than that a rule says so.
func (p *packet) dropFor(why drop.Reason) verdict {
	p.why = why
	return dropped
}

// passage is how long, in ns, a packet takes at most from rule to confirmation. Until then its
// connection is in no table.
const passage = 1e9

// patience is how long one waits for an answer to the first packet.
func (h *host) patience(proto uint8) int64 {
	to := h.conns.Timeouts()
	if proto == wire.TCP {
		return int64(to.SynSent)
	}
	return int64(to.UDP)
}

// only is the range of one endpoint.
func only(at netip.AddrPort) NATRange {
	return NATRange{MinAddr: at.Addr(), MaxAddr: at.Addr(), MinPort: at.Port(), MaxPort: at.Port(), Port0: at.Port() == 0}
}
