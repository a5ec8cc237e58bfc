package nat

import "drydock/nat/conntrack"

// An applier is a target that does something. The others are known to traversal:
// Accept, Drop, Return, Jump and Goto.
type applier interface {
	apply(t *Tables, p *packet) verdict
}

// A place is where a target is allowed: at hooks of tables, which are bits by tableID.
type place struct {
	tables uint8
	hooks  hookSet
}

var anywhere = place{tables: 1<<numTables - 1, hooks: everyHook}

// placeOf returns where a target is allowed. The second result is false for what is no
// target, such as a pointer to one.
func placeOf(t Target) (place, bool) {
	switch t.(type) {
	case nil, Accept, Drop, Return, Jump, Goto, Mark, Log:
		return anywhere, true
	case NoTrack:
		return place{tables: 1 << rawTable, hooks: atPrerouting | atOutput}, true
	case Reject:
		return place{tables: 1 << filterTable, hooks: atInput | atForward | atOutput}, true
	case SNAT:
		return place{tables: 1 << natTable, hooks: atInput | atPostrouting}, true
	case Masquerade:
		return place{tables: 1 << natTable, hooks: atPostrouting}, true
	case DNAT, Redirect:
		return place{tables: 1 << natTable, hooks: atPrerouting | atOutput}, true
	}
	return place{}, false
}

// checkTarget checks the target of r and whether it is allowed in a table.
func (r *rule) checkTarget(v6 bool, id tableID) error {
	where, ok := placeOf(r.Target)
	if !ok || where.tables&(1<<id) == 0 {
		return ErrTarget
	}
	r.hooks &= where.hooks
	switch t := r.Target.(type) {
	case Drop:
		return checkDrop(id)
	case SNAT:
		return t.To.check(v6, r.Proto)
	case DNAT:
		return t.To.check(v6, r.Proto)
	case Masquerade:
		return checkToPorts(t.MinPort, t.MaxPort, r.Proto)
	case Redirect:
		return checkToPorts(t.MinPort, t.MaxPort, r.Proto)
	case Log:
		if t.Level > 7 || len(t.Prefix) > maxLogPrefix {
			return ErrValue
		}
	case Reject:
		if t.With == "" {
			t.With = defaultReject(v6)
			r.Target = t
		}
		return t.check(v6, r.Proto)
	}
	return nil
}

// maxLogPrefix is that of the kernel's xt_LOG without its closing 0.
const maxLogPrefix = 29

// checkDrop keeps packets from being dropped in nat, which sees only the first of each
// connection.
func checkDrop(id tableID) error {
	if id == natTable {
		return ErrTarget
	}
	return nil
}

func (n NATRange) check(v6 bool, proto Protocol) error {
	switch {
	case n.MinAddr.IsValid() != n.MaxAddr.IsValid():
		return ErrValue
	case n.MinAddr.IsValid() && (n.MinAddr.Is6() != v6 || n.MaxAddr.Is6() != v6):
		return ErrFamily
	case n.MaxAddr.Less(n.MinAddr):
		return ErrValue
	case !n.MinAddr.IsValid() && n.MinPort == 0 && n.MaxPort == 0:
		return ErrValue
	}
	return checkToPorts(n.MinPort, n.MaxPort, proto)
}

// checkToPorts checks the ports that a connection is to get, of which 0 is none.
func checkToPorts(lo, hi uint16, proto Protocol) error {
	if lo == 0 && hi == 0 {
		return nil
	}
	switch {
	case lo > hi, lo == 0:
		return ErrPortRange
	case !translatesPorts(proto.Number):
		return ErrPort
	}
	return nil
}

// translatesPorts is true for ICMP too, whose id is a port to translation.
func translatesPorts(proto uint8) bool {
	switch proto {
	case ianaTCP, ianaUDP, ianaSCTP, ianaDCCP, ianaICMP, ianaICMPv6:
		return true
	}
	return false
}

func defaultReject(v6 bool) RejectWith {
	if v6 {
		return ICMP6PortUnreachable
	}
	return ICMPPortUnreachable
}

func (t Reject) check(v6 bool, proto Protocol) error {
	if t.With == TCPReset {
		if proto != (Protocol{Number: ianaTCP}) {
			return ErrProtocol
		}
		return nil
	}
	if _, ok := rejections[t.With]; !ok {
		return ErrValue
	}
	if isFor6 := t.With[:5] == "icmp6"; isFor6 != v6 {
		return ErrFamily
	}
	return nil
}

func (m Mark) apply(_ *Tables, p *packet) verdict {
	p.pkt.Mark = p.pkt.Mark&^m.Mask ^ m.Value
	return carryOn
}

// apply leaves alone what is of a connection already: packets that come back through
// the loopback interface.
func (NoTrack) apply(_ *Tables, p *packet) verdict {
	if p.conn == nil {
		p.setRef(conntrack.Untracked)
	}
	return carryOn
}

// targetNames are the names that chains must not have.
var targetNames = []string{
	"ACCEPT", "DROP", "RETURN", "QUEUE", "REJECT", "SNAT", "DNAT", "MASQUERADE", "REDIRECT", "MARK", "LOG", "NOTRACK", "CT",
}
