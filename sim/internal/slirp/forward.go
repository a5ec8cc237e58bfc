package slirp

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"

	"drydock/internal/packet"
	"drydock/sim/internal/relay"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// destination returns the real address for one that the emulated host sends to, if
// it is forwarded at all.
func (n *Net) destination(to tcpip.Address) (real netip.Addr, ok bool) {
	a := packet.FromAddress(to)
	switch {
	case !n.forward:
	case a == n.gateway.Addr():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
	case a.IsGlobalUnicast() && !n.gateway.Contains(a) && !slices.Contains(metadata[:], a):
		return a, true
	}
	return netip.Addr{}, false
}

// metadata are the addresses at which clouds tell a machine its credentials, besides those
// of 169.254.0.0/16, to which nothing is forwarded. Code under test has no business there.
var metadata = [...]netip.Addr{
	netip.AddrFrom4([4]byte{100, 100, 100, 200}), // Alibaba Cloud
	netip.AddrFrom4([4]byte{100, 96, 0, 96}),     // Volcano Engine
	netip.AddrFrom4([4]byte{168, 63, 129, 16}),   // Azure's WireServer
	netip.AddrFrom4([4]byte{192, 0, 0, 192}),     // Oracle Cloud Classic
}

// maxPending is how many connections are dialed at a time. SYNs beyond that get no
// answer, as those to a full backlog.
const maxPending = 1024

// A tcpForwarder connects the emulated host's TCP connections to real servers.
type tcpForwarder struct {
	net         *Net
	forwarder   *tcp.Forwarder
	dialContext func(ctx context.Context, network, address string) (net.Conn, error) // a net.Dialer's

	mu      sync.Mutex // guards pending
	pending map[stack.TransportEndpointID]*stack.PacketBuffer
}

func (f *tcpForwarder) init(n *Net) {
	f.net = n
	f.dialContext = (&net.Dialer{Timeout: dialTimeout}).DialContext
	f.pending = make(map[stack.TransportEndpointID]*stack.PacketBuffer)
	f.forwarder = tcp.NewForwarder(n.stack, 0, maxPending, f.serve)
}

// handle takes the segments that belong to no connection.
func (f *tcpForwarder) handle(id stack.TransportEndpointID, pkt *stack.PacketBuffer) bool {
	const kinds = header.TCPFlagSyn | header.TCPFlagAck | header.TCPFlagRst
	if header.TCP(pkt.TransportHeader().Slice()).Flags()&kinds != header.TCPFlagSyn {
		return false
	}
	if _, ok := f.net.destination(id.LocalAddress); !ok {
		return f.net.decline(id, pkt)
	}
	if !f.announce(id, pkt) {
		return true
	}
	if f.forwarder.HandlePacket(id, pkt) {
		return true // serve runs
	}
	f.forget(id)
	f.net.tasks.Done()
	return false
}

// announce notes a connection that is to be dialed. It is false if it is being
// dialed, or cannot be.
func (f *tcpForwarder) announce(id stack.TransportEndpointID, pkt *stack.PacketBuffer) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pending[id] != nil || len(f.pending) >= maxPending || !f.net.tasks.Add() {
		return false
	}
	f.pending[id] = quote(pkt)
	return true
}

func (f *tcpForwarder) forget(id stack.TransportEndpointID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending[id].DecRef()
	delete(f.pending, id)
}

// serve dials the server, accepts the connection or does not, and copies.
func (f *tcpForwarder) serve(req *tcp.ForwarderRequest) {
	defer f.net.tasks.Done()
	id := req.ID()
	server, err := f.dial(id)
	if err != nil {
		f.net.log.Debug(err.Error())
		req.Complete(f.refuse(id, err))
		f.forget(id)
		return
	}
	queue := new(waiter.Queue)
	ep, terr := req.CreateEndpoint(queue)
	req.Complete(false)
	f.forget(id)
	if terr != nil { // the host did not wait, or we are closing
		f.net.log.Debug("slirp: accept: "+terr.String(), "from", packet.FromAddress(id.RemoteAddress))
		relay.Reset(server)
		return
	}
	relay.Join(f.net.tasks.Context(), newTCPConn(queue, ep), server)
}

func (f *tcpForwarder) dial(id stack.TransportEndpointID) (*net.TCPConn, error) {
	host, _ := f.net.destination(id.LocalAddress)
	c, err := f.dialContext(f.net.tasks.Context(), "tcp4", net.JoinHostPort(host.String(), strconv.Itoa(int(id.LocalPort))))
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), nil
}

// refuse answers a connection that could not be dialed, unless with a reset, which
// the caller is to send if refuse returns true.
func (f *tcpForwarder) refuse(id stack.TransportEndpointID, err error) bool {
	f.mu.Lock()
	syn := f.pending[id]
	f.mu.Unlock()
	switch a := answerTo(err); a {
	case answerRefused:
		return true
	case answerNone:
	default:
		f.net.unreachable(syn, a)
	}
	return false
}
