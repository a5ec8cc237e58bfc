package command

import (
	"context"
	"path"
	"slices"
	"strings"
)

// Exec runs c, which is a copy of a running call with other Args, in the process of that, as
// execve(2): the process keeps its number and loses what it has asked of Notify and Uncaught.
// The caller returns the status as its own.
func (c *Call) Exec(ctx context.Context) int {
	call, p := *c, c.process
	p.mu.Lock()
	p.program, p.title = slices.Clone(c.Args), ""
	p.uncaught, p.caught = false, nil
	p.mu.Unlock()
	out := call.connect(ctx, func() { p.cancel(SIGPIPE) })
	return call.run(ctx, out)
}

// SetTitle has the process be shown by other words than its arguments, as setproctitle(3) does.
func (p *Process) SetTitle(title string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.title = title
}

// CommandLine returns what the process is shown by: its title, or else the arguments of the
// program that it runs.
func (p *Process) CommandLine() []string {
	p = p.self()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.title != "" {
		return []string{p.title}
	}
	return p.argumentsLocked()
}

// Name returns the name of the program that it runs, in at most 15 bytes as Linux has it.
func (p *Process) Name() string {
	p = p.self()
	p.mu.Lock()
	defer p.mu.Unlock()
	args := p.argumentsLocked()
	if len(args) == 0 {
		return ""
	}
	name := strings.TrimPrefix(path.Base(args[0]), "-")
	return name[:min(maxName, len(name))]
}

// maxName is TASK_COMM_LEN, less one for its end.
const maxName = 15

// argumentsLocked returns Args, or those of the last Exec.
//
// +checklocks:p.mu
func (p *Process) argumentsLocked() []string {
	if p.program != nil {
		return p.program
	}
	return p.Args
}
