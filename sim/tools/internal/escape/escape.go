// Package escape reads the backslashes of echo, printf and $'…'.
package escape

import (
	"strconv"
	"strings"
)

// A Style says which escapes there are besides \a \b \f \n \r \t \v and \\.
type Style struct {
	Octal    int    // how many digits \nnn has, 0 if it is not there
	Zero     int    // how many digits follow \0, 0 if \0 is like other digits
	Hex      bool   // \xHH, \uHHHH, \UHHHHHHHH
	Esc      bool   // \e
	Stop     bool   // \c ends the text
	Control  bool   // \cX is a control character
	Literals string // characters that are themselves after a backslash
}

// The styles of programs.
var (
	Echo       = Style{Zero: 3, Hex: true, Esc: true, Stop: true}           // of GNU and bash, with -e
	DashEcho   = Style{Zero: 3, Esc: true, Stop: true}                      // of dash, without -e
	Format     = Style{Octal: 3, Hex: true, Esc: true, Literals: `"`}       // printf
	DashFormat = Style{Octal: 3}                                            // printf in dash
	Argument   = Style{Octal: 3, Zero: 3, Hex: true, Esc: true, Stop: true} // printf %b
	ANSI       = Style{Octal: 3, Hex: true, Esc: true, Control: true, Literals: `'"?`}
)

var simple = map[byte]byte{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '\\': '\\'}

// Expand returns text without its escapes, and whether \c ended it. What is no escape stays.
func Expand(text string, s Style) (out string, stopped bool) {
	if !strings.Contains(text, `\`) {
		return text, false
	}
	var b strings.Builder
	for text != "" {
		i := strings.IndexByte(text, '\\')
		if i < 0 || i == len(text)-1 {
			b.WriteString(text)
			break
		}
		b.WriteString(text[:i])
		text = text[i+1:]
		if s.Stop && text[0] == 'c' {
			return b.String(), true
		}
		n := s.one(&b, text)
		if n == 0 {
			b.WriteByte('\\')
		}
		text = text[n:]
	}
	return b.String(), false
}

// one writes the escape that text begins with, without its backslash, and returns its length,
// 0 if it is none.
func (s Style) one(b *strings.Builder, text string) int {
	c := text[0]
	if r, ok := simple[c]; ok {
		b.WriteByte(r)
		return 1
	}
	switch {
	case strings.IndexByte(s.Literals, c) >= 0:
		b.WriteByte(c)
		return 1
	case s.Zero > 0 && c == '0':
		n, digits := number(text[1:], 8, s.Zero)
		b.WriteByte(byte(n))
		return 1 + digits
	case s.Octal > 0 && c >= '0' && c <= '7':
		n, digits := number(text, 8, s.Octal)
		b.WriteByte(byte(n))
		return digits
	case s.Control && c == 'c' && len(text) > 1:
		b.WriteByte(text[1] & 31)
		return 2
	case s.Esc && (c == 'e' || c == 'E'):
		b.WriteByte(27)
		return 1
	case s.Hex:
		return hex(b, text)
	}
	return 0
}

// hex is one for escapes that POSIX has not.
func hex(b *strings.Builder, text string) int {
	switch text[0] {
	case 'x':
		n, digits := number(text[1:], 16, 2)
		if digits == 0 {
			return 0
		}
		b.WriteByte(byte(n))
		return 1 + digits
	case 'u', 'U':
		length := 4
		if text[0] == 'U' {
			length = 8
		}
		n, digits := number(text[1:], 16, length)
		if digits == 0 {
			return 0
		}
		b.WriteRune(rune(n))
		return 1 + digits
	}
	return 0
}

// number reads digits, at most length of them.
func number(text string, base, length int) (n uint64, digits int) {
	for digits < length && digits < len(text) {
		d, err := strconv.ParseUint(text[digits:digits+1], base, 8)
		if err != nil {
			break
		}
		n = n*uint64(base) + d
		digits++
	}
	return n, digits
}
