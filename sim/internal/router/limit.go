package router

import (
	"sync"
	"time"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// How many ICMP errors a host gets, as Linux has it: one a second
// (net.ipv4.icmp_ratelimit), six at once after a silence. What says that there is
// no route counts twice (net.ipv4.route.error_cost), the first time with a burst of
// five (error_burst).
const (
	errorCost    = time.Second
	errorBurst   = 6 * time.Second
	noRouteBurst = 5 * time.Second
)

// maxLimited bounds how many hosts are remembered. A silence of errorBurst makes
// one forgettable.
const maxLimited = 4096

// A limiter limits the ICMP errors that each host gets. The zero value has sent
// none.
type limiter struct {
	mu sync.Mutex // guards of
	of map[tcpip.Address]*credit
}

// A credit is what a host may still get.
type credit struct {
	time  time.Duration
	since tcpip.MonotonicTime
}

// allow reports whether src may get an error now, and if so counts it. What path
// MTU discovery depends on is always allowed.
func (l *limiter) allow(now tcpip.MonotonicTime, src tcpip.Address, why packet.Error) bool {
	switch why {
	case fragNeeded4, tooBig6:
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.creditLocked(src, now)
	if why == netUnreachable4 && !c.take(now, noRouteBurst) {
		return false
	}
	return c.take(now, errorBurst)
}

// creditLocked returns what src may still get. Who is not remembered has the full credit,
// so forgetting somebody errs on the side of answering.
func (l *limiter) creditLocked(src tcpip.Address, now tcpip.MonotonicTime) *credit {
	if c := l.of[src]; c != nil {
		return c
	}
	if len(l.of) >= maxLimited {
		l.forgetLocked(now)
	}
	if l.of == nil {
		l.of = make(map[tcpip.Address]*credit)
	}
	c := &credit{errorBurst, now}
	l.of[src] = c
	return c
}

// forgetLocked forgets the hosts that have their full credit again, or all if none
// has.
func (l *limiter) forgetLocked(now tcpip.MonotonicTime) {
	for a, c := range l.of {
		if now.Sub(c.since) >= errorBurst {
			delete(l.of, a)
		}
	}
	if len(l.of) >= maxLimited {
		clear(l.of)
	}
}

// take takes the cost of an error, if it is there.
func (c *credit) take(now tcpip.MonotonicTime, burst time.Duration) bool {
	c.time = min(c.time+now.Sub(c.since), burst)
	c.since = now
	if c.time < errorCost {
		return false
	}
	c.time -= errorCost
	return true
}
