package shell

import (
	"context"
	"errors"
	"io"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// The parser recurses, for parentheses so much that 128 KiB of them overflow a stack of 250
// MB, the limit on 32 bits, and that ends the process. All else in a text of 128 KiB fits.
const maxParentheses = 20_000

func readAll(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxLine+1))
	return string(b), err
}

// parse parses a whole text.
func (s *shell) parse(text string) (*syntax.File, error) {
	if err := fits(text); err != nil {
		return nil, err
	}
	return syntax.NewParser(syntax.Variant(s.lang)).Parse(strings.NewReader(text), "")
}

var (
	errParentheses = errors.New("too many parentheses")
	errTooBig      = errors.New("too long")
)

func fits(text string) error {
	if len(text) > maxLine {
		return errTooBig
	}
	if strings.Count(text, "(") > maxParentheses {
		return errParentheses
	}
	return nil
}

// text runs a text. As every shell does it parses a line, runs that, and goes on: a fault
// lets the lines before it run.
func (s *shell) text(ctx context.Context, text string) {
	err := fits(text)
	var batch []*syntax.Stmt // parsed and not run: those of the last line
	if err == nil {
		parser := syntax.NewParser(syntax.Variant(s.lang))
		for st, stErr := range parser.StmtsSeq(strings.NewReader(text)) {
			if stErr != nil {
				err = stErr
				break
			}
			if n := len(batch); n > 0 && st.Pos().Line() > batch[n-1].End().Line() {
				if s.batch(ctx, batch, false); s.flow != going {
					return
				}
				batch = batch[:0]
			}
			batch = append(batch, st)
		}
	}
	n := len(batch)
	if n > 0 && (err == nil || faultLine(err) > batch[n-1].End().Line()) {
		if s.batch(ctx, batch, err == nil); s.flow != going {
			return
		}
	}
	if err != nil {
		s.syntaxError(err, text)
	}
}

// batch runs the statements of a line. The last one of all may replace the shell.
func (s *shell) batch(ctx context.Context, list []*syntax.Stmt, last bool) {
	s.last = last && s.calls == 0 && !s.sub
	s.statements(ctx, list)
	s.last = false
}

// faultLine returns the line of a fault of the parser.
func faultLine(err error) uint {
	var parse syntax.ParseError
	var lang syntax.LangError
	switch {
	case errors.As(err, &parse):
		return parse.Pos.Line()
	case errors.As(err, &lang):
		return lang.Pos.Line()
	}
	return 0
}

// syntaxError reports a text that is no script. Its status is 2.
func (s *shell) syntaxError(err error, text string) {
	line := max(1, faultLine(err))
	s.line = line
	message := err.Error()
	var parse syntax.ParseError
	var lang syntax.LangError
	switch {
	case errors.As(err, &parse):
		message = parse.Text
	case errors.As(err, &lang):
		message = lang.Feature + " is not supported"
	}
	f := readFault(message, syntax.IsIncomplete(err))
	if s.bash {
		s.bashSyntaxError(f, text)
	} else {
		s.dashSyntaxError(f, text)
	}
	s.status = 2
	s.giveUp()
}

// A textFault is what the parser says, as far as shells say it, too.
type textFault struct {
	message  string
	token    string // that is not expected
	expected string // what is missing at the end
	quote    bool   // one is not closed
	end      bool   // the text ends too early
}

var (
	unexpectedToken = regexp.MustCompile("^`([^`]+)` can only|encountered `([^`]+)`")
	expectedToken   = regexp.MustCompile("(?:by|with) `([a-z)}]+)`")
)

func readFault(message string, incomplete bool) textFault {
	f := textFault{message: message, quote: strings.Contains(message, "without closing quote")}
	f.end = incomplete && !f.quote
	if m := unexpectedToken.FindStringSubmatch(message); m != nil && !f.end {
		f.token = m[1] + m[2]
	}
	if m := expectedToken.FindStringSubmatch(message); m != nil {
		f.expected = m[1]
	}
	switch {
	case strings.HasPrefix(message, "`if`") && f.expected == "":
		f.expected = "then"
	case (strings.HasPrefix(message, "`while`") || strings.HasPrefix(message, "`until`")) && f.expected == "":
		f.expected = "do"
	case strings.HasPrefix(message, "`do`"):
		f.expected = "done"
	case strings.HasPrefix(message, "`then`"), strings.HasPrefix(message, "`else`"):
		f.expected = "fi"
	}
	return f
}

func (s *shell) bashSyntaxError(f textFault, text string) {
	at := s.name
	if s.source == fromLine && s.calls == 0 {
		at += ": -c"
	}
	lines := strings.Split(text, "\n")
	line := s.line
	switch {
	case f.quote:
		f.message = "unexpected EOF while looking for matching `" + lastQuote(f.message) + "'"
	case f.end:
		line = uint(strings.Count(strings.TrimSuffix(text, "\n"), "\n")) + 2
		f.message = "syntax error: unexpected end of file"
	case f.token != "" && int(line) <= len(lines):
		s.errorfAt(at, line, "syntax error near unexpected token `"+f.token+"'")
		f.message = "`" + lines[line-1] + "'"
	default:
		f.message = "syntax error: " + f.message
	}
	s.errorfAt(at, line, f.message)
}

func (s *shell) dashSyntaxError(f textFault, text string) {
	prefix := s.words("", "Syntax error: ", "syntax error: ")
	switch {
	case strings.Contains(f.message, "parameter expansion"):
		prefix, f.message = "", s.words("", "Bad substitution", "bad substitution")
	case f.quote:
		f.message = s.words("", "Unterminated quoted string", "unterminated quoted string")
	case f.end:
		s.line = uint(strings.Count(text, "\n")) + 1
		f.message = s.words("", "end of file unexpected", "unexpected end of file")
		if f.expected != "" {
			f.message += ` (expecting "` + f.expected + `")`
		}
	case f.token != "":
		f.message = s.words("", `"`+f.token+`" unexpected`, `unexpected "`+f.token+`"`)
	}
	s.errorf("%s%s", prefix, f.message)
}

// lastQuote returns the quote that the parser's words name at their end.
func lastQuote(message string) string {
	message = strings.TrimRight(message, "`'")
	if strings.HasSuffix(message, `"`) {
		return `"`
	}
	return "'"
}
