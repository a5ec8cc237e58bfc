// Package sched runs what happens in a testing/synctest bubble one event after the other, in
// an order that does not depend on the scheduling of goroutines.
//
// An event is whatever would otherwise run beside other things: a frame that arrives, a timer
// that fires, a call that is woken up. Each runs when every goroutine of the bubble is
// blocked. The bubble itself says when that is so: only then does its time pass, and events
// run at least a nanosecond after they are due. So what an event causes has come to an end
// before the next one runs, and of events that are due at one instant the order is that of
// their sources and, within a source, the one in which they were posted; those of timers and
// Posters, of which several may post at once, come in the order in which these were made. Only a timer of
// package time that ends in the nanosecond of an event runs beside it.
//
// What code of the bubble does on its own account, between events, runs at once and as Go
// schedules it. Where goroutines that run at the same time have to be told apart, each waits
// for its Turn.
package sched

import (
	"cmp"
	"container/heap"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A Scheduler has the events of a bubble. Its methods are safe for concurrent use.
type Scheduler struct {
	mu      sync.Mutex // guards what follows; no event runs with it held
	events  events
	posted  uint64
	timer   *time.Timer // fires when the next event runs
	wakes   int64       // when that is, 0 if the timer is not set
	running bool        // an event runs
}

// An event is something to run. Events are ordered by the fields up to seq.
type event struct {
	due    int64 // nanoseconds since 1970
	source uint64
	key    string
	poster uint64 // the number of who posted it, of its source; 0: the source itself
	seq    uint64 // in which they were posted

	run   func()
	index int // in events, -1 outside
}

func (e *event) compare(o *event) int {
	return cmp.Or(cmp.Compare(e.due, o.due), cmp.Compare(e.source, o.source), cmp.Compare(e.key, o.key),
		cmp.Compare(e.poster, o.poster), cmp.Compare(e.seq, o.seq))
}

// events is a heap of events.
type events []*event

func (h events) Len() int           { return len(h) }
func (h events) Less(i, j int) bool { return h[i].compare(h[j]) < 0 }
func (h events) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *events) Push(x any) {
	e := x.(*event)
	e.index = len(*h)
	*h = append(*h, e)
}
func (h *events) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	e.index = -1
	return e
}

// now is the time of the bubble.
func now() int64 { return time.Now().UnixNano() }

// postLocked adds an event.
// +checklocks:s.mu
func (s *Scheduler) postLocked(e *event) {
	s.posted++
	e.seq = s.posted
	heap.Push(&s.events, e)
	s.setLocked()
}

// setLocked sets the timer for the next event.
// +checklocks:s.mu
func (s *Scheduler) setLocked() {
	if s.running || len(s.events) == 0 {
		return // after the event that runs; for none
	}
	t := now()
	at := max(s.events[0].due, t) + 1
	if s.wakes != 0 && s.wakes <= at {
		return
	}
	s.wakes = at
	if s.timer == nil {
		s.timer = time.AfterFunc(time.Duration(at-t), s.fire)
		return
	}
	s.timer.Reset(time.Duration(at - t))
}

// fire runs the next event if it is due.
func (s *Scheduler) fire() {
	s.mu.Lock()
	s.wakes = 0
	if s.running || len(s.events) == 0 || s.events[0].due >= now() {
		s.setLocked()
		s.mu.Unlock()
		return
	}
	e := heap.Pop(&s.events).(*event)
	s.running = true
	s.mu.Unlock()
	defer func() { // also if a function of a test ends the goroutine
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running = false
		s.setLocked()
	}()
	e.run()
}

// A Source is somebody whose events run in the order in which they were posted. It is the
// clock of the bubble, whose timers are events, and a veth.Scheduler. Its methods are safe for
// concurrent use.
type Source struct {
	tcpip.Clock
	scheduler *Scheduler
	id        uint64
	posters   atomic.Uint64
}

// Source returns a source. Of events that are due at one instant those of the lower id run
// first.
func (s *Scheduler) Source(id uint64) *Source {
	return &Source{Clock: tcpip.NewStdClock(), scheduler: s, id: id}
}

// Post runs fn when every goroutine is blocked.
func (s *Source) Post(fn func()) { s.post(&event{run: fn}) }

func (s *Source) post(e *event) {
	s.scheduler.mu.Lock()
	defer s.scheduler.mu.Unlock()
	e.due, e.source = now(), s.id
	s.scheduler.postLocked(e)
}

// A Poster is one of many of a source who post at one instant, in an order that is up to Go.
type Poster struct {
	source *Source
	number uint64
}

// Poster returns a poster. Of events that are due at one instant those of the older one run first.
func (s *Source) Poster() *Poster { return &Poster{s, s.posters.Add(1)} }

// Post is that of the source.
func (p *Poster) Post(fn func()) { p.source.post(&event{poster: p.number, run: fn}) }

// Turn returns when every other goroutine is blocked, or with the error of ctx. Of those that
// wait at one instant the lower key goes first. The caller must hold no mutex: who waits for
// one is not blocked as a bubble understands it.
func (s *Source) Turn(ctx context.Context, key string) error {
	turn := make(chan struct{})
	s.post(&event{key: key, run: func() { close(turn) }})
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-turn: // both: not what chance would choose
		return nil
	default:
		return ctx.Err()
	}
}
