package nat

import (
	"drydock/drop"
	wire "drydock/internal/packet"
	"drydock/nat/conntrack"
)

// A hookStep is a table of iptables, or what lies between them, at a hook.
type hookStep struct {
	priority int32 // Linux's
	kind     stepKind
	table    tableID // of consulting
}

type stepKind uint8

const (
	consulting  stepKind = iota
	tracking             // find the connection or begin one
	translating          // and ask for that tables nat
	confirming
)

// Priorities of Linux.
const (
	connPriority = -200
	dstPriority  = -100
	srcPriority  = 100
	lastPriority = 1<<31 - 1
)

// ways are the steps of each hook, in order.
var ways = [numHooks][]hookStep{
	prerouting:  {{-300, consulting, rawTable}, {connPriority, tracking, 0}, {-150, consulting, mangleTable}, {dstPriority, translating, 0}},
	input:       {{-150, consulting, mangleTable}, {0, consulting, filterTable}, {50, consulting, securityTable}, {srcPriority, translating, 0}, {lastPriority, confirming, 0}},
	forward:     {{-150, consulting, mangleTable}, {0, consulting, filterTable}, {50, consulting, securityTable}},
	output:      {{-300, consulting, rawTable}, {connPriority, tracking, 0}, {-150, consulting, mangleTable}, {dstPriority, translating, 0}, {0, consulting, filterTable}, {50, consulting, securityTable}},
	postrouting: {{-150, consulting, mangleTable}, {srcPriority, translating, 0}, {lastPriority, confirming, 0}},
}

// slotOf returns the step that a base chain of nft goes before. One of the same priority goes before
// the table of iptables, which was there first.
func slotOf(h hook, priority int32) int {
	for i, s := range ways[h] {
		if priority <= s.priority {
			return i
		}
	}
	return len(ways[h])
}

// natPriority is that of table nat at a hook.
func natPriority(h hook) int32 {
	if h.manip() == source {
		return srcPriority
	}
	return dstPriority
}

// pass passes a packet through a hook. It is false if that is its end.
func (t *Tables) pass(p *packet) bool {
	nft := t.nft.at(p)
	way := ways[p.hook]
	for i := range way {
		if nft != nil && !t.consultAll(nft.slots[i], p) || !t.take(&way[i], p) {
			return false
		}
	}
	return nft == nil || t.consultAll(nft.slots[len(way)], p)
}

// take is one step.
func (t *Tables) take(s *hookStep, p *packet) bool {
	switch s.kind {
	case tracking:
		return t.track(p)
	case translating:
		return t.translate(p)
	case confirming:
		return t.confirm(p)
	}
	return t.consult(s.table, p)
}

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
	return t.pass(p) && t.remember(p, key)
}

// onward is the way of what has begun it: in INPUT it ends for the machine itself, in FORWARD it
// passes, and in POSTROUTING all that leaves ends it. Only at an end new connections are confirmed:
// what was dropped before has left no trace.
func (t *Tables) onward(p *packet) bool {
	if p.layout.Fragment == wire.Following {
		return t.follow(p)
	}
	return t.pass(p)
}

// output begins the way of what the machine sends. The destination is translated before
// filter sees it, as in FORWARD.
func (t *Tables) output(p *packet) bool { return t.prerouting(p) }

// consult asks a table about p. It is false if p is dropped.
func (t *Tables) consult(table tableID, p *packet) bool {
	if p.traced && t.onMiss != nil {
		t.tellMisses(table, p)
	}
	return t.rules(p).traverse(table, p) != dropped || t.dropRuled(p)
}

// dropRuled drops what a rule or a policy has dropped.
func (t *Tables) dropRuled(p *packet) bool {
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
