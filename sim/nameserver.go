package sim

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"

	"drydock/dnsd"
	"drydock/sim/internal/engine"
	"drydock/sim/internal/netstack"

	"github.com/miekg/dns"
)

// A nameserver is the embedded resolver of a container, at 127.0.0.11 of its stack.
type nameserver struct {
	resolver *dnsd.Resolver
	sockets  *netstack.Stack
	space    *namespace
	end      context.CancelFunc
	udp, tcp service

	forwarding forwarding // what becomes of names that it does not know
}

// forwardTo has the resolver ask upstreams, while there is a way, those of the host by the sockets
// that dockerd has there.
func (d *nameserver) forwardTo(dockerd *netstack.Stack, upstreams []engine.Upstream, way func() bool) dnsd.Option {
	onHost := make(map[string]bool)
	var servers []netip.AddrPort
	for _, u := range upstreams {
		a := netip.AddrPortFrom(u.Addr, 53)
		servers = append(servers, a)
		onHost[a.String()] = u.OnHost
	}
	return dnsd.WithUpstreams(func(ctx context.Context, network, address string) (net.Conn, error) {
		if !way() {
			return nil, syscall.ENETUNREACH
		}
		if onHost[address] {
			return dockerd.DialContext(ctx, network, address)
		}
		return d.sockets.DialContext(ctx, network, address)
	}, servers...)
}

// serve listens on ports of its own, which are found by port 53.
func (d *nameserver) serve(ctx context.Context, handler dns.Handler) error {
	address := netip.AddrPortFrom(dnsd.Embedded, 0).String()
	pc, err := d.sockets.ListenPacket(ctx, "udp4", address)
	if err != nil {
		return err
	}
	l, err := d.sockets.Listen(ctx, "tcp4", address)
	if err != nil {
		return err
	}
	udp, tcp := uint16(pc.LocalAddr().(*net.UDPAddr).Port), uint16(l.Addr().(*net.TCPAddr).Port)
	d.space.meeting.Lock()
	d.sockets.Redirect(netip.AddrPortFrom(dnsd.Embedded, 53), udp, tcp)
	if t := d.space.tables.Load(); t != nil && d.sockets.Filtered() {
		d.space.addResolverRules(t, udp, tcp)
	}
	d.space.meeting.Unlock()
	d.udp.ended, d.tcp.ended = make(chan struct{}), make(chan struct{})
	pc.(*netstack.UDPConn).WhenReadable(func() {
		d.udp.serve(func() error { return dnsd.Serve(ctx, handler, pc, nil) })
	})
	l.(*netstack.TCPListener).WhenReadable(func() {
		d.tcp.serve(func() error { return dnsd.Serve(ctx, handler, nil, l) })
	})
	return nil
}

// A service is that of a socket, which begins with the first question: most containers of a
// thousand never ask one.
type service struct {
	begun atomic.Bool // or there is no need any more
	ended chan struct{}
}

func (s *service) serve(serve func() error) {
	if s.begun.Swap(true) {
		return
	}
	defer close(s.ended)
	_ = serve() // a socket fails when its namespace ends, and then nobody asks
}

// wait returns when the service has ended, of which the context is done.
func (s *service) wait() {
	if s.begun.Swap(true) {
		<-s.ended
	}
}

// wrapped returns the handler that WithResolver makes of one.
func (h *Host) wrapped(handler dns.Handler) dns.Handler {
	if h.wrapDNS != nil {
		return h.wrapDNS(handler)
	}
	return handler
}

func (d *nameserver) stop() {
	d.end()
	d.udp.wait()
	d.tcp.wait()
	d.sockets.Leave(true)
}
