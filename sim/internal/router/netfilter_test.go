package router_test

import (
	"context"
	stdnet "net"
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

type dialer interface {
	DialContext(ctx context.Context, network, address string) (stdnet.Conn, error)
}

type listener interface {
	Listen(ctx context.Context, network, address string) (stdnet.Listener, error)
}

// A netfilter records the hooks that packets pass and has them changed or dropped.
// The zero netfilter accepts all and records nothing.
type netfilter struct {
	stack.NFTablesInterface // nil: its other methods are not called
	at                      func(hook string, pkt *stack.PacketBuffer, route *stack.Route) bool

	mu sync.Mutex
}

func (f *netfilter) check(hook string, pkt *stack.PacketBuffer, route *stack.Route) bool {
	if f.at == nil {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at(hook, pkt, route)
}

func (f *netfilter) CheckPrerouting(pkt *stack.PacketBuffer, route *stack.Route, _ stack.AddressFamily) bool {
	return f.check("PREROUTING", pkt, route)
}

func (f *netfilter) CheckInput(pkt *stack.PacketBuffer, route *stack.Route, _ stack.AddressFamily) bool {
	return f.check("INPUT", pkt, route)
}

func (f *netfilter) CheckForward(pkt *stack.PacketBuffer, route *stack.Route, _ stack.AddressFamily) bool {
	return f.check("FORWARD", pkt, route)
}

func (f *netfilter) CheckOutput(pkt *stack.PacketBuffer, route *stack.Route, _ stack.AddressFamily) bool {
	return f.check("OUTPUT", pkt, route)
}

func (f *netfilter) CheckPostrouting(pkt *stack.PacketBuffer, route *stack.Route, _ stack.AddressFamily) bool {
	return f.check("POSTROUTING", pkt, route)
}
