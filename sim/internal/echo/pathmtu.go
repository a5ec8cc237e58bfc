package echo

import (
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

const (
	pathMTUExpires = 10 * time.Minute // net.ipv4.route.mtu_expires
	minPathMTU4    = 552              // net.ipv4.route.min_pmtu
	minPathMTU6    = header.IPv6MinimumMTU
)

// PathMTUs are the MTUs that routers reported, by destination. The zero value is
// empty.
type PathMTUs struct {
	mu sync.Mutex // guards of
	of map[tcpip.Address]pathMTU
}

// A pathMTU is what a router said, until it is forgotten: the path may have changed.
type pathMTU struct {
	mtu     int
	expires tcpip.MonotonicTime
}

// learn notes what a router reported, and forgets what has expired: there are as many
// entries as destinations of the last ten minutes. A report below the floor would have
// anybody on the way make packets tiny; Linux takes the floor then, too.
func (p *PathMTUs) learn(dst tcpip.Address, mtu int, now tcpip.MonotonicTime) {
	floor := minPathMTU4
	if dst.Len() == header.IPv6AddressSize {
		floor = minPathMTU6
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = make(map[tcpip.Address]pathMTU)
	}
	for a, m := range p.of {
		if !now.Before(m.expires) {
			delete(p.of, a)
		}
	}
	p.of[dst] = pathMTU{max(mtu, floor), now.Add(pathMTUExpires)}
}

// mtu returns the MTU of the path to dst; 0 if none was reported lately.
func (p *PathMTUs) mtu(dst tcpip.Address, now tcpip.MonotonicTime) int {
	mtu, _ := p.Known(dst, now)
	return mtu
}

// Known is what was reported of the path to dst, and for how long it is believed; 0 if nothing
// was lately.
func (p *PathMTUs) Known(dst tcpip.Address, now tcpip.MonotonicTime) (mtu int, expires time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := p.of[dst]
	if !ok || !now.Before(m.expires) {
		return 0, 0
	}
	return m.mtu, m.expires.Sub(now)
}

// Flush forgets all.
func (p *PathMTUs) Flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.of)
}
