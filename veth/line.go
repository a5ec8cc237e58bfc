package veth

import (
	"slices"
	"sync"
	"time"

	"drydock/drop"
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A line is the impaired direction of a cable that starts at from: it brings frames through
// a medium in time. One timer serves all of them.
//
// One goroutine at a time delivers what is due, that of a sender or the timer's, so that
// frames arrive in their order.
type line struct {
	from *Endpoint
	seed uint64
	busy sync.WaitGroup                // while armed, and while fire runs
	wire func(pkt *stack.PacketBuffer) // sendOwn

	mu     sync.Mutex // guards what follows; the clock is called with it held
	medium *medium    // nil until the direction is impaired
	closed bool
	firing bool                // a goroutine delivers
	armed  bool                // the timer is set
	alarm  tcpip.MonotonicTime // for when
	timer  tcpip.Timer
}

func (l *line) init(from *Endpoint, seed uint64) {
	l.from, l.seed, l.wire = from, seed, l.sendOwn
}

// Impair changes what happens to the frames that e sends from now on, like "tc
// qdisc change … netem". Frames on their way arrive when they would have, whatever changes, and
// also when the impairment is taken off; Purge loses them. Later ones may overtake them. They are
// not delayed for them, but by the wire: while Rate stays or changes, frames wait until those
// before them are sent, however long Delay was then; a Rate where none was begins with an idle wire. What waits for a
// Shaper goes to the new one, or arrives at once if there is none. What is as it was goes on where it is: to change Delay does not
// change which frames are lost. The error is an *Error; nothing has changed then.
func (e *Endpoint) Impair(i Impairment) error {
	if err := i.Validate(); err != nil {
		return err
	}
	l := &e.line
	defer e.tellDrops()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.medium == nil {
		if i == (Impairment{}) {
			return nil
		}
		l.medium = &medium{tell: e.dropQuietly}
	}
	now := e.clock.NowMonotonic()
	l.medium.set(i, l.seed, int(e.mtu.Load()), now)
	holds := l.medium.flight.held.on
	e.cut.Store(holds || !i.whole())
	e.impaired.Store(holds || i != Impairment{})
	if l.medium.stats().Waiting > 0 && !l.firing {
		l.arm(now) // what waited for a shaper may be due
	}
	return nil
}

// Purge loses what is on its way from e and not held, as "tc qdisc del" does, and leaves its wire
// idle. It is counted as drop.Discarded.
func (e *Endpoint) Purge() {
	l := &e.line
	defer e.tellDrops()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.medium != nil {
		l.medium.purge(drop.Discarded, e.clock.NowMonotonic())
		l.settle()
	}
}

// Impairment returns what was last set.
func (e *Endpoint) Impairment() Impairment {
	e.line.mu.Lock()
	defer e.line.mu.Unlock()
	if e.line.medium == nil {
		return Impairment{}
	}
	return e.line.medium.impairment
}

// NextFrame returns the number by which a LossModel counts the next wire frame that e sends, and
// whether that is lost for certain: LoseFrames has its number, or Loss.P is 1. Nothing is drawn, and
// the function of LoseIf is not called. Without an impairment the number is 1.
func (e *Endpoint) NextFrame() (number uint64, lost bool) {
	e.line.mu.Lock()
	defer e.line.mu.Unlock()
	m := e.line.medium
	if m == nil {
		return 1, false
	}
	number = m.frames - m.losses.since + 1
	if c, ok := m.impairment.Loss.Model.(*chosen); ok {
		lost = slices.Contains(c.frames, number)
	}
	return number, lost || m.impairment.Loss.P == 1 && m.impairment.Duplicate.P == 0
}

// send puts a frame on the line, or the frames of a super-segment. It borrows pkt.
func (l *line) send(pkt *stack.PacketBuffer) {
	if pkt.GSOOptions.Type == stack.GSONone || !l.from.cut.Load() {
		l.sendFrame(pkt, false)
		return
	}
	if !packet.SegmentTo(pkt, l.wire) {
		l.from.dropSent(drop.Malformed, pkt)
	}
}

// sendOwn puts a piece of a super-segment on the line. It takes f over.
func (l *line) sendOwn(f *stack.PacketBuffer) {
	if l.from.peer.refuses(f, f.Size()) {
		l.from.dropSent(drop.TooBig, f)
	} else {
		l.sendFrame(f, true)
	}
	f.DecRef()
}

// sendFrame borrows f; own says that it may be kept as it is.
func (l *line) sendFrame(f *stack.PacketBuffer, own bool) {
	l.mu.Lock()
	if l.closed {
		l.medium.drop(drop.NoCarrier, f)
		l.mu.Unlock()
		l.from.tellDrops()
		return
	}
	now := l.from.clock.NowMonotonic()
	l.medium.direct = !l.firing
	arrived := l.medium.arrive(f, own, now)
	due := l.wake(now)
	l.mu.Unlock()
	l.from.tellDrops()
	if arrived != nil {
		l.from.peer.accept(arrived)
	}
	if due {
		l.deliver()
	}
}

// lose counts a frame that found no carrier at the other end. It takes f over.
func (l *line) lose(f *stack.PacketBuffer) {
	l.mu.Lock()
	l.medium.drop(l.from.cable.loss(), f)
	l.mu.Unlock()
	l.from.tellDrops()
	f.DecRef()
}

// wake sees to it that what is in flight arrives. It is true if something may now: the
// caller must deliver.
// +checklocks:l.mu
func (l *line) wake(now tcpip.MonotonicTime) (due bool) {
	m := l.medium
	first := m.flight.first(&m.arena)
	if released := m.flight.held.released.head; released != 0 && !l.firing {
		l.firing = true
		return true
	}
	if l.firing {
		return false
	}
	// What waits for a shaper has the timer set, unless that fired during a hold.
	waits := m.shaping != nil && m.shaping.n > 0 && !l.armed && !m.flight.held.on
	if first == 0 {
		l.firing = waits
		return waits
	}
	if at := m.arena.node(first).at; at.After(now) && !waits {
		l.arm(at)
		return false
	}
	l.firing = true
	return true
}

// arm sets the timer, unless it is set for a time that is no later.
// +checklocks:l.mu
func (l *line) arm(at tcpip.MonotonicTime) {
	if l.closed || l.armed && (!at.Before(l.alarm) || !l.timer.Stop()) { // a timer that cannot be stopped fires
		return
	}
	if !l.armed {
		l.armed = true
		l.busy.Add(1)
	}
	l.alarm = at
	d := at.Sub(l.from.clock.NowMonotonic())
	if l.timer == nil {
		l.timer = l.from.clock.AfterFunc(d, l.fire)
		return
	}
	l.timer.Reset(d)
}

// fire is what the timer calls.
func (l *line) fire() {
	l.mu.Lock()
	l.armed = false
	deliver := !l.firing
	l.firing = true
	l.mu.Unlock()
	if deliver {
		l.deliver()
	}
	l.busy.Done()
}

// budget is how many frames one goroutine delivers in a row: the weight of NAPI in
// Linux. Further ones arrive a nanosecond later, when receivers have had their turn.
// Without it the frames of a TCP window, which in virtual time arrive in one
// instant, would overrun the queue of the receiver.
const budget = 64

// deliver delivers what is due, while firing, and sets the timer for what is not.
func (l *line) deliver() {
	for n := range budget + 1 {
		f := l.next(n == budget)
		if f == nil {
			return
		}
		l.from.peer.accept(f)
	}
}

// next takes the next frame that is due, if the budget is not spent. If there is none it ends
// firing.
func (l *line) next(spent bool) *stack.PacketBuffer {
	defer l.from.tellDrops()
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.from.clock.NowMonotonic()
	at := now.Add(time.Nanosecond)
	if !spent {
		var f *stack.PacketBuffer
		if f, at = l.medium.next(now); f != nil {
			return f
		}
	}
	l.firing = false
	l.settle()
	if at != tcpip.MonotonicTimeInfinite() {
		l.arm(at)
	}
	return nil
}

// clear loses the frames in flight and empties the wire. Its caller tells of the drops.
func (l *line) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.medium == nil {
		return
	}
	l.medium.clear(l.from.cable.loss(), l.from.clock.NowMonotonic())
	if l.armed && l.timer.Stop() { // else fire runs and finds nothing
		l.armed = false
		l.busy.Done()
	}
}

// close clears the line for good; wait waits for its timer.
func (l *line) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.clear()
}

func (l *line) wait() { l.busy.Wait() }

// stats returns the counters.
func (l *line) stats() LineStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.medium == nil {
		return LineStats{}
	}
	return l.medium.stats()
}
