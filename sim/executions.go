package sim

import (
	"maps"
	"slices"
	"sync"
)

// executions are those of a host, by ID.
type executions struct {
	mu   sync.Mutex
	list map[string]*Execution // +checklocks:mu
}

// maxExecutions is how many a host has: dockerd forgets what has ended within ten minutes,
// and what never ran with its container.
const maxExecutions = 10_000

// Execution returns the Execution with that ID.
func (h *Host) Execution(id string) (*Execution, bool) {
	h.executions.mu.Lock()
	defer h.executions.mu.Unlock()
	x, ok := h.executions.list[id]
	return x, ok
}

// add is put where there is room.
func (e *executions) add(x *Execution) error {
	e.mu.Lock()
	full := len(e.list) >= maxExecutions
	if full {
		maps.DeleteFunc(e.list, func(_ string, x *Execution) bool { return x.isOver() })
		full = len(e.list) >= maxExecutions
	}
	e.mu.Unlock()
	if full {
		return errorf("create exec", x.container.Name(), ErrInUse, "too many exec instances")
	}
	e.put(x)
	return nil
}

func (e *executions) put(x *Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.list == nil {
		e.list = make(map[string]*Execution)
	}
	e.list[x.id] = x
}

// drop forgets one of which nobody was told.
func (e *executions) drop(x *Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.list, x.id)
}

// dropOf forgets those of a container that is removed.
func (e *executions) dropOf(c *Container) {
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.DeleteFunc(e.list, func(_ string, x *Execution) bool { return x.container == c })
}

// dropAll forgets all, as who keeps them in memory alone.
func (e *executions) dropAll() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = nil
}

// of returns the IDs of those of a container that have not ended, nil if there are none.
func (e *executions) of(c *Container) (ids []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, x := range e.list {
		if x.container == c && !x.hasEnded() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (x *Execution) hasEnded() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.status != nil
}

// isOver reports whether it has ended, or can no more be run.
func (x *Execution) isOver() bool {
	x.mu.Lock()
	ended, running := x.status != nil, x.running
	x.mu.Unlock()
	return ended || !running && x.Check() != nil
}
