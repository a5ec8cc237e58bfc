package netstack

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"

	"drydock/sim/internal/echo"
	"drydock/sim/ping"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Ping sends echo requests to dst and tells cfg.Observe what becomes of them, from the
// calling goroutine. The unspecified address is the machine itself; a zone is the name
// or index of an interface, where cfg does not name one. Ping ends as cfg says, without error, or when ctx does or the
// stack is closed (net.ErrClosed). A frozen s neither sends nor reports; its time
// goes on, and a Deadline or Timeout that ends then ends Ping at Thaw. An address that
// cannot be sent to at all is a syscall.Errno, without any event: ENETUNREACH,
// EADDRNOTAVAIL without IPv6, EACCES for a broadcast.
func (s *Stack) Ping(ctx context.Context, dst netip.Addr, cfg *ping.Config) (ping.Stats, error) {
	effective, err := cfg.Effective()
	if err != nil {
		return ping.Stats{}, err
	}
	nic, ok := s.nicOf(cmp.Or(effective.Interface, dst.Zone()))
	if !ok {
		return ping.Stats{}, syscall.ENODEV
	}
	if err := s.AwaitThaw(ctx); err != nil {
		return ping.Stats{}, err
	}
	p := echo.New(echoStack{s}, nic, dst.Unmap(), effective)
	if !s.track(p) {
		return ping.Stats{}, net.ErrClosed
	}
	defer s.untrack(p)
	return p.Run(ctx)
}

// PathMTU returns what routers reported of the path to dst, and for how long that is believed; 0
// if nothing.
func (s *Stack) PathMTU(dst netip.Addr) (mtu int, expires time.Duration) {
	return s.paths.Known(toAddress(dst), s.clock.NowMonotonic())
}

// FlushPathMTUs forgets what routers reported.
func (s *Stack) FlushPathMTUs() { s.paths.Flush() }

// An echoStack is what package echo sees of a Stack.
type echoStack struct{ s *Stack }

func (e echoStack) TCPIP() *stack.Stack                 { return e.s.stack }
func (e echoStack) Enter()                              { e.s.gate.enter() }
func (e echoStack) Leave()                              { e.s.gate.leave() }
func (e echoStack) Later(fn func())                     { e.s.later(fn) }
func (e echoStack) PathMTUs() *echo.PathMTUs            { return &e.s.paths }
func (e echoStack) Frozen() bool                        { return e.s.isFrozen() }
func (e echoStack) AwaitThaw(ctx context.Context) error { return e.s.AwaitThaw(ctx) }

func (e echoStack) FindRoute(nic tcpip.NICID, from, dst tcpip.Address) (*stack.Route, error) {
	return e.s.findRouteFrom(nic, from, dst)
}
