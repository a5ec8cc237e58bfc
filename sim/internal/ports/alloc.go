package ports

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"sync"
)

// The ephemeral ports of the host: net.ipv4.ip_local_port_range.
const (
	EphemeralFirst = 32768
	EphemeralLast  = 60999
)

// attempts is how many ephemeral ports Docker tries of which others of the host
// may have each.
const attempts = 10

// What can be wrong with ports of the host.
var (
	// ErrAllocated is in a *BindError: a container has the port.
	ErrAllocated = errors.New("port is already allocated")
	// ErrAllAllocated is a range, or the ephemeral ports, without a free one.
	ErrAllAllocated = errors.New("all ports are allocated")
	// ErrRange is a range that begins with port 0.
	ErrRange = errors.New("invalid port range")
	// ErrProtocol is in a *ProxyError: the host has no SCTP.
	ErrProtocol = errors.New("protocol not supported")
)

// A BindError is a port of the host that cannot be allocated.
type BindError struct {
	Host netip.AddrPort
	Err  error // ErrAllocated
}

// Error returns Docker's message: "Bind for 0.0.0.0:8080 failed: port is already
// allocated".
func (e *BindError) Error() string {
	return fmt.Sprintf("Bind for %v:%d failed: %v", e.Host.Addr(), e.Host.Port(), e.Err)
}

func (e *BindError) Unwrap() error { return e.Err }

// A ProxyError is a port of the host that was allocated and could not be listened
// on.
type ProxyError struct {
	Host netip.AddrPort
	Err  error // of listen: a *net.OpError, or ErrProtocol
}

// Error returns Docker's message: "Error starting userland proxy: listen tcp4
// 0.0.0.0:8080: bind: address already in use".
func (e *ProxyError) Error() string { return fmt.Sprintf("Error starting userland proxy: %v", e.Err) }

func (e *ProxyError) Unwrap() error { return e.Err }

// An Allocator gives the ports of a host to its containers. Each address has ports
// of its own for each protocol, 0.0.0.0 and :: as well: that 0.0.0.0:80 and
// 127.0.0.1:80 exclude each other is left to who listens on them.
//
// A port that is not asked for by number is the next after the one that the same
// range gave out last, so one that was released does not return before the others
// had their turn.
//
// The zero Allocator is ready to use, with no port allocated. Its methods are safe
// for concurrent use.
type Allocator struct {
	mu    sync.Mutex // guards pools and what is in them
	pools map[poolKey]*pool
}

type poolKey struct {
	addr  netip.Addr
	proto Proto
}

// A pool is the ports of one address and protocol.
type pool struct {
	taken map[uint16]bool
	last  map[span]uint16 // which port each range gave out last
}

// Allocate allocates a port of the host at addr, which is one of HostAddrs. The
// error is a *BindError if a container has the port that was asked for,
// ErrAllAllocated if a range has no free port, or ErrRange.
func (a *Allocator) Allocate(addr netip.Addr, p Publication) (Binding, error) {
	s := p.span()
	if s.first > s.last || s.first == 0 && s.last != 0 {
		return Binding{}, fmt.Errorf("%w: %v", ErrRange, s)
	}
	if s.first == 0 {
		s = span{EphemeralFirst, EphemeralLast}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	port, ok := a.poolLocked(poolKey{addr, p.Port.Proto}).take(s)
	switch {
	case ok:
		return Binding{p.Port, addr, port}, nil
	case s.first == s.last:
		return Binding{}, &BindError{netip.AddrPortFrom(addr, s.first), ErrAllocated}
	}
	return Binding{}, ErrAllAllocated
}

func (a *Allocator) poolLocked(key poolKey) *pool {
	if a.pools == nil {
		a.pools = make(map[poolKey]*pool)
	}
	p := a.pools[key]
	if p == nil {
		p = &pool{make(map[uint16]bool), make(map[span]uint16)}
		a.pools[key] = p
	}
	return p
}

// take takes the next port of a range.
func (p *pool) take(s span) (uint16, bool) {
	port, ok := p.last[s]
	if !ok {
		port = s.last
	}
	for range s.len() {
		if port++; port > s.last || port < s.first { // past 65535 it is 0
			port = s.first
		}
		if p.taken[port] {
			continue
		}
		p.taken[port] = true
		if s.first < s.last {
			p.last[s] = port
		}
		return port, true
	}
	return 0, false
}

// Room returns ErrAllAllocated if Allocate would for one of some publications, allocated one
// after the other on their addresses, and nil if nothing fails or something else does first.
// It changes nothing: who asks before need not open thousands of ports to learn that there are
// too few.
func (a *Allocator) Room(pubs []Publication, addrs func(Publication) []netip.Addr) error {
	trial := Allocator{pools: make(map[poolKey]*pool)}
	a.mu.Lock()
	for key, p := range a.pools {
		trial.pools[key] = &pool{maps.Clone(p.taken), maps.Clone(p.last)}
	}
	a.mu.Unlock()
	for _, p := range pubs {
		for _, addr := range addrs(p) {
			if _, err := trial.Allocate(addr, p); errors.Is(err, ErrAllAllocated) {
				return err
			} else if err != nil {
				return nil
			}
		}
	}
	return nil
}

// Release gives a port back. One that is not allocated may be released.
func (a *Allocator) Release(b Binding) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.pools[poolKey{b.HostAddr, b.Port.Proto}]; p != nil {
		delete(p.taken, b.HostPort)
	}
}

// Bind allocates a port as Allocate does and has listen open it, without holding a
// lock. If listen fails, because somebody else of the host has the port, the port
// is released; of the ephemeral ones Bind then tries the next, ten in all, but it
// does not try another one of a range, as Docker does not. The error is one of
// Allocate, or a *ProxyError around that of the last listen.
//
// SCTP ports are not listened on: the host has none, and Bind returns ErrProtocol
// in a *ProxyError.
func (a *Allocator) Bind(addr netip.Addr, p Publication, listen func(Binding) error) (Binding, error) {
	for attempt := 1; ; attempt++ {
		b, err := a.Allocate(addr, p)
		if err != nil {
			return Binding{}, err
		}
		if err = ErrProtocol; p.Port.Proto != SCTP {
			err = listen(b)
		}
		if err == nil {
			return b, nil
		}
		a.Release(b)
		if p.First != 0 || attempt == attempts {
			return Binding{}, &ProxyError{b.Host(), err}
		}
	}
}
