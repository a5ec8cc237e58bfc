package proxy

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

const (
	// udpTimeout is how long a client's socket waits for the next reply:
	// docker-proxy's UDPConnTrackTimeout.
	udpTimeout = 90 * time.Second
	// maxClients is how many clients of one UDP proxy can be told apart at a time:
	// Linux lets a process have 1024 open files unless told otherwise, and
	// docker-proxy drops datagrams that it has no socket for.
	maxClients = 1024
	// maxDatagram is more than a UDP datagram can have.
	maxDatagram = 1 << 16
)

// A PacketConn is a UDP socket: a *net.UDPConn or that of a netstack.
type PacketConn interface {
	net.PacketConn
	ReadFromUDPAddrPort(b []byte) (n int, addr netip.AddrPort, err error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error)
}

// A UDP is a proxy of UDP datagrams. Its methods are safe for concurrent use.
//
// Each client, an address and port, has a socket of its own, so that replies find
// it; they leave from the socket on which the proxy listens. As docker-proxy's, the
// socket of a client is closed 90 s after the last reply, or after it was opened if
// there was none, whatever the client sends meanwhile: its next datagram opens
// another. There are at most 1024 at a time; further clients are not heard.
//
// ICMP errors that a client's datagrams cause are ignored, so the client gets
// silence.
type UDP struct {
	group
	listener PacketConn
	dial     Dialer

	clientsMu sync.Mutex // guards clients
	clients   map[netip.AddrPort]net.Conn
}

// NewUDP starts a proxy that listens on c, which it owns. The dialer should not
// wait: meanwhile no datagram is forwarded.
func NewUDP(c PacketConn, dial Dialer) *UDP {
	p := &UDP{listener: c, dial: dial, clients: make(map[netip.AddrPort]net.Conn)}
	p.start(c, p.receive)
	return p
}

// Addr returns the address of the listening socket.
func (p *UDP) Addr() net.Addr { return p.listener.LocalAddr() }

// Close closes all sockets and returns when nothing runs any more. More calls do
// nothing but wait for the first.
func (p *UDP) Close() error { return p.end() }

// receive takes the datagrams of all clients.
func (p *UDP) receive() {
	buf := make([]byte, maxDatagram)
	for {
		n, client, err := p.listener.ReadFromUDPAddrPort(buf)
		if err == nil {
			p.send(client, buf[:n])
		} else if !unreachable(err) {
			return
		}
	}
}

// send forwards a datagram of a client.
func (p *UDP) send(client netip.AddrPort, datagram []byte) {
	backend := p.backend(client)
	if backend == nil {
		return
	}
	if _, err := backend.Write(datagram); err != nil && unreachable(err) {
		backend.Write(datagram) // that was about an earlier one, and has been said now
	}
}

// backend returns the socket of a client, or nil if there can be none. Only receive
// calls it, so nobody else adds the client meanwhile.
func (p *UDP) backend(client netip.AddrPort) net.Conn {
	p.clientsMu.Lock()
	backend, full := p.clients[client], len(p.clients) >= maxClients
	p.clientsMu.Unlock()
	if backend != nil || full {
		return backend
	}
	backend, err := p.dial(p.ctx, net.UDPAddrFromAddrPort(client))
	if err != nil {
		return nil
	}
	id, ok := p.own(backend)
	if !ok {
		return nil
	}
	p.clientsMu.Lock()
	p.clients[client] = backend
	p.clientsMu.Unlock()
	p.tasks.Go(func() {
		p.reply(client, backend)
		p.forget(client)
		p.drop(id)
	})
	return backend
}

// reply returns the replies to a client until there are none any more.
func (p *UDP) reply(client netip.AddrPort, backend net.Conn) {
	backend.SetReadDeadline(time.Now().Add(udpTimeout))
	buf := make([]byte, maxDatagram)
	for {
		n, err := backend.Read(buf)
		if err == nil {
			p.listener.WriteToUDPAddrPort(buf[:n], client)
			backend.SetReadDeadline(time.Now().Add(udpTimeout))
		} else if !unreachable(err) {
			return
		}
	}
}

func (p *UDP) forget(client netip.AddrPort) {
	p.clientsMu.Lock()
	defer p.clientsMu.Unlock()
	delete(p.clients, client)
}

// unreachable reports whether a socket says that an earlier datagram was answered
// with an ICMP error, of the kinds that Linux reports.
func unreachable(err error) bool {
	for _, errno := range []error{
		syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENOPROTOOPT,
		syscall.EHOSTDOWN, syscall.EMSGSIZE, syscall.EPROTO, syscall.EACCES,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}
