package shell

import (
	"context"

	"drydock/sim/tools/shell/internal/jobs"
	"drydock/sim/tools/shell/internal/streams"

	"mvdan.cc/sh/v3/syntax"
)

// pipeline runs all parts at once, each in a subshell, and takes the status of the last one.
// When a part is through, the one before it gets an error for what it writes, as by SIGPIPE;
// the pipeline waits for it all the same, as every shell does.
func (s *shell) pipeline(ctx context.Context, cmd *syntax.BinaryCmd) {
	if !s.controls() {
		s.parts(ctx, flatten(cmd))
		return
	}
	sub := s.subshell()
	status, ended := s.asJob(ctx, func(ctx context.Context, g *jobs.Group) int {
		sub.group = g
		sub.parts(ctx, flatten(cmd))
		return sub.status
	})
	if s.status = status; ended && sub.flow == abandoned {
		s.giveUp()
	}
}

// parts runs the parts of a pipeline.
func (s *shell) parts(ctx context.Context, stmts []*syntax.Stmt) {
	statuses := make([]int, len(stmts))
	finished := make(chan struct{})
	var stdin *streams.File // what the next part reads
	started, last := 0, len(stmts)-1
	for i, st := range stmts[:last] {
		done, ok := s.fork()
		if !ok {
			break
		}
		r, p := s.pipeTo(ctx, stdin)
		stdin = r
		started++
		go func() {
			defer func() { done(); finished <- struct{}{} }()
			statuses[i] = p.run(st)
		}()
	}
	if started == last {
		sub := s.subshell()
		sub.files[0] = stdin // which stays this shell's to close
		sub.statement(ctx, stmts[last])
		sub.leave(ctx)
		statuses[last] = sub.status
	}
	stdin.Release()
	for range started {
		<-finished
	}
	if started == last {
		s.status = s.pipeStatus(statuses)
	}
}

// flatten returns the parts of a pipeline. The parser has them as pairs of pairs.
func flatten(cmd *syntax.BinaryCmd) []*syntax.Stmt {
	x := cmd.X
	if cmd.Op == syntax.PipeAll {
		x = withErrors(x)
	}
	left, ok := x.Cmd.(*syntax.BinaryCmd)
	if ok && (left.Op == syntax.Pipe || left.Op == syntax.PipeAll) && len(x.Redirs) == 0 && !x.Negated {
		return append(flatten(left), cmd.Y)
	}
	return []*syntax.Stmt{x, cmd.Y}
}

// withErrors is what |& does: 2>&1 after all other redirections.
func withErrors(st *syntax.Stmt) *syntax.Stmt {
	c := *st
	if left, ok := c.Cmd.(*syntax.BinaryCmd); ok && (left.Op == syntax.Pipe || left.Op == syntax.PipeAll) {
		pair := *left // it is of the part before |& alone
		pair.Y = withErrors(pair.Y)
		c.Cmd = &pair
		return &c
	}
	c.Redirs = append(c.Redirs[:len(c.Redirs):len(c.Redirs)], &syntax.Redirect{
		Op: syntax.DplOut, N: &syntax.Lit{Value: "2"}, Word: &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: "1"}}},
	})
	return &c
}

// pipeStatus is the status of the last part, with pipefail that of the last one that failed.
func (s *shell) pipeStatus(statuses []int) int {
	last := len(statuses) - 1
	for i := last; i >= 0 && s.options.Pipefail; i-- {
		if statuses[i] != 0 {
			return statuses[i]
		}
	}
	return statuses[last]
}

// A part is a subshell that writes to a pipe.
type part struct {
	*shell
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// pipeTo makes the subshell for a part that reads from stdin, if there is one, and the end of
// the pipe from which the next part reads.
func (s *shell) pipeTo(ctx context.Context, stdin *streams.File) (r *streams.File, p part) {
	ctx, cancel := context.WithCancelCause(ctx)
	r, w := streams.Pipe(cancel)
	sub := s.subshell()
	sub.files.Retain()
	if stdin != nil {
		sub.files.Set(0, stdin)
	}
	sub.files.Set(1, w)
	return r, part{sub, ctx, cancel}
}

// run runs the part and closes its files, so that the next one reads the end.
func (p part) run(st *syntax.Stmt) int {
	p.statement(p.ctx, st)
	p.leave(p.ctx)
	p.files.Release()
	p.cancel(nil)
	return p.status
}
