package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/shell/internal/faults"

	"mvdan.cc/sh/v3/syntax"
)

// The parser recurses, for parentheses so much that 128 KiB of them overflow a stack of 250
// MB, the limit on 32 bits, and that ends the process. All else in a text of 128 KiB fits.
const maxParentheses = 20_000

var (
	errParentheses = errors.New("too many parentheses")
	errTooBig      = errors.New("File too large")
)

// fits refuses texts that the parser must not get.
func fits(text string) error {
	if len(text) > maxLine {
		return errTooBig
	}
	if strings.Count(text, "(") > maxParentheses {
		return errParentheses
	}
	return nil
}

// parse parses a whole text.
func (s *shell) parse(text string) (*syntax.File, error) {
	if err := fits(text); err != nil {
		return nil, err
	}
	return syntax.NewParser(syntax.Variant(s.lang)).Parse(strings.NewReader(text), "")
}

// text runs a text. As every shell does it parses a line, runs that, and goes on: a fault
// lets the lines before it run.
func (s *shell) text(ctx context.Context, text string) {
	err := fits(text)
	var batch []*syntax.Stmt // parsed and not run: those of the last line
	if err == nil {
		parser := syntax.NewParser(syntax.Variant(s.lang))
		for st, stErr := range parser.StmtsSeq(strings.NewReader(text)) {
			// The parser yields on after a break, which panics. So the rest is parsed for nothing.
			if err != nil || s.flow != going {
				continue
			}
			if err = stErr; err != nil {
				continue
			}
			if n := len(batch); n > 0 && st.Pos().Line() > batch[n-1].End().Line() {
				s.batch(ctx, batch, false)
				batch = batch[:0]
			}
			batch = append(batch, st)
		}
	}
	n := len(batch)
	if s.flow == going && n > 0 && (err == nil || faults.Read(err).Line > batch[n-1].End().Line()) {
		s.batch(ctx, batch, err == nil)
	}
	if err != nil && s.flow == going {
		s.syntaxError(err, text)
	}
}

// batch runs the statements of a line. The last one of all may replace the shell.
func (s *shell) batch(ctx context.Context, list []*syntax.Stmt, last bool) {
	s.last = last && s.calls == 0 && !s.sub
	s.statements(ctx, list)
	s.last = false
}

// evaluate runs a text in this shell, as eval does.
func (s *shell) evaluate(ctx context.Context, text string) {
	if s.calls >= maxCalls {
		s.fail(2, "%s", s.words("eval: maximum eval nesting level exceeded (1000)", "Maximum function recursion depth (1000) reached", ""))
		return
	}
	lines, last := s.lines, s.last
	s.calls++
	s.lines += max(1, s.line) - 1
	s.last = false
	s.text(ctx, text)
	s.calls--
	s.lines, s.last = lines, last
}

// runTraps runs what trap has set for signals that have come.
func (s *shell) runTraps(ctx context.Context) {
	for !s.sub {
		select {
		case signal := <-s.caught:
			s.trapped(ctx, signal)
		default:
			return
		}
	}
}

// trapped is one signal that has come. One whose trap was reset ends the shell, as there is no
// way not to get it any more.
func (s *shell) trapped(ctx context.Context, signal command.Signal) {
	action, ok := s.traps[trapName(signal)]
	switch {
	case !ok && !s.interactive:
		s.status, s.flow = signal.ExitCode(), exiting
	case ok:
		status := s.status
		if s.evaluate(ctx, action); s.flow == going {
			s.status = status
		}
	}
}

// trapName is the name of a signal in traps.
func trapName(signal command.Signal) string { return strings.TrimPrefix(signal.String(), "SIG") }

// leave ends the shell: trap EXIT.
func (s *shell) leave(ctx context.Context) {
	action := s.traps["EXIT"]
	if action == "" || ctx.Err() != nil {
		return
	}
	s.change()
	delete(s.traps, "EXIT")
	status, flow := s.status, s.flow
	s.flow = going
	s.evaluate(ctx, action)
	if s.flow != exiting {
		s.status, s.flow = status, flow
	}
}

// syntaxError reports a text that is no script. Its status is 2.
func (s *shell) syntaxError(err error, text string) {
	f := faults.Read(err)
	s.line = max(1, f.Line)
	if s.bash {
		s.bashSyntaxError(f, text)
	} else {
		s.dashSyntaxError(f, text)
	}
	s.status = 2
	s.giveUp()
}

func (s *shell) bashSyntaxError(f faults.Fault, text string) {
	at := s.name
	if s.source == fromLine && s.calls == 0 {
		at += ": -c"
	}
	say := func(message string) {
		if s.interactive {
			fmt.Fprintf(s.files.Writer(2), "%s: %s\n", at, message)
		} else {
			fmt.Fprintf(s.files.Writer(2), "%s: line %d: %s\n", at, s.line+s.lines, message)
		}
	}
	lines := strings.Split(text, "\n")
	switch {
	case f.Quote != "":
		say("unexpected EOF while looking for matching `" + f.Quote + "'")
	case f.End:
		s.line = uint(strings.Count(strings.TrimSuffix(text, "\n"), "\n")) + 2
		say("syntax error: unexpected end of file")
	case f.Token != "" && int(s.line) <= len(lines):
		say("syntax error near unexpected token `" + f.Token + "'")
		say("`" + lines[s.line-1] + "'")
	default:
		say("syntax error: " + f.Message)
	}
}

func (s *shell) dashSyntaxError(f faults.Fault, text string) {
	prefix := s.words("", "Syntax error: ", "syntax error: ")
	message := f.Message
	switch {
	case strings.Contains(message, "parameter expansion"):
		prefix, message = "", s.words("", "Bad substitution", "bad substitution")
	case f.Quote != "":
		message = s.words("", "Unterminated quoted string", "unterminated quoted string")
	case f.End:
		s.line = uint(strings.Count(text, "\n")) + 1
		message = s.words("", "end of file unexpected", "unexpected end of file")
		if f.Expected != "" {
			message += ` (expecting "` + f.Expected + `")`
		}
	case f.Token != "":
		message = s.words("", `"`+f.Token+`" unexpected`, `unexpected "`+f.Token+`"`)
	}
	s.errorf("%s%s", prefix, message)
}
