package shell

import (
	"context"

	"drydock/sim/tools/shell/internal/glob"

	"mvdan.cc/sh/v3/syntax"
)

// again tells, after the body of a loop, whether there is another round. break and continue of
// more levels than one are for the loop around this one.
func (s *shell) again(ctx context.Context) bool {
	switch {
	case s.flow == breaking || s.flow == continuing:
		if s.levels--; s.levels > 0 {
			return false
		}
		more := s.flow == continuing
		s.flow = going
		return more && !s.stopped(ctx)
	}
	return !s.stopped(ctx)
}

// forLoop is for NAME in WORD... and for ((…)).
func (s *shell) forLoop(ctx context.Context, cmd *syntax.ForClause) {
	s.loops++
	defer func() { s.loops-- }()
	if loop, ok := cmd.Loop.(*syntax.CStyleLoop); ok {
		s.countingLoop(ctx, loop, cmd.Do)
		return
	}
	iter, ok := cmd.Loop.(*syntax.WordIter)
	if !ok || cmd.Select {
		s.fail(2, "select: not supported")
		return
	}
	list := s.Params
	if iter.InPos.IsValid() { // the words are expanded once, before the first round
		var err error
		if list, err = s.Fields(iter.Items...); err != nil {
			s.expansion(err)
			return
		}
	}
	s.status = 0
	for _, word := range list {
		if !s.assign(iter.Name.Value, word) {
			return
		}
		s.statements(ctx, cmd.Do)
		if !s.again(ctx) {
			return
		}
	}
}

// countingLoop is for ((INIT; COND; POST)).
func (s *shell) countingLoop(ctx context.Context, loop *syntax.CStyleLoop, body []*syntax.Stmt) {
	value := func(x syntax.ArithmExpr, missing int64) (int64, bool) {
		if x == nil {
			return missing, true
		}
		n, err := s.Arithmetic(x)
		if err != nil {
			s.errorf("((: %v", err)
			s.status = 1
		}
		return n, err == nil
	}
	s.status = 0
	if _, ok := value(loop.Init, 0); !ok {
		return
	}
	for {
		n, ok := value(loop.Cond, 1)
		if !ok || n == 0 {
			return
		}
		s.statements(ctx, body)
		if !s.again(ctx) {
			return
		}
		if _, ok := value(loop.Post, 0); !ok {
			return
		}
	}
}

// whileLoop is while and until.
func (s *shell) whileLoop(ctx context.Context, cmd *syntax.WhileClause) {
	s.loops++
	defer func() { s.loops-- }()
	status := 0
	for {
		s.tested++
		s.statements(ctx, cmd.Cond)
		s.tested--
		if s.flow != going {
			if !s.again(ctx) {
				return
			}
			continue
		}
		if (s.status == 0) == cmd.Until {
			s.status = status
			return
		}
		s.status = 0
		s.statements(ctx, cmd.Do)
		status = s.status
		if !s.again(ctx) {
			return
		}
	}
}

// branch is if. The parser has elif as an if in the else, and else as one without a condition.
// If no branch is taken the status is 0.
func (s *shell) branch(ctx context.Context, cmd *syntax.IfClause) {
	for ; cmd != nil; cmd = cmd.Else {
		if len(cmd.Cond) > 0 { // else has none
			s.tested++
			s.statements(ctx, cmd.Cond)
			s.tested--
			if s.flow != going {
				return
			}
			if s.status != 0 {
				continue
			}
		}
		s.status = 0
		s.statements(ctx, cmd.Then)
		return
	}
	s.status = 0
}

// choose is case.
func (s *shell) choose(ctx context.Context, cmd *syntax.CaseClause) {
	word, err := s.Word(cmd.Word)
	if err != nil {
		s.expansion(err)
		return
	}
	s.status = 0
	through := false // the item before ended with ;&
	for _, item := range cmd.Items {
		match := through
		for _, pattern := range item.Patterns {
			if match {
				break
			}
			if match, err = s.like(word, pattern); err != nil {
				s.expansion(err)
				return
			}
		}
		if !match {
			continue
		}
		s.statements(ctx, item.Stmts)
		if item.Op == syntax.Break || s.flow != going {
			return
		}
		through = item.Op == syntax.Fallthrough
	}
}

// like tells whether a text is like a pattern. One that is no pattern is like nothing.
func (s *shell) like(text string, word *syntax.Word) (bool, error) {
	pattern, err := s.Pattern(word)
	if err != nil {
		return false, err
	}
	match, err := glob.Match(pattern)
	return err == nil && match(text), nil
}
