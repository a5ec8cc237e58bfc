package traceroute

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"drydock/sim"
	"drydock/sim/ping"
)

// Ports, unless -p says otherwise.
const (
	firstPort = 33434
	udpPort   = 53
	tcpPort   = 80
)

// send sends the next probe and returns what waits for what comes of it, as long as ctx lasts.
// Datagrams leave in their order, as those of a program without threads.
func (t *trace) send(ctx context.Context, ttl int) (wait func() result) {
	port := t.port
	or := func(n int) int {
		if port == 0 {
			return n
		}
		return port
	}
	switch t.method {
	case byICMP:
		return func() result { return t.ping(ctx, ttl) }
	case byTCP:
		port = or(tcpPort)
	case byUDP:
		port = or(udpPort)
	default:
		port = or(firstPort) + t.sent
	}
	t.sent++
	to := netip.AddrPortFrom(t.dst, uint16(port))
	if t.method == byTCP {
		return func() result { return t.connect(ctx, to, ttl) }
	}
	return t.datagram(ctx, to, ttl)
}

// ping probes by an echo request.
func (t *trace) ping(ctx context.Context, ttl int) (r result) {
	data := t.payload
	if data == 0 {
		data = -1 // none
	}
	start := time.Now()
	cfg := &ping.Config{Count: 1, TTL: ttl, Timeout: -1, Size: data, Observe: func(e ping.Event) {
		var icmp *ping.ICMPError
		switch {
		case !e.From.IsValid() || r.from.IsValid():
		case e.Err == nil:
			r = result{from: e.From, rtt: e.RTT, final: true}
		case errors.As(e.Err, &icmp):
			r = told(icmp, start)
		}
	}}
	stats, err := t.m.Ping(ctx, t.dst.String(), cfg)
	if stats.Sent == 0 || errors.Is(err, net.ErrClosed) {
		r.err = err
	}
	return r
}

// told is the result of a probe that an ICMP error is about.
func told(e *ping.ICMPError, start time.Time) result {
	r := result{from: e.From, rtt: time.Since(start)}
	r.note, r.final = meaning(e)
	return r
}

// A socket is what a probe is sent from, with the errors that are about it.
type socket struct {
	sim.Dialer
	ctx   context.Context // ends with the first error, too
	heard chan result
	to    netip.AddrPort
	start time.Time
}

// socket returns one for a probe. The caller calls stop at the end.
func (t *trace) socket(ctx context.Context, to netip.AddrPort, ttl int, local net.Addr) (s *socket, stop func()) {
	s = &socket{t.m.Dialer(), nil, make(chan result, 1), to, time.Now()}
	s.ctx, stop = context.WithCancel(ctx)
	s.TTL = ttl
	if t.src.IsValid() {
		s.LocalAddr = local
	}
	s.Errors = func(e *ping.ICMPError) {
		select {
		case s.heard <- told(e, s.start):
			stop()
		default: // that is the second one about one packet
		}
	}
	return s, stop
}

// datagram probes by UDP. Where nobody listens the error tells that the host is reached.
func (t *trace) datagram(ctx context.Context, to netip.AddrPort, ttl int) (wait func() result) {
	s, stop := t.socket(ctx, to, ttl, &net.UDPAddr{IP: t.src.AsSlice()})
	conn, err := s.DialContext(ctx, "udp", to.String())
	if err != nil {
		stop()
		return func() result { return result{err: err} }
	}
	data := make([]byte, t.payload)
	for i := range data {
		data[i] = '@' + byte(i&0x3f)
	}
	_, err = conn.Write(data)
	return func() result {
		defer stop()
		defer conn.Close()
		if err != nil && !errors.Is(err, syscall.EHOSTUNREACH) {
			return result{err: err}
		}
		defer context.AfterFunc(s.ctx, func() { conn.Close() })()
		_, err := conn.Read(make([]byte, 1))
		return s.outcome(err, conn.LocalAddr())
	}
}

// connect probes by the SYN of a connection.
func (t *trace) connect(ctx context.Context, to netip.AddrPort, ttl int) result {
	s, stop := t.socket(ctx, to, ttl, &net.TCPAddr{IP: t.src.AsSlice()})
	defer stop()
	conn, err := s.DialContext(s.ctx, "tcp", to.String())
	if err == nil {
		defer conn.Close()
		if c, ok := conn.(interface{ SetLinger(sec int) error }); ok {
			c.SetLinger(0) // a reset
		}
		return s.outcome(nil, conn.LocalAddr())
	}
	var local net.Addr
	if other, err := t.m.Dialer().DialContext(ctx, "udp", to.String()); err == nil { // which sends nothing
		local = other.LocalAddr()
		other.Close()
	}
	return s.outcome(err, local)
}

// outcome is what a socket tells after its probe: err is nil if there was a reply.
func (s *socket) outcome(err error, local net.Addr) result {
	select {
	case r := <-s.heard: // the reason of err
		return r
	default:
	}
	r := result{from: s.to.Addr(), rtt: time.Since(s.start), final: true}
	var errno syscall.Errno
	errors.As(err, &errno)
	switch {
	case err == nil || errno == syscall.ECONNREFUSED:
		return r
	case s.ctx.Err() != nil:
		return result{}
	case errno == syscall.EHOSTUNREACH && local != nil: // of the own stack, since no neighbour answers
		if ap, err := netip.ParseAddrPort(local.String()); err == nil {
			r.from, r.note = ap.Addr(), " !H"
			return r
		}
	}
	return result{err: err}
}
