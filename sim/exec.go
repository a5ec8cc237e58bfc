package sim

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"drydock/sim/internal/stdio"
	"drydock/sim/tools/command"
)

// A Cmd is a command that runs, or is to run, on a machine or in a container, in the shape
// of os/exec's: Exec makes it, its fields are set, and then Run, Output or Start and Wait
// run it once. It is one of the commands of the image or of WithCommands, and sees nothing
// of the real machine.
type Cmd struct {
	Args []string // Args[0] names the program
	Env  []string // added to the environment of the container; of a name that stands twice the last one counts
	Dir  string   // "" is the image's WorkingDir, or /root on a machine

	// User is who runs the command, as for "docker exec --user": "www-data", "33", "app:staff".
	// "" is who the container was made for, or root.
	User string

	// Nil streams are empty and discard. What Stdin has is copied to the command, unless it
	// is one that a command can stop reading: see command.ContextReader. A Read that still
	// waits when the command has ended is not waited for. Writers are called by one
	// goroutine at a time, also if both are the same, with up to 64 KiB that wait for it. A Write
	// that does not return holds up the command when that is full, and Wait, but neither Signal
	// nor the stop of the container.
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// TTY gives the command a terminal, to which Stdin is typed and whose output goes to
	// Stdout. The end of Stdin is ^D. It has 24 rows and 80 columns until Resize.
	TTY bool

	ns        *Netns
	ctx       context.Context
	streams   *streams
	client    *stdio.Client // delivers to Stdout and Stderr
	size      [2]int        // rows and columns asked for; 0 is what a terminal has
	process   *command.Process
	hostPID   int           // as the host sees it, 0 before Start
	execution *Execution    // nil on a machine, and before Start if it is its own
	done      chan struct{} // not before Start
	status    int           // once done is closed
}

// Exec returns a Cmd that runs a program there, as exec.CommandContext does: when ctx is
// done it is killed. It is also killed with the process 1 of its container.
func (ns *Netns) Exec(ctx context.Context, name string, args ...string) *Cmd {
	return &Cmd{Args: append([]string{name}, args...), ns: ns, ctx: ctx}
}

// Run starts the command and waits until it has ended: Start and Wait.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.Wait()
}

// Output runs the command and returns what it writes to standard output.
func (c *Cmd) Output() ([]byte, error) {
	var out bytes.Buffer
	c.Stdout = &out
	err := c.Run()
	return out.Bytes(), err
}

// CombinedOutput runs the command and returns what it writes.
func (c *Cmd) CombinedOutput() ([]byte, error) {
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	return out.Bytes(), err
}

// String returns the command line, without quotes.
func (c *Cmd) String() string { return strings.Join(c.Args, " ") }

// Start starts the command. The error is an *Error: it wraps ErrNotRunning or ErrPaused,
// ErrName if there is no such User, or ErrNoProgram if there is no such program, with the words
// of docker exec.
func (c *Cmd) Start() error {
	const op = "exec"
	if c.done != nil {
		return errorf(op, c.String(), ErrConflict, "exec: already started")
	}
	s, err := c.ns.site(op)
	if err != nil {
		return err
	}
	if s.container != nil && c.execution == nil && len(c.Args) > 0 {
		c.execution = s.container.execute(c)
	}
	x := c.execution
	if x == nil {
		return c.start(s)
	}
	x.tell("exec_start: "+x.line(), nil)
	if err := c.start(s); err != nil {
		x.over(execNotStarted)
		return err
	}
	return nil
}

// start is Start at a place.
func (c *Cmd) start(s *site) error {
	call, err := c.call(s)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(s.ctx)
	c.client = stdio.NewClient(c.Stdout, c.Stderr)
	context.AfterFunc(ctx, c.client.End) // who is killed waits for no reader
	c.streams = newStreams(c.TTY, s.processes, c.client.Writer(stdio.Stdout), c.client.Writer(stdio.Stderr))
	if c.size != [2]int{} {
		c.streams.resize(c.size[0], c.size[1])
	}
	if c.Stdin != nil {
		c.streams.open()
	}
	c.streams.give(call)
	p, run := s.commands.Prepare(ctx, call)
	c.process, c.hostPID, c.done = p, s.hostPID(p.PID), make(chan struct{})
	c.streams.foreground(p)
	stop := context.AfterFunc(c.ctx, func() { cancel(command.SIGKILL) })
	if c.execution != nil {
		c.execution.began(c)
	}
	err = s.start(c.String(), func() {
		defer close(c.done)
		defer cancel(nil)
		defer stop()
		c.status = run()
		c.streams.end()
	})
	if err != nil {
		cancel(command.SIGKILL)
		c.status = run()
		c.streams.end()
		return err
	}
	if c.execution != nil {
		go c.execution.await(c)
	}
	if c.Stdin != nil {
		go func() {
			c.streams.copyIn(ctx, c.Stdin)
			c.streams.closeIn()
		}()
	}
	return nil
}

// call returns the call of the command at a place, or why there can be none.
func (c *Cmd) call(s *site) (*command.Call, error) {
	who, err := s.account(c.User)
	if err != nil {
		return nil, errorf("exec", c.String(), ErrName, "%v", err)
	}
	dir := cmp.Or(c.Dir, s.dir)
	if err := s.find(s.files, dir, c.Args); err != nil {
		e := errorf("exec", c.String(), ErrNoProgram, s.says.ExecFailed, err)
		e.cause = err
		return nil, e
	}
	return &command.Call{Machine: s.machine, Args: c.Args, Env: s.env(c.TTY, who, c.Env), Dir: dir, User: who.User}, nil
}

// find returns why there is no program of that name, in runc's words: it looks for names with a
// slash as they are and for others in $PATH.
func (s *site) find(files command.Files, dir string, args []string) error {
	if len(args) == 0 || args[0] == "" {
		return errors.New(`unable to start container process: exec: "": executable file not found in $PATH: unknown`)
	}
	_, err := s.commands.Lookup(files, dir, args[0])
	const failed = "unable to start container process: exec: %q: %s: unknown"
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrPermission):
		return &programError{fmt.Sprintf(failed, args[0], "permission denied"), err}
	case errors.Is(err, command.ErrNoExec):
		return &programError{"unable to start container process: exec " + args[0] + ": exec format error: unknown", err}
	case strings.Contains(args[0], "/"):
		return &programError{fmt.Sprintf(failed, args[0], "stat "+args[0]+": no such file or directory"), err}
	}
	return &programError{fmt.Sprintf(failed, args[0], "executable file not found in $PATH"), err}
}

// A programError is an error of Table.Lookup in runc's words.
type programError struct {
	text string
	err  error
}

func (e *programError) Error() string { return e.text }
func (e *programError) Unwrap() error { return e.err }

// Wait waits until the command has ended and all that it wrote is delivered. The error is
// an ExitStatus unless that is 0. One that a signal ended has 128 and its number.
func (c *Cmd) Wait() error {
	if c.done == nil {
		return errorf("exec", c.String(), ErrConflict, "exec: not started")
	}
	<-c.done
	<-c.client.Done()
	if c.execution != nil {
		<-c.execution.ended
	}
	if c.status != 0 {
		return ExitStatus(c.status)
	}
	return nil
}

// PID returns the process ID of a command that was started, in its container.
func (c *Cmd) PID() int { return c.process.PID }

// Signal sends the command a signal once it has started: see command.Process. It does nothing
// to one that has ended.
func (c *Cmd) Signal(s command.Signal) {
	if c.process != nil {
		c.process.Signal(s)
	}
}

// Resize gives the terminal another size, before Start its first one.
func (c *Cmd) Resize(rows, columns int) {
	c.size = [2]int{rows, columns}
	if c.streams != nil {
		c.streams.resize(rows, columns)
	}
}
