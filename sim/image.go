package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// An Image is what containers are made from: the program, the environment and the
// exposed ports that "docker run IMAGE" would bring. The same may be used by many
// containers and hosts.
type Image struct {
	Name   string   // "nginx"
	Cmd    []string // what "docker ps" shows as the command; it is not interpreted
	Env    []string // "NAME=value"; WithEnv overrides it
	Expose []string // as for WithExpose

	// Main runs in the container whenever that starts, and the container stops when it
	// returns: see Container.Wait. An error that is no exit status is logged. It should
	// return when ctx is canceled, which stands for SIGTERM. Nil sleeps until then. As for
	// the functions given to Container.Go, a stop waits for it: it must not stop, pause,
	// rename, connect or disconnect its own container, nor close the host.
	Main func(ctx context.Context, c *Container) error
}

func (i Image) clone() Image {
	i.Cmd, i.Env, i.Expose = slices.Clone(i.Cmd), slices.Clone(i.Env), slices.Clone(i.Expose)
	return i
}

// An ExitStatus is the error of a main function that ends with that status.
type ExitStatus int

// Error returns "exit status 3".
func (s ExitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// ExitCode returns the status.
func (s ExitStatus) ExitCode() int { return int(s) }

// An exitCoder is an error that is an exit status.
type exitCoder interface{ ExitCode() int }

// The statuses of what did not start, and of processes that signals end.
const (
	exitNotStarted = 128
	exitKilled     = 128 + 9
	exitTerminated = 128 + 15
)

// exitCode returns the status of a main function that returned err.
func exitCode(err error, stopped bool) int {
	var status exitCoder
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return status.ExitCode() & 0xff
	case stopped && errors.Is(err, context.Canceled):
		return exitTerminated
	}
	return 1
}

// A mainResult is what became of a main function.
type mainResult struct {
	over bool
	code int
}

// startMain runs the main function of the image. It is a function of the run like those given
// to Go, so that a stop waits for it. When it returns by itself the container
// exits. Host.Close waits for the goroutine.
func (c *Container) startMain(r *run) {
	if c.config.image.Main == nil {
		return
	}
	f := function{done: make(chan struct{}), from: "main of image " + c.config.image.Name}
	if !r.add(f) {
		return // Kill came first
	}
	c.host.mains.Go(func() { c.runMain(r, f) })
}

// errNotReturned is that of a main function which called runtime.Goexit, as t.FailNow
// does.
var errNotReturned = errors.New("it did not return")

// runMain calls the main function, and has the container exit when that is over. It does
// not do so itself: if the function panics nothing is to delay that.
func (c *Container) runMain(r *run, f function) {
	err := errNotReturned
	defer func() {
		if err != nil && !r.ending() && !errors.As(err, new(exitCoder)) {
			c.host.log.Error("main function failed", "container", c.Name(), "image", c.config.image.Name, "error", err)
		}
		r.mainOver(err)
		r.end(f)
		c.host.mains.Go(func() { c.exit(r) })
	}()
	err = c.config.image.Main(r.ctx, c)
}

// mainOver notes what the main function returned, unless it was killed before. A function that
// is told of the kill and returns nil has not exited with 0: SIGKILL cannot be caught.
func (r *run) mainOver(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.dying.Load() {
		r.main = mainResult{over: true, code: exitCode(err, r.ctx.Err() != nil)}
	}
}

// status returns the exit status of a run that was interrupted; inTime is whether its
// functions returned.
func (r *run) status(hasMain, inTime bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.main.over:
		return r.main.code
	case inTime && !hasMain:
		return 0
	}
	return exitKilled
}

// exit stops the container if that is still in the run that its main function belonged
// to. As when process 1 of a namespace exits, nothing is waited for.
func (c *Container) exit(r *run) {
	defer c.change()()
	if c.running() != r {
		return
	}
	now, cancel := context.WithCancel(context.Background())
	cancel()
	c.stop(now, false)
}
