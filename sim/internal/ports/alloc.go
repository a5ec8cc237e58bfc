package ports

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
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
	// ErrProtocol is in a *ListenError: the host has no SCTP.
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

// A ListenError is a port of the host that was allocated and could not be listened on.
type ListenError struct {
	Binding Binding
	Err     error // of listen: a *net.OpError, or ErrProtocol
}

// Error returns what there is to say of the cause.
func (e *ListenError) Error() string { return e.Err.Error() }

func (e *ListenError) Unwrap() error { return e.Err }

// An Allocator gives the ports of a host to its containers. Each address has ports
// of its own for each protocol, 0.0.0.0 and :: as well: that 0.0.0.0:80 and
// 127.0.0.1:80 exclude each other is left to who listens on them, unless the Allocator is
// Exclusive, as Docker's is since release 28.
//
// A port that is not asked for by number is the next after the one that the same
// range gave out last, so one that was released does not return before the others
// had their turn.
//
// The zero Allocator is ready to use, with no port allocated. Its methods are safe
// for concurrent use.
type Allocator struct {
	// Exclusive is set before its first use.
	Exclusive bool

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
	port, err := a.allocate([]netip.Addr{addr}, p)
	if err != nil {
		return Binding{}, err
	}
	return Binding{p.Port, addr, port}, nil
}

// allocate allocates one port at all of some addresses. Of a range it is the next after the one
// that the range gave out last at the first of them.
func (a *Allocator) allocate(addrs []netip.Addr, p Publication) (uint16, error) {
	s := p.span()
	if s.first > s.last || s.first == 0 && s.last != 0 {
		return 0, fmt.Errorf("%w: %v", ErrRange, s)
	}
	if s.first == 0 {
		s = span{EphemeralFirst, EphemeralLast}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var pools []*pool
	for _, addr := range addrs {
		pools = append(pools, a.poolLocked(poolKey{addr, p.Port.Proto}))
	}
	barred := append(a.excludedLocked(addrs, p.Port.Proto), addrs...)
	taken := func(port uint16) (netip.Addr, bool) {
		for _, addr := range barred {
			if a.poolLocked(poolKey{addr, p.Port.Proto}).taken[port] {
				return addr, true
			}
		}
		return netip.Addr{}, false
	}
	if s.first == s.last {
		if addr, ok := taken(s.first); ok {
			return 0, &BindError{netip.AddrPortFrom(addr, s.first), ErrAllocated}
		}
	}
	port, ok := pools[0].next(s, func(port uint16) bool { _, taken := taken(port); return !taken })
	if !ok {
		return 0, ErrAllAllocated
	}
	for _, pool := range pools {
		pool.take(s, port)
	}
	return port, nil
}

// excludedLocked returns the further addresses at which a port must be free, in order: those of the
// family of an unspecified address, and the unspecified one of any other.
func (a *Allocator) excludedLocked(addrs []netip.Addr, proto Proto) (list []netip.Addr) {
	if !a.Exclusive {
		return nil
	}
	for key := range a.pools {
		if key.proto != proto || slices.Contains(addrs, key.addr) {
			continue
		}
		if slices.ContainsFunc(addrs, func(o netip.Addr) bool {
			return o.Is4() == key.addr.Is4() && (o.IsUnspecified() || key.addr.IsUnspecified())
		}) {
			list = append(list, key.addr)
		}
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return list
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

// next returns the next port of a range that is free.
func (p *pool) next(s span, free func(port uint16) bool) (uint16, bool) {
	port, ok := p.last[s]
	if !ok {
		port = s.last
	}
	for range s.len() {
		if port++; port > s.last || port < s.first { // past 65535 it is 0
			port = s.first
		}
		if free(port) {
			return port, true
		}
	}
	return 0, false
}

// take takes a port of a range.
func (p *pool) take(s span, port uint16) {
	p.taken[port] = true
	if s.first < s.last {
		p.last[s] = port
	}
}

// Room returns ErrAllAllocated if Bind would for one of some requests, done one after the other,
// and nil if nothing fails or something else does first. It changes nothing: who asks before need
// not open thousands of ports to learn that there are too few.
func (a *Allocator) Room(list []Request) error {
	trial := Allocator{Exclusive: a.Exclusive, pools: make(map[poolKey]*pool)}
	a.mu.Lock()
	for key, p := range a.pools {
		trial.pools[key] = &pool{maps.Clone(p.taken), maps.Clone(p.last)}
	}
	a.mu.Unlock()
	for _, r := range list {
		if r.Routed {
			continue
		}
		if _, err := trial.allocate(r.Addrs, r.Publication); errors.Is(err, ErrAllAllocated) {
			return err
		} else if err != nil {
			return nil
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

// Bind allocates one port for all addresses of a request and has listen open it at each, without
// holding a lock. If listen fails, because somebody else of the host has the port, undo is called
// for what was opened, and the port is released. Of the ephemeral ones Bind then tries the next, ten
// in all; of a range only an Exclusive Allocator does, as Docker. The error is one of Allocate, or a
// *ListenError around that of the last listen.
//
// SCTP ports are not listened on: the host has none, and Bind returns ErrProtocol
// in a *ListenError.
func (a *Allocator) Bind(r Request, listen func(Binding) error, undo func(Binding)) ([]Binding, error) {
	again := r.First == 0 || a.Exclusive && r.span().open() > 0
	for attempt := 1; ; attempt++ {
		port, err := a.allocate(r.Addrs, r.Publication)
		if err != nil {
			return nil, err
		}
		list := make([]Binding, len(r.Addrs))
		for i, addr := range r.Addrs {
			list[i] = Binding{r.Port, addr, port}
		}
		opened := 0
		for err == nil && opened < len(list) {
			if err = ErrProtocol; r.Port.Proto != SCTP {
				err = listen(list[opened])
			}
			if err == nil {
				opened++
			}
		}
		if err == nil {
			return list, nil
		}
		failed := list[opened]
		for _, b := range list[:opened] {
			undo(b)
		}
		for _, b := range list {
			a.Release(b)
		}
		if !again || attempt == attempts {
			return nil, &ListenError{failed, err}
		}
	}
}
