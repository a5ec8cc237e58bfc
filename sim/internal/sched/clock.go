package sched

import (
	"container/heap"
	"math"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// AfterFunc implements tcpip.Clock: the timers of s are events.
func (s *Source) AfterFunc(d time.Duration, fn func()) tcpip.Timer {
	t := &timer{poster: s.Poster(), fn: fn}
	t.Reset(d)
	return t
}

// A timer is one of a Source. The lock of its scheduler guards next.
type timer struct {
	poster *Poster
	fn     func()
	next   *event // nil: it is stopped, or has fired
}

// Reset implements tcpip.Timer.
func (t *timer) Reset(d time.Duration) {
	s := t.poster.source.scheduler
	s.mu.Lock()
	defer s.mu.Unlock()
	t.stopLocked()
	due := now()
	if due += int64(max(d, 0)); due < 0 {
		due = math.MaxInt64 - 1
	}
	t.next = &event{due: due, source: t.poster.source.id, poster: t.poster.number, run: t.fn}
	s.postLocked(t.next)
}

// Stop implements tcpip.Timer.
func (t *timer) Stop() bool {
	s := t.poster.source.scheduler
	s.mu.Lock()
	defer s.mu.Unlock()
	return t.stopLocked()
}

// +checklocks:t.poster.source.scheduler.mu
func (t *timer) stopLocked() bool {
	e := t.next
	t.next = nil
	if e == nil || e.index < 0 {
		return false
	}
	heap.Remove(&t.poster.source.scheduler.events, e.index)
	return true
}
