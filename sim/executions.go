package sim

import (
	"slices"
	"sync"

	"drydock/sim/tools/command"
)

// executions are those of a host, by ID.
type executions struct {
	mu   sync.Mutex
	list map[string]*Execution // +checklocks:mu
	// Bytes of all of them.
	size int // +checklocks:mu
}

// maxExecutions is how many a host has: dockerd forgets what has ended within ten minutes,
// and what never ran with its container. maxExecutionBytes bounds their arguments and environments.
const (
	maxExecutions     = 10_000
	maxExecutionBytes = 64 << 20
)

// Execution returns the Execution with that ID.
func (h *Host) Execution(id string) (*Execution, bool) {
	h.executions.mu.Lock()
	defer h.executions.mu.Unlock()
	x, ok := h.executions.list[id]
	return x, ok
}

// add is put where there is room.
func (e *executions) add(x *Execution) error {
	size := command.ArgBytes(x.spec.Cmd, x.spec.Env)
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.roomLocked(size) {
		e.deleteLocked((*Execution).isOver)
	}
	if !e.roomLocked(size) {
		return errorf("create exec", x.container.Name(), ErrInUse, "too many exec instances")
	}
	e.putLocked(x)
	return nil
}

// roomLocked reports whether there is room for one more.
// +checklocks:e.mu
func (e *executions) roomLocked(size int) bool {
	return len(e.list) < maxExecutions && e.size+size <= maxExecutionBytes
}

func (e *executions) put(x *Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.putLocked(x)
}

// +checklocks:e.mu
func (e *executions) putLocked(x *Execution) {
	if e.list == nil {
		e.list = make(map[string]*Execution)
	}
	e.list[x.id] = x
	e.size += command.ArgBytes(x.spec.Cmd, x.spec.Env)
}

// deleteLocked forgets those that which says.
// +checklocks:e.mu
func (e *executions) deleteLocked(which func(*Execution) bool) {
	for id, x := range e.list {
		if which(x) {
			delete(e.list, id)
			e.size -= command.ArgBytes(x.spec.Cmd, x.spec.Env)
		}
	}
}

// drop forgets one of which nobody was told.
func (e *executions) drop(x *Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.list[x.id] == x {
		delete(e.list, x.id)
		e.size -= command.ArgBytes(x.spec.Cmd, x.spec.Env)
	}
}

// dropOf forgets those of a container that is removed.
func (e *executions) dropOf(c *Container) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.deleteLocked(func(x *Execution) bool { return x.container == c })
}

// dropAll forgets all, as who keeps them in memory alone.
func (e *executions) dropAll() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list, e.size = nil, 0
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
