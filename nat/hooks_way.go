package nat

import (
	"drydock/drop"
	wire "drydock/internal/packet"
	"drydock/nat/conntrack"
)

// The tables and what lies between them, in the order of Linux's hook priorities.
// Fragments that follow a first one share its fate, without being asked about.

// prerouting begins the way of what arrives. It is remembered by what it looked like
// before translation, as those that follow will.
func (t *Tables) prerouting(p *packet) bool {
	switch {
	case p.layout.Fragment == wire.Following:
		return t.follow(p)
	case p.layout.Fragment == wire.First && !p.wellFormed:
		return t.drop(p, drop.Fragment)
	}
	key := p.fragmentKey()
	ok := t.consult(rawTable, p) && t.track(p) && t.consult(mangleTable, p) && t.translate(p)
	return ok && t.remember(p, key)
}

// input ends it for the machine itself. Only here a connection to it is confirmed.
func (t *Tables) input(p *packet) bool {
	if p.layout.Fragment == wire.Following {
		return t.follow(p)
	}
	return t.consult(mangleTable, p) && t.filter(p) && t.translate(p) && t.confirm(p)
}

// forward asks about what is for others. Neither tracking nor translation has a part in
// it.
func (t *Tables) forward(p *packet) bool {
	if p.layout.Fragment == wire.Following {
		return t.follow(p)
	}
	return t.consult(mangleTable, p) && t.filter(p)
}

// filter asks the tables that are there to drop packets.
func (t *Tables) filter(p *packet) bool {
	return t.consult(filterTable, p) && t.consult(securityTable, p)
}

// output begins the way of what the machine sends. The destination is translated before
// filter sees it, as in FORWARD.
func (t *Tables) output(p *packet) bool {
	switch {
	case p.layout.Fragment == wire.Following:
		return t.follow(p)
	case p.layout.Fragment == wire.First && !p.wellFormed:
		return t.drop(p, drop.Fragment)
	}
	key := p.fragmentKey()
	ok := t.consult(rawTable, p) && t.track(p) && t.consult(mangleTable, p) && t.translate(p) && t.filter(p)
	return ok && t.remember(p, key)
}

// postrouting ends the way of all that leaves, and confirms new connections: what was
// dropped before has left no trace.
func (t *Tables) postrouting(p *packet) bool {
	if p.layout.Fragment == wire.Following {
		return t.follow(p)
	}
	return t.consult(mangleTable, p) && t.translate(p) && t.confirm(p)
}

// consult asks a table about p. It is false if p is dropped.
func (t *Tables) consult(table tableID, p *packet) bool {
	if p.traced && t.onMiss != nil {
		t.tellMisses(table, p)
	}
	if t.rules(p).traverse(table, p) != dropped {
		return true
	}
	switch {
	case p.why != drop.Unknown:
		return t.drop(p, p.why)
	case p.rule > 0:
		return t.drop(p, drop.Rule)
	}
	return t.drop(p, drop.Policy)
}

// track finds the connection of a packet that has just come into being or into the
// machine, or begins one. It is false if there is no room for it.
func (t *Tables) track(p *packet) bool {
	switch {
	case p.conn != nil || p.state == StateUntracked: // by REJECT or NOTRACK
	case !p.wellFormed || p.hook == prerouting && !p.intact():
	case p.isError():
		t.relate(p)
	case p.isNeighbourDiscovery():
		p.state = StateUntracked
	default:
		p.setTuple()
		p.segment.Size = p.layout.Size
		c, d, err := t.conns.Track(&p.tuple, &p.segment)
		if err == conntrack.ErrFull {
			return t.drop(p, drop.ConntrackFull)
		}
		if err == nil {
			p.setRef(c.Ref(d, false))
		}
	}
	return true
}

// recall finds the connection of a packet that has been tracked before: by its Owner,
// or, since netstack loses that of packets that it copies, by how it looks after
// translation. A packet that nothing is known of is tracked now.
func (t *Tables) recall(p *packet) bool {
	if r, ok := p.pkt.Owner.(*conntrack.Ref); ok {
		p.setRef(r)
		return true
	}
	switch {
	case p.layout.Fragment == wire.Following:
		return true
	case p.hook == postrouting && p.pkt.NetworkPacketInfo.IsForwardedPacket && t.flights.arrive(p):
	case p.wellFormed && !p.isError() && t.recognize(p):
	case p.hook == input && t.flights.arrive(p):
	case !t.track(p):
		return false
	}
	p.pkt.Owner = p.ref()
	return true
}

// recognize finds the connection of a translated packet: the inverse of its tuple is
// that of what comes the other way.
func (t *Tables) recognize(p *packet) bool {
	p.setTuple()
	inverse, ok := p.tuple.Invert()
	if !ok {
		return false
	}
	c, d := t.conns.Find(&inverse)
	if c == nil {
		return false
	}
	p.setRef(c.Ref(1-d, false))
	return true
}

// confirm enters the connection of its first packet in the table.
func (t *Tables) confirm(p *packet) bool {
	if p.conn == nil || p.related || p.dir != conntrack.Original || p.conn.Status()&conntrack.Confirmed != 0 {
		return true
	}
	c, err := t.conns.Confirm(p.conn)
	switch err {
	case nil:
	case conntrack.ErrFull:
		return t.drop(p, drop.ConntrackFull)
	default:
		return t.drop(p, drop.ConntrackClash)
	}
	if c != p.conn {
		p.conn = c
		if !p.borrowed {
			p.pkt.Owner = p.ref()
		}
	}
	return true
}

// intact reports whether the checksum of the transport header is right. Linux looks at
// it in PREROUTING (net.netfilter.nf_conntrack_checksum), and not again where a network
// card has.
func (p *packet) intact() bool {
	if p.layout.Fragment != wire.Whole || wire.Offloaded(p.pkt) {
		return true
	}
	return p.layout.Intact(p.pkt, p.at, p.ip, p.l4)
}
