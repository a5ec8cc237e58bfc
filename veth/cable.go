package veth

import (
	"sync"
	"sync/atomic"
)

// What a cable does with frames.
const (
	stateUp     = iota // carries them
	stateDown          // loses them: no carrier
	stateClosed        // refuses them
)

// A cable is what two ends share.
type cable struct {
	ends  [2]*Endpoint
	state atomic.Int32

	mu      sync.Mutex // guards what follows and changes of state
	down    [2]bool    // ends whose carrier is off
	onClose [2]func()  // by end
}

func (c *cable) setCarrier(e *Endpoint, up bool) {
	c.mu.Lock()
	if c.state.Load() == stateClosed {
		c.mu.Unlock()
		return
	}
	c.down[e.index] = !up
	state := int32(stateUp)
	if c.down[0] || c.down[1] {
		state = stateDown
	}
	c.state.Store(state)
	c.mu.Unlock()
	if state == stateDown {
		c.clear()
	}
}

// clear loses the frames in flight.
func (c *cable) clear() {
	for _, e := range c.ends {
		e.line.clear()
		e.queue.drop()
	}
}

func (c *cable) close() {
	c.mu.Lock()
	c.state.Store(stateClosed)
	actions := c.onClose
	c.onClose = [2]func(){}
	c.mu.Unlock()
	for _, fn := range actions {
		if fn != nil {
			fn() // a stack removes its NIC
		}
	}
	for _, e := range c.ends {
		e.line.close()
		e.queue.close()
	}
	for _, e := range c.ends {
		e.Wait()
	}
}

// SetCarrier pulls the plug of this end or puts it back. A cable with either plug
// out loses every frame in both directions, also those in flight, without an error
// to the sender.
func (e *Endpoint) SetCarrier(up bool) { e.cable.setCarrier(e, up) }

// Carrier reports whether both plugs are in.
func (e *Endpoint) Carrier() bool { return e.cable.state.Load() == stateUp }

// Close closes both ends: frames in flight are lost, further ones refused. It
// returns when no goroutine of the cable is left, so it must not be called from
// inside a delivery. Further calls wait in the same way and do nothing else.
func (e *Endpoint) Close() { e.cable.close() }

// Wait implements stack.LinkEndpoint: it waits for the goroutine that delivers to
// this end's dispatcher, which ends after Attach(nil) or Close.
func (e *Endpoint) Wait() { e.queue.workers.Wait() }

// SetOnCloseAction implements stack.LinkEndpoint: fn is called when the cable
// closes, from whichever end. A stack uses it to remove the NIC.
func (e *Endpoint) SetOnCloseAction(fn func()) {
	e.cable.mu.Lock()
	defer e.cable.mu.Unlock()
	e.cable.onClose[e.index] = fn
}
