package sim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"drydock/sim/tools/command"
)

// An Image is what containers are made from: the program, the environment and the
// exposed ports that "docker run IMAGE" would bring. The same may be used by many
// containers and hosts.
type Image struct {
	Name       string   // "nginx"
	Entrypoint []string // with Cmd what runs in the container, and what "docker ps" shows
	Cmd        []string
	Env        []string  // "NAME=value"; WithEnv overrides it
	Expose     []string  // as for WithExpose
	WorkingDir string    // where commands start; "" is "/"
	User       string    // who its programs run as, as for "docker run --user"; "" is root
	ID         string    // hex digits, or the first of them; what is not given is made from the name and the content
	Created    time.Time // zero: when a host gets it
	StopSignal string    // what Stop sends the main process, "SIGQUIT" for one; "" is "SIGTERM"
	Size       int64     // in bytes, as "docker images" shows it; 0 is that of Files

	// Tags are those that a registry has of the image beside that of Name, as patterns of
	// path.Match: "1.*". A host that was given the image pulls it by them. Nil: there is no
	// registry that has it, and who removes it has lost it.
	Tags []string

	// Commands are the programs in the image: Entrypoint and Cmd, if Main is nil, and what
	// Container.Exec and docker exec run. Nil stands for those of the host, WithCommands.
	// If that has none either, Entrypoint and Cmd are only shown.
	Commands command.Table

	// Files are what the image has beyond what every system has, in place of that where both
	// have a file: see Netns.FS. Containers only read them and copy what they change. Its
	// methods must not use the containers.
	Files fs.FS

	// Main runs in the container whenever that starts, in place of a program, and the
	// container stops when it returns: see Container.Wait. An error that is no exit status
	// is logged. It should return when ctx is canceled, which stands for SIGTERM. A container
	// without Main and program sleeps until then. As for the functions given to
	// Container.Go, a stop waits for it: it must not stop, pause, rename, connect or
	// disconnect its own container, nor close the host.
	Main func(ctx context.Context, c *Container) error
}

func (i Image) clone() Image {
	i.Entrypoint, i.Cmd = slices.Clone(i.Entrypoint), slices.Clone(i.Cmd)
	i.Env, i.Expose, i.Tags = slices.Clone(i.Env), slices.Clone(i.Expose), slices.Clone(i.Tags)
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

// The statuses of what did not start.
const exitNotStarted = 128

// exitCode returns the status of a main function that returned err.
func exitCode(ctx context.Context, err error) int {
	var status exitCoder
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return status.ExitCode() & 0xff
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return command.Interrupted(ctx)
	}
	return 1
}

// A mainResult is what became of a main function.
type mainResult struct {
	over bool
	code int
}

// startMain runs the main program or function. It is a function of the run like those given
// to Go, so that a stop waits for it. When it returns by itself the container
// exits. Host.Close waits for the goroutine.
func (c *Container) startMain(r *run) {
	main := c.main(r)
	if r.hasMain = main != nil; !r.hasMain {
		return
	}
	f := function{done: make(chan struct{}), from: "main of image " + c.config.image.Name}
	r.addMain(f)
	c.host.mains.Go(func() { c.runMain(r, f, main) })
}

// errNotReturned is that of a main function which called runtime.Goexit, as t.FailNow
// does.
var errNotReturned = errors.New("it did not return")

// runMain calls main, and has the container exit when that is over. It does
// not do so itself: if the function panics nothing is to delay that.
func (c *Container) runMain(r *run, f function, main func(context.Context) error) {
	err := errNotReturned
	defer func() {
		if p := recover(); p != nil {
			panic(p) // which ends the process: the first that is read is why
		}
		if err != nil && !r.ending() && !errors.As(err, new(exitCoder)) {
			c.host.log.Error("main function failed", "container", c.Name(), "image", c.config.image.Name, "error", err)
		}
		r.mainOver(err)
		r.end(f)
		c.host.mains.Go(func() { c.exit(r) })
	}()
	err = main(r.ctx)
}

// mainOver notes what the main function returned, unless it was killed before. A function that
// is told of the kill and returns nil has not exited with 0: SIGKILL cannot be caught.
func (r *run) mainOver(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.dying.Load() {
		r.main = mainResult{over: true, code: exitCode(r.ctx, err)}
	}
}

// status returns the exit status of a run that was interrupted; inTime is whether its
// functions returned.
func (r *run) status(inTime bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.main.over:
		return r.main.code
	case inTime && !r.hasMain:
		return 0
	}
	return command.Killed
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
	if c.stop(now, stopExited) && !c.State().Restarting {
		c.autoRemove()
	}
}
