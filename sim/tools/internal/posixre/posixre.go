// Package posixre makes regular expressions of POSIX, basic and extended, those of package
// regexp: leftmost-longest, with the classes of POSIX and what GNU adds. References such as \1
// in an expression are not there, as no expression that matches in linear time can have them.
package posixre

import (
	"errors"
	"regexp"
	"strings"
)

// Options say how an expression is read.
type Options struct {
	Extended bool // ERE
	Literal  bool // no expression but a text: grep -F
	Fold     bool // upper and lower case are the same
	Lines    bool // ^ and $ match in each line
	Whole    bool // the match is the whole text
}

var (
	// ErrReference is a reference to a group.
	ErrReference = errors.New("Invalid back reference")
	errBracket   = errors.New("Unmatched [, [^, [:, [., or [=")
	errParen     = errors.New("Unmatched ( or \\(")
	errClose     = errors.New("Unmatched ) or \\)")
	errBrace     = errors.New("Unmatched { or \\{")
	errContent   = errors.New("Invalid content of \\{\\}")
	errClass     = errors.New("Invalid character class name")
	errRange     = errors.New("Invalid range end")
	errTrailing  = errors.New("Trailing backslash")
	errRepeat    = errors.New("Invalid preceding regular expression")
)

// Compile compiles an expression. Errors have regerror(3)'s words.
func Compile(expr string, o Options) (*regexp.Regexp, error) {
	text := regexp.QuoteMeta(expr)
	if !o.Literal {
		t := translator{expr: expr, Options: o}
		var err error
		if text, err = t.translate(); err != nil {
			return nil, err
		}
	}
	if o.Whole {
		text = `\A(?:` + text + `)\z`
	}
	flags := "s"
	if o.Fold {
		flags += "i"
	}
	if o.Lines {
		flags += "m"
	}
	rx, err := regexp.Compile("(?" + flags + ")" + text)
	if err != nil {
		return nil, errRepeat
	}
	rx.Longest()
	return rx, nil
}

// A translator reads an expression.
type translator struct {
	Options
	expr  string
	at    int
	out   strings.Builder
	depth int
	atom  bool // something that can be repeated stands before
}

func (t *translator) translate() (string, error) {
	for t.at < len(t.expr) {
		if err := t.one(); err != nil {
			return "", err
		}
	}
	if t.depth > 0 {
		return "", errParen
	}
	return t.out.String(), nil
}

// begins tells whether nothing stands before in the expression, the group or the alternative.
func (t *translator) begins() bool {
	before := t.out.String()
	return before == "" || strings.HasSuffix(before, "(") && !strings.HasSuffix(before, `\(`) || strings.HasSuffix(before, "|") && !strings.HasSuffix(before, `\|`)
}

// ends tells whether nothing follows.
func (t *translator) ends() bool {
	rest := t.expr[t.at+1:]
	if t.Extended {
		return true // an anchor everywhere
	}
	return rest == "" || strings.HasPrefix(rest, `\)`) || strings.HasPrefix(rest, `\|`)
}

func (t *translator) one() error {
	c := t.expr[t.at]
	switch {
	case c == '\\':
		return t.escaped()
	case c == '[':
		return t.bracket()
	case c == '.':
		t.emit(".", true)
	case c == '^' && (t.Extended || t.begins()):
		t.anchor(`\A`, "^")
	case c == '$' && t.ends():
		t.anchor(`\z`, "$")
	case c == '*':
		if t.begins() || !t.atom && !t.Extended {
			t.emit(`\*`, true)
		} else {
			t.repeat("*")
		}
	case t.Extended && (c == '+' || c == '?'):
		if t.begins() {
			t.emit(regexp.QuoteMeta(string(c)), true)
		} else {
			t.repeat(string(c))
		}
	case t.Extended && (c == '(' || c == ')' || c == '|'):
		return t.group(c)
	case t.Extended && c == '{':
		return t.interval("}")
	default:
		r := firstRune(t.expr[t.at:])
		t.emit(regexp.QuoteMeta(r), true)
		t.at += len(r) - 1
	}
	t.at++
	return nil
}

func (t *translator) emit(text string, atom bool) {
	t.out.WriteString(text)
	t.atom = atom
}

// repeat writes an operator that repeats. Go refuses a** where POSIX has a*.
func (t *translator) repeat(op string) {
	before := t.out.String()
	n := len(before)
	if strings.ContainsAny(op, "*+?") && n > 1 && strings.IndexByte("*+?", before[n-1]) >= 0 && before[n-2] != '\\' {
		t.out.Reset()
		t.out.WriteString(before[:n-1] + "*") // any number of any number
		return
	}
	t.out.WriteString(op)
	t.atom = true
}

func (t *translator) anchor(whole, line string) {
	if t.Lines {
		t.emit(line, false)
	} else {
		t.emit(whole, false)
	}
}

// group is ( ) and | in both kinds of expressions.
func (t *translator) group(c byte) error {
	switch c {
	case '(':
		t.depth++
		t.emit("(", false)
	case ')':
		if t.depth == 0 {
			if t.Extended {
				t.emit(`\)`, true) // GNU takes it for itself
				t.at++
				return nil
			}
			return errClose
		}
		t.depth--
		t.emit(")", true)
	default:
		t.emit("|", false)
	}
	t.at++
	return nil
}

// escaped is a backslash and what follows.
func (t *translator) escaped() error {
	if t.at+1 == len(t.expr) {
		return errTrailing
	}
	t.at++
	c := t.expr[t.at]
	switch {
	case !t.Extended && strings.IndexByte("()|", c) >= 0:
		return t.group(c)
	case !t.Extended && c == '{':
		return t.interval(`\}`)
	case !t.Extended && (c == '+' || c == '?') && !t.begins():
		t.repeat(string(c))
	case c >= '1' && c <= '9':
		return ErrReference
	case strings.IndexByte("wWsSbB", c) >= 0:
		t.emit(`\`+string(c), c != 'b' && c != 'B')
	case c == '<' || c == '>':
		t.emit(`\b`, false)
	case c == '`':
		t.emit(`\A`, false)
	case c == '\'':
		t.emit(`\z`, false)
	case c == 'n':
		t.emit(`\n`, true)
	case c == 't':
		t.emit(`\t`, true)
	default:
		t.emit(regexp.QuoteMeta(string(t.expr[t.at])), true)
	}
	t.at++
	return nil
}

// interval is {N}, {N,} and {N,M}. Go has them up to 1000.
func (t *translator) interval(end string) error {
	start := t.at + 1
	n := strings.Index(t.expr[start:], end)
	if n < 0 {
		if t.Extended {
			t.emit(`\{`, true)
			t.at++
			return nil
		}
		return errBrace
	}
	content := t.expr[start : start+n]
	if strings.Trim(content, "0123456789,") != "" || strings.Count(content, ",") > 1 || content == "" {
		if t.Extended {
			t.emit(`\{`, true)
			t.at++
			return nil
		}
		return errContent
	}
	if content[0] == ',' {
		content = "0" + content
	}
	if t.begins() {
		return errRepeat
	}
	t.repeat("{" + content + "}")
	t.at = start + n + len(end)
	return nil
}
