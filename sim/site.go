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
	hostPID   func(pid int) int                   // what the host calls a process
	ctx       context.Context                     // ends with the machine or the run, by the signal that is its cause
	start     func(name string, run func()) error // runs a function that belongs to it
	says      *engine.Messages
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
		machine: m.self, commands: w.commands, files: m.FS(), dir: "/root", processes: &w.processes, ctx: w.ctx, says: engine.Docker20.Messages(),
		account: func(user string) (users.Account, error) { return findAccount(m.FS(), user) },
		env:     loginEnv,
		hostPID: func(pid int) int { return pid },
		start: func(_ string, run func()) error {
			return m.labelled(func() error { w.running.Go(run); return nil })
		},
	}, nil
}

func loginEnv(tty bool, who users.Account, more []string) []string {
	env := []string{engine.Docker20.DefaultPath(), "HOME=" + who.Home, "USER=" + who.Name, "LOGNAME=" + who.Name, "SHELL=/bin/bash"}
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
