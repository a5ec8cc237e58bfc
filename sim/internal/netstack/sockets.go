package netstack

// Sockets are the sockets of one of those who share a stack.
type Sockets struct {
	*Stack
}

// NewSockets returns an empty set.
func (s *Stack) NewSockets() *Sockets { return &Sockets{s} }

// Close closes them.
func (s *Sockets) Close(reset bool) { s.Stack.CloseSockets() }
