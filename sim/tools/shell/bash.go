package shell

import (
	"context"
	"fmt"
	"time"

	"mvdan.cc/sh/v3/syntax"
)

// bashCommand runs what POSIX has not.
func bashCommand(s *shell, ctx context.Context, cmd syntax.Command) {
	switch cmd := cmd.(type) {
	case *syntax.TestClause:
		s.test(cmd.X)
	case *syntax.ArithmCmd:
		n, err := s.Arithmetic(cmd.X)
		s.arithmeticStatus(n, err)
	case *syntax.LetClause:
		for _, x := range cmd.Exprs {
			n, err := s.Arithmetic(x)
			s.arithmeticStatus(n, err)
		}
	case *syntax.DeclClause:
		s.declare(cmd)
	case *syntax.TimeClause:
		s.timed(ctx, cmd)
	default:
		s.fail(2, "this command is not supported")
	}
}

// arithmeticStatus is 0 for what is not 0.
func (s *shell) arithmeticStatus(n int64, err error) {
	s.status = one(n == 0)
	if err != nil {
		s.errorf("((: %v", err)
		s.status = 1
	}
}

// timed is time. All time passes on the clock: programs here take none of a processor's.
func (s *shell) timed(ctx context.Context, cmd *syntax.TimeClause) {
	begin := time.Now()
	if cmd.Stmt != nil {
		s.statement(ctx, cmd.Stmt)
	}
	d := time.Since(begin)
	format := "\nreal\t%s\nuser\t%s\nsys\t%s\n"
	show := func(d time.Duration) string {
		return fmt.Sprintf("%dm%.3fs", int(d.Minutes()), (d % time.Minute).Seconds())
	}
	if cmd.PosixFormat {
		format = "real %s\nuser %s\nsys %s\n"
		show = func(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }
	}
	fmt.Fprintf(s.files.Writer(2), format, show(d), show(0), show(0))
}
