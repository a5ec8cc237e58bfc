package sed

import (
	"strconv"
	"strings"

	"drydock/sim/tools/internal/posixre"
)

// address reads an address, or none. second is whether it is the end of a range.
func (p *parser) address(second bool) (*address, error) {
	switch c := p.peek(); {
	case c >= '0' && c <= '9':
		n := p.number()
		if p.peek() == '~' {
			p.at++
			return &address{kind: byStep, line: n, step: p.number()}, nil
		}
		return &address{kind: byNumber, line: n}, nil
	case second && (c == '+' || c == '~'):
		p.at++
		if c == '+' {
			return &address{kind: byCount, step: p.number()}, nil
		}
		return &address{kind: byMultiple, step: p.number()}, nil
	case c == '$':
		p.at++
		return &address{kind: byLast}, nil
	case c == '/' || c == '\\':
		p.at++
		if c == '\\' {
			c = p.peek()
			p.at++
		}
		text, ok := p.delimited(c)
		if !ok {
			return nil, p.fail("unterminated address regex")
		}
		o := posixre.Options{Extended: p.extended}
		for p.peek() == 'I' || p.peek() == 'M' {
			o.Fold, o.Lines = o.Fold || p.peek() == 'I', o.Lines || p.peek() == 'M'
			p.at++
		}
		if text == "" {
			return &address{kind: byRegex, last: true}, nil
		}
		rx, err := posixre.Compile(text, o)
		if err != nil {
			return nil, p.fail("%v", err)
		}
		return &address{kind: byRegex, regex: rx}, nil
	}
	return nil, nil
}

// number reads digits. There are no more lines than what fits.
func (p *parser) number() int {
	start := p.at
	p.skip("0123456789")
	n, err := strconv.Atoi(p.text[start:p.at])
	if err != nil && p.at > start {
		return 1<<31 - 1
	}
	return min(n, 1<<31-1)
}

// delimited reads up to a delimiter, which may be escaped and stand in brackets.
func (p *parser) delimited(delimiter byte) (text string, ok bool) {
	var b strings.Builder
	bracket := false
	for ; p.at < len(p.text); p.at++ {
		c := p.text[p.at]
		switch {
		case c == '\\' && p.at+1 < len(p.text) && !bracket:
			p.at++
			switch next := p.text[p.at]; {
			case next == delimiter:
				if strings.IndexByte("|()+?{}.*^$[]", next) >= 0 { // an escaped delimiter is the plain character
					b.WriteString("[" + string(next) + "]")
					if next == '^' {
						s := b.String()
						b.Reset()
						b.WriteString(s[:len(s)-3] + `\^`)
					}
				} else {
					b.WriteByte(next)
				}
			default:
				b.WriteByte('\\')
				b.WriteByte(next)
			}
			continue
		case bracket:
			bracket = c != ']' || strings.HasSuffix(b.String(), "[") || strings.HasSuffix(b.String(), "[^")
		case c == '[':
			bracket = true
		case c == delimiter:
			p.at++
			return b.String(), true
		}
		b.WriteByte(c)
	}
	return "", false
}
