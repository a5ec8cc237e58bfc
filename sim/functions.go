package sim

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"
)

// slow is how long a stopped container waits before it says for whom.
const slow = 5 * time.Second

// functions are what runs in a container.
type functions struct {
	mu      sync.Mutex // guards what follows
	ctx     context.Context
	running []function
}

// A function is a call of Container.Go.
type function struct {
	done chan struct{}
	from string // who called
}

func (f *functions) start(ctx context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ctx = ctx
}

// Go runs fn in a goroutine that belongs to the container: ctx is canceled when
// the container stops, and stopping waits until fn returns. An error of fn is
// logged. Go itself fails if the container is not running.
func (c *Container) Go(fn func(ctx context.Context) error) error {
	_, file, line, _ := runtime.Caller(1)
	f := function{done: make(chan struct{}), from: fmt.Sprintf("%s:%d", file, line)}
	c.functions.mu.Lock()
	ctx := c.functions.ctx
	if ctx == nil || ctx.Err() != nil {
		c.functions.mu.Unlock()
		return errorf("run in container", c.name, ErrNotRunning, "Container %s is not running", c.id)
	}
	c.functions.running = append(c.functions.running, f)
	c.functions.mu.Unlock()
	return c.host.labelled(func() error {
		go func() {
			defer c.functions.end(f)
			if err := fn(ctx); err != nil && ctx.Err() == nil {
				c.host.log.Error("function failed", "container", c.name, "from", f.from, "error", err)
			}
		}()
		return nil
	})
}

func (f *functions) end(fn function) {
	f.mu.Lock()
	f.running = slices.DeleteFunc(f.running, func(o function) bool { return o == fn })
	f.mu.Unlock()
	close(fn.done)
}

func (f *functions) list() []function {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.running)
}

// waitOr waits for the functions or for ctx.
func (f *functions) waitOr(ctx context.Context) {
	for _, fn := range f.list() {
		select {
		case <-fn.done:
		case <-ctx.Done():
			return
		}
	}
}

// wait waits for the functions and logs those that keep it waiting.
func (f *functions) wait(log *slog.Logger, name string) {
	if len(f.list()) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), slow)
	f.waitOr(ctx)
	cancel()
	for _, fn := range f.list() {
		log.Error("stopped container waits for a function to return", "container", name, "from", fn.from)
	}
	f.waitOr(context.Background())
}
