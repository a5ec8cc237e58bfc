package veth

import (
	"sync"
	"sync/atomic"

	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// What a cable does with frames.
const (
	stateUp     = iota // carries them
	stateDown          // loses them: no carrier
	stateCut           // loses them, and nobody notices
	stateClosed        // refuses them
)

// A cable is what two ends share.
type cable struct {
	ends  [2]*Endpoint
	state atomic.Int32

	mu          sync.Mutex // guards what follows and changes of state; taken before a queue's
	down        [2]bool    // ends whose plug is out
	cut         bool
	dispatchers [2]stack.NetworkDispatcher // by end
	onClose     [2]func()                  // by end
}

// change changes what the state follows from.
func (c *cable) change(edit func()) {
	c.mu.Lock()
	if c.state.Load() == stateClosed {
		c.mu.Unlock()
		return
	}
	edit()
	state := int32(stateUp)
	switch {
	case c.down[0] || c.down[1]:
		state = stateDown
	case c.cut:
		state = stateCut
	}
	c.state.Store(state)
	c.mu.Unlock()
	if state == stateUp {
		return
	}
	for _, e := range c.ends {
		e.line.clear()
		e.queue.lose(c.loss())
		e.tellDrops()
	}
}

// loss is why the cable loses frames.
func (c *cable) loss() drop.Reason {
	if c.state.Load() == stateCut {
		return drop.Partitioned
	}
	return drop.NoCarrier
}

// attach makes d the dispatcher of e, and decides anew which end is given frames by
// their senders: one with a forwarder, unless the other end has one too.
func (c *cable) attach(e *Endpoint, d stack.NetworkDispatcher) {
	defer e.tellDrops()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Load() == stateClosed {
		return
	}
	c.dispatchers[e.index] = d
	e.queue.attach(d)

	var forwarders [2]*forwarder
	for i, d := range c.dispatchers {
		if f, ok := d.(forwarder); ok {
			forwarders[i] = &f
		}
	}
	if forwarders[0] != nil && forwarders[1] != nil {
		forwarders = [2]*forwarder{}
	}
	for i, e := range c.ends {
		e.forwarder.Store(forwarders[i])
		if c.dispatchers[i] != nil && forwarders[i] == nil {
			e.queue.start()
		}
	}
}

func (c *cable) close() {
	c.mu.Lock()
	c.state.Store(stateClosed)
	actions := c.onClose
	c.onClose, c.dispatchers = [2]func(){}, [2]stack.NetworkDispatcher{}
	c.mu.Unlock()
	for _, fn := range actions {
		if fn != nil {
			fn() // a stack removes its NIC
		}
	}
	for _, e := range c.ends {
		e.forwarder.Store(nil)
		e.line.close()
		e.queue.close()
		e.tellDrops()
	}
	for _, e := range c.ends {
		e.line.wait()
		e.queue.wait()
	}
}

// SetCarrier pulls the plug of this end or puts it back. A cable with either plug
// out loses every frame in both directions, also those in flight and in queues,
// without an error to the sender.
func (e *Endpoint) SetCarrier(up bool) { e.cable.change(func() { e.cable.down[e.index] = !up }) }

// Carrier reports whether both plugs are in.
func (e *Endpoint) Carrier() bool {
	s := e.cable.state.Load()
	return s == stateUp || s == stateCut
}

// Cut reports whether the cable is cut.
func (e *Endpoint) Cut() bool { return e.cable.state.Load() == stateCut }

// SetCut cuts the cable or mends it. One that is cut loses what a cable without carrier loses,
// but both ends have carrier.
func (e *Endpoint) SetCut(cut bool) { e.cable.change(func() { e.cable.cut = cut }) }

// Attach implements stack.LinkEndpoint: frames go to d from now on, to nobody if it
// is nil. Frames in the queue are lost. A delivery to the former dispatcher may be
// under way still; only Close waits for it.
func (e *Endpoint) Attach(d stack.NetworkDispatcher) { e.cable.attach(e, d) }

// IsAttached implements stack.LinkEndpoint.
func (e *Endpoint) IsAttached() bool { return e.queue.attached() }

// SetOnCloseAction implements stack.LinkEndpoint: fn is called when the cable
// closes, from whichever end. A stack uses it to remove the NIC.
func (e *Endpoint) SetOnCloseAction(fn func()) {
	e.cable.mu.Lock()
	defer e.cable.mu.Unlock()
	e.cable.onClose[e.index] = fn
}

// Close closes both ends: frames in flight are lost, further ones refused. It
// returns when no goroutine of the cable is left, so it must not be called from
// inside a delivery or a Tap, nor with a lock held that a delivery takes. Further
// calls wait in the same way and do nothing else.
func (e *Endpoint) Close() { e.cable.close() }

// Wait implements stack.LinkEndpoint. It returns at once: a stack calls it with a
// lock held that the delivery to wait for may need. Close, which the stack calls
// next, does the waiting.
func (*Endpoint) Wait() {}
