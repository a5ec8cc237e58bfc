package jobs

import (
	"context"

	"drydock/sim/tools/command"
)

// A Foreground is who has the terminal of a prompt: the shell, or what it waits for. ^C and ^Z
// reach all processes of one group.
type Foreground struct {
	Terminal command.Terminal // nil if the shell has none, and then no job control
	Shell    int              // the shell's own process group
}

// Take gives the terminal to the shell, in cooked mode, whatever the last program left.
func (f *Foreground) Take() {
	if f.Terminal != nil {
		f.Terminal.SetForeground(f.Shell)
		f.Terminal.SetRaw(false)
	}
}

// Give gives it to another group.
func (f *Foreground) Give(group int) {
	if f.Terminal != nil {
		f.Terminal.SetForeground(group)
	}
}

// A Group is the process group of a job at a prompt. The first program makes it, and the others
// join: those of a pipeline run at the same time, those of ( ) one after the other.
type Group struct {
	lock    chan struct{}    // full while it is held; it guards leader
	leader  *command.Process // the first one, which may have ended; nil before
	started chan struct{}    // closed when there is a leader
}

// NewGroup returns a group without processes.
func NewGroup() *Group {
	return &Group{lock: make(chan struct{}, 1), started: make(chan struct{})}
}

// Leader returns the first process of the group, nil before there is one.
func (g *Group) Leader() *command.Process {
	g.lock <- struct{}{}
	defer func() { <-g.lock }()
	return g.leader
}

// Run runs a program in the group, which has the terminal.
func (g *Group) Run(ctx context.Context, f *Foreground, child *command.Call) int {
	return g.prepare(ctx, f, child)()
}

func (g *Group) prepare(ctx context.Context, f *Foreground, child *command.Call) (run func() int) {
	g.lock <- struct{}{}
	defer func() { <-g.lock }()
	if child.NewGroup = g.leader == nil; !child.NewGroup {
		child.Group = g.leader.Group
	}
	process, run := child.Commands.Prepare(ctx, child)
	if g.leader == nil {
		g.leader = process
		f.Give(process.Group)
		close(g.started)
	}
	return run
}
