package netstack

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
)

// A PingConfig says what Ping sends and when it ends. The rules are those of
// iputils' ping, with its options in parentheses.
type PingConfig struct {
	Dst       netip.Addr    // unspecified: this machine; a zone is the name or index of an interface
	Count     int           // (-c) end after so many replies and errors; 0: never
	Interval  time.Duration // (-i) between requests; 0: send on each reply, or after 10 ms without
	Size      int           // (-s) bytes of data in a request
	TTL       uint8         // (-t)
	PathMTU   PathMTU       // (-M)
	Broadcast bool          // (-b) Dst may be a broadcast address
	Linger    time.Duration // (-W) wait for a first reply after the last request; 0: forever
	Deadline  time.Duration // (-w) end after this time, after Count replies or an error; 0: no deadline
}

// A PathMTU says what becomes of requests that are larger than the MTU of the
// path: what Linux has as IP_MTU_DISCOVER.
type PathMTU int

const (
	PathMTUWant PathMTU = iota // those that fit may not be fragmented on the way; others are
	PathMTUDo                  // none is fragmented: those that do not fit fail with EMSGSIZE
	PathMTUDont                // any may be fragmented
)

// A PingEvent is something that happened to a request. One without From is the
// sending itself.
type PingEvent struct {
	Seq       int           // of the request: its 16-bit number, from 1
	From      netip.Addr    // of a reply or error; invalid if the request was sent, or could not be
	TTL       int           // that the reply arrived with
	Size      int           // of the reply, ICMP header included
	RTT       time.Duration // since the request
	Duplicate bool          // the request has been answered before
	ICMP      *ICMPError    // instead of a reply
	Errno     error         // why the request could not be sent: a syscall.Errno
	MTU       int           // with EMSGSIZE, what does fit
}

// An ICMPError is an ICMP message that says why a packet did not arrive.
type ICMPError struct {
	From       netip.Addr
	Type, Code uint8
	Info       uint32 // the MTU or the place of a bad parameter, where the type has that
}

// PingStats sums up a Ping. Times are in whole microseconds, like iputils' sums.
type PingStats struct {
	Sent, Received, Duplicates, Errors int
	Pipe                               int           // how many requests were under way at most
	Time                               time.Duration // from the first request to the last
	Min, Avg, Max, MDev                time.Duration
}

// Ping sends echo requests and tells observe what becomes of them, from the
// calling goroutine. It ends as cfg says, without error, or when ctx does or the
// stack is closed (net.ErrClosed). A frozen s neither sends nor reports; its time
// goes on, and a Deadline or Linger that ends then ends Ping at Thaw. An address that
// cannot be sent to at all is a syscall.Errno, without any event: ENETUNREACH,
// EADDRNOTAVAIL without IPv6, EACCES for a broadcast.
func (s *Stack) Ping(ctx context.Context, cfg PingConfig, observe func(PingEvent)) (PingStats, error) {
	p, err := newPinger(s, cfg, observe)
	if err != nil {
		return PingStats{}, err
	}
	if err := s.AwaitThaw(ctx); err != nil {
		return PingStats{}, err
	}
	if !s.track(p) {
		return PingStats{}, net.ErrClosed
	}
	defer s.untrack(p)
	if err := p.open(); err != nil {
		return PingStats{}, err
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
	cfg       PingConfig
	stack     *Stack
	nic       tcpip.NICID
	dst       tcpip.Address
	network   tcpip.NetworkProtocolNumber
	transport tcpip.TransportProtocolNumber
	observe   func(PingEvent)

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

func newPinger(s *Stack, cfg PingConfig, observe func(PingEvent)) (*pinger, error) {
	cfg.Dst = cfg.Dst.Unmap()
	switch cfg.Dst {
	case netip.IPv4Unspecified(): // as connect(2) has it
		cfg.Dst = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case netip.IPv6Unspecified():
		cfg.Dst = netip.IPv6Loopback()
	}
	p := &pinger{
		cfg:       cfg,
		stack:     s,
		dst:       toAddress(cfg.Dst),
		network:   protocolOf(cfg.Dst),
		transport: icmp.ProtocolNumber4,
		observe:   observe,
		arrived:   make(chan arrival, arrivals),
		aborted:   make(chan struct{}),
	}
	if !p.v4() {
		p.transport = icmp.ProtocolNumber6
	}
	var ok bool
	if p.nic, ok = s.nicOf(cfg.Dst.Zone()); !ok {
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
