// Package taps is a list of functions that look at what passes by. Asking whether anybody looks
// is one load from memory.
package taps

import (
	"slices"
	"sync"
	"sync/atomic"
)

// A List is the functions that want to see values of a kind. The zero List is empty. It is safe
// for concurrent use.
type List[T any] struct {
	list atomic.Pointer[[]*func(T)] // nil while nobody looks; what a reader sees of it does not change
	mu   sync.Mutex                 // serializes changes
}

// Add adds fn until remove is called. fn may still be running in another goroutine when remove
// returns.
func (l *List[T]) Add(fn func(T)) (remove func()) {
	t := &fn
	l.edit(func(list []*func(T)) []*func(T) { return append(list, t) })
	return func() {
		l.edit(func(list []*func(T)) []*func(T) {
			return slices.DeleteFunc(list, func(o *func(T)) bool { return o == t })
		})
	}
}

func (l *List[T]) edit(change func([]*func(T)) []*func(T)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []*func(T)
	if old := l.list.Load(); old != nil {
		list = slices.Clone(*old)
	}
	if list = change(list); len(list) == 0 {
		l.list.Store(nil)
		return
	}
	l.list.Store(&list)
}

// Empty reports whether nobody looks.
func (l *List[T]) Empty() bool { return l.list.Load() == nil }

// Show calls each function with a value that make returns.
func (l *List[T]) Show(make func() T) {
	if list := l.list.Load(); list != nil {
		for _, fn := range *list {
			(*fn)(make())
		}
	}
}
