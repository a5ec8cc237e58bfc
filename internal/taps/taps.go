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

	removals atomic.Uint64 // that there have been
}

type tap[T any] struct {
	fn   func(T)
	gone atomic.Uint64 // which removal that was, the first being 1; 0: none
}

// Add adds fn until remove is called. fn may still be running in another goroutine when remove
// returns. A nil fn panics here, and not in the goroutine of who is looked at.
func (l *List[T]) Add(fn func(T)) (remove func()) {
	if fn == nil {
		panic("nil function to look with")
	}
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
	if t.gone.Load() != 0 {
		return
	}
	t.gone.Store(l.removals.Add(1))
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
		if t.gone.Load() == 0 {
			list = append(list, t)
		}
	}
	l.list.Store(&list)
}

// Empty reports whether nobody looks.
func (l *List[T]) Empty() bool { return l.list.Load() == nil }

// Show calls each function with a value that make returns, also those that are removed meanwhile.
func (l *List[T]) Show(make func() T) {
	if list := l.list.Load(); list != nil {
		before := l.removals.Load()
		for _, t := range *list {
			if gone := t.gone.Load(); gone == 0 || gone > before {
				t.fn(make())
			}
		}
	}
}
