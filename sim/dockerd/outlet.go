package dockerd

import (
	"io"
	"sync"
)

// An outlet is what a command writes to: its client, and nothing once that has left, when
// there is no w.
type outlet struct {
	mu sync.Mutex
	w  io.Writer // +checklocks:mu
}

func (o *outlet) set(w io.Writer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.w = w
}

func (o *outlet) Write(b []byte) (int, error) {
	o.mu.Lock()
	w := o.w
	o.mu.Unlock()
	if w == nil {
		return len(b), nil
	}
	if _, err := w.Write(b); err != nil {
		o.set(nil)
	}
	return len(b), nil
}
