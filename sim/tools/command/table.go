package command

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"strings"

	"drydock/sim/internal/bubble"
)

// A Table is commands by name. It is an ordinary map: a user adds commands to it and
// replaces or deletes those that are there, but not while it is in use.
type Table map[string]Func

// maxDepth is how many commands may start each other. A line that runs itself ends
// there, as on Linux at the limit of processes; without one it would overflow the
// stack, which Go does not survive. One level takes a few KiB of it.
const maxDepth = 1000

// maxProcesses is near what systemd lets a service such as dockerd have on a small machine.
const maxProcesses = 4096

// Run runs the command that c.Args[0] names, as a shell does: if there is none it
// writes "NAME: command not found" to standard error and returns NotFound: see Lookup. c is not
// changed; the command gets a copy of it in which no stream is nil. What c has not comes
// from the machine, if that has methods for it as *sim.Container has: Env, FS for Files,
// and Processes, the table that the command is in while it runs.
//
// Writers are called by one goroutine at a time, also if standard output and standard
// error are the same, as package os/exec does it: the parts of a pipeline can all write
// to a bytes.Buffer.
//
// A command whose standard output fails ends as by SIGPIPE: its context is canceled,
// and whatever it returns the status is BrokenPipe, so that "ping HOST | head -1" ends. If
// there was ErrNoSpace it says so, and the status is 1. No command has to look at the errors
// of its writes.
//
// A command that is stopped waits when it next reads a stream or writes to one, and when it
// returns: see Process.Signal.
func (t Table) Run(ctx context.Context, c *Call) int {
	if len(c.Args) == 0 {
		return 0 // an empty line
	}
	_, run := t.Prepare(ctx, c)
	return run()
}

// Prepare makes the process of a call without running it, which run does, as Run does it. It
// must be called once.
func (t Table) Prepare(ctx context.Context, c *Call) (p *Process, run func() int) {
	call := *c
	call.Commands = t
	call.process = call.processes().start(ctx, c)
	ctx = call.process.ctx
	return call.process, func() int {
		defer call.process.end()
		defer bubble.Enter(call.process, func(bool) []string { return call.plight() })()
		out := call.connect(ctx, func() { call.process.cancel(SIGPIPE) })
		call.inherit()
		status := call.run(ctx, out)
		if call.process.Hold(ctx) && ctx.Err() != nil {
			return Interrupted(ctx) // it was ended before it could end
		}
		return status
	}
}

// plight is what is told of the command where a testing/synctest bubble stands still:
// "tcpdump -i lo in web".
func (c *Call) plight() []string {
	line := strings.Join(c.Args, " ")
	if m, ok := c.Machine.(interface{ Name() string }); ok {
		line += " in " + m.Name()
	}
	return []string{line}
}

// run finds the program and runs it.
func (c *Call) run(ctx context.Context, out *stream) int {
	if c.depth++; c.depth > maxDepth || c.process.table.full() {
		return c.Fail(NoFork, "%s: fork: Resource temporarily unavailable\n", c.Args[0])
	}
	run, err := c.Commands.Lookup(c.Files, c.Dir, c.Args[0])
	if err != nil {
		return c.notRun(err)
	}
	status := run(ctx, c)
	switch err := out.failure(); {
	case errors.Is(err, ErrNoSpace):
		return c.Fail(1, "%s: write error: No space left on device\n", c.Args[0])
	case err != nil:
		return BrokenPipe
	}
	return status & 0xff // what wait(2) leaves of it
}

// notRun says why there is no program, as bash does.
func (c *Call) notRun(err error) int {
	name := c.Args[0]
	switch {
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrNoExec):
		return c.Fail(NoPermission, "%s: Permission denied\n", name)
	case errors.Is(err, ErrNoExec):
		return c.Fail(NoPermission, "%s: cannot execute: required file not found\n", name)
	case strings.Contains(name, "/"):
		return c.Fail(NotFound, "%s: No such file or directory\n", name)
	}
	return c.Fail(NotFound, "%s: command not found\n", name)
}

// With returns a table that has the commands of t and of more, which win.
func (t Table) With(more ...Table) Table {
	all := maps.Clone(t)
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}

// processes returns the table for a call that is yet to run.
func (c *Call) processes() *Processes {
	if c.process != nil {
		return c.process.table
	}
	if m, ok := c.Machine.(interface{ Processes() *Processes }); ok {
		if t := m.Processes(); t != nil {
			return t
		}
	}
	return new(Processes)
}

// inherit takes from the machine what the call has not.
func (c *Call) inherit() {
	if m, ok := c.Machine.(interface{ Env() []string }); ok && c.Env == nil {
		c.Env = m.Env()
	}
	if m, ok := c.Machine.(interface{ FS() Files }); ok && c.Files == nil {
		c.Files = m.FS()
	}
	if c.Files == nil {
		c.Files = noFiles{}
	}
	if c.Dir == "" {
		c.Dir = "/"
	}
	c.NewGroup, c.Group = false, 0
}

// connect replaces the streams by those that a command gets, and returns its standard
// output. The first error of that calls failed.
func (c *Call) connect(ctx context.Context, failed func()) *stream {
	switch r := c.Stdin.(type) {
	case nil:
		c.Stdin = strings.NewReader("")
	case contextReader:
		c.Stdin = contextReader{r.ContextReader, ctx, c.process}
	case ContextReader:
		c.Stdin = contextReader{r, ctx, c.process}
	default:
		c.Stdin = contextReader{plainReader{r}, ctx, c.process}
	}
	same := sameWriter(c.Stdout, c.Stderr)
	hold := func() { c.process.Hold(ctx) }
	out := newStream(ctx, c.Stdout, hold)
	out.failed = failed
	c.Stdout, c.Stderr = out, newStream(ctx, c.Stderr, hold)
	if same {
		c.Stderr = &stream{w: out.w, ctx: ctx, lock: out.lock, hold: hold}
	}
	return out
}

// sameWriter tells whether two writers are one. Writers need not be comparable.
func sameWriter(a, b io.Writer) bool {
	defer func() { recover() }()
	return a == b
}

// A stream is a writer that several goroutines use and that stays broken. A write that waits
// ends when ctx is done; what need not wait is still written, the last words of a program that
// was not killed.
type stream struct {
	w      io.Writer
	ctx    context.Context
	lock   chan struct{} // full while it is held; no sync.Mutex, with which virtual time would stand still
	err    error         // guarded by lock
	hold   func()        // waits while the command is stopped
	failed func()
}

func newStream(ctx context.Context, w io.Writer, hold func()) *stream {
	if w == nil {
		w = io.Discard
	}
	return &stream{w: w, ctx: ctx, lock: make(chan struct{}, 1), hold: hold}
}

func (s *stream) Write(b []byte) (int, error) { return s.WriteContext(s.ctx, b) }

// WriteContext is Write for a command that was started by the one whose stream it is.
func (s *stream) WriteContext(ctx context.Context, b []byte) (n int, err error) {
	s.hold()
	if ctx.Err() != nil && context.Cause(ctx) == SIGKILL {
		return 0, SIGKILL
	}
	select {
	case s.lock <- struct{}{}:
	default:
		select {
		case s.lock <- struct{}{}:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
	defer func() { <-s.lock }()
	if s.err != nil {
		return 0, s.err
	}
	if w, ok := s.w.(ContextWriter); ok {
		n, err = w.WriteContext(ctx, b)
	} else {
		n, err = s.w.Write(b)
	}
	if err != nil && ctx.Err() == nil {
		s.err = err
		if s.failed != nil {
			s.failed()
		}
	}
	return n, err
}

func (s *stream) unwrap() any { return s.w }

func (s *stream) failure() error {
	s.lock <- struct{}{}
	defer func() { <-s.lock }()
	return s.err
}
