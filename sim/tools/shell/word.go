package shell

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

func newReader(text []byte) io.Reader { return bytes.NewReader(text) }

// A splitter puts fields together from the parts of words. One word may become no
// field, one, or many: a"$b"$c is one whose last part may have more behind it.
type splitter struct {
	fields []string
	field  strings.Builder
	open   bool // there is a field, if only an empty one in quotes
}

// add adds text that is not split.
func (p *splitter) add(text string) {
	p.field.WriteString(text)
	p.open = true
}

// split adds the result of an expansion, which blanks and newlines separate into
// fields: $IFS is what it is at the start. One that is empty makes no field.
func (p *splitter) split(text string) {
	for text != "" {
		i := strings.IndexAny(text, " \t\n")
		switch {
		case i < 0:
			p.add(text)
			return
		case i > 0:
			p.add(text[:i])
		}
		p.end()
		text = strings.TrimLeft(text[i:], " \t\n")
	}
}

// end ends the field, which is there if something was in it or it was quoted: "" is an
// argument, and an unset variable is none.
func (p *splitter) end() {
	if p.open {
		p.fields = append(p.fields, p.field.String())
	}
	p.field.Reset()
	p.open = false
}

// fields expands words to fields. It is false if that ended the shell. Only what
// expansions yield is split, and only where they are not quoted. Their sum is bounded,
// as a loop could double a variable at each round.
func (s shell) fields(ctx context.Context, words []*syntax.Word) ([]string, bool) {
	var p splitter
	size := 0
	for _, w := range words {
		for _, part := range w.Parts {
			text, ok := s.part(ctx, part, false)
			if !ok {
				return nil, false
			}
			if size += len(text); size > maxSubstitution {
				s.fail(2, w.Pos(), "Argument list too long")
				return nil, false
			}
			switch part.(type) {
			case *syntax.ParamExp, *syntax.CmdSubst:
				p.split(text)
			default:
				p.add(text)
			}
		}
		p.end()
	}
	return p.fields, true
}

// word expands a word that stays one, as those of assignments and redirections do. With
// no word, as in "A=", it is empty.
func (s shell) word(ctx context.Context, w *syntax.Word) (string, bool) {
	if w == nil {
		return "", true
	}
	return s.parts(ctx, w.Parts, false)
}

// parts expands parts to one text. That is bounded like a line, since it may become
// one: sh -c "$x$x".
func (s shell) parts(ctx context.Context, parts []syntax.WordPart, quoted bool) (string, bool) {
	var b strings.Builder
	for _, part := range parts {
		text, ok := s.part(ctx, part, quoted)
		if !ok {
			return "", false
		}
		if b.WriteString(text); b.Len() > maxLine {
			s.fail(2, part.Pos(), "Argument list too long")
			return "", false
		}
	}
	return b.String(), true
}

// part expands a part of a word. quoted is whether it is within double quotes, where a
// backslash is mostly itself.
func (s shell) part(ctx context.Context, part syntax.WordPart, quoted bool) (string, bool) {
	switch p := part.(type) {
	case *syntax.Lit:
		return unescape(p.Value, quoted), true
	case *syntax.SglQuoted:
		return p.Value, true
	case *syntax.DblQuoted:
		return s.parts(ctx, p.Parts, true)
	case *syntax.CmdSubst:
		return s.substitute(ctx, p)
	case *syntax.ParamExp:
		if !isPlain(p) {
			s.fail(2, p.Pos(), "Bad substitution")
			return "", false
		}
		return s.param(p.Param.Value, p.Pos())
	}
	s.refuse(part.Pos(), "this kind of expansion")
	return "", false
}

// isPlain tells whether p is $NAME or ${NAME}. All else that braces can say is refused,
// even if it would not change the value.
func isPlain(p *syntax.ParamExp) bool {
	return p.Param != nil && p.Flags == nil && !p.Excl && !p.Length && !p.Width && !p.IsSet && p.NestedParam == nil &&
		p.Index == nil && p.Modifiers == nil && p.Slice == nil && p.Repl == nil && p.Names == 0 && p.Exp == nil
}

// param returns the value of a parameter, which is empty if it is not set. The shell's
// own variables come before the environment, of which the last one of a name counts.
func (s shell) param(name string, at syntax.Pos) (string, bool) {
	switch name {
	case "?":
		return strconv.Itoa(s.status), true
	case "#":
		return strconv.Itoa(len(s.params) - 1), true
	}
	if strings.Trim(name, "0123456789") == "" {
		if n, err := strconv.Atoi(name); err == nil && n < len(s.params) {
			return s.params[n], true
		}
		return "", true
	}
	if !syntax.ValidName(name) {
		s.refuse(at, "$"+name)
		return "", false
	}
	if value, ok := s.vars[name]; ok {
		return value, true
	}
	for i := len(s.call.Env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(s.call.Env[i], name+"="); ok {
			return value, true
		}
	}
	return "", true
}

// substitute runs $(LINE) and returns what it prints without the newlines at the end.
// It is a subshell, whose status is in $? afterwards.
func (s shell) substitute(ctx context.Context, p *syntax.CmdSubst) (string, bool) {
	var out limited
	sub := s.subshell(s.call.Stdin, &out)
	sub.statements(ctx, p.Stmts)
	s.status = sub.status
	if out.full {
		s.fail(2, p.Pos(), "Argument list too long")
		return "", false
	}
	return strings.TrimRight(out.String(), "\n"), true
}

// A limited is a buffer for maxSubstitution bytes, to which both sides of a pipe may
// write, one with 2>&1. Its error is what ends a command that writes more. The lock is
// never held while anything waits, so virtual time does not mind it.
type limited struct {
	mu sync.Mutex
	bytes.Buffer
	full bool
}

func (l *limited) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Len()+len(b) > maxSubstitution {
		l.full = true
		return 0, errors.New("too long")
	}
	return l.Buffer.Write(b)
}

// unescape takes the backslashes out of text: within double quotes only those that
// escape something there. One before a newline goes with it, which continues the line.
// The parser leaves them in, as it does not know what the text is for.
func unescape(text string, quoted bool) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			switch next := text[i+1]; {
			case next == '\n':
				i++
				continue
			case !quoted || strings.IndexByte("$`\"\\", next) >= 0:
				i++
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
