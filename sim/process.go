package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"drydock/sim/internal/engine"
	"drydock/sim/internal/stdio"
	"drydock/sim/internal/users"
	"drydock/sim/tools/command"
)

// argv is what the container runs, and what docker ps shows.
func (c *containerConfig) argv() []string { return slices.Concat(c.entrypoint, c.cmd) }

// commands are the programs that the container has.
func (c *Container) commands() command.Table {
	if t := c.config.image.Commands; t != nil {
		return t
	}
	return c.host.work.commands
}

// runsProgram reports whether the main process is a program, and not the image's function
// or nothing: an image without programs only shows its Cmd.
func (c *Container) runsProgram() bool {
	return len(c.config.argv()) > 0 && len(c.commands()) > 0 && (c.config.image.Main == nil || c.config.ownProgram)
}

// site returns what a command in the running container gets.
func (c *Container) site(op string) (*site, error) {
	r := c.running()
	switch {
	case c.State().Paused:
		return nil, errorf(op, c.Name(), ErrPaused, c.host.says.ExecPaused, c.Name())
	case c.State().Restarting:
		return nil, errorf(op, c.Name(), ErrNotRunning, c.host.says.Restarting, c.id)
	case r == nil:
		return nil, c.errDown(op)
	}
	return c.siteIn(r), nil
}

func (c *Container) siteIn(r *run) *site {
	return &site{
		machine: c, container: c, commands: c.commands(), files: c.FS(), dir: cmp.Or(c.config.asked.WorkingDir, "/"), processes: r.console.processes, ctx: r.programs,
		account: c.account, hostPID: r.hostPID,
		env: func(tty bool, who users.Account, more []string) []string { return c.environment(r, tty, who, more...) },
		enter: func(name string) (func(), error) {
			f := function{done: make(chan struct{}), from: name, program: true}
			if !r.add(f) {
				return nil, c.errDown("exec")
			}
			return func() { r.end(f) }, nil
		},
		labelled: c.host.labelled,
		noProgram: func(name string, err error) string {
			return fmt.Sprintf(c.host.says.ExecFailed, runcError(name, err))
		},
	}
}

// account finds a user of the container, by default the one that it was made for.
func (c *Container) account(user string) (users.Account, error) {
	return findAccount(c.FS(), cmp.Or(user, c.config.asked.User))
}

// mainAccount is who the main process is. Where that is no program and nobody asked, the files
// are not looked into, which most containers of a large host never are.
func (c *Container) mainAccount() (users.Account, error) {
	if !c.runsProgram() && c.config.asked.User == "" {
		return users.Account{Name: "root", Home: "/root"}, nil
	}
	who, err := c.account("")
	if err != nil {
		return who, errorf("start container", c.Name(), ErrName, "%v", err)
	}
	return who, nil
}

// environment is that of a process of a run.
func (c *Container) environment(r *run, tty bool, who users.Account, more ...string) []string {
	env := slices.Concat(c.config.env, more)
	links, err := c.linksNow("start exec")
	if err != nil {
		links = r.linkVars()
	}
	return c.host.engine.Environment(engine.Environment{Hostname: c.Hostname(), Links: links, Env: env, TTY: tty, Home: who.Home, KeepLinks: c.host.dockerd().linkEnv})
}

// Processes returns the commands that run in the container, nil while it does not run. The
// function of an image is process 1.
func (c *Container) Processes() *command.Processes {
	if r := c.running(); r != nil {
		return r.console.processes
	}
	return nil
}

// A console is what the main process of a run, or of the next one, reads and writes: who is
// attached has it before the container starts.
type console struct {
	*streams
	processes *command.Processes
}

// console returns the present one, or that of the next run.
func (c *Container) console() *console {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	return c.consoleLocked()
}

// +checklocks:c.stateMu
func (c *Container) consoleLocked() *console {
	if c.run != nil {
		return c.run.console
	}
	if c.next == nil {
		processes := new(command.Processes)
		processes.Seed(c.host.random.seedOf("processes " + c.id))
		c.next = &console{newStreams(c.config.asked.Tty, processes, c.output.Writer(stdio.Stdout), c.output.Writer(stdio.Stderr)), processes}
		if c.config.asked.OpenStdin {
			c.next.open()
		}
	}
	return c.next
}

// checkProgram refuses what the init of runc does: a hostname that is too long, and then a program
// that is not there.
func (c *Container) checkProgram(r *run) error {
	if len(c.config.hostname) > maxHostname {
		return errorf("start container", c.Name(), ErrName, c.host.says.InitFailed, "sethostname: invalid argument")
	}
	if !c.runsProgram() {
		return nil
	}
	s := c.siteIn(r)
	argv := c.config.argv()
	if err := s.find(s.dir, argv); err != nil {
		return errNoProgram("start container", c.Name(), fmt.Sprintf(c.host.says.StartFailed, runcError(argv[0], err)), err)
	}
	return nil
}

// main returns what a run does: the image's function, or the program whose process it makes.
// It is nil if it does nothing.
func (c *Container) main(r *run) func(context.Context) error {
	if !c.runsProgram() {
		r.console.processes.Init(c.config.argv())
		if main := c.config.image.Main; main != nil {
			return func(ctx context.Context) error {
				if r.killed.Err() != nil {
					return context.Cause(ctx) // before it began
				}
				return main(ctx, c)
			}
		}
		return nil
	}
	s := c.siteIn(r)
	call := &command.Call{Machine: c, Args: c.config.argv(), Env: slices.Clone(r.env), Dir: s.dir, User: r.account.User}
	r.console.give(call)
	p, run := s.commands.Prepare(r.programs, call)
	r.console.foreground(p)
	r.process = p
	return func(context.Context) error {
		defer r.console.end()
		if status := run(); status != 0 {
			return ExitStatus(status)
		}
		return nil
	}
}

// Signal sends the main process a signal, as "docker kill -s" does: see command.Process for
// what it does there. A main function returns for one that ends processes, as its context
// is canceled; a container without a program is stopped, too. SIGKILL is Kill. One that is
// paused goes on for the signal of a stop, and gets others when it does; of Docker 1.13 it must
// be unpaused before. No policy restarts it after the signal of a stop, which all are if it has
// none of its own, and "unless-stopped" after none.
func (c *Container) Signal(s command.Signal) error {
	if s == command.SIGKILL {
		return c.Kill()
	}
	stops := c.config.asked.StopSignal == "" || s == c.config.stopSignal()
	r := c.running()
	switch {
	case r == nil && c.Running():
		defer c.change()()
		c.signalled.Store(true)
		if stops {
			c.cancelRestart()
		}
		return nil
	case r == nil:
		return c.errKill(errorf("kill container", c.Name(), ErrNotRunning, c.host.says.NotRunning, c.id))
	}
	if err := c.refusePaused("kill container"); err != nil {
		return c.errKill(err)
	}
	c.signalled.Store(true)
	if stops {
		r.manual.Store(true)
	}
	c.event("kill", "signal", strconv.Itoa(int(s)))
	switch held := c.holdSignal(r, s); {
	case !held:
		r.signal(c, s)
	case stops:
		c.resume(r)
	}
	return nil
}

// refusePaused refuses to signal a paused container where dockerd does.
func (c *Container) refusePaused(op string) *Error {
	if c.State().Paused && !c.host.engine.KillsPaused() {
		return errorf(op, c.Name(), ErrPaused, c.host.says.KillPaused, c.id)
	}
	return nil
}

// signal sends a signal to the main process, or does what it would do to it.
func (r *run) signal(c *Container, s command.Signal) {
	switch {
	case r.process != nil:
		r.process.Signal(s)
	case !s.Ends():
	case c.config.image.Main != nil:
		r.interrupt(s)
	default:
		r.mainOver(ExitStatus(s.ExitCode()))
		c.exit(r)
	}
}

// beginStop is the first word of a stop: the signal to the main process, and the end of the
// context of functions.
func (r *run) beginStop(s command.Signal) {
	r.interrupt(command.SIGTERM)
	if r.process != nil {
		r.process.Signal(s)
	}
}

// takeConsole returns the console for a run that starts. The run after it has another one.
func (c *Container) takeConsole() *console {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	con := c.consoleLocked()
	c.next = nil
	return con
}

// hangUp ends a console that no process has or will have any more, and lets those go who are
// attached.
func (c *Container) hangUp(con *console) {
	con.drop()
	c.output.EndRun()
}

// notStarted is the status of a container that did not start: that of a shell for a program
// that is not there or cannot be run, else the one before.
func notStarted(err error, before int) int {
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, command.ErrNoExec):
		return command.NoPermission
	case errors.Is(err, ErrNoProgram):
		return command.NotFound
	}
	return cmp.Or(before, exitNotStarted)
}
