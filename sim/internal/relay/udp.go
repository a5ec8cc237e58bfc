package relay

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
	// maxClients is how many clients of one UDP can be told apart at a time:
	// Linux lets a process have 1024 open files unless told otherwise, and
	// docker-proxy drops datagrams that it has no socket for.
	maxClients = 1024
)

// A PacketConn is a UDP socket: a *net.UDPConn or that of a netstack.
type PacketConn interface {
	net.PacketConn
	ReadFromUDPAddrPort(b []byte) (n int, addr netip.AddrPort, err error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error)
}

// An AddressedConn is a PacketConn that tells where a datagram was sent to, and sends from an address.
type AddressedConn interface {
	PacketConn
	ReadAddressed(b []byte) (n int, client netip.AddrPort, to netip.Addr, err error)
	WriteFrom(b []byte, from netip.Addr, client netip.AddrPort) (int, error)
}

// A UDP is a relay of UDP datagrams. Its methods are safe for concurrent use.
//
// Each client, an address and port, has a socket of its own, so that replies find
// it; they leave from the socket on which it listens, and, if that is an AddressedConn, from
// the address that the first of the client's datagrams was sent to. As docker-proxy's, the
// socket of a client is closed 90 s after the last reply, or after it was opened if
// there was none, whatever the client sends meanwhile: its next datagram opens
// another. There are at most 1024 at a time; further clients are not heard.
//
// ICMP errors that a client's datagrams cause are ignored, so the client gets
// silence.
type UDP struct {
	group    Group
	listener PacketConn
	dial     Dialer

	mu      sync.Mutex // guards clients
	clients map[netip.AddrPort]*Flow
}

// NewUDP starts a relay that listens on c, which it owns. The dialer should not
// wait: meanwhile no datagram is forwarded.
func NewUDP(c PacketConn, dial Dialer) *UDP {
	p := &UDP{listener: c, dial: dial, clients: make(map[netip.AddrPort]*Flow)}
	p.group.Open()
	p.group.own(c.Close)
	p.group.Go(p.receive)
	return p
}

// Addr returns the address of the listening socket.
func (p *UDP) Addr() net.Addr { return p.listener.LocalAddr() }

// Close closes all sockets and returns when nothing runs any more. More calls do
// nothing but wait for the first.
func (p *UDP) Close() error { return p.group.end() }

// receive takes the datagrams of all clients.
func (p *UDP) receive() {
	buf := make([]byte, MaxDatagram)
	read := func(b []byte) (n int, client netip.AddrPort, to netip.Addr, err error) {
		n, client, err = p.listener.ReadFromUDPAddrPort(b)
		return n, client, to, err
	}
	if l, ok := p.listener.(AddressedConn); ok {
		read = l.ReadAddressed
	}
	for {
		n, client, to, err := read(buf)
		if err == nil {
			if f := p.flow(client, to); f != nil {
				f.Send(buf[:n])
			}
		} else if !unreachable(err) {
			return
		}
	}
}

// flow returns the flow of a client, or nil if there can be none. Only receive calls it, so
// nobody else adds the client meanwhile.
func (p *UDP) flow(client netip.AddrPort, to netip.Addr) *Flow {
	p.mu.Lock()
	f, full := p.clients[client], len(p.clients) >= maxClients
	p.mu.Unlock()
	if f != nil || full {
		return f
	}
	backend, err := p.dial(p.group.ctx, net.UDPAddrFromAddrPort(client))
	if err != nil {
		return nil
	}
	id, ok := p.group.own(backend.Close)
	if !ok {
		return nil
	}
	f = &Flow{
		Server: backend, Passes: unreachable, Unanswered: udpTimeout, Answered: udpTimeout,
		Reply: func(b []byte) { p.reply(b, to, client) },
	}
	f.Open()
	p.mu.Lock()
	p.clients[client] = f
	p.mu.Unlock()
	p.group.Go(func() {
		f.Run()
		p.forget(client)
		if p.group.drop(id) {
			backend.Close()
		}
	})
	return f
}

// reply sends a client a datagram, from an address if that is known.
func (p *UDP) reply(b []byte, from netip.Addr, client netip.AddrPort) {
	if l, ok := p.listener.(AddressedConn); ok && from.IsValid() {
		l.WriteFrom(b, from, client)
		return
	}
	p.listener.WriteToUDPAddrPort(b, client)
}

func (p *UDP) forget(client netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
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
