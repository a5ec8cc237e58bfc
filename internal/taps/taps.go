// Package taps is a list of functions that look at what passes by. Asking whether anybody looks
// is one load from memory.
package taps

import (
	"sync"
	"sync/atomic"
)

// A List is the functions that want to see values of a kind. The zero List is empty. It is safe
// for concurrent use. Of many, adding and removing one costs as much as of few.
type List[T any] struct {
	list atomic.Pointer[[]*tap[T]] // nil while nobody looks; what a reader sees of it does not change, but for who is gone
	mu   sync.Mutex                // serializes changes
	gone int                       // taps of the list that have been removed. +checklocks:mu
}

type tap[T any] struct {
	fn   func(T)
	gone atomic.Bool
}

// Add adds fn until remove is called. fn may still be running in another goroutine when remove
// returns.
func (l *List[T]) Add(fn func(T)) (remove func()) {
	t := &tap[T]{fn: fn}
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []*tap[T]
	if old := l.list.Load(); old != nil {
		list = *old
	}
	list = append(list, t) // behind what readers see
	l.list.Store(&list)
	return func() { l.remove(t) }
}

// remove marks t, and makes a new list once half of this one is gone.
func (l *List[T]) remove(t *tap[T]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.gone.Swap(true) {
		return
	}
	l.gone++
	old := *l.list.Load()
	left := len(old) - l.gone
	if left > l.gone {
		return
	}
	l.gone = 0
	if left == 0 {
		l.list.Store(nil)
		return
	}
	list := make([]*tap[T], 0, left)
	for _, t := range old {
		if !t.gone.Load() {
			list = append(list, t)
		}
	}
	l.list.Store(&list)
}

// Empty reports whether nobody looks.
func (l *List[T]) Empty() bool { return l.list.Load() == nil }

// Show calls each function with a value that make returns.
func (l *List[T]) Show(make func() T) {
	if list := l.list.Load(); list != nil {
		for _, t := range *list {
			if !t.gone.Load() {
				t.fn(make())
			}
		}
	}
}
