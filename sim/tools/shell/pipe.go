package shell

import (
	"context"
	"io"
	"strings"

	"drydock/sim/tools/command"

	"mvdan.cc/sh/v3/syntax"
)

// fork accounts for a subshell that runs beside this one. There may be so many that what
// doubles itself, f() { f | f & }, ends.
func (s *shell) fork() (done func(), ok bool) {
	if s.forks.Add(1) > maxForks {
		s.forks.Add(-1)
		s.fail(command.NoFork, "%s", s.words("fork: retry: Resource temporarily unavailable", "Cannot fork", "can't fork: Resource temporarily unavailable"))
		return nil, false
	}
	return func() { s.forks.Add(-1) }, true
}

// inSubshell is ( ).
func (s *shell) inSubshell(ctx context.Context, list []*syntax.Stmt) {
	sub := s.subshell()
	sub.statements(ctx, list)
	sub.leave(ctx)
	s.status = sub.status
	if s.interactive && sub.flow == abandoned {
		s.giveUp()
	}
}

// pipeline runs all parts at once, each in a subshell, and takes the status of the last one.
// When a part is through, the one before it gets an error for what it writes, as by SIGPIPE;
// the pipeline waits for it all the same, as every shell does.
func (s *shell) pipeline(ctx context.Context, cmd *syntax.BinaryCmd) {
	stmts, both := flatten(cmd)
	own := s.interactive && s.group == nil
	if own {
		s.group = newGroup()
	}
	statuses := make([]int, len(stmts))
	finished := make(chan struct{})
	started := 0
	var stdin *file
	for i, st := range stmts[:len(stmts)-1] {
		done, ok := s.fork()
		if !ok {
			break
		}
		if both[i] {
			st = withErrors(st)
		}
		r, sub := s.pipeTo(ctx, stdin)
		stdin = r
		started++
		go func() {
			defer func() { done(); finished <- struct{}{} }()
			statuses[i] = sub.run(st)
		}()
	}
	last := len(stmts) - 1
	if started == last {
		sub := s.subshell()
		sub.files[0] = stdin
		sub.statement(ctx, stmts[last])
		sub.leave(ctx)
		statuses[last] = sub.status
	}
	stdin.release()
	for range started {
		<-finished
	}
	if own {
		s.group = nil
		s.takeTerminal()
	}
	if started == last {
		s.status = s.pipeStatus(statuses)
	}
}

// flatten returns the parts of a pipeline, and which of them also pipe standard error.
func flatten(cmd *syntax.BinaryCmd) (stmts []*syntax.Stmt, both []bool) {
	left, ok := cmd.X.Cmd.(*syntax.BinaryCmd)
	if ok && (left.Op == syntax.Pipe || left.Op == syntax.PipeAll) && len(cmd.X.Redirs) == 0 && !cmd.X.Negated {
		stmts, both = flatten(left)
	} else {
		stmts = []*syntax.Stmt{cmd.X}
	}
	return append(stmts, cmd.Y), append(both, cmd.Op == syntax.PipeAll)
}

// withErrors is what |& does: 2>&1 after all other redirections.
func withErrors(st *syntax.Stmt) *syntax.Stmt {
	c := *st
	c.Redirs = append(c.Redirs[:len(c.Redirs):len(c.Redirs)], &syntax.Redirect{
		Op: syntax.DplOut, N: &syntax.Lit{Value: "2"}, Word: &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: "1"}}},
	})
	return &c
}

// pipeStatus is the status of the last part, with pipefail that of the last one that failed.
func (s *shell) pipeStatus(statuses []int) int {
	last := len(statuses) - 1
	for s.options.pipefail && last > 0 && statuses[last] == 0 {
		last--
	}
	if s.options.pipefail {
		return statuses[last]
	}
	return statuses[len(statuses)-1]
}

// A part is a subshell that writes to a pipe.
type part struct {
	*shell
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// pipeTo makes the subshell for a part that reads from stdin, if there is one, and the end of
// the pipe to which it writes.
func (s *shell) pipeTo(ctx context.Context, stdin *file) (r *file, p part) {
	pipe := command.NewPipe()
	ctx, cancel := context.WithCancelCause(ctx)
	sub := s.subshell()
	sub.files.retain()
	if stdin != nil {
		sub.files.set(0, stdin)
	}
	sub.files.set(1, newFile(nil, &pipeWriter{pipe, cancel}, func() { pipe.CloseWrite() }))
	return newFile(pipe, nil, func() { pipe.CloseRead() }), part{sub, ctx, cancel}
}

// run runs the part and closes its files.
func (p part) run(st *syntax.Stmt) int {
	p.statement(p.ctx, st)
	p.leave(p.ctx)
	p.files.release()
	p.cancel(nil)
	return p.status
}

// A pipeWriter ends its shell when nobody reads any more.
type pipeWriter struct {
	*command.Pipe
	cancel context.CancelCauseFunc
}

func (w *pipeWriter) Write(b []byte) (int, error) {
	n, err := w.Pipe.Write(b)
	if err != nil {
		w.cancel(command.SIGPIPE)
	}
	return n, err
}

// substitution runs $(LINE) and returns what it prints. It waits for all that still can write
// to it.
func (s *shell) substitution(p *syntax.CmdSubst) (string, error) {
	if len(p.Stmts) == 0 {
		s.substitute = 0
		return "", nil
	}
	ctx, cancel := context.WithCancelCause(s.now)
	defer cancel(nil)
	out, closed := newLimited(), make(chan struct{})
	sub := s.subshell()
	sub.files.retain()
	sub.files.set(1, newFile(nil, &cancelWriter{out, cancel}, func() { close(closed) }))
	if text, ok := sub.fileText(p.Stmts); ok {
		io.WriteString(out, text)
	} else {
		sub.statements(ctx, p.Stmts)
		sub.leave(ctx)
	}
	sub.files.release()
	select {
	case <-closed:
	case <-ctx.Done():
	}
	s.substitute, s.status = sub.status, sub.status
	text, all := out.result()
	if !all {
		return "", errTooLong
	}
	return text, nil
}

// cancelWriter ends the shell whose output is too long.
type cancelWriter struct {
	w      io.Writer
	cancel context.CancelCauseFunc
}

func (w *cancelWriter) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	if err != nil {
		w.cancel(command.SIGPIPE)
	}
	return n, err
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
	io.Copy(&b, io.LimitReader(s.files.reader(0), maxSubstitution+1))
	s.status = 0
	return b.String(), true
}
