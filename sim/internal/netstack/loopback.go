package netstack

import (
	"drydock/veth"
)

// TapLoopback calls fn with each frame of lo, once and as received, until remove is called. The
// stack must have a router.
func (s *namespace) TapLoopback(fn func(veth.Tapped)) (remove func()) {
	return s.router.TapLocal(func(frame []byte) {
		s.redirector.show(frame)
		fn(veth.Tapped{Time: s.stack.Clock().Now(), Direction: veth.Received, Frame: frame})
	})
}
