package sim

import (
	"context"
	"time"

	"drydock/sim/internal/relay"
)

// drain is how long the namespace of a container that has exited goes on to send what its
// connections were given. Docker Engine 20.10.24 took 87 ms from the exit to the removal of
// the interface.
const drain = 100 * time.Millisecond

// drain waits, for a time, until what the container has sent has arrived: until the peers
// have acknowledged the end of its connections and the userland proxies have passed it on.
func (r *run) drain() {
	if r.dying.Load() {
		<-r.killed.Done() // die may not have reset all of them yet
		return
	}
	ctx, cancel := context.WithTimeout(r.killed, drain)
	defer cancel()
	// Nobody tells of it. In virtual time a nanosecond is until nothing moves.
	for wait := time.Nanosecond; r.sending(); wait = min(2*wait, time.Millisecond) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// sending reports whether something that was sent is under way. The order counts: what the
// proxies have acknowledged is theirs to pass on.
func (r *run) sending() bool {
	if r.ns.stack.Unacknowledged() {
		return true
	}
	for _, p := range r.ports() {
		if proxy, ok := p.proxy.(*relay.TCP); ok && proxy.Replying() {
			return true
		}
	}
	return false
}
