package slirp

import (
	"context"
	"sync"
)

// A group is the goroutines that end together.
type group struct {
	ctx    context.Context // done when the group is to end
	cancel context.CancelFunc

	mu    sync.Mutex // guards ended, and tasks from growing after that
	ended bool
	tasks sync.WaitGroup
}

func (g *group) init(parent context.Context) { g.ctx, g.cancel = context.WithCancel(parent) }

// add announces a task, which must call tasks.Done. It is false after end.
func (g *group) add() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		return false
	}
	g.tasks.Add(1)
	return true
}

// start runs a task. It is false after end.
func (g *group) start(task func()) bool {
	if !g.add() {
		return false
	}
	go func() {
		defer g.tasks.Done()
		task()
	}()
	return true
}

// stop has no further task started and tells those that run.
func (g *group) stop() {
	g.mu.Lock()
	g.ended = true
	g.mu.Unlock()
	g.cancel()
}
