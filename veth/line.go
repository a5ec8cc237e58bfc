package veth

import (
	"math/rand/v2"
	"sync"

	"drydock/internal/frame"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// maxInFlight bounds the memory of a delayed direction: 65536 frames of 1500
// bytes are 8 Gbit/s over 100 ms.
const maxInFlight = 1 << 16

// A line is the impaired direction of a cable that starts at from: frames wait for
// the wire at the line's rate, then for the delay. One timer serves all of them.
type line struct {
	from *Endpoint
	busy sync.WaitGroup // while running

	mu         sync.Mutex // guards what follows
	impairment Impairment
	rng        *rand.Rand
	closed     bool
	free       tcpip.MonotonicTime   // when the wire has sent all it was given
	waiting    []tcpip.MonotonicTime // when each frame that waits for the wire gets it
	flight     []flying              // by time of arrival
	running    bool                  // the timer is set, or fire runs
	timer      tcpip.Timer
}

// A flying frame is on its way.
type flying struct {
	due tcpip.MonotonicTime
	pkt *stack.PacketBuffer
}

// Impair changes what happens to the frames that e sends from now on, like "tc
// qdisc replace … root netem". Frames in flight arrive when they would have, so
// that after a delay was shortened later ones may overtake them.
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
		if f := frame.Inbound(pkt); f != nil {
			l.sendFrame(f)
		}
		return
	}
	for _, f := range frame.Segment(pkt) {
		l.sendFrame(f)
	}
}

func (l *line) sendFrame(f *stack.PacketBuffer) {
	if now, ok := l.schedule(f); now {
		l.from.peer.accept(f)
	} else if !ok {
		l.from.stats.txLost.Add(1)
		f.DecRef()
	}
}

// schedule decides the fate of a frame: it arrives now, or later (now false, ok
// true), or never.
func (l *line) schedule(f *stack.PacketBuffer) (now, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lost := l.rng.Float64() < l.impairment.Loss.P
	if lost || l.closed {
		return false, false
	}
	t := l.from.clock.NowMonotonic()
	due, ok := l.transmit(t, f.Size())
	if !ok || len(l.flight) >= maxInFlight {
		return false, false
	}
	if !due.After(t) && !l.running {
		return true, true
	}
	l.insert(flying{due, f})
	return false, true
}

// transmit gives a frame its turn on the wire and returns when it arrives. It is
// false if too many wait already.
// +checklocks:l.mu
func (l *line) transmit(now tcpip.MonotonicTime, size int) (tcpip.MonotonicTime, bool) {
	start := now
	if l.free.After(now) {
		start = l.free
	}
	for len(l.waiting) > 0 && !l.waiting[0].After(now) {
		l.waiting = l.waiting[1:]
	}
	if start.After(now) {
		if len(l.waiting) >= l.impairment.limit() {
			return start, false
		}
		l.waiting = append(l.waiting, start)
	}
	l.free = start.Add(l.impairment.serialization(size))
	return l.free.Add(l.impairment.Delay), true
}

// +checklocks:l.mu
func (l *line) insert(f flying) {
	i := len(l.flight)
	for i > 0 && l.flight[i-1].due.After(f.due) { // only after a delay was shortened
		i--
	}
	l.flight = append(l.flight, flying{})
	copy(l.flight[i+1:], l.flight[i:])
	l.flight[i] = f
	switch {
	case !l.running:
		l.running = true
		l.busy.Add(1)
		l.arm()
	case i == 0 && l.timer.Stop(): // sooner than what it was set for; else fire sees to it
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

// fire delivers what has arrived and sets the timer for what has not.
func (l *line) fire() {
	var batch []flying
	for {
		l.mu.Lock()
		if batch = l.arrived(batch[:0]); len(batch) == 0 {
			break
		}
		l.mu.Unlock()
		for i, f := range batch {
			l.from.peer.accept(f.pkt)
			batch[i].pkt = nil
		}
	}
	defer l.mu.Unlock()
	if len(l.flight) == 0 {
		l.running = false
		l.busy.Done()
		return
	}
	l.arm()
}

// arrived removes the frames that are due and appends them to batch.
// +checklocks:l.mu
func (l *line) arrived(batch []flying) []flying {
	now := l.from.clock.NowMonotonic()
	n := 0
	for n < len(l.flight) && !l.flight[n].due.After(now) {
		n++
	}
	batch = append(batch, l.flight[:n]...)
	clear(l.flight[:n])
	l.flight = l.flight[n:]
	return batch
}

// clear loses the frames in flight and empties the wire.
func (l *line) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.flight {
		f.pkt.DecRef()
		l.from.stats.txLost.Add(1)
	}
	l.flight, l.waiting, l.free = nil, nil, tcpip.MonotonicTime{}
	if l.running && l.timer.Stop() { // else fire runs and finds nothing
		l.running = false
		l.busy.Done()
	}
}

// close clears the line for good and waits for its timer.
func (l *line) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.clear()
	l.busy.Wait()
}
