package jobs

import (
	"context"

	"drydock/sim/tools/command"
)

// A Foreground is who has the terminal of a prompt: the shell, or what it waits for. ^C reaches
// all processes of one group.
type Foreground struct {
	Terminal command.Terminal // nil if the shell has none
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

// Run runs a program that has the terminal until it ends. In a pipeline that has a group it
// joins that.
func (f *Foreground) Run(ctx context.Context, g *Group, child *command.Call) int {
	switch {
	case f.Terminal == nil:
		return child.Commands.Run(ctx, child)
	case g != nil:
		return g.prepare(ctx, f, child)()
	}
	child.NewGroup = true
	process, run := child.Commands.Prepare(ctx, child)
	f.Give(process.Group)
	defer f.Take()
	return run()
}

// A Group is the process group of a pipeline at a prompt. The first program makes it, and the
// others join.
type Group struct {
	lock chan struct{} // full while it is held
	id   int
}

// NewGroup returns a group without processes.
func NewGroup() *Group { return &Group{lock: make(chan struct{}, 1)} }

// prepare makes the process of a command in the group.
func (g *Group) prepare(ctx context.Context, f *Foreground, child *command.Call) (run func() int) {
	g.lock <- struct{}{}
	defer func() { <-g.lock }()
	child.NewGroup, child.Group = g.id == 0, g.id
	process, run := child.Commands.Prepare(ctx, child)
	if g.id == 0 {
		g.id = process.Group
		f.Give(g.id)
	}
	return run
}
