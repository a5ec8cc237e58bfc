package netstack

import (
	"net"
	"os"
	"sync/atomic"
	"time"

	"drydock/sim/internal/sched"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/waiter"
)

// A side is one direction of a socket. Package net lets several goroutines read at once, one
// after the other; and the token of the endpoint is for one alone, so there has to be a
// turn.
type side struct {
	turn     chan struct{} // has a token while a call is in progress
	ready    chan struct{} // has a token if the endpoint may have become ready
	entry    waiter.Entry
	deadline deadline
	waits    atomic.Bool   // a call found the endpoint not ready; for reports
	poster   *sched.Poster // wakes up who waits; nil: events do so as they come
	posted   atomic.Bool   // and will
}

func (s *side) init(ns *namespace, queue *waiter.Queue, mask waiter.EventMask) {
	s.turn = make(chan struct{}, 1)
	s.ready = make(chan struct{}, 1)
	if ns.source != nil {
		s.poster = ns.source.Poster()
	}
	s.deadline.init(ns.clock)
	s.entry.Init(s, mask)
	queue.EventRegister(&s.entry)
}

// NotifyEvent implements waiter.EventListener.
func (s *side) NotifyEvent(waiter.EventMask) {
	if s.poster == nil {
		s.wake()
	} else if !s.posted.Swap(true) {
		s.poster.Post(s.wakeLater)
	}
}

// wake leaves a token. One that is there already stands for this event too: whoever takes
// it looks at the endpoint afterwards.
func (s *side) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

func (s *side) wakeLater() {
	s.posted.Store(false)
	s.wake()
}

// begin waits for the end of other calls of the same direction, and for Thaw. Unless
// it fails, end must follow.
func (s *side) begin(c *sock) error { return s.beginBy(&s.deadline, c) }

// beginBy is begin with a deadline, which may be nil.
func (s *side) beginBy(d *deadline, c *sock) error {
	// Close comes before a deadline, and both before data that is there: package net's
	// order, which a select alone would leave to chance.
	past := d.done()
	select {
	case <-c.closed:
		return net.ErrClosed
	default:
	}
	select {
	case <-past:
		return os.ErrDeadlineExceeded
	default:
	}
	select {
	case s.turn <- struct{}{}:
	case <-past:
		return os.ErrDeadlineExceeded
	case <-c.closed:
		return net.ErrClosed
	}
	if err := c.thawed(d); err != nil {
		s.end()
		return err
	}
	return nil
}

func (s *side) end() { <-s.turn }

// wait returns when the endpoint may be ready and the stack is not frozen. The caller
// had its turn and found the endpoint not ready: an event since then has left its token.
func (s *side) wait(c *sock) error {
	s.waits.Store(true)
	defer s.waits.Store(false)
	select {
	case <-s.ready:
		return c.thawed(&s.deadline)
	case <-s.deadline.done():
		return os.ErrDeadlineExceeded
	case <-c.closed:
		return net.ErrClosed
	}
}

// thawed returns when the stack is not frozen, or with an error at d, which may be nil,
// or Close.
func (c *sock) thawed(d *deadline) error {
	if !c.stack.isFrozen() {
		return nil
	}
	return c.awaitThaw(d)
}

func (c *sock) awaitThaw(d *deadline) error {
	// Thaw and Freeze may follow each other faster than this goroutine wakes up.
	for f := c.stack.frozen.Load(); f != nil; f = c.stack.frozen.Load() {
		select {
		case <-f.over:
		case <-d.done():
			return os.ErrDeadlineExceeded
		case <-c.closed:
		}
		if c.shut.Load() {
			return net.ErrClosed
		}
	}
	return nil
}

// outcome returns, after Thaw, the error of a call that the endpoint is done with.
func (c *sock) outcome(call string, err tcpip.Error) error {
	if err := c.thawed(nil); err != nil {
		return err
	}
	if err != nil {
		return c.failure(call, err)
	}
	return nil
}

// SetDeadline implements net.Conn and net.PacketConn.
func (c *sock) SetDeadline(t time.Time) error { return c.setDeadlines(t, &c.read, &c.write) }

// SetReadDeadline implements net.Conn and net.PacketConn.
func (c *sock) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, &c.read) }

// SetWriteDeadline implements net.Conn and net.PacketConn.
func (c *sock) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, &c.write) }

func (c *sock) setDeadlines(t time.Time, sides ...*side) error {
	if c.shut.Load() {
		return c.setError(net.ErrClosed)
	}
	// A socket that is closed right now gets a timer that Close has not stopped: it fires
	// once, into nothing.
	for _, s := range sides {
		s.deadline.set(t)
	}
	return nil
}
