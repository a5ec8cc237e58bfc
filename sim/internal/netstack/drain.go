package netstack

import "gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

// Unacknowledged reports whether a peer has not acknowledged the end of a TCP connection
// that was closed, and so perhaps not all that it has sent.
func (s *Stack) Unacknowledged() bool {
	// FIN_WAIT_2 and TIME_WAIT are left out: the peer has everything then.
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
