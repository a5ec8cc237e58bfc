package netstack

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"

	"drydock/sim/ping"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
)

// Ping sends echo requests to dst and tells cfg.Observe what becomes of them, from the
// calling goroutine. The unspecified address is the machine itself; a zone is the name
// or index of an interface. Ping ends as cfg says, without error, or when ctx does or the
// stack is closed (net.ErrClosed). A frozen s neither sends nor reports; its time
// goes on, and a Deadline or Linger that ends then ends Ping at Thaw. An address that
// cannot be sent to at all is a syscall.Errno, without any event: ENETUNREACH,
// EADDRNOTAVAIL without IPv6, EACCES for a broadcast.
func (s *Stack) Ping(ctx context.Context, dst netip.Addr, cfg *ping.Config) (ping.Stats, error) {
	effective, err := cfg.Effective()
	if err != nil {
		return ping.Stats{}, err
	}
	p, err := newPinger(s, dst, effective)
	if err != nil {
		return ping.Stats{}, err
	}
	if err := s.AwaitThaw(ctx); err != nil {
		return ping.Stats{}, err
	}
	if !s.track(p) {
		return ping.Stats{}, net.ErrClosed
	}
	defer s.untrack(p)
	if err := p.open(); err != nil {
		return ping.Stats{}, err
	}
	defer p.release()
	err = p.run(ctx)
	return p.sum.stats(p.last.Sub(p.start)), err
}

// arrivals is how many replies may await the goroutine of Ping; more are lost.
// Linux's socket buffer of 208 KiB holds about as many of the usual size.
const arrivals = 256

// A pinger is a running Ping. Packets come in by the methods in ping_receive.go;
// everything else belongs to the goroutine of Ping.
type pinger struct {
	cfg       ping.Config
	addr      netip.Addr // that is pinged
	stack     *Stack
	nic       tcpip.NICID
	dst       tcpip.Address // addr
	network   tcpip.NetworkProtocolNumber
	transport tcpip.TransportProtocolNumber

	ident uint16
	local tcpip.Address // source of the requests
	raw   *rawPinger

	arrived chan arrival
	aborted chan struct{}
	abort   sync.Once

	start, last tcpip.MonotonicTime // the first and the last request
	credit      time.Duration       // of Interval that has passed unused
	lingers     bool                // all is sent and until is set
	until       tcpip.MonotonicTime // when to stop waiting
	sum         pingSum
}

func newPinger(s *Stack, dst netip.Addr, cfg ping.Config) (*pinger, error) {
	dst = dst.Unmap()
	switch dst {
	case netip.IPv4Unspecified(): // as connect(2) has it
		dst = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case netip.IPv6Unspecified():
		dst = netip.IPv6Loopback()
	}
	p := &pinger{
		cfg:       cfg,
		stack:     s,
		addr:      dst,
		dst:       toAddress(dst),
		network:   protocolOf(dst),
		transport: icmp.ProtocolNumber4,
		arrived:   make(chan arrival, arrivals),
		aborted:   make(chan struct{}),
	}
	if !p.v4() {
		p.transport = icmp.ProtocolNumber6
	}
	var ok bool
	if p.nic, ok = s.nicOf(dst.Zone()); !ok {
		return nil, syscall.ENODEV
	}
	return p, nil
}

// nicOf finds the interface that an IPv6 zone names; 0 is any.
func (s *Stack) nicOf(zone string) (tcpip.NICID, bool) {
	if zone == "" {
		return 0, true
	}
	index, _ := strconv.Atoi(zone)
	for id, info := range s.stack.NICInfo() {
		if info.Name == zone || int(id) == index {
			return id, true
		}
	}
	return 0, false
}

func (p *pinger) v4() bool { return p.network == ipv4.ProtocolNumber }

func (p *pinger) now() tcpip.MonotonicTime { return p.stack.stack.Clock().NowMonotonic() }

// Abort ends the ping. It implements stack.TransportEndpoint.
func (p *pinger) Abort() { p.abort.Do(func() { close(p.aborted) }) }

// Close is Abort for Stack.track.
func (p *pinger) Close() error {
	p.Abort()
	return nil
}

// Wait implements stack.TransportEndpoint. A pinger has no goroutine of its own.
func (p *pinger) Wait() {}
