package sed

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"drydock/sim/tools/internal/posixre"
)

// A substitution is the command s.
type substitution struct {
	regex       *regexp.Regexp
	last        bool // the expression is that used last
	replacement []replacement
	global      bool
	print       bool
	nth         int
	file        string // of the flag w
}

// A replacement is a part of what s puts in the place of a match.
type replacement struct {
	text  string
	group int  // -1: text
	fold  byte // one of L U l u E, or 0
}

func (p *parser) substitute(in *instruction) error {
	delimiter := p.peek()
	if delimiter == 0 || delimiter == '\n' || delimiter == '\\' {
		return p.fail("unterminated `s' command")
	}
	p.at++
	pattern, ok := p.delimited(delimiter)
	if !ok {
		return p.fail("unterminated `s' command")
	}
	text, ok := p.replacementText(delimiter)
	if !ok {
		return p.fail("unterminated `s' command")
	}
	s := &substitution{nth: 1}
	o := posixre.Options{Extended: p.extended}
	if err := p.flags(s, &o); err != nil {
		return err
	}
	groups := 9
	if s.last = pattern == ""; !s.last {
		rx, err := posixre.Compile(pattern, o)
		if err != nil {
			return p.fail("%v", err)
		}
		s.regex, groups = rx, rx.NumSubexp()
	}
	s.replacement = parseReplacement(text)
	for _, r := range s.replacement {
		if r.group > groups {
			return p.fail("invalid reference \\%d on `s' command's RHS", r.group)
		}
	}
	in.sub = s
	if s.file != "" {
		p.list = append(p.list, in)
		return nil
	}
	return p.end(in)
}

// replacementText reads up to the delimiter and leaves escapes in.
func (p *parser) replacementText(delimiter byte) (string, bool) {
	var b strings.Builder
	for ; p.at < len(p.text); p.at++ {
		c := p.text[p.at]
		switch {
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			if next := p.text[p.at]; next == delimiter && next != '&' && (next < '0' || next > '9') {
				b.WriteByte(next)
			} else {
				b.WriteByte('\\')
				b.WriteByte(next)
			}
			continue
		case c == delimiter:
			p.at++
			return b.String(), true
		}
		b.WriteByte(c)
	}
	return "", false
}

func (p *parser) flags(s *substitution, o *posixre.Options) error {
	numbered := false
	for {
		switch c := p.peek(); {
		case c == 'g':
			s.global = true
		case c == 'p':
			s.print = true
		case c == 'i' || c == 'I':
			o.Fold = true
		case c == 'm' || c == 'M':
			o.Lines = true
		case c >= '0' && c <= '9':
			if numbered {
				p.at++
				return p.fail("multiple number options to `s' command")
			}
			s.nth, numbered = p.number(), true
			if s.nth == 0 {
				return p.fail("number option to `s' command may not be zero")
			}
			continue
		case c == 'w':
			p.at++
			p.skip(" \t")
			s.file = p.line()
			return nil
		case c == 0 || strings.IndexByte(" \t\n;}#", c) >= 0:
			return nil
		default:
			p.at++
			return p.fail("unknown option to `s'")
		}
		p.at++
	}
}

func parseReplacement(text string) []replacement {
	var list []replacement
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			list = append(list, replacement{text: plain.String(), group: -1})
			plain.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '&' {
			flush()
			list = append(list, replacement{group: 0})
			continue
		}
		if c != '\\' || i+1 == len(text) {
			plain.WriteByte(c)
			continue
		}
		i++
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			flush()
			list = append(list, replacement{group: int(c - '0')})
		case strings.IndexByte("LUluE", c) >= 0:
			flush()
			list = append(list, replacement{group: -1, fold: c})
		case c == 'n':
			plain.WriteByte('\n')
		case c == 't':
			plain.WriteByte('\t')
		default:
			plain.WriteByte(c)
		}
	}
	flush()
	return list
}

// expand returns what stands in the place of a match.
func (s *substitution) expand(text string, m []int) string {
	var b strings.Builder
	var once, until byte
	put := func(t string) {
		if b.Len() > maxSpace {
			return // it is too long already
		}
		switch until {
		case 'L':
			t = strings.ToLower(t)
		case 'U':
			t = strings.ToUpper(t)
		}
		if once != 0 && t != "" {
			_, n := utf8.DecodeRuneInString(t)
			if once == 'l' {
				t = strings.ToLower(t[:n]) + t[n:]
			} else {
				t = strings.ToUpper(t[:n]) + t[n:]
			}
			once = 0
		}
		b.WriteString(t)
	}
	for _, r := range s.replacement {
		switch {
		case r.fold == 'l' || r.fold == 'u':
			once = r.fold
		case r.fold == 'E':
			until = 0
		case r.fold != 0:
			until = r.fold
		case r.group < 0:
			put(r.text)
		case 2*r.group+1 < len(m) && m[2*r.group] >= 0:
			put(text[m[2*r.group]:m[2*r.group+1]])
		}
	}
	return b.String()
}

// apply replaces matches in a text. It is false if there was none, and stops at a size.
func (s *substitution) apply(rx *regexp.Regexp, text string, most int) (string, bool) {
	var b strings.Builder
	last, n, done := 0, 0, false
	for _, m := range rx.FindAllStringSubmatchIndex(text, -1) {
		if n++; n < s.nth {
			continue
		}
		b.WriteString(text[last:m[0]])
		b.WriteString(s.expand(text, m))
		last, done = m[1], true
		if !s.global || b.Len() > most {
			break
		}
	}
	b.WriteString(text[last:])
	return b.String(), done
}

// transliterate reads the command y.
func (p *parser) transliterate(in *instruction) error {
	delimiter := p.peek()
	p.at++
	from, ok := p.yText(delimiter)
	to, okTo := p.yText(delimiter)
	switch {
	case !ok || !okTo || delimiter == 0:
		return p.fail("unterminated `y' command")
	case len(from) != len(to):
		return p.fail("strings for `y' command are different lengths")
	}
	in.table = make(map[rune]rune, len(from))
	for i, r := range from {
		if _, ok := in.table[r]; !ok {
			in.table[r] = to[i]
		}
	}
	return p.end(in)
}

func (p *parser) yText(delimiter byte) ([]rune, bool) {
	var b strings.Builder
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			switch next := p.text[p.at]; next {
			case 'n':
				b.WriteByte('\n')
			case delimiter, '\\':
				b.WriteByte(next)
			default:
				b.WriteString(`\` + string(next))
			}
		case c == delimiter:
			p.at++
			return []rune(b.String()), true
		default:
			b.WriteByte(c)
		}
	}
	return nil, false
}
