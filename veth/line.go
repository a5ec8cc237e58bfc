package veth

import (
	"math/rand/v2"
	"sync"
	"time"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A line is the impaired direction of a cable that starts at from: frames wait for
// the wire at the line's rate, then for the delay. One timer serves all of them.
type line struct {
	from *Endpoint
	busy sync.WaitGroup // while running

	mu         sync.Mutex // guards what follows; the clock is called with it held
	impairment Impairment
	rng        *rand.Rand
	closed     bool
	wire       wire
	flight     flight
	running    bool // the timer is set, or fire runs
	timer      tcpip.Timer
}

// Impair changes what happens to the frames that e sends from now on, like "tc
// qdisc change … netem". Frames in flight arrive when they would have, so that
// after a delay or rate was taken away later ones may overtake them. The error is
// an *Error; nothing has changed then.
func (e *Endpoint) Impair(i Impairment) error {
	if err := i.Validate(); err != nil {
		return err
	}
	e.line.mu.Lock()
	defer e.line.mu.Unlock()
	e.line.impairment = i
	e.impaired.Store(i != Impairment{})
	return nil
}

// Impairment returns what was last set.
func (e *Endpoint) Impairment() Impairment {
	e.line.mu.Lock()
	defer e.line.mu.Unlock()
	return e.line.impairment
}

// send puts a frame on the line, or the frames of a super-segment. It borrows pkt.
func (l *line) send(pkt *stack.PacketBuffer) {
	if pkt.GSOOptions.Type == stack.GSONone {
		l.sendFrame(packet.Inbound(pkt))
		return
	}
	frames := packet.Segment(pkt)
	if len(frames) == 0 {
		l.from.stats.txDropped.Add(1)
	}
	for _, f := range frames {
		if oversize(f, f.Size(), l.from.peer.mtu.Load()) {
			l.from.stats.txDropped.Add(1)
			f.DecRef()
			continue
		}
		l.sendFrame(f)
	}
}

// sendFrame takes f over.
func (l *line) sendFrame(f *stack.PacketBuffer) {
	if now, ok := l.schedule(f); now {
		l.from.peer.accept(f)
	} else if !ok {
		l.lose(f)
	}
}

func (l *line) lose(f *stack.PacketBuffer) {
	l.from.stats.txLost.Add(1)
	f.DecRef()
}

// schedule decides the fate of a frame: it arrives now, or later (now false, ok
// true), or never.
func (l *line) schedule(f *stack.PacketBuffer) (now, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lost := l.impairment.Loss.strikes(l.rng)
	if lost || l.closed || len(l.flight) >= maxInFlight {
		return false, false
	}
	t := l.from.clock.NowMonotonic()
	sent, ok := l.wire.transmit(l.impairment.Rate, l.impairment.limit(), t, f.Size())
	if !ok {
		return false, false
	}
	due := sent.Add(l.impairment.Delay) // saturates
	if !due.After(t) && !l.running {
		return true, true
	}
	l.insert(flying{due, f})
	return false, true
}

// insert puts a frame in flight and sees to the timer.
// +checklocks:l.mu
func (l *line) insert(f flying) {
	first := l.flight.insert(f)
	switch {
	case !l.running:
		l.running = true
		l.busy.Add(1)
		l.arm()
	case first && l.timer.Stop(): // sooner than what it was set for; else fire sees to it
		l.arm()
	}
}

// arm sets the timer for the first frame.
// +checklocks:l.mu
func (l *line) arm() {
	d := l.flight[0].due.Sub(l.from.clock.NowMonotonic())
	if l.timer == nil {
		l.timer = l.from.clock.AfterFunc(d, l.fire)
		return
	}
	l.timer.Reset(d)
}

// budget is how many frames one run of the timer delivers: the weight of NAPI in
// Linux. Further ones arrive a nanosecond later, when receivers have had their turn.
// Without it the frames of a TCP window, which in virtual time arrive in one
// instant, would overrun the queue of the receiver.
const budget = 64

// fire delivers what has arrived and sets the timer for what has not.
func (l *line) fire() {
	for n := range budget + 1 {
		f := l.arrived(n == budget)
		if f == nil {
			return
		}
		l.from.peer.accept(f)
	}
}

// arrived takes the first frame out of flight if it is due and the budget is not
// spent. Otherwise it sets the timer, and it is nil.
func (l *line) arrived(spent bool) *stack.PacketBuffer {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case len(l.flight) == 0:
		l.running = false
		l.busy.Done()
		return nil
	case spent:
		l.timer.Reset(time.Nanosecond)
		return nil
	case l.flight[0].due.After(l.from.clock.NowMonotonic()):
		l.arm()
		return nil
	}
	return l.flight.take()
}

// clear loses the frames in flight and empties the wire.
func (l *line) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.flight {
		l.lose(f.pkt)
	}
	l.flight, l.wire = nil, wire{}
	if l.running && l.timer.Stop() { // else fire runs and finds nothing
		l.running = false
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
