package neigh

import (
	"fmt"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A State says what is known of a neighbour. The numbers are Linux's NUD_….
type State uint8

// States of neighbours.
const (
	Incomplete State = 1 << iota
	Reachable
	Stale
	Delay
	Probe
	Failed
	_ // NOARP: what needs no question has no entry
	Permanent

	none State = 0 // of an entry that is being made

	valid     = Permanent | Reachable | Probe | Stale | Delay // the MAC is known
	connected = Permanent | Reachable
	usable    = valid &^ Stale // packets need not tell the table
)

var stateNames = map[State]string{
	Incomplete: "INCOMPLETE", Reachable: "REACHABLE", Stale: "STALE", Delay: "DELAY", Probe: "PROBE", Failed: "FAILED",
	Permanent: "PERMANENT",
}

// String returns the name that "ip neigh" has for the state.
func (s State) String() string {
	if name, ok := stateNames[s]; ok {
		return name
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Defaults of Linux.
const (
	baseReachable  = 30 * time.Second // base_reachable_time
	drawReachable  = 5 * time.Minute  // after which it is drawn anew
	delayProbe     = 5 * time.Second  // delay_first_probe_time
	solicitations  = 3                // mcast_solicit and ucast_solicit
	lockTime       = time.Second      // locktime
	waitingBytes   = 212992           // unres_qlen_bytes
	waitingInTable = 64 * waitingBytes
)

// An entry is a neighbour. addr does not change, and ready and listens are read without a lock;
// Table.mu guards the rest.
type entry struct {
	addr    tcpip.Address
	ready   atomic.Pointer[tcpip.LinkAddress] // mac in the states that are usable, or nil
	listens atomic.Bool                       // for what confirms it

	made  uint64             // the order of entries
	mac   *tcpip.LinkAddress // the latest; what it points to does not change
	state State
	asked int           // questions in this state
	local tcpip.Address // who asks while the state is INCOMPLETE

	updated   time.Duration // when mac or state changed
	confirmed time.Duration
	used      time.Duration // when a packet last told the table
	deadline  time.Duration // when expire is due

	waiting []*stack.PacketBuffer
	bytes   int      // of those that wait
	failure []func() // to be told
}

// enter changes the state of e.
func (t *Table) enter(e *entry, s State, now time.Duration) {
	if e.state != s {
		e.updated = now
	}
	t.count(e, -1)
	e.state, e.asked, e.deadline = s, 0, never
	t.count(e, 1)
	if s&usable != 0 {
		e.ready.Store(e.mac)
	} else {
		e.ready.Store(nil)
	}
	t.listen(e, s == Delay)
	switch s {
	case Reachable: // see Confirm for the half
		t.wake(e, e.confirmed+t.reachableTime(now)/2)
	case Delay:
		t.wake(e, now+delayProbe)
	}
}

// reachableTime is how long a neighbour is reachable once that is confirmed: 15 to 45 seconds.
func (t *Table) reachableTime(now time.Duration) time.Duration {
	if t.reachable == 0 || now-t.drawn >= drawReachable {
		t.reachable = baseReachable/2 + time.Duration(t.rng.Uint64()%uint64(baseReachable))
		t.drawn = now
	}
	return t.reachable
}

// listen says whether Confirm is to look for e.
func (t *Table) listen(e *entry, on bool) {
	if e.listens.Load() == on {
		return
	}
	e.listens.Store(on)
	if on {
		t.listening.Add(1)
	} else {
		t.listening.Add(-1)
	}
}

// wake has expire called for e at an instant.
func (t *Table) wake(e *entry, at time.Duration) {
	e.deadline = at
	t.arm(at)
}

// arm has the timer fire at an instant, if not before.
func (t *Table) arm(at time.Duration) {
	if at >= t.armed {
		return
	}
	t.armed = at
	if d := max(at-t.now(), 0); t.timer == nil {
		t.timer = t.clock.AfterFunc(d, t.fire)
	} else {
		t.timer.Reset(d)
	}
}

// expire is Linux's neigh_timer_handler: the time of e in its state is over.
func (t *Table) expire(e *entry, now time.Duration, w *work) {
	switch e.state {
	case Reachable:
		if end := e.confirmed + t.reachableTime(now); now < end {
			t.listen(e, true)
			t.wake(e, end)
			return
		}
		t.enter(e, Stale, now)
	case Delay:
		if now <= e.confirmed+delayProbe {
			t.enter(e, Reachable, now)
			return
		}
		t.enter(e, Probe, now)
		t.ask(e, now, w)
	case Incomplete, Probe:
		if e.asked == solicitations {
			t.fail(e, now, w)
			return
		}
		t.ask(e, now, w)
	}
}

// ask asks once more.
func (t *Table) ask(e *entry, now time.Duration, w *work) {
	e.asked++
	t.wake(e, now+t.retransmit)
	a, local, mac := e.addr, e.local, tcpip.LinkAddress("")
	if e.state == Probe {
		local, mac = tcpip.Address{}, *e.mac
	}
	w.add(func() {
		if err := t.link.Ask(a, local, mac); err != nil {
			t.locked(func(now time.Duration, w *work) {
				if e.state == Incomplete || e.state == Probe {
					t.fail(e, now, w)
				}
			})
		}
	})
}

// fail gives e up.
func (t *Table) fail(e *entry, now time.Duration, w *work) {
	failure := e.failure
	packets := t.takeWaiting(e)
	t.enter(e, Failed, now)
	w.add(func() {
		for _, pkt := range packets {
			t.link.Fail(pkt)
			pkt.DecRef()
		}
		for _, fn := range failure {
			fn()
		}
	})
}

// fire is called by the timer.
func (t *Table) fire() {
	t.locked(func(now time.Duration, w *work) {
		t.armed = never
		next := t.sweep(now)
		var due []*entry
		for e := range t.index.all() {
			if e.deadline <= now {
				due = append(due, e)
			} else {
				next = min(next, e.deadline)
			}
		}
		sortEntries(due)
		for _, e := range due {
			t.expire(e, now, w)
		}
		t.arm(next)
	})
}
