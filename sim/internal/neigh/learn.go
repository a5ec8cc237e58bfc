package neigh

import (
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// What an update may do to an entry that is valid and has another MAC.
type override uint8

const (
	keep override = iota // nothing
	weak                 // a reachable neighbour becomes STALE and keeps its MAC
	full                 // it gets the new MAC
)

// A claim is what somebody says of a neighbour.
type claim struct {
	mac      tcpip.LinkAddress // empty: the one that is known
	state    State             // it has with that MAC
	override override
}

// update is Linux's __neigh_update.
func (t *Table) update(e *entry, c claim, now time.Duration, w *work) {
	old := e.state
	same := old&valid != 0 && (c.mac == "" || c.mac == *e.mac)
	if old == Permanent || c.mac == "" && old&valid == 0 {
		return
	}
	if c.state&connected != 0 {
		e.confirmed = now
	}
	switch {
	case old&valid == 0:
	case same && c.state == Stale:
		c.state = old
	case !same && c.override == weak && old&connected != 0:
		c.state, same = Stale, true
	case !same && c.override != full:
		return
	}
	if !same {
		e.mac = &c.mac
		if c.state&connected == 0 {
			e.confirmed = now - 2*baseReachable
		}
	}
	switch {
	case c.state != old, c.state == Reachable:
		t.enter(e, c.state, now)
	case !same && c.state&usable != 0: // the timer goes on
		e.ready.Store(e.mac)
	}
	if !same {
		e.updated = now
	}
	t.release(e, now, w)
}

// Learn is told of a question from a neighbour, which says its MAC.
func (t *Table) Learn(a tcpip.Address, mac tcpip.LinkAddress) {
	if len(mac) != header.EthernetAddressSize {
		return
	}
	t.locked(func(now time.Duration, w *work) {
		e := t.index.find(a)
		if e == nil {
			if e = t.create(a, now); e == nil {
				return
			}
		}
		t.update(e, claim{mac, Stale, full}, now, w)
	})
}

// Advertise is told of a neighbour advertisement, with an empty MAC if it has none. It makes no
// entries, and what has failed has to be asked for again.
func (t *Table) Advertise(a tcpip.Address, mac tcpip.LinkAddress, solicited, overrides bool) {
	if mac != "" && len(mac) != header.EthernetAddressSize {
		return
	}
	c := claim{mac, Stale, weak}
	if solicited {
		c.state = Reachable
	}
	if overrides {
		c.override = full
	}
	t.locked(func(now time.Duration, w *work) {
		if e := t.index.find(a); e != nil && e.state != Failed {
			t.update(e, c, now, w)
		}
	})
}

// ReceiveARP is told of an ARP packet that was sent to this interface (toMe) or to all. Self
// reports whether the interface has an address; it is called without a lock.
func (t *Table) ReceiveARP(h header.ARP, toMe bool, self func(tcpip.Address) bool) {
	if !h.IsValid() {
		return
	}
	from, to := tcpip.AddrFrom4Slice(h.ProtocolAddressSender()), tcpip.AddrFrom4Slice(h.ProtocolAddressTarget())
	if !station(from) || header.IsV4MulticastAddress(to) || header.IsV4LoopbackAddress(to) {
		return
	}
	reply := h.Op() == header.ARPReply
	if h.Op() == header.ARPRequest && self(to) {
		if !self(from) {
			t.Learn(from, tcpip.LinkAddress(h.HardwareAddressSender()))
		}
		return
	}
	if t.index.find(from) == nil { // most of what all hear
		return
	}
	mac := tcpip.LinkAddress(h.HardwareAddressSender())
	gratuitous := from == to && (!reply || string(h.HardwareAddressTarget()) == string(mac))
	t.locked(func(now time.Duration, w *work) {
		e := t.index.find(from)
		if e == nil {
			return
		}
		// Of several answers the first counts: several may answer for the same address.
		c := claim{mac, Stale, keep}
		if reply && toMe {
			c.state = Reachable
		}
		if gratuitous || now > e.updated+lockTime {
			c.override = full
		}
		t.update(e, c, now, w)
	})
}

// station reports whether an IPv4 address may be that of a neighbour.
func station(a tcpip.Address) bool {
	return a != header.IPv4Any && a != header.IPv4Broadcast && !header.IsV4MulticastAddress(a) && !header.IsV4LoopbackAddress(a)
}

// Listening reports whether Confirm may change anything. It takes no lock.
func (t *Table) Listening() bool { return t.listening.Load() > 0 }

// Confirm is told that a packet from src, which came from a MAC, shows that packets to there
// arrive: it is an answer. So a neighbour that is talked with is not asked.
//
// Linux notes each such packet. Here a neighbour listens from the second half of the time for
// which it is REACHABLE, and in DELAY, until one comes: one that is talked with all the time is
// REACHABLE all the time, as there, but one that is not any more may be STALE up to half that
// time earlier. And it is a packet that confirms here, not what a socket makes of it.
func (t *Table) Confirm(src tcpip.Address, mac tcpip.LinkAddress) {
	e := t.index.find(src)
	if e == nil {
		e = t.gateway.Load()
	}
	if e == nil || !e.listens.Load() {
		return
	}
	t.locked(func(now time.Duration, _ *work) {
		if !e.listens.Load() || *e.mac != mac {
			return
		}
		e.confirmed = now
		if e.state == Reachable {
			t.enter(e, Reachable, now)
		}
		t.listen(e, false)
	})
}
