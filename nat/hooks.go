package nat

import (
	"drydock/drop"
	wire "drydock/internal/packet"
	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

var _ stack.NFTablesInterface = (*Tables)(nil)

// CheckPrerouting passes a packet that arrived at pkt.InputNICID through PREROUTING:
// it is tracked, and its destination translated. A packet that has been there before
// passes, as pkt.Owner says, which is then a *conntrack.Ref. The headers of pkt must be
// parsed. CheckPrerouting returns whether pkt may go on.
func (t *Tables) CheckPrerouting(pkt *stack.PacketBuffer, _ *stack.Route, _ stack.AddressFamily) bool {
	if _, ok := pkt.Owner.(*conntrack.Ref); ok {
		return true
	}
	p := t.newPacket(prerouting, pkt)
	defer p.release()
	p.nic = pkt.InputNICID
	p.in = t.nicName(p.nic)
	if !p.parse() {
		return t.drop(p, drop.Malformed)
	}
	if !t.prerouting(p) {
		return false
	}
	pkt.Owner = p.ref()
	return true
}

// CheckInput passes a packet that is for the stack itself through INPUT.
func (t *Tables) CheckInput(pkt *stack.PacketBuffer, _ *stack.Route, _ stack.AddressFamily) bool {
	p := t.newPacket(input, pkt)
	defer p.release()
	p.nic = pkt.InputNICID
	p.in = t.nicName(p.nic)
	if !p.parse() {
		return t.drop(p, drop.Malformed)
	}
	return t.recall(p) && t.onward(p)
}

// CheckForward passes a packet that arrived at pkt.InputNICID and leaves by route
// through FORWARD. Netstack asks without a route about packets for another of its own
// addresses than that of the interface they came by: those are for INPUT.
//
// Netstack's own forwarding copies what has no room for a link header, and the copy
// lacks the Owner; who sends pkt itself on leaves room, and saves the tables from
// remembering it.
func (t *Tables) CheckForward(pkt *stack.PacketBuffer, route *stack.Route, _ stack.AddressFamily) bool {
	if route == nil {
		return true
	}
	p := t.newPacket(forward, pkt)
	defer p.release()
	p.route, p.nic = route, route.NICID()
	p.in, p.out = t.nicName(pkt.InputNICID), t.outName(route)
	if !p.parse() {
		return t.drop(p, drop.Malformed)
	}
	if !t.recall(p) || !t.onward(p) {
		return false
	}
	if pkt.AvailableHeaderBytes() == 0 {
		t.flights.depart(p)
	}
	return true
}

// CheckOutput passes a packet that the stack sends by route through OUTPUT. What the
// stack sends to itself skips other hooks in netstack, so that it passes through
// POSTROUTING and PREROUTING of lo here.
func (t *Tables) CheckOutput(pkt *stack.PacketBuffer, route *stack.Route, _ stack.AddressFamily) bool {
	p := t.newPacket(output, pkt)
	defer p.release()
	p.route, p.out = route, t.outName(route)
	if route != nil {
		p.nic = route.NICID()
	}
	if !p.parse() {
		return t.drop(p, drop.Malformed)
	}
	if r, ok := pkt.Owner.(*conntrack.Ref); ok { // an answer of REJECT
		p.setRef(r)
	}
	dst := p.dst
	if !t.output(p) {
		return false
	}
	pkt.Owner = p.ref()
	if p.dst == dst && loops(route) || p.dst != dst && t.isLocal(p.dst) {
		return t.loop(p)
	}
	return true
}

// CheckPostrouting passes a packet that leaves by route through POSTROUTING: its
// source is translated.
func (t *Tables) CheckPostrouting(pkt *stack.PacketBuffer, route *stack.Route, _ stack.AddressFamily) bool {
	p := t.newPacket(postrouting, pkt)
	defer p.release()
	p.route, p.out = route, t.outName(route)
	if route != nil {
		p.nic = route.NICID()
	}
	if !p.parse() {
		return t.drop(p, drop.Malformed)
	}
	if !t.recall(p) || !t.onward(p) {
		return false
	}
	if p.out == loopback {
		return t.returns(p)
	}
	return true
}

// CheckIngress passes all packets: there is no such hook.
func (t *Tables) CheckIngress(*stack.PacketBuffer, *stack.Route, stack.AddressFamily) bool {
	return true
}

// CheckEgress passes all packets: there is no such hook.
func (t *Tables) CheckEgress(*stack.PacketBuffer, *stack.Route, stack.AddressFamily) bool {
	return true
}

// loop passes a packet that the stack sends to itself through what lies between OUTPUT
// and INPUT.
func (t *Tables) loop(p *packet) bool {
	p.hook, p.out = postrouting, loopback
	return t.onward(p) && t.returns(p)
}

// returns passes a packet that left by lo through PREROUTING. Its destination has been
// translated in OUTPUT. In INPUT it shows of which connection it is, unless there is none or it has
// ended the connection, as a reset does that is the only answer.
func (t *Tables) returns(p *packet) bool {
	p.hook, p.in, p.out = prerouting, loopback, ""
	if p.layout.Fragment == wire.Following {
		return true
	}
	if !t.passLoop(p) {
		return false
	}
	if p.conn == nil || p.related || p.conn.Status()&conntrack.Dying != 0 {
		t.flights.depart(p)
	}
	return true
}
