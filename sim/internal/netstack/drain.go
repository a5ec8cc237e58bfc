package netstack

import (
	"context"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// Drain waits until the peers of closed TCP connections have acknowledged all that these
// have sent, their end included, but no longer than ctx. It is for the time between the
// exit of processes and the end of their namespace, in which a kernel goes on to send.
func (s *Stack) Drain(ctx context.Context) {
	// Netstack tells nobody of it. In virtual time a nanosecond is until nothing moves.
	for wait := time.Nanosecond; s.unacknowledged(); wait = min(2*wait, time.Millisecond) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// unacknowledged reports whether a peer has not acknowledged the end of a connection.
func (s *Stack) unacknowledged() bool {
	for _, ep := range s.stack.RegisteredEndpoints() {
		if c, ok := ep.(*tcp.Endpoint); ok {
			switch c.EndpointState() {
			case tcp.StateFinWait1, tcp.StateClosing, tcp.StateLastAck:
				return true
			}
		}
	}
	return false
}
