// Package feed hands what happens to those who listen. Who tells never waits for who listens.
package feed

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// A Feed is a stream of values to any number of listeners, which keeps the last ones. The zero
// Feed is empty. It is safe for concurrent use.
type Feed[T any] struct {
	mu        sync.Mutex
	past      []T            // +checklocks:mu
	oldest    int            // +checklocks:mu
	listeners []*Listener[T] // +checklocks:mu
	closed    bool           // +checklocks:mu
}

// Kept is how many values a Feed keeps: dockerd's eventsLimit.
const Kept = 256

// queued is how many values a listener may be behind. It is much more than a program that
// reads at all falls behind: starting a container tells three.
const queued = 1 << 16

// What ends a Listener.
var (
	ErrClosed = errors.New("feed closed")
	ErrBehind = errors.New("listener too slow: values were lost")
)

// A Listener is who listens. Close must be called when it no longer does.
type Listener[T any] struct {
	feed *Feed[T]
	more chan struct{} // has an element when there may be something to take

	mu    sync.Mutex
	queue []T   // +checklocks:mu
	err   error // +checklocks:mu
}

// Tell makes a value, which is a part of the stream from then on, under the feed's lock: the
// values are in the order in which make is called.
func (f *Feed[T]) Tell(make func() T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	v := make()
	if len(f.past) < Kept {
		f.past = append(f.past, v)
	} else {
		f.past[f.oldest] = v
		f.oldest = (f.oldest + 1) % Kept
	}
	for _, l := range f.listeners {
		l.put(v)
	}
}

// Listen returns a Listener that gets the kept values that past wants, in their order, and then
// all that follow: none is lost in between and none comes twice. Nil wants none.
func (f *Feed[T]) Listen(past func(T) bool) *Listener[T] {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := &Listener[T]{feed: f, more: make(chan struct{}, 1)}
	for _, v := range f.pastLocked() {
		if past != nil && past(v) {
			l.put(v)
		}
	}
	if f.closed {
		l.end(ErrClosed)
		return l
	}
	f.listeners = append(f.listeners, l)
	return l
}

// Past returns the values that are kept, the oldest first.
func (f *Feed[T]) Past() []T {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pastLocked()
}

// +checklocks:f.mu
func (f *Feed[T]) pastLocked() []T {
	return slices.Concat(f.past[f.oldest:], f.past[:f.oldest])
}

// Listeners returns how many there are.
func (f *Feed[T]) Listeners() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.listeners)
}

// Forget drops the values that are kept. Listeners go on.
func (f *Feed[T]) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.past, f.oldest = nil, 0
}

// Close ends all listeners when they have had what was told before.
func (f *Feed[T]) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for _, l := range f.listeners {
		l.end(ErrClosed)
	}
	f.listeners = nil
}

func (l *Listener[T]) put(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.err != nil:
		return
	case len(l.queue) == queued:
		l.err = ErrBehind
	default:
		l.queue = append(l.queue, v)
	}
	l.wake()
}

func (l *Listener[T]) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
	l.wake()
}

func (l *Listener[T]) wake() {
	select {
	case l.more <- struct{}{}:
	default:
	}
}

// Next returns the next value, which it waits for until ctx is done. After the last one it
// returns ErrClosed, or ErrBehind if the listener has fallen so far behind that values were
// lost. It is for one goroutine at a time.
func (l *Listener[T]) Next(ctx context.Context) (v T, err error) {
	for {
		v, ok, err := l.take()
		if ok || err != nil {
			return v, err
		}
		select {
		case <-l.more:
		case <-ctx.Done():
			return v, ctx.Err()
		}
	}
}

func (l *Listener[T]) take() (v T, ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return v, false, l.err
	}
	v = l.queue[0]
	l.queue = l.queue[1:]
	return v, true, nil
}

// Close ends the listener: Next returns ErrClosed when the queue is empty.
func (l *Listener[T]) Close() {
	f := l.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listeners = slices.DeleteFunc(f.listeners, func(o *Listener[T]) bool { return o == l })
	l.end(ErrClosed)
}
