package shell

import (
	"context"
	"errors"
	"io"
	"maps"
	"strings"

	"drydock/sim/tools/command"

	"mvdan.cc/sh/v3/syntax"
)

const (
	maxLine         = 128 << 10 // MAX_ARG_STRLEN
	maxSubstitution = 1 << 20

	// The parser recurses, for parentheses so much that 128 KiB of them overflow a
	// stack of 250 MB, the limit on 32 bits, and that ends the process. All else in a
	// line of 128 KiB fits.
	maxParentheses = 1000
)

// A shell runs statements with its streams. Shells of one line that only differ in
// those share their state, as { } with a redirection does; one in a subshell has its
// own. A shell is used by one goroutine; a pipe has one for each side.
type shell struct {
	*state
	call *command.Call
}

// A state is what assignments and exit change. over is asked after each statement, on
// all levels, so that exit leaves loops and groups; it does not leave the subshell.
type state struct {
	vars   map[string]string
	params []string // $0 and so on
	status int      // $?
	over   bool     // exit, a fault, or the end of the context
}

// Sh is sh(1). The whole line is parsed before any of it runs, so a fault in its last
// word keeps the first from running; dash would have run whole lines before that one.
// The parser's words for faults are clearer than dash's, and stand after its "Syntax
// error".
func Sh(ctx context.Context, c *command.Call) int {
	line, params, status := script(c)
	if status != 0 {
		return status
	}
	if strings.Count(line, "(") > maxParentheses {
		return c.Fail(2, "%s: 1: Syntax error: too many parentheses\n", c.Args[0])
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(line), "")
	if err != nil {
		number, text := uint(1), err.Error()
		var parse syntax.ParseError
		if errors.As(err, &parse) {
			number, text = parse.Pos.Line(), parse.Text
		}
		return c.Fail(2, "%s: %d: Syntax error: %s\n", c.Args[0], number, text)
	}
	s := shell{&state{vars: make(map[string]string), params: params}, c}
	s.statements(ctx, file.Stmts)
	return s.status
}

// script returns what the command line gives to run and the parameters from $0. Options
// of the shell itself, -e and -x for example, are refused: a script that relies on -e
// would otherwise go on where it should end.
func script(c *command.Call) (line string, params []string, status int) {
	args := c.Args[1:]
	switch {
	case len(args) == 0:
		text, err := io.ReadAll(io.LimitReader(c.Stdin, maxLine+1))
		if err != nil {
			return "", nil, c.Fail(2, "%s: 0: %v\n", c.Args[0], err)
		}
		line, params = string(text), c.Args[:1]
	case args[0] == "-c" && len(args) == 1:
		return "", nil, c.Fail(2, "%s: 0: -c requires an argument\n", c.Args[0])
	case args[0] == "-c":
		line, params = args[1], append(args[2:len(args):len(args)], c.Args[:1]...)
		if len(args) > 2 {
			params = args[2:]
		}
	case strings.HasPrefix(args[0], "-"):
		return "", nil, c.Fail(2, "%s: 0: Illegal option %s\n", c.Args[0], args[0])
	default:
		return "", nil, c.Fail(2, "%s: 0: cannot open %s: No such file\n", c.Args[0], args[0])
	}
	if len(line) > maxLine {
		return "", nil, c.Fail(126, "%s: Argument list too long\n", c.Args[0])
	}
	return line, params, 0
}

// subshell returns a shell with those streams and a state of its own: what it assigns
// and where it exits does not reach the one that it came from.
func (s shell) subshell(stdin io.Reader, stdout io.Writer) shell {
	state, call := *s.state, *s.call
	state.vars = maps.Clone(s.vars)
	call.Stdin, call.Stdout = stdin, stdout
	return shell{&state, &call}
}

// fail ends the shell because of a fault in the line. It names the line as dash does;
// its status 2 is that of a shell's own faults.
func (s shell) fail(status int, at syntax.Pos, format string, args ...any) {
	s.call.Errorf("%s: %d: "+format+"\n", append([]any{s.call.Args[0], at.Line()}, args...)...)
	s.status, s.over = status, true
}

// refuse is fail for what POSIX has and this shell has not.
func (s shell) refuse(at syntax.Pos, what string) { s.fail(2, at, "%s: not supported", what) }
