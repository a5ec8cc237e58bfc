package echo

import (
	"os"
	"syscall"

	"drydock/internal/packet"
	"drydock/sim/internal/errno"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/ports"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// identTries is how often open draws an identifier before it gives up: with so many only
// a stack that runs tens of thousands of pings does.
const identTries = 1000

// open finds out whether there is a way to the destination, and whether that leads to many,
// and makes c known to the stack. A broadcast that is not allowed is EACCES.
func (c *socket) open(allowBroadcast bool) (many bool, err error) {
	c.stack.Enter()
	defer c.stack.Leave()
	if c.from.Len() > 0 && c.stack.TCPIP().CheckLocalAddress(0, c.network, c.from) == 0 {
		return false, os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)
	}
	route, err := c.route()
	if err != nil {
		return false, err
	}
	defer route.Release()
	broadcast := route.IsOutboundBroadcast()
	if broadcast && !allowBroadcast {
		return false, syscall.EACCES
	}
	// Of the stack's seed, so that packets repeat with it.
	rng := c.stack.TCPIP().SecureRNG()
	for range identTries {
		c.ident = rng.Uint16()
		if err = c.bind(route.LocalAddress()); err == nil {
			c.raw = &rawSocket{c}
			many = broadcast || packet.FromAddress(c.dst).IsMulticast()
			return many, errno.Of(c.stack.TCPIP().RegisterRawTransportEndpoint(c.network, c.transport, c.raw))
		}
	}
	return false, err
}

// route asks anew each time: addresses, routes and interfaces change under a ping, which
// like a real one goes on with what there is then.
func (c *socket) route() (*stack.Route, error) {
	if c.nic == loopbackNIC { // which takes what is for others, too: see lost
		return c.stack.FindRoute(0, c.from, c.dst)
	}
	return c.stack.FindRoute(c.nic, c.from, c.dst)
}

// lost reports whether requests leave by lo although nobody there has their destination. Linux
// takes any destination for one on the link of an interface that it is told.
func (c *socket) lost(route *stack.Route) bool {
	return c.nic == loopbackNIC && route.NICID() != loopbackNIC
}

// ids returns where the stack looks for the receiver of replies to local, and of
// errors that quote requests from local. A broadcast that comes back to its sender
// matches neither.
func (c *socket) ids(local tcpip.Address) [2]stack.TransportEndpointID {
	return [2]stack.TransportEndpointID{
		{LocalPort: c.ident, LocalAddress: local},
		{LocalAddress: local, RemotePort: c.ident, RemoteAddress: c.dst},
	}
}

// bind makes local the source of the requests. It fails if another ping has the
// identifier. The gate is open.
func (c *socket) bind(local tcpip.Address) error {
	// Requests, their replies and the errors about them carry the identifier. Two pings of
	// one may not share it, or each would count the other's replies.
	if c.ident == 0 {
		return syscall.EADDRINUSE // the id of errors needs another number
	}
	c.unbind()
	for i, id := range c.ids(local) {
		// Ports are how the stack's table is keyed; ICMP's identifier takes their place.
		err := c.stack.TCPIP().RegisterTransportEndpoint(
			[]tcpip.NetworkProtocolNumber{c.network}, c.transport, id, c, ports.Flags{}, 0)
		if err == nil {
			continue
		}
		if i > 0 {
			c.unregister(c.ids(local)[0])
		}
		return syscall.EADDRINUSE
	}
	c.local = local
	return nil
}

// unbind undoes bind. It does nothing the second time.
func (c *socket) unbind() {
	if c.local == (tcpip.Address{}) {
		return
	}
	for _, id := range c.ids(c.local) {
		c.unregister(id)
	}
	c.local = tcpip.Address{}
}

// unregister makes an id free for others.
func (c *socket) unregister(id stack.TransportEndpointID) {
	c.stack.TCPIP().UnregisterTransportEndpoint(
		[]tcpip.NetworkProtocolNumber{c.network}, c.transport, id, c, ports.Flags{}, 0)
}

// release undoes open.
func (c *socket) release() {
	c.stack.Enter()
	defer c.stack.Leave()
	c.unbind()
	c.stack.TCPIP().UnregisterRawTransportEndpoint(c.network, c.transport, c.raw)
}
