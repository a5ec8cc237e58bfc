package shell

import (
	"context"

	"drydock/sim/tools/command"
)

// A group is the process group of a pipeline at a prompt: ^C reaches all of it. The first
// program makes it, and the others join.
type group struct {
	lock chan struct{} // full while it is held
	id   int
}

func newGroup() *group { return &group{lock: make(chan struct{}, 1)} }

// foreground runs a program and waits for it. At a prompt it has the terminal meanwhile.
func (s *shell) foreground(ctx context.Context, child *command.Call) int {
	if !s.interactive || s.terminal == nil {
		return s.call.Commands.Run(ctx, child)
	}
	if s.group == nil {
		child.NewGroup = true
		process, run := s.call.Commands.Prepare(ctx, child)
		s.terminal.SetForeground(process.Group)
		defer s.takeTerminal()
		return run()
	}
	return s.group.prepare(ctx, s, child)()
}

// prepare makes the process of a command in the group.
func (g *group) prepare(ctx context.Context, s *shell, child *command.Call) (run func() int) {
	g.lock <- struct{}{}
	defer func() { <-g.lock }()
	child.NewGroup, child.Group = g.id == 0, g.id
	process, run := s.call.Commands.Prepare(ctx, child)
	if g.id == 0 {
		g.id = process.Group
		s.terminal.SetForeground(g.id)
	}
	return run
}

// takeTerminal makes the shell the one that ^C reaches, in cooked mode.
func (s *shell) takeTerminal() {
	if s.interactive && s.terminal != nil {
		s.terminal.SetForeground(s.call.Process().Group)
		s.terminal.SetRaw(false)
	}
}
