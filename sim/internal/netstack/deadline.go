package netstack

import (
	"sync"
	"time"
)

// A deadline is a moment that calls wait for and that can be moved while they do.
type deadline struct {
	mu     sync.Mutex // guards what follows
	timer  *time.Timer
	sets   int           // calls of set, by which a timer knows that it was replaced
	passed bool          // whether past is closed
	past   chan struct{} // closed when the moment has come
}

func (d *deadline) init() { d.past = make(chan struct{}) }

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
	if d.passed {
		d.passed, d.past = false, make(chan struct{})
	}
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.passLocked()
		return
	}
	set := d.sets
	d.timer = time.AfterFunc(wait, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.sets == set {
			d.passLocked()
		}
	})
}

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

// done returns what is closed when the deadline passes.
func (d *deadline) done() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.past
}
