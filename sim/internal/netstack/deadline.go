package netstack

import (
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A deadline is a moment that calls wait for and that can be moved while they do. Contexts
// cannot be moved, and a timer for each call would be made for each Read of a connection
// that has a deadline.
type deadline struct {
	mu     sync.Mutex // guards what follows
	clock  tcpip.Clock
	timer  tcpip.Timer
	sets   int           // calls of set, by which a timer knows that it was replaced
	passed bool          // whether past is closed
	past   chan struct{} // closed when the moment has come
}

func (d *deadline) init(clock tcpip.Clock) { d.past, d.clock = make(chan struct{}), clock }

// set moves the deadline; the zero time is never. Who waits goes on waiting for
// the new one.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.sets++
	if d.passed { // a deadline in the past can be moved into the future: later calls wait again
		d.passed, d.past = false, make(chan struct{})
	}
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 { // at once, not by a timer: the next call must fail
		d.passLocked()
		return
	}
	set := d.sets
	d.timer = d.clock.AfterFunc(wait, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.sets == set { // or Stop came too late, and this is not the deadline any more
			d.passLocked()
		}
	})
}

// passLocked tells all who wait.
func (d *deadline) passLocked() {
	d.passed = true
	close(d.past)
}

// stop releases the timer of a deadline that nobody will wait for.
func (d *deadline) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sets++
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// done returns what is closed when the deadline passes; nil, as a nil deadline never does.
func (d *deadline) done() <-chan struct{} {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.past
}
