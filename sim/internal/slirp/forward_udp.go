package slirp

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"drydock/sim/internal/relay"

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
)

// A udpForwarder connects the emulated host's UDP datagrams to real servers.
type udpForwarder struct {
	net   *Net
	limit int // of flows
	dial  func(server netip.AddrPort) (*net.UDPConn, error)

	mu    sync.Mutex // guards flows
	flows map[stack.TransportEndpointID]*flow
}

// A flow is what one address and port of the emulated network exchanges with a real
// one.
type flow struct {
	relay.Flow
	forwarder *udpForwarder
	id        stack.TransportEndpointID
	inside    *gonet.UDPConn
	quote     *stack.PacketBuffer // the first datagram's headers
	close     func()              // closes the sockets, once
}

func (f *udpForwarder) init(n *Net) {
	f.net, f.limit = n, maxFlows
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
	w := &flow{forwarder: f, id: id, inside: inside, quote: quote}
	w.Flow = relay.Flow{
		Server: server, Passes: w.report, Unanswered: unansweredTimeout, Answered: answeredTimeout, SentCounts: true,
		Reply: func(b []byte) { inside.Write(b) },
	}
	w.close = sync.OnceFunc(func() {
		inside.Close()
		server.Close()
	})
	w.Open()
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
	if !f.net.tasks.Go(w.run) {
		w.close()
		w.quote.DecRef()
	}
}

// idlestLocked looks at all flows: there are few, and it is called when there are too many.
func (f *udpForwarder) idlestLocked() *flow {
	var idlest *flow
	for _, w := range f.flows {
		if idlest == nil || w.Used().Before(idlest.Used()) {
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
	stop := context.AfterFunc(w.forwarder.net.tasks.Context(), w.close)
	defer stop()
	var sending sync.WaitGroup
	sending.Go(w.send)
	w.Run()
	w.close()
	sending.Wait()
	w.forwarder.forget(w)
	w.quote.DecRef()
}

// send forwards what the emulated host sends, until the flow is closed.
func (w *flow) send() {
	buf := make([]byte, relay.MaxDatagram)
	for {
		n, err := w.inside.Read(buf)
		if err != nil {
			return
		}
		w.Send(buf[:n])
	}
}

// report tells the emulated host what ICMP told the machine. It is false if that was
// nothing.
func (w *flow) report(err error) bool {
	a := answerTo(err)
	if a == answerNone || a == answerFailed {
		return false
	}
	w.forwarder.net.unreachable(w.quote, a)
	return true
}
