package nat

import (
	"drydock/nat/conntrack"
)

// Conntrack is -m conntrack, which asks about the connection of a packet. Most rules ask for
// its state alone: what is RELATED,ESTABLISHED is accepted, whatever the others say of new
// connections. The rest is what the connection was before translation and after it.
//
// A packet without a connection has a state, INVALID or UNTRACKED, and nothing else: a rule
// that asks for more than the state is content with that, and one that does not ask for a
// state does not match.
type Conntrack struct {
	States   StateSet // --ctstate; 0: not asked
	Not      bool     // inverts States
	Proto    ConnProto
	Original ConnEnds // --ctorig…: as the first packet came
	Reply    ConnEnds // --ctrepl…: as answers come
	Status   ConnStatus
	Expire   ConnExpire
	Dir      ConnDir
}

// ConnEnds matches the ends of a connection in one of its directions. Zero fields are not
// asked. The id of an ICMP echo is its source port, its type and code are its destination's.
type ConnEnds struct {
	Src, Dst         Network // the bits of an address outside of its mask stay, and show
	SrcPort, DstPort PortRange
}

// ConnProto matches the protocol of a connection, --ctproto.
type ConnProto struct {
	Number   uint8
	Set, Not bool
}

// ConnStatus matches connections that have one of the bits, --ctstatus: Expected,
// SeenReply, Assured and Confirmed are known. None is --ctstatus NONE, which no connection is.
type ConnStatus struct {
	Any      conntrack.Status
	Set, Not bool
}

// ConnExpire matches connections that have so many seconds left, --ctexpire.
type ConnExpire struct {
	Min, Max uint32
	Set, Not bool
}

// A ConnDir is a direction that Conntrack asks for, --ctdir.
type ConnDir uint8

const (
	EitherDir   ConnDir = iota // not asked
	OriginalDir                // as the first packet went
	ReplyDir
)

// knownStatus are the bits that have names.
const knownStatus = conntrack.Expected | conntrack.SeenReply | conntrack.Assured | conntrack.Confirmed

// checked knows seven names of states; State has the first five.
func (m Conntrack) checked(in setting) (Match, error) {
	const known = trackedStates | StateSNAT | StateDNAT
	s, e, p := m.Status, m.Expire, m.Proto
	switch {
	case m == Conntrack{}, m.States&^known != 0, m.States == 0 && m.Not, m.Dir > ReplyDir:
		return nil, ErrValue
	case s.Any&^knownStatus != 0, !s.Set && s != ConnStatus{}, !e.Set && e != ConnExpire{}, !p.Set && p != ConnProto{}:
		return nil, ErrValue
	}
	for _, ends := range []*ConnEnds{&m.Original, &m.Reply} {
		if err := ends.check(in.v6); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// check leaves the bits of addresses outside of their masks, as iptables does here alone.
func (e *ConnEnds) check(v6 bool) error {
	for _, n := range []*Network{&e.Src, &e.Dst} {
		masked := *n
		switch err := masked.check(v6); {
		case err == ErrNever || err == nil && masked == (Network{}): // a mask of length 0
		case err != nil:
			return err
		case !n.Mask.IsValid():
			n.Mask = masked.Mask
		}
	}
	return checkPorts(false, e.SrcPort, e.DstPort)
}

// compile has the digest tell the state of a packet. SNAT and DNAT are of the connection,
// which may learn of them while the packet passes.
func (m Conntrack) compile(a *asking) matcher {
	if m == (Conntrack{States: m.States, Not: m.Not}) {
		if m.States&^trackedStates == 0 && a.states(m.States, m.Not) {
			return nil
		}
		return stateTest{m.States, m.Not}
	}
	return &connTest{Conntrack: m, original: m.Original.compile(), reply: m.Reply.compile()}
}

// A stateTest is a Conntrack that asks for the state alone.
type stateTest struct {
	states StateSet
	not    bool
}

// match knows the states SNAT and DNAT besides the one of the packet: they are those
// of its connection.
func (m stateTest) match(p *packet) bool {
	s := p.state
	if p.conn != nil && m.states&(StateSNAT|StateDNAT) != 0 {
		status := p.conn.Status()
		if status&conntrack.SrcNAT != 0 {
			s |= StateSNAT
		}
		if status&conntrack.DstNAT != 0 {
			s |= StateDNAT
		}
	}
	return (m.states&s != 0) != m.not
}

// A connTest is a Conntrack that asks for more.
type connTest struct {
	Conntrack
	original, reply endsTest
}

// match asks in the order of xt_conntrack.
func (m *connTest) match(p *packet) bool {
	if m.States != 0 && !(stateTest{m.States, m.Not}).match(p) {
		return false
	}
	if p.conn == nil {
		return m.States != 0
	}
	orig, reply := p.conn.Tuple(conntrack.Original), p.conn.Tuple(conntrack.Reply)
	switch s, e := m.Status, m.Expire; {
	case m.Dir != EitherDir && (m.Dir == ReplyDir) != (p.dir == conntrack.Reply):
		return false
	case m.Proto.Set && (m.Proto.Number == orig.Proto) == m.Proto.Not:
		return false
	case !m.original.match(&orig) || !m.reply.match(&reply):
		return false
	case s.Set && (s.Any&p.conn.Status() != 0) == s.Not:
		return false
	case e.Set && e.has(p) == e.Not:
		return false
	}
	return true
}

// has reports whether the time left of the connection of p is in the range.
func (e *ConnExpire) has(p *packet) bool {
	left := int64(p.host.conns.Left(p.conn).Seconds())
	return int64(e.Min) <= left && left <= int64(e.Max)
}

// An endsTest is ConnEnds as packets meet them.
type endsTest struct {
	src, dst         addrTest
	srcPort, dstPort PortRange
}

func (e *ConnEnds) compile() endsTest {
	return endsTest{src: compileNetwork(e.Src), dst: compileNetwork(e.Dst), srcPort: e.SrcPort, dstPort: e.DstPort}
}

func (e *endsTest) match(t *conntrack.Tuple) bool {
	if e.src.there && !e.src.match(t.Src) || e.dst.there && !e.dst.match(t.Dst) {
		return false
	}
	dst := t.DstPort
	if isICMP(t.Proto) {
		dst = uint16(t.Type)<<8 | uint16(t.Code)
	}
	return e.srcPort.match(t.SrcPort) && e.dstPort.match(dst)
}
