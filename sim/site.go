package sim

import (
	"context"
	"io/fs"
	"sync"

	"drydock/sim/internal/engine"
	"drydock/sim/internal/users"
	"drydock/sim/tools/command"
)

// A site is what a command needs of the machine or the running container that it is to run in.
type site struct {
	machine   command.Machine
	container *Container // nil on a machine
	commands  command.Table
	files     command.Files
	dir       string
	processes *command.Processes
	account   func(user string) (users.Account, error)
	env       func(tty bool, who users.Account, more []string) []string
	hostPID   func(pid int) int // what the host calls a process
	ctx       context.Context   // ends with the machine or the run, by the signal that is its cause

	// enter takes a place among what belongs to the machine or the run, which ends after leave.
	enter    func(name string) (leave func(), err error)
	labelled func(start func() error) error

	noProgram func(name string, err error) string // says why find has found none
}

// WithCommands gives the machine the programs of a table, which Exec then finds there. On a
// Host they are those of images without Commands, too. Package tools has a table of the
// usual ones.
func WithCommands(t command.Table) MachineOption {
	return machineOption(func(c *machineConfig) error {
		c.commands = t
		return nil
	})
}

// A workplace is where the commands run that Exec starts on a Machine itself.
type workplace struct {
	commands  command.Table
	processes command.Processes
	ctx       context.Context
	end       context.CancelCauseFunc
	running   sync.WaitGroup
}

func newWorkplace(t command.Table) *workplace {
	w := &workplace{commands: t}
	w.ctx, w.end = context.WithCancelCause(context.Background())
	w.processes.Init([]string{"/sbin/init"})
	return w
}

// site returns what a command on the machine gets. Its environment is that of a login.
func (m *Machine) site(op string) (*site, error) {
	w := m.work
	if m.isClosed() {
		return nil, m.errDown(op)
	}
	return &site{
		machine: m.self, commands: w.commands, files: m.FS(), dir: "/root", processes: &w.processes, ctx: w.ctx,
		account:  func(user string) (users.Account, error) { return findAccount(m.FS(), user) },
		env:      loginEnv,
		hostPID:  func(pid int) int { return pid },
		enter:    func(string) (func(), error) { return m.enter(op) },
		labelled: m.labelled, noProgram: execError,
	}, nil
}

// enter notes something that Close waits for.
func (m *Machine) enter(op string) (leave func(), err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, m.errDown(op)
	}
	m.work.running.Add(1)
	return m.work.running.Done, nil
}

// loginPath is root's on Debian.
const loginPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func loginEnv(tty bool, who users.Account, more []string) []string {
	env := []string{loginPath, "HOME=" + who.Home, "USER=" + who.Name, "LOGNAME=" + who.Name, "SHELL=/bin/bash"}
	if tty {
		env = append(env, "TERM=xterm")
	}
	for _, v := range more {
		env = engine.SetEnv(env, v)
	}
	return env
}

// findAccount finds a user in files.
func findAccount(files command.Files, user string) (users.Account, error) {
	passwd, _ := fs.ReadFile(files, "etc/passwd")
	group, _ := fs.ReadFile(files, "etc/group")
	return users.Find(user, string(passwd), string(group))
}

// Processes returns the commands that run on the machine, of those that are in its own PID
// namespace.
func (m *Machine) Processes() *command.Processes { return &m.work.processes }
