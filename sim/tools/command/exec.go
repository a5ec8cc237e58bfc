package command

import (
	"context"
	"slices"
)

// Exec runs c, which is a copy of a running call with other Args, in the process of that, as
// execve(2): the process keeps its number and loses what it has asked of Notify and Uncaught.
// The caller returns the status as its own.
func (c *Call) Exec(ctx context.Context) int {
	call, p := *c, c.process
	p.mu.Lock()
	p.program = slices.Clone(c.Args)
	p.uncaught, p.caught = false, nil
	p.mu.Unlock()
	out := call.connect(ctx, func() { p.cancel(SIGPIPE) })
	return call.run(ctx, out)
}

// CommandLine returns the arguments of the program that the process runs: Args, or those of
// its last Exec.
func (p *Process) CommandLine() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.program != nil {
		return p.program
	}
	return p.Args
}
