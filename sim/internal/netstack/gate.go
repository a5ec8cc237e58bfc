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
	virtual bool
	stack   *stack.Stack
	tcp     tcpip.TCPStats

	mu     sync.Mutex // guards what follows; held while the stack comes to rest, which takes no time
	inside int
	open   bool // for good: the stack is being closed
}

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

// A gatedClock runs timers inside the gate.
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
