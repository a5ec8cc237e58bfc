package shell

import (
	"context"
	"fmt"
	"io"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/shell/internal/jobs"
	"drydock/sim/tools/shell/internal/streams"
	"drydock/sim/tools/shell/internal/words"

	"mvdan.cc/sh/v3/syntax"
)

// inSubshell is ( ).
func (s *shell) inSubshell(ctx context.Context, list []*syntax.Stmt) {
	sub := s.subshell()
	run := func(ctx context.Context, g *jobs.Group) int {
		sub.group = g
		sub.statements(ctx, list)
		sub.leave(ctx)
		return sub.status
	}
	ended := true
	if s.controls() {
		s.status, ended = s.asJob(ctx, run)
	} else {
		s.status = run(ctx, s.group)
	}
	if ended && s.interactive && sub.flow == abandoned {
		s.giveUp()
	}
}

// substitution runs $(LINE) and returns what it prints. It waits for all that still can write
// to it: jobs in the background, too.
func (s *shell) substitution(p *syntax.CmdSubst) (string, error) {
	if len(p.Stmts) == 0 {
		s.substitute = 0
		return "", nil
	}
	ctx, cancel := context.WithCancelCause(s.now)
	defer cancel(nil)
	out, closed := streams.NewLimited(), make(chan struct{})
	sub := s.subshell()
	sub.interactive = false // its programs are no jobs: ^Z does nothing to them
	sub.files.Retain()
	sub.files.Set(1, streams.New(nil, &streams.Killer{W: out, Cancel: cancel}, func() { close(closed) }))
	if text, ok := sub.fileText(p.Stmts); ok {
		io.WriteString(out, text)
	} else {
		sub.statements(ctx, p.Stmts)
		sub.leave(ctx)
	}
	sub.files.Release()
	select { // a job may have the file yet
	case <-closed:
	case <-ctx.Done():
	}
	s.substitute, s.status = sub.status, sub.status
	text, all := out.Result()
	if !all {
		return "", words.ErrTooLong
	}
	return text, nil
}

// fileText is $(<FILE), the contents of a file.
func (s *shell) fileText(list []*syntax.Stmt) (string, bool) {
	st := list[0]
	if len(list) > 1 || st.Cmd != nil || len(st.Redirs) != 1 || st.Redirs[0].Op != syntax.RdrIn || !s.bash && !s.busybox {
		return "", false
	}
	restore, ok := s.redirect(st.Redirs)
	if !ok {
		return "", true
	}
	defer restore()
	var b strings.Builder
	io.Copy(&b, io.LimitReader(s.files.Reader(0), streams.MaxText+1))
	s.status = 0
	return b.String(), true
}

// start runs a statement in the background, as a process in which it replaces the shell if it
// is a simple command. It reads nothing, or at a prompt the terminal, which stops it.
func (s *shell) start(st *syntax.Stmt) {
	if s.mine.Forget(); len(s.mine) >= jobs.Most {
		s.noFork()
		return
	}
	done, ok := s.fork()
	if !ok {
		return
	}
	sub := s.subshell()
	sub.files.Retain()
	if !s.controls() {
		sub.files.Set(0, streams.New(nullFile{}, nil, nil))
	}
	sub.interactive, sub.job, sub.last, sub.group = false, true, true, nil
	statement := *st
	statement.Background = false
	child := sub.child(s.call.Args, s.Vars.Environ())
	child.NewGroup = s.interactive
	process, run := command.Table{child.Args[0]: func(ctx context.Context, c *command.Call) int {
		c.Commands = s.call.Commands // and not the table of this one function
		own := *sub.process          // $$ stays, but what the job starts is its child
		own.call = c
		sub.files.Set(0, streams.New(c.Stdin, nil, nil)) // as its own process reads it
		sub.process = &own
		sub.statement(ctx, &statement)
		sub.leave(ctx)
		return sub.status
	}}.Prepare(s.jobs.Context, child)
	j := &jobs.Job{Process: process, Text: sourceOf(&statement), Done: make(chan struct{})}
	s.mine.Add(j)
	s.jobs.Run(j, run, func() { sub.files.Release(); done() })
	s.background, s.status = process.PID, 0
	if s.interactive && !s.sub {
		fmt.Fprintf(s.files.Writer(2), "[%d] %d\n", j.ID, process.PID)
	}
}

// sourceOf returns the text of a statement in one line, as bash shows it.
func sourceOf(st *syntax.Stmt) string {
	var b strings.Builder
	syntax.NewPrinter(syntax.SingleLine(true), syntax.SpaceRedirects(true)).Print(&b, st)
	text := b.String()
	if _, ok := st.Cmd.(*syntax.Subshell); ok && len(st.Redirs) == 0 && len(text) > 1 {
		text = "( " + text[1:len(text)-1] + " )"
	}
	return text
}
