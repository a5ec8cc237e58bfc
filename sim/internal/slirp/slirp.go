// Package slirp joins an emulated host to the real machine without privileges, as
// the user-mode network of QEMU does. At the far end of a cable to the emulated host
// it has a netstack of its own, the outside: 10.0.2.2, which stands for every
// address beyond it. What arrives there goes on through sockets of the machine, and
// what the machine's programs send to an exposed port arrives at the emulated host
// from the outside.
//
//	real clients ── real listener ─┐                    ┌─ 10.0.2.15, default via 10.0.2.2
//	                               outside ═══ cable ═══ emulated host ── containers
//	real servers ── real sockets ──┘ 10.0.2.2
//
// The emulated host has 10.0.2.15/24 on its end and a default route via 10.0.2.2;
// giving it these is up to the caller. The outside answers ARP and pings for
// 10.0.2.2 alone, and speaks IPv4 alone.
//
// The package opens no socket of the machine but those that Options.Forward and
// Expose ask for. It runs in real time, not in a testing/synctest bubble, and only
// where there are sockets: not on js and wasip1.
package slirp

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"drydock/sim/internal/relay"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// The addresses that QEMU's user-mode network has.
var (
	DefaultGateway = netip.MustParsePrefix("10.0.2.2/24")
	DefaultGuest   = netip.MustParseAddr("10.0.2.15")
)

// Options are the properties of a new Net.
type Options struct {
	// Link is the outside's end of the cable, of Ethernet. The Net owns it from New on, also if
	// New fails, and closes it: a veth cable closes as a whole.
	Link stack.LinkEndpoint

	Gateway netip.Prefix // address of the outside and its network; DefaultGateway if zero
	Guest   netip.Addr   // address of the emulated host on the cable; DefaultGuest if zero

	// Seed is that of the outside's random decisions: sequence numbers, ports.
	Seed uint64

	// Forward lets the emulated network reach real ones: see Net.
	Forward bool

	// Logger is told at level Debug about what could not be done for a connection
	// or datagram. If it is nil, nobody is.
	Logger *slog.Logger
}

// A Net is the outside of one emulated host. Its methods are safe for concurrent
// use. New makes one, Close ends it.
//
// With Options.Forward, what the emulated host sends to another address goes there
// from the machine, whose address the servers see. The gateway's own address stands
// for the machine's loopback, 127.0.0.1.
//
//   - A TCP connection is dialed before the host's is accepted. If the real one is
//     refused, so is the host's; if the network says that there is no way, the host
//     is told by ICMP; if nobody answers, neither does the outside. Either end's
//     half-close and reset is passed on.
//   - UDP has a real socket for each pair of addresses and ports, closed 30 s after
//     the last datagram, 120 s if there was an answer, which are conntrack's
//     timeouts. There are at most 1024; another one ends that which has been idle
//     longest. A real port unreachable is passed on.
//   - Loopback, link-local, multicast and broadcast addresses, those of the cable's
//     network and those at which clouds have metadata are not forwarded to, nor are
//     pings.
//
// What is not forwarded, without Options.Forward everything, is answered with host
// unreachable, and at the gateway's own address as by any host: TCP with a reset,
// UDP with port unreachable, pings with replies.
type Net struct {
	tasks   relay.Group
	stack   *stack.Stack
	gateway netip.Prefix
	guest   netip.Addr
	log     *slog.Logger
	forward bool
	tcp     tcpForwarder
	udp     udpForwarder
	sources sources

	closing   sync.Once
	exposedMu sync.Mutex // guards what follows
	exposed   map[*Exposure]struct{}
	closed    bool
}

// hasSockets is whether package net has the machine's sockets. On js and wasip1 it
// has a network of its own, inside the program.
const hasSockets = runtime.GOOS != "js" && runtime.GOOS != "wasip1"

var errNoSockets = fmt.Errorf("slirp: no sockets on %s: %w", runtime.GOOS, errors.ErrUnsupported)

// New makes the outside at the end of a cable. Close releases it.
func New(opts Options) (*Net, error) {
	if opts.Gateway == (netip.Prefix{}) {
		opts.Gateway = DefaultGateway
	}
	if opts.Guest == (netip.Addr{}) {
		opts.Guest = DefaultGuest
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	n := &Net{
		gateway: opts.Gateway, guest: opts.Guest, log: opts.Logger, forward: opts.Forward,
		exposed: make(map[*Exposure]struct{}),
	}
	err := opts.check()
	if err == nil {
		err = n.open(opts)
	}
	if err != nil {
		opts.Link.Close()
		return nil, err
	}
	return n, nil
}

// check reports what is wrong with the options.
func (opts *Options) check() error {
	gateway := opts.Gateway.Addr()
	switch {
	case !gateway.Is4() || !gateway.IsGlobalUnicast():
		return fmt.Errorf("slirp: gateway %v is no IPv4 unicast address", opts.Gateway)
	case !opts.Gateway.Contains(opts.Guest) || opts.Guest == gateway:
		return fmt.Errorf("slirp: guest %v is no neighbour of gateway %v", opts.Guest, opts.Gateway)
	case opts.Forward && !hasSockets:
		return errNoSockets
	}
	return nil
}

// Close ends the exposures, resets all connections, closes the cable and returns
// when nothing of the Net runs any more. Resets that are on the cable then are lost
// with it. More calls only wait for the first.
func (n *Net) Close() {
	n.closing.Do(func() {
		n.exposedMu.Lock()
		exposed := n.exposed
		n.exposed, n.closed = nil, true
		n.exposedMu.Unlock()
		for x := range exposed {
			x.Close()
		}
		n.endTasks()
		n.closeStack()
	})
}

// retryAbort is how soon endpoints are aborted once more.
const retryAbort = 10 * time.Millisecond

// endTasks ends the tasks of the group. Some wait for handshakes, which only the
// abort of the endpoint ends, and others may be about to begin one.
func (n *Net) endTasks() {
	n.tasks.Stop()
	done := make(chan struct{})
	go func() {
		n.tasks.Wait()
		close(done)
	}()
	for {
		for _, ep := range n.stack.RegisteredEndpoints() {
			ep.Abort()
		}
		select {
		case <-done:
			return
		case <-time.After(retryAbort):
		}
	}
}

// expose registers an exposure to close with n. It is false after Close.
func (n *Net) expose(x *Exposure) bool {
	n.exposedMu.Lock()
	defer n.exposedMu.Unlock()
	if n.closed {
		return false
	}
	n.exposed[x] = struct{}{}
	return true
}

func (n *Net) unexpose(x *Exposure) {
	n.exposedMu.Lock()
	defer n.exposedMu.Unlock()
	delete(n.exposed, x)
}

// source returns the address from which the outside speaks for a real client: the
// client's own, unless the emulated host could not answer to that.
func (n *Net) source(client net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch c := client.(type) {
	case *net.TCPAddr:
		ap = c.AddrPort()
	case *net.UDPAddr:
		ap = c.AddrPort()
	}
	a := ap.Addr().Unmap()
	if !a.Is4() || !a.IsGlobalUnicast() || n.gateway.Contains(a) {
		a = n.gateway.Addr()
	}
	return netip.AddrPortFrom(a, ap.Port())
}
