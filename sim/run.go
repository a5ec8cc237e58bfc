package sim

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"drydock/sim/internal/linkenv"
	"drydock/sim/internal/netstack"
	"drydock/sim/internal/relay"
	"drydock/sim/internal/users"
	"drydock/sim/tools/command"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A run is a container from a start to the stop that follows.
type run struct {
	ns        *namespace
	sockets   *netstack.Stack // those of the container
	started   time.Time
	links     atomic.Pointer[[]linkenv.Link]
	linkRules []linkRules // in the order of the links; belongs to the holder of the container's life
	sandbox   sandbox     // belongs to the holder of the container's life; zero before it joins a network
	env       []string
	account   users.Account // of the main process
	pid       int           // of the main process, as the host sees it

	ctx    context.Context // of the functions
	cancel context.CancelCauseFunc
	manual atomic.Bool     // a user has sent it a signal: it is not restarted
	told   atomic.Bool     // of its kill
	dying  atomic.Bool     // set before killed is done
	killed context.Context // done when the functions are no longer waited for before their sockets close
	kill   context.CancelFunc

	programs    context.Context // of the main program and those of Exec
	endPrograms context.CancelCauseFunc
	console     *console
	process     *command.Process // of the main program; nil: there is none; belongs to the holder of the container's life
	hasMain     bool             // or a main function; likewise

	over     chan struct{} // closed when nothing of the run is left
	exitCode int           // not before over is closed
	ended    *moment       // its stop as others wait for it; nil: nobody does
	paused   bool          // guarded by the container's stateMu

	held []command.Signal // sent while it was paused; guarded by the container's stateMu

	dns      *nameserver // nil: none; belongs to the holder of the container's life
	nextEth  int         // belongs to the holder of the container's life
	gateways gateways    // those of the default routes; likewise

	mu        sync.Mutex
	main      mainResult       // +checklocks:mu
	functions []function       // +checklocks:mu
	published []*publishedPort // +checklocks:mu
}

// A function is a call of Container.Go.
type function struct {
	done    chan struct{}
	from    string // who called
	program bool   // of Exec: it ends with the main process
}

// newRun returns a run with two contexts, one within the other: that of the functions ends with
// the first word of a stop, the outer one when they are no longer waited for.
func newRun(ns *namespace, con *console) *run {
	r := &run{ns: ns, console: con, started: time.Now(), over: make(chan struct{})}
	killed, kill := context.WithCancelCause(context.Background())
	r.killed, r.kill = killed, func() { kill(command.SIGKILL) }
	r.ctx, r.cancel = context.WithCancelCause(killed)
	r.programs, r.endPrograms = context.WithCancelCause(killed)
	return r
}

// slow is how long a stopped container waits before it says for whom.
const slow = 5 * time.Second

// Go runs fn in a goroutine that belongs to the container: ctx is canceled when
// the container stops, and stopping waits until fn returns. An error that fn
// returns before is logged. Go itself fails if the container is not running.
func (c *Container) Go(fn func(ctx context.Context) error) error {
	if fn == nil {
		return errorf("run in container", c.Name(), ErrNotFound, "no function to run in container %s", c.id)
	}
	_, file, line, _ := runtime.Caller(1)
	f := function{done: make(chan struct{}), from: fmt.Sprintf("%s:%d", file, line)}
	r := c.running()
	if c.State().Paused {
		return errorf("run in container", c.Name(), ErrPaused, c.host.says.ExecPaused, c.Name())
	}
	if r == nil || !r.add(f) {
		return c.errDown("run in container")
	}
	return c.host.labelled(func() error {
		go func() {
			defer r.end(f)
			if err := fn(r.ctx); err != nil && !r.ending() {
				c.host.log.Error("function failed", "container", c.Name(), "from", f.from, "error", err)
			}
		}()
		return nil
	})
}

// add notes a function unless the run is being stopped.
func (r *run) add(f function) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		return false
	}
	r.functions = append(r.functions, f)
	return true
}

// addMain notes the main function, also if Kill came first: it is told by its context.
func (r *run) addMain(f function) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.functions = append(r.functions, f)
}

func (r *run) end(f function) {
	r.mu.Lock()
	r.functions = slices.DeleteFunc(r.functions, func(o function) bool { return o == f })
	r.mu.Unlock()
	close(f.done)
}

func (r *run) list() []function {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.functions)
}

// ending reports whether the functions are to return.
func (r *run) ending() bool { return r.dying.Load() || r.ctx.Err() != nil }

// interrupt cancels the functions. It does so under the lock with which add looks, so that a
// function is either refused or told.
func (r *run) interrupt(s command.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cancel(s)
}

// await waits for the functions and the main program, but no longer than ctx and the kill: a function that does not
// return is one that ignores SIGTERM, and its sockets are closed under it. It reports whether
// they are all back.
func (r *run) await(ctx context.Context) bool {
	for _, f := range r.list() {
		if f.program {
			continue
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return false
		case <-r.killed.Done():
			return false
		}
	}
	return r.killed.Err() == nil
}

// wait waits for the functions and logs those that keep it waiting.
func (r *run) wait(log *slog.Logger, container string) {
	functions := r.list()
	if len(functions) == 0 {
		return
	}
	timer := time.AfterFunc(slow, func() {
		for _, f := range r.list() {
			log.Error("stopped container waits for a function to return", "container", container, "from", f.from)
		}
	})
	defer timer.Stop()
	for _, f := range functions {
		<-f.done
	}
}

func (r *run) ports() []*publishedPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.published)
}

// setPorts notes the published ports.
func (r *run) setPorts(published []*publishedPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.published = published
}

// drain waits, at most for that time, until what the container has sent has arrived: until the peers
// have acknowledged the end of its connections and the userland proxies have passed it on.
func (r *run) drain(clock tcpip.Clock, most time.Duration) {
	if r.dying.Load() {
		<-r.killed.Done() // die may not have reset all of them yet
		return
	}
	ctx, cancel := context.WithTimeout(r.killed, most)
	defer cancel()
	// Nobody tells of it. In virtual time a nanosecond is until nothing moves.
	for wait := time.Nanosecond; r.sending(); wait = min(2*wait, time.Millisecond) {
		over := make(chan struct{})
		timer := clock.AfterFunc(wait, func() { close(over) })
		select {
		case <-over:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// sending reports whether something that was sent is under way. The order counts: what the
// proxies have acknowledged is theirs to pass on.
func (r *run) sending() bool {
	if r.ns.stack.Unacknowledged() {
		return true
	}
	for _, p := range r.ports() {
		if proxy, ok := p.proxy.(*relay.TCP); ok && proxy.Replying() {
			return true
		}
	}
	return false
}
