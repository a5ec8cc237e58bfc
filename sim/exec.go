package sim

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

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

	// Privileged gives the command the capability NET_ADMIN also where the container has it not, as
	// "docker exec --privileged" does. On a machine all have it.
	Privileged bool

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
	if c.Stdout != nil {
		return nil, c.misused("Stdout already set")
	}
	var out bytes.Buffer
	c.Stdout = &out
	err := c.Run()
	return out.Bytes(), err
}

// CombinedOutput runs the command and returns what it writes.
func (c *Cmd) CombinedOutput() ([]byte, error) {
	if c.Stderr != nil {
		return nil, c.misused("Stderr already set")
	}
	if c.Stdout != nil {
		return nil, c.misused("Stdout already set")
	}
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	return out.Bytes(), err
}

// misused is the error of a call that cannot be, in os/exec's words.
func (c *Cmd) misused(why string) error {
	return newError("exec", c.String(), ErrConflict, "exec: "+why)
}

// String returns the command line, without quotes.
func (c *Cmd) String() string { return strings.Join(c.Args, " ") }

// Start starts the command. The error is that of a context that is done, or an *Error: it wraps
// ErrNotRunning or ErrPaused, ErrName if there is no such User, or ErrNoProgram if there is no
// such program, with the words of docker exec or, on a machine, of os/exec.
func (c *Cmd) Start() error {
	if c.done != nil {
		return c.misused("already started")
	}
	if err := c.ctx.Err(); err != nil {
		return err
	}
	s, err := c.ns.site("exec")
	if err != nil {
		return err
	}
	own := s.container != nil && c.execution == nil && len(c.Args) > 0
	if own {
		c.execution = s.container.execute(c)
	}
	x := c.execution
	if x == nil {
		return c.start(s)
	}
	x.tell("exec_start: "+x.line(), nil)
	if err := c.start(s); err != nil {
		x.over(x.notStarted(err))
		if own {
			c.execution = nil // another Start has another one
		}
		return err
	}
	return nil
}

// start is Start at a site. What may refuse it comes before the process is made.
func (c *Cmd) start(s *site) error {
	call, err := c.call(s)
	if err != nil {
		return err
	}
	leave, err := s.enter(c.String())
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
	s.labelled(func() error {
		go func() {
			defer leave()
			defer close(c.done)
			defer cancel(nil)
			defer stop()
			c.status = run()
			c.streams.end()
		}()
		return nil
	})
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

// call returns the call of the command at a site, or why there can be none.
func (c *Cmd) call(s *site) (*command.Call, error) {
	who, err := s.account(c.User)
	if err != nil {
		return nil, errorf("exec", c.String(), ErrName, "%v", err)
	}
	dir := cmp.Or(c.Dir, s.dir)
	err = chdir(s.files, c.Dir)
	if err == nil {
		err = s.find(dir, c.Args)
	}
	if err != nil {
		name := ""
		if len(c.Args) > 0 {
			name = c.Args[0]
		}
		return nil, errNoProgram("exec", c.String(), s.noProgram(name, err), err)
	}
	env := s.env(c.TTY, who, c.Env)
	if command.TooLong(c.Args, env) {
		return nil, errNoProgram("exec", c.String(), s.noProgram(c.Args[0], syscall.E2BIG), syscall.E2BIG)
	}
	machine := s.machine
	if c.Privileged && s.container != nil {
		machine = s.container.privileged()
	}
	return &command.Call{Machine: machine, Args: c.Args, Env: env, Dir: dir, User: who.User}, nil
}

func errNoProgram(op, name, message string, cause error) error {
	return &Error{Op: op, Name: name, Err: ErrNoProgram, message: message, cause: cause}
}

// chdir returns why a directory that was asked for cannot be the working directory.
func chdir(files fs.FS, dir string) error {
	if dir == "" {
		return nil
	}
	info, err := fs.Stat(files, cmp.Or(strings.Trim(path.Clean(dir), "/"), "."))
	switch {
	case err != nil:
		return &fs.PathError{Op: "chdir", Path: dir, Err: syscall.ENOENT}
	case !info.IsDir():
		return &fs.PathError{Op: "chdir", Path: dir, Err: syscall.ENOTDIR}
	}
	return nil
}

// find returns why there is no such program. It looks for names with a slash as they are and for
// others in $PATH.
func (s *site) find(dir string, args []string) error {
	if len(args) == 0 || args[0] == "" {
		return &fs.PathError{Op: "exec", Err: fs.ErrNotExist}
	}
	_, err := s.commands.Lookup(s.files, dir, args[0])
	return err
}

// runcError is what runc says of an error of find.
func runcError(name string, err error) string {
	var at *fs.PathError
	switch {
	case errors.As(err, &at) && at.Op == "chdir":
		return fmt.Sprintf("chdir to cwd (%q) set in config.json failed: %v", at.Path, at.Err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("exec: %q: permission denied", name)
	case errors.Is(err, command.ErrNoExec):
		return "exec " + name + ": exec format error"
	case err == syscall.E2BIG:
		return "exec " + name + ": argument list too long"
	case strings.Contains(name, "/"):
		return fmt.Sprintf("exec: %q: stat %s: no such file or directory", name, name)
	}
	return fmt.Sprintf("exec: %q: executable file not found in $PATH", name)
}

// execError is what package os/exec says of an error of find.
func execError(name string, err error) string {
	isPath := strings.Contains(name, "/")
	var at *fs.PathError
	switch {
	case errors.As(err, &at) && at.Op == "chdir":
		return at.Error()
	case name == "":
		return "exec: no command"
	case errors.Is(err, command.ErrNoExec):
		return "fork/exec " + name + ": exec format error"
	case err == syscall.E2BIG:
		return "fork/exec " + name + ": argument list too long"
	case isPath && errors.Is(err, fs.ErrPermission):
		return "fork/exec " + name + ": permission denied"
	case isPath:
		return "fork/exec " + name + ": no such file or directory"
	}
	return fmt.Sprintf("exec: %q: executable file not found in $PATH", name)
}

// Wait waits until the command has ended and all that it wrote is delivered. The error is
// an ExitStatus unless that is 0. One that a signal ended has 128 and its number.
func (c *Cmd) Wait() error {
	if c.done == nil {
		return c.misused("not started")
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

// PID returns the process ID of a command that was started, in its container. It is 0 before.
func (c *Cmd) PID() int {
	if c.process == nil {
		return 0
	}
	return c.process.PID
}

// Signal sends the command a signal: see command.Process. The error is os.ErrProcessDone if it
// has ended, as os.Process has it, or that it was not started.
func (c *Cmd) Signal(s command.Signal) error {
	if c.done == nil {
		return c.misused("not started")
	}
	select {
	case <-c.done:
		return os.ErrProcessDone
	default:
	}
	c.process.Signal(s)
	return nil
}

// Resize gives the terminal another size, before Start its first one.
func (c *Cmd) Resize(rows, columns int) {
	c.size = [2]int{rows, columns}
	if c.streams != nil {
		c.streams.resize(rows, columns)
	}
}
