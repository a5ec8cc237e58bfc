package slirp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	maxFlows = 1024

	// How long a flow lives after its last datagram: nf_conntrack_udp_timeout and
	// nf_conntrack_udp_timeout_stream.
	unansweredTimeout = 30 * time.Second
	answeredTimeout   = 120 * time.Second

	// maxDatagram is more than a UDP datagram can have.
	maxDatagram = 1 << 16
)

// A udpForwarder connects the emulated host's UDP datagrams to real servers.
type udpForwarder struct {
	net   *Net
	epoch time.Time
	limit int // of flows
	dial  func(server netip.AddrPort) (*net.UDPConn, error)

	mu    sync.Mutex // guards flows
	flows map[stack.TransportEndpointID]*flow
}

// A flow is what one address and port of the emulated network exchanges with a real
// one.
type flow struct {
	forwarder *udpForwarder
	id        stack.TransportEndpointID
	inside    *gonet.UDPConn
	server    *net.UDPConn
	quote     *stack.PacketBuffer // the first datagram's headers

	used     atomic.Int64 // when the last datagram passed, in ns since the forwarder's epoch
	answered atomic.Bool
	close    func() // closes the sockets, once
}

func (f *udpForwarder) init(n *Net) {
	f.net, f.epoch, f.limit = n, time.Now(), maxFlows
	f.dial = func(server netip.AddrPort) (*net.UDPConn, error) {
		return net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(server))
	}
	f.flows = make(map[stack.TransportEndpointID]*flow)
}

// handle takes the datagrams that belong to no socket. It does not wait.
func (f *udpForwarder) handle(id stack.TransportEndpointID, pkt *stack.PacketBuffer) bool {
	host, ok := f.net.destination(id.LocalAddress)
	if !ok {
		return f.net.decline(id, pkt)
	}
	server, err := f.dial(netip.AddrPortFrom(host, id.LocalPort))
	if err != nil {
		f.net.log.Debug(err.Error())
		f.net.unreachable(pkt, answerTo(err))
		return true
	}
	queue := new(waiter.Queue)
	ep, terr := udp.NewForwarderRequest(f.net.stack, id, pkt).CreateEndpoint(queue)
	if terr != nil {
		f.net.log.Debug("slirp: udp: " + terr.String())
		server.Close()
		return true
	}
	f.open(id, gonet.NewUDPConn(queue, deaf{ep}), server, quote(pkt))
	return true
}

// open begins a flow, in place of that which has been idle longest if there are too
// many.
func (f *udpForwarder) open(id stack.TransportEndpointID, inside *gonet.UDPConn, server *net.UDPConn, quote *stack.PacketBuffer) {
	w := &flow{forwarder: f, id: id, inside: inside, server: server, quote: quote}
	w.close = sync.OnceFunc(func() {
		w.inside.Close()
		w.server.Close()
	})
	w.touch()
	f.mu.Lock()
	var idlest *flow
	if len(f.flows) >= f.limit {
		idlest = f.idlestLocked()
		delete(f.flows, idlest.id)
	}
	f.flows[id] = w // if the id had one, that is closed already
	f.mu.Unlock()
	if idlest != nil {
		idlest.close()
	}
	if !f.net.start(w.run) {
		w.close()
		w.quote.DecRef()
	}
}

func (f *udpForwarder) idlestLocked() *flow {
	var idlest *flow
	for _, w := range f.flows {
		if idlest == nil || w.used.Load() < idlest.used.Load() {
			idlest = w
		}
	}
	return idlest
}

func (f *udpForwarder) forget(w *flow) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flows[w.id] == w {
		delete(f.flows, w.id)
	}
}

// run copies until the flow is idle for too long or the Net closes.
func (w *flow) run() {
	stop := context.AfterFunc(w.forwarder.net.ctx, w.close)
	defer stop()
	var sending sync.WaitGroup
	sending.Go(w.send)
	w.receive()
	w.close()
	sending.Wait()
	w.forwarder.forget(w)
	w.quote.DecRef()
}

// now is what used is measured by.
func (f *udpForwarder) now() time.Duration { return time.Since(f.epoch) }

func (w *flow) touch() { w.used.Store(int64(w.forwarder.now())) }

// left returns how long the flow may still be idle.
func (w *flow) left(now time.Duration) time.Duration {
	timeout := unansweredTimeout
	if w.answered.Load() {
		timeout = answeredTimeout
	}
	return time.Duration(w.used.Load()) + timeout - now
}

// send forwards what the emulated host sends, until the flow is closed.
func (w *flow) send() {
	buf := make([]byte, maxDatagram)
	for {
		n, err := w.inside.Read(buf)
		if err != nil {
			return
		}
		w.touch()
		if _, err := w.server.Write(buf[:n]); err != nil && w.report(err) == answerRefused {
			w.server.Write(buf[:n]) // that was about an earlier datagram, and has been said now
		}
	}
}

// receive forwards what the server sends, until the flow is closed or idle for too
// long.
func (w *flow) receive() {
	buf := make([]byte, maxDatagram)
	for left := unansweredTimeout; left > 0; left = w.left(w.forwarder.now()) {
		w.server.SetReadDeadline(time.Now().Add(left))
		if err := w.receiveUntil(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
	}
}

// receiveUntil forwards until the read deadline, which datagrams do not move, or
// the end of the socket.
func (w *flow) receiveUntil(buf []byte) error {
	for {
		n, err := w.server.Read(buf)
		if err == nil {
			w.answered.Store(true)
			w.touch()
			w.inside.Write(buf[:n])
		} else if a := w.report(err); a == answerNone || a == answerFailed {
			return err
		}
	}
}

// report tells the emulated host what ICMP told the machine.
func (w *flow) report(err error) answer {
	a := answerTo(err)
	if a != answerNone && a != answerFailed {
		w.forwarder.net.unreachable(w.quote, a)
	}
	return a
}
