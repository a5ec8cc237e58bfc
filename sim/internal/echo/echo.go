// Package echo pings: it sends ICMP echo requests from a network stack and accounts for
// what comes back as iputils' ping does. It has two halves, as a real machine has. The
// socket is the kernel's: it owns an identifier, composes requests and takes the packets
// that are about them. The Pinger is the program's: it decides when to send, when to stop
// waiting and what to make of what arrived.
package echo

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"drydock/internal/packet"
	"drydock/sim/ping"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
)

// A Stack is what a ping needs of the network stack that it runs on.
type Stack interface {
	// TCPIP returns gVisor's stack. What has it send or changes it is called between
	// Enter and Leave, which may nest.
	TCPIP() *stack.Stack
	Enter()
	Leave()

	// Later has fn, which wakes up a goroutine of the caller, run soon or now.
	Later(fn func())

	// FindRoute returns the way to dst through an interface, 0 being any, from an address, of
	// which the empty one is any, too. The error is a syscall.Errno. It is called between
	// Enter and Leave.
	FindRoute(nic tcpip.NICID, from, dst tcpip.Address) (*stack.Route, error)

	// PathMTUs returns what is known of the paths from the stack.
	PathMTUs() *PathMTUs

	// Frozen reports whether calls are to stand still, and AwaitThaw returns when they
	// are not, or with an error that ends the ping.
	Frozen() bool
	AwaitThaw(ctx context.Context) error
}

// A Pinger is a running ping. Close may be called by anybody; everything else belongs to
// the goroutine of Run.
type Pinger struct {
	*socket
	cfg ping.Config

	start, last tcpip.MonotonicTime // the first and the last request
	credit      time.Duration       // of Interval that has passed unused
	lingers     bool                // all is sent and until is set
	until       tcpip.MonotonicTime // when to stop waiting
	sum         sum
}

// New returns a ping of dst through the interface nic, 0 being any. The unspecified
// address is the machine itself. The Config is an effective one. Nothing is sent, and the
// stack does not know of the ping, before Run.
func New(s Stack, nic tcpip.NICID, dst netip.Addr, cfg ping.Config) *Pinger {
	switch dst {
	case netip.IPv4Unspecified(): // as connect(2) has it
		dst = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case netip.IPv6Unspecified():
		dst = netip.IPv6Loopback()
	}
	c := &socket{
		stack:     s,
		nic:       nic,
		dst:       packet.ToAddress(dst),
		from:      toAddress(cfg.Source),
		pattern:   cfg.Pattern,
		network:   packet.Network(dst),
		transport: icmp.ProtocolNumber4,
		types:     types4,
		arrived:   make(chan arrival, arrivals),
		aborted:   make(chan struct{}),
	}
	if c.network != ipv4.ProtocolNumber { // ICMPv6 differs in numbers and in its checksum alone
		c.transport, c.types = icmp.ProtocolNumber6, types6
	}
	return &Pinger{socket: c, cfg: cfg}
}

// toAddress is the empty one of no address.
func toAddress(a netip.Addr) tcpip.Address {
	if !a.IsValid() {
		return tcpip.Address{}
	}
	return packet.ToAddress(a.Unmap())
}

// Run sends requests and tells the Config's Observe what becomes of them. It ends as the
// Config says, without error, or when ctx does, or with net.ErrClosed after Close. An
// address that cannot be sent to at all is a syscall.Errno, without any event. Run is
// called once.
func (p *Pinger) Run(ctx context.Context) (ping.Stats, error) {
	many, err := p.open(p.cfg.Broadcast)
	if err != nil {
		return ping.Stats{}, err
	}
	defer p.release() // replies that come later are nobody's
	if many && p.cfg.PathMTU == ping.PathMTUWant {
		p.cfg.PathMTU = ping.PathMTUDo // iputils does not fragment these
	}
	err = p.run(ctx)
	return p.sum.stats(p.last.Sub(p.start)), err
}

// Close ends the ping: Run returns, at the latest when Observe does.
func (p *Pinger) Close() error {
	p.Abort()
	return nil
}

// arrivals is how many replies may await the goroutine of a ping; more are lost.
// Linux's socket buffer of 208 KiB holds about as many of the usual size.
const arrivals = 256

// A socket is Linux's socket of SOCK_DGRAM and IPPROTO_ICMP, connected to dst. Packets
// come in by the methods in receive.go, from the goroutines of the stack; the other ones
// belong to the goroutine of the ping.
type socket struct {
	stack     Stack
	nic       tcpip.NICID
	dst       tcpip.Address
	from      tcpip.Address // source that is asked for; empty is any
	pattern   string        // of the data
	network   tcpip.NetworkProtocolNumber
	transport tcpip.TransportProtocolNumber
	types     icmpTypes

	ident uint16
	local tcpip.Address // source of the requests; empty while not bound
	raw   *rawSocket    // registered from open to release

	arrived chan arrival
	aborted chan struct{} // closed by Abort
	abort   sync.Once
}

func (c *socket) v4() bool { return c.network == ipv4.ProtocolNumber }

// now is the stack's time, by which its timers go: in a bubble that of the bubble.
func (c *socket) now() tcpip.MonotonicTime { return c.stack.TCPIP().Clock().NowMonotonic() }

// headerSize returns how many bytes of a packet are the IP header's.
func (c *socket) headerSize() int {
	if c.v4() {
		return header.IPv4MinimumSize
	}
	return header.IPv6MinimumSize
}

// Abort makes whoever waits for what arrives give up. It implements
// stack.TransportEndpoint.
func (c *socket) Abort() { c.abort.Do(func() { close(c.aborted) }) }

// Wait implements stack.TransportEndpoint. A socket has no goroutine of its own.
func (c *socket) Wait() {}
