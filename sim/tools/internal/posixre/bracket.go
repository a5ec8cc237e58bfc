package posixre

import (
	"regexp"
	"strings"
)

// bracket is [...]. In it a backslash is itself.
func (t *translator) bracket() error {
	i := t.at + 1
	var b strings.Builder
	b.WriteByte('[')
	if i < len(t.expr) && t.expr[i] == '^' {
		b.WriteByte('^')
		i++
	}
	for first := true; ; first = false {
		switch {
		case i >= len(t.expr):
			return errBracket
		case t.expr[i] == ']' && !first:
			b.WriteByte(']')
			t.at = i + 1
			t.emit(b.String(), true)
			return nil
		case strings.HasPrefix(t.expr[i:], "[:"):
			end := strings.Index(t.expr[i+2:], ":]")
			if end < 0 {
				return errBracket
			}
			name := t.expr[i+2 : i+2+end]
			if !isClass(name) {
				return errClass
			}
			b.WriteString("[:" + name + ":]")
			i += end + 4
			continue
		case strings.HasPrefix(t.expr[i:], "[.") || strings.HasPrefix(t.expr[i:], "[="):
			end := strings.Index(t.expr[i+2:], t.expr[i+1:i+2]+"]")
			if end != 1 {
				return errBracket
			}
			b.WriteString(regexp.QuoteMeta(t.expr[i+2 : i+3]))
			i += 5
			continue
		}
		n, err := t.member(&b, i)
		if err != nil {
			return err
		}
		i += n
	}
}

// member is a character or a range in brackets. It returns its length.
func (t *translator) member(b *strings.Builder, i int) (int, error) {
	from := firstRune(t.expr[i:])
	rest := t.expr[i+len(from):]
	if len(rest) > 1 && rest[0] == '-' && rest[1] != ']' {
		to := firstRune(rest[1:])
		if to < from {
			return 0, errRange
		}
		b.WriteString(member(from) + "-" + member(to))
		return len(from) + 1 + len(to), nil
	}
	b.WriteString(member(from))
	return len(from), nil
}

// member returns a character as Go has it in brackets.
func member(c string) string {
	if strings.Contains(`\[]^-&~`, c) {
		return `\` + c
	}
	return c
}

func firstRune(text string) string {
	for i := range text {
		if i > 0 {
			return text[:i]
		}
	}
	return text
}

func isClass(name string) bool {
	switch name {
	case "alpha", "digit", "alnum", "upper", "lower", "space", "blank", "cntrl", "print", "graph", "punct", "xdigit":
		return true
	}
	return false
}
