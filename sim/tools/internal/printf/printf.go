// Package printf is printf(1), for that program and for shells.
package printf

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"drydock/sim/tools/internal/escape"
)

// maxWidth bounds widths and precisions: a format of ten bytes could fill the memory.
const maxWidth = 4096

// maxRounds bounds how often a format is used: once for each argument at most.
const maxRounds = 1 << 20

// A Style is what programs differ in.
type Style struct {
	Escapes escape.Style
	Quote   func(text string) string // %q; nil if it is not there
	// Invalid returns the words for an argument that is no number; partly if it begins with one.
	Invalid func(arg string, partly bool) string
	// Directive returns the words for a conversion that is none.
	Directive func(text string) string
}

// Print writes arguments by a format, which is used again while there are any. It returns what
// to print of each fault; a bad directive ends it.
func Print(w io.Writer, format string, args []string, s Style) (faults []string) {
	p := printer{Style: s, args: args}
	for range maxRounds {
		before := len(p.args)
		done := p.round(format)
		if _, err := io.WriteString(w, p.out.String()); err != nil {
			return p.faults
		}
		p.out.Reset()
		if done || len(p.args) == 0 || len(p.args) == before {
			break
		}
	}
	return p.faults
}

type printer struct {
	Style
	args   []string
	out    strings.Builder
	faults []string
}

// next returns the next argument. Missing ones are empty.
func (p *printer) next() (arg string, ok bool) {
	if len(p.args) == 0 {
		return "", false
	}
	arg, p.args = p.args[0], p.args[1:]
	return arg, true
}

// round uses the format once. It is true if that ended the output.
func (p *printer) round(format string) (done bool) {
	for format != "" {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			i = len(format)
		}
		text, _ := escape.Expand(format[:i], p.Escapes)
		p.out.WriteString(text)
		if format = format[i:]; format == "" {
			return false
		}
		if strings.HasPrefix(format, "%%") {
			p.out.WriteByte('%')
			format = format[2:]
			continue
		}
		n, stop := p.directive(format)
		if stop {
			return true
		}
		format = format[n:]
	}
	return false
}

// directive formats one argument by the directive that format begins with, and returns its
// length.
func (p *printer) directive(format string) (n int, stop bool) {
	i := 1
	for i < len(format) && strings.IndexByte("-+ #0'", format[i]) >= 0 {
		i++
	}
	spec := "%" + strings.ReplaceAll(format[1:i], "'", "")
	width, i := p.width(format, i)
	spec += width
	if i < len(format) && format[i] == '.' {
		precision, j := p.width(format, i+1)
		if strings.HasPrefix(precision, "-") {
			precision = ""
		} else {
			precision = "." + precision
		}
		spec, i = spec+precision, j
	}
	for i < len(format) && strings.IndexByte("hlLjzt", format[i]) >= 0 {
		i++
	}
	if i == len(format) || strings.IndexByte("diouxXcsbqeEfFgGaA", format[i]) < 0 || format[i] == 'q' && p.Quote == nil {
		p.faults = append(p.faults, p.Directive(format[:min(i+1, len(format))]))
		return 0, true
	}
	return i + 1, p.convert(spec, format[i])
}

// width reads a width or a precision, which may be an argument.
func (p *printer) width(format string, i int) (text string, after int) {
	if i < len(format) && format[i] == '*' {
		arg, _ := p.next()
		n := p.integer(arg)
		return strconv.Itoa(int(max(-maxWidth, min(n, maxWidth)))), i + 1
	}
	start := i
	for i < len(format) && format[i] >= '0' && format[i] <= '9' {
		i++
	}
	if n, err := strconv.Atoi(format[start:i]); err != nil && i > start || n > maxWidth {
		return strconv.Itoa(maxWidth), i
	}
	return format[start:i], i
}

// convert formats the next argument. It is true if \c in it ended the output.
func (p *printer) convert(spec string, verb byte) (stop bool) {
	arg, given := p.next()
	switch verb {
	case 'd', 'i':
		fmt.Fprintf(&p.out, spec+"d", p.integer(arg))
	case 'u':
		fmt.Fprintf(&p.out, spec+"d", uint64(p.integer(arg)))
	case 'o', 'x', 'X':
		fmt.Fprintf(&p.out, spec+string(verb), uint64(p.integer(arg)))
	case 'c':
		_, n := utf8.DecodeRuneInString(arg)
		p.text(spec, arg[:min(n, 1)])
	case 's':
		p.text(spec, arg)
	case 'b':
		var text string
		text, stop = escape.Expand(arg, escape.Argument)
		p.text(spec, text)
	case 'q':
		p.text(spec, p.Quote(arg))
	default:
		p.float(spec, verb, arg, given)
	}
	return stop
}

// text formats a text. Go's flag 0 pads texts with zeros, C's does not.
func (p *printer) text(spec, text string) {
	flags := strings.TrimLeft(spec[1:], "0+# ")
	fmt.Fprintf(&p.out, "%"+flags+"s", text)
}

func (p *printer) float(spec string, verb byte, arg string, given bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(arg), 64)
	if err != nil && given && !errors.Is(err, strconv.ErrRange) {
		n := p.integer(arg)
		f = float64(n)
	}
	if verb == 'a' || verb == 'A' {
		verb += 'x' - 'a'
	}
	fmt.Fprintf(&p.out, spec+string(verb), f)
}

// integer parses a number of C, or a quote with a character. What is none is 0, or the number
// that it begins with.
func (p *printer) integer(arg string) int64 {
	text := strings.TrimSpace(arg)
	if text == "" {
		return 0
	}
	if text[0] == '\'' || text[0] == '"' {
		r, n := utf8.DecodeRuneInString(text[1:])
		if n == 0 {
			return 0
		}
		return int64(r)
	}
	for end := len(text); end > 0; end-- {
		if strings.ContainsAny(text[:end], "_oO") || strings.HasPrefix(strings.ToLower(text[:end]), "0b") { // of Go, not of C
			continue
		}
		n, err := strconv.ParseInt(text[:end], 0, 64)
		if u, errU := strconv.ParseUint(text[:end], 0, 64); errU == nil {
			n, err = int64(u), nil
		}
		if err == nil || errors.Is(err, strconv.ErrRange) {
			if end < len(text) {
				p.faults = append(p.faults, p.Invalid(arg, true))
			}
			return n
		}
		if end > 64 {
			end = 65 // no number has more digits
		}
	}
	p.faults = append(p.faults, p.Invalid(arg, false))
	return 0
}

// Quote returns a text as a word of a shell with backslashes, as bash does.
func Quote(text string) string {
	if text == "" {
		return "''"
	}
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c == 0x7f:
			q := strconv.Quote(text)
			return "$'" + strings.ReplaceAll(strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`), "'", `\'`) + "'"
		case c < 0x80 && !isPlain(c):
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// Quoted returns a text as a word of a shell in quotes, as GNU's printf does.
func Quoted(text string) string {
	plain := text != ""
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == 0x7f {
			return Quote(text)
		} else if c < 0x80 && !isPlain(c) {
			plain = false
		}
	}
	switch {
	case plain:
		return text
	case strings.Contains(text, "'") && !strings.ContainsAny(text, "\"$`\\!"):
		return `"` + text + `"`
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func isPlain(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte("_-./:=@%+,", c) >= 0
}
