package shell

import (
	"context"

	"drydock/sim/tools/command"

	"mvdan.cc/sh/v3/syntax"
)

// statements runs a list until one ends it. Signals that are trapped wait for the statement that
// runs, as in every shell: so sleep 100 delays a trap, and wait does not.
func (s *shell) statements(ctx context.Context, list []*syntax.Stmt) {
	last := s.last
	for i, st := range list {
		s.last = last && i == len(list)-1
		if s.stopped(ctx) {
			return
		}
		s.statement(ctx, st)
		if s.caught != nil {
			s.runTraps(ctx)
		}
	}
}

// statement runs one statement with its redirections.
//
// errexit ends the shell after a statement that failed, unless its status is a condition: it
// stands before && or ||, after if, while or !, or within such a one (s.tested).
func (s *shell) statement(ctx context.Context, st *syntax.Stmt) {
	if s.nesting++; s.nesting > maxNesting {
		s.fail(2, "maximum nesting of statements exceeded")
	}
	defer func() { s.nesting-- }()
	s.call.Process().Hold(ctx)
	s.line, s.now = st.Pos().Line(), ctx // for messages, and for substitutions, which get no context
	s.statementNow = st
	switch {
	case s.flow != going || s.options.Noexec && !s.interactive:
		return
	case st.Coprocess || st.Disown:
		s.fail(2, "%s", s.words("coproc: not supported", "Syntax error: \"&\" unexpected", ""))
		return
	case st.Background:
		s.start(st)
		return
	}
	if st.Negated {
		s.tested++
		defer s.negate()
	}
	s.last = s.last && !st.Negated // the status is yet to be turned
	if len(st.Redirs) == 0 {
		s.command(ctx, st.Cmd)
	} else if restore, ok := s.redirect(st.Redirs); ok {
		s.command(ctx, st.Cmd)
		restore()
	}
	if s.status != 0 && s.options.Errexit && s.tested == 0 && s.flow == going && countsForErrexit(st.Cmd) {
		s.flow = exiting
	}
	if s.interactive && s.status == command.SIGINT.ExitCode() {
		s.giveUp() // bash does so when what it waits for was interrupted
	}
}

// negate is what ! does to the status.
func (s *shell) negate() {
	s.tested--
	if s.flow == going {
		s.status = one(s.status == 0)
	}
}

// countsForErrexit tells whether the status of a command is its own, and not that of a
// statement in it which has been looked at already, or which is a condition.
func countsForErrexit(cmd syntax.Command) bool {
	switch cmd := cmd.(type) {
	case *syntax.BinaryCmd:
		return cmd.Op == syntax.Pipe || cmd.Op == syntax.PipeAll
	case *syntax.Block, *syntax.IfClause, *syntax.WhileClause, *syntax.ForClause, *syntax.CaseClause, *syntax.FuncDecl, *syntax.TimeClause:
		return false
	}
	return true
}

// command runs the command of a statement.
func (s *shell) command(ctx context.Context, cmd syntax.Command) {
	switch cmd.(type) { // of others the shell has to do something after the last program
	case *syntax.CallExpr, *syntax.Block:
	default:
		s.last = s.last && isAndOr(cmd)
	}
	switch cmd := cmd.(type) {
	case nil:
		s.status = 0
	case *syntax.CallExpr:
		s.simple(ctx, cmd)
	case *syntax.BinaryCmd:
		s.binary(ctx, cmd)
	case *syntax.Block:
		s.statements(ctx, cmd.Stmts)
	case *syntax.Subshell:
		s.inSubshell(ctx, cmd.Stmts)
	case *syntax.ForClause:
		s.forLoop(ctx, cmd)
	case *syntax.WhileClause:
		s.whileLoop(ctx, cmd)
	case *syntax.IfClause:
		s.branch(ctx, cmd)
	case *syntax.CaseClause:
		s.choose(ctx, cmd)
	case *syntax.FuncDecl:
		s.define(cmd)
	default:
		s.extended(s, ctx, cmd)
	}
}

func isAndOr(cmd syntax.Command) bool {
	b, ok := cmd.(*syntax.BinaryCmd)
	return ok && (b.Op == syntax.AndStmt || b.Op == syntax.OrStmt)
}

// binary runs && and ||, which have one precedence and group to the left, and pipes.
func (s *shell) binary(ctx context.Context, cmd *syntax.BinaryCmd) {
	if cmd.Op == syntax.Pipe || cmd.Op == syntax.PipeAll {
		s.pipeline(ctx, cmd)
		return
	}
	last := s.last
	s.tested++
	s.last = false
	s.statement(ctx, cmd.X)
	s.tested--
	if !s.stopped(ctx) && (s.status == 0) == (cmd.Op == syntax.AndStmt) {
		s.last = last
		s.statement(ctx, cmd.Y)
	}
}
