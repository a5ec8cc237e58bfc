package relay

import (
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
)

// A Group is what ends together: goroutines and the sockets they wait for. Open makes a
// group ready; its methods are safe for concurrent use after that.
type Group struct {
	ctx    context.Context // done when the group is to end
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	mu     sync.Mutex // guards what follows, and tasks from growing after the end
	ends   map[int]func() error
	opened int
	ended  bool
}

// Open readies a group, once.
func (g *Group) Open() {
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.ends = make(map[int]func() error)
}

// Context returns a context that is done when the group is to end.
func (g *Group) Context() context.Context { return g.ctx }

// Add announces a task, which must call Done. It is false after Stop.
func (g *Group) Add() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		return false
	}
	g.tasks.Add(1)
	return true
}

// Done ends a task that Add announced.
func (g *Group) Done() { g.tasks.Done() }

// Go runs a task. It is false after Stop.
func (g *Group) Go(task func()) bool {
	if !g.Add() {
		return false
	}
	go func() {
		defer g.Done()
		task()
	}()
	return true
}

// own has end called by Stop, unless drop comes first, which takes the number that own
// returns. If the group has ended, end is called at once.
func (g *Group) own(end func() error) (id int, ok bool) {
	g.mu.Lock()
	if ok = !g.ended; ok {
		id = g.opened
		g.ends[id] = end
		g.opened++
	}
	g.mu.Unlock()
	if !ok {
		end()
	}
	return id, ok
}

// drop is false if Stop ends what has this number.
func (g *Group) drop(id int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.ends[id]
	delete(g.ends, id)
	return ok
}

// Stop has no further task started, and tells those that run by ending their context and
// sockets. More calls do nothing.
//
// The sockets end in the order in which they were opened: frames that this causes should
// not come in another order each time.
func (g *Group) Stop() error {
	g.mu.Lock()
	ends := g.ends
	g.ends, g.ended = nil, true
	g.mu.Unlock()
	g.cancel()
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(ends)) {
		if err := ends[id](); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Wait returns when no task runs any more. It must follow Stop.
func (g *Group) Wait() { g.tasks.Wait() }

// end is Stop and Wait.
func (g *Group) end() error {
	err := g.Stop()
	g.Wait()
	return err
}
