package netstack

import (
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A gate is what every input to a stack passes: a delivered frame, a socket call,
// a timer. In real time it is always open.
//
// In a testing/synctest bubble time passes only while all goroutines are blocked
// in a way that synctest knows. The goroutines of gVisor's TCP sleep in a way that
// it does not know, but a paused stack's are blocked on channels. So a virtual
// gate resumes the stack for the first input and pauses it after the last, which
// lets them finish what the inputs caused.
type gate struct {
	virtual bool // never changes; a gate that is not costs one comparison
	stack   *stack.Stack
	tcp     tcpip.TCPStats

	mu     sync.Mutex // guards what follows; held while the stack comes to rest, which takes no time
	inside int
	open   bool // for good: the stack is being closed
}

// enter lets the stack run until the matching leave. It does not wait for others who are
// inside.
func (g *gate) enter() {
	if !g.virtual {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside++; g.inside == 1 && !g.open {
		g.stack.Resume()
	}
}

// leave ends what enter began. The last one out waits until the stack has come to rest, so
// all that its input causes has happened when it returns, at the same instant of time.
func (g *gate) leave() {
	if !g.virtual {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside--; g.inside == 0 && !g.open {
		g.rest()
	}
}

// rest pauses the stack when nothing is left to do. The TCP goroutines pause one
// after the other; what a later one sent to an earlier one over loopback waits
// there, so pausing is repeated until no segment was received meanwhile.
func (g *gate) rest() {
	for {
		// The counter is the only trace of a segment that one paused goroutine has
		// queued for another. It counts on delivery, before the queue.
		before := g.tcp.ValidSegmentsReceived.Value()
		g.stack.Pause()
		if g.tcp.ValidSegmentsReceived.Value() == before {
			return
		}
		g.stack.Resume()
	}
}

// close opens the gate for good: the goroutines of a stack that is closed end only
// if they run.
func (g *gate) close() {
	if !g.virtual {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside == 0 && !g.open {
		g.stack.Resume()
	}
	g.open = true
}

// A gatedClock runs timers inside the gate: retransmission, keep-alive, ARP, reassembly. A
// timer that fires while the stack is paused would queue work that nobody takes up until
// the next input, at a later time.
type gatedClock struct {
	tcpip.Clock
	gate *gate
}

func (c gatedClock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	return c.Clock.AfterFunc(d, func() {
		c.gate.enter()
		defer c.gate.leave()
		f()
	})
}
