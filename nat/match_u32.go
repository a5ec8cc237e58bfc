package nat

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	wire "drydock/internal/packet"
)

// U32 is -m u32: words of the packet, which begins with its IP header, compared with
// ranges. Tests is as iptables-save prints it, "0x0>>0x16&0x3c@0x4=0x29"; [ParseU32] reads
// other spellings of it.
type U32 struct {
	Tests string
	Not   bool
}

// maxU32 is XT_U32_MAXSIZE: tests, and of each operators and values.
const maxU32 = 10

// A u32Test is a place in the packet and what may be there.
type u32Test struct {
	at     []u32Step
	values [][2]uint32
}

// A u32Step is a number with the operator before it, 0 for the first.
type u32Step struct {
	op     byte // '&', '<', '>' or '@'
	number uint32
}

// ParseU32 reads tests. Its errors have the words of iptables.
func ParseU32(s string) (U32, error) {
	tests, err := parseU32(s)
	if err != nil {
		return U32{}, err
	}
	return U32{Tests: u32Text(tests)}, nil
}

func (m U32) checked(setting) (Match, error) {
	parsed, err := ParseU32(m.Tests)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrValue, err)
	}
	parsed.Not = m.Not
	return parsed, nil
}

func (m U32) String() string { return "-m u32 " + notOption(m.Not) + `--u32 "` + m.Tests + `"` }

func u32Text(tests []u32Test) string {
	var b strings.Builder
	for i, t := range tests {
		if i > 0 {
			b.WriteString("&&")
		}
		for _, s := range t.at {
			switch s.op {
			case '&', '@':
				b.WriteByte(s.op)
			case '<', '>':
				b.WriteByte(s.op)
				b.WriteByte(s.op)
			}
			fmt.Fprintf(&b, "%#x", s.number)
		}
		b.WriteByte('=')
		for j, v := range t.values {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%#x", v[0])
			if v[0] != v[1] {
				fmt.Fprintf(&b, ":%#x", v[1])
			}
		}
	}
	return b.String()
}

// A u32Parser reads tests from left to right.
type u32Parser struct {
	s   string
	pos int
}

func (p *u32Parser) wrong(format string, args ...any) error {
	return fmt.Errorf("u32: at char %d: "+format, append([]any{p.pos}, args...)...)
}

// blank skips blanks and returns the next byte, 0 at the end.
func (p *u32Parser) blank() byte {
	for p.pos < len(p.s) && strings.IndexByte(" \t\n\v\f\r", p.s[p.pos]) >= 0 {
		p.pos++
	}
	if p.pos == len(p.s) {
		return 0
	}
	return p.s[p.pos]
}

// number reads one as strtoul does.
func (p *u32Parser) number() (uint32, error) {
	p.blank()
	from := p.pos
	base, digits := 10, "0123456789"
	switch rest := strings.ToLower(p.s[p.pos:]); {
	case strings.HasPrefix(rest, "0x"):
		base, digits, p.pos = 16, "0123456789abcdefABCDEF", p.pos+2
	case strings.HasPrefix(rest, "0"):
		base, digits = 8, "01234567"
	}
	begin := p.pos
	for p.pos < len(p.s) && strings.IndexByte(digits, p.s[p.pos]) >= 0 {
		p.pos++
	}
	n, err := strconv.ParseUint(p.s[begin:p.pos], base, 32)
	if err != nil {
		p.pos = from
		return 0, p.wrong("not a number or out of range")
	}
	return uint32(n), nil
}

func parseU32(s string) ([]u32Test, error) {
	p := &u32Parser{s: s}
	var tests []u32Test
	for {
		t := u32Test{}
		if err := p.location(&t); err != nil {
			return nil, err
		}
		more, err := p.ranges(&t)
		if err != nil {
			return nil, err
		}
		if tests = append(tests, t); len(tests) > maxU32 {
			return nil, p.wrong(`too many "&&"s`)
		}
		if !more {
			return tests, nil
		}
	}
}

// location reads up to "=".
func (p *u32Parser) location(t *u32Test) error {
	for {
		c := p.blank()
		step := u32Step{}
		switch {
		case c == 0:
			return fmt.Errorf("u32: abrupt end of input after location specifier")
		case c == '=' && len(t.at) == 0:
			return p.wrong("location spec missing")
		case c == '=':
			p.pos++
			return nil
		case len(t.at) == 0:
		case c == '&' || c == '@':
			step.op = c
			p.pos++
		case c == '<' || c == '>':
			if p.pos++; p.pos == len(p.s) || p.s[p.pos] != c {
				return p.wrong("a second '%c' was expected", c)
			}
			step.op = c
			p.pos++
		default:
			return p.wrong("operator expected")
		}
		var err error
		if step.number, err = p.number(); err != nil {
			return err
		}
		if t.at = append(t.at, step); len(t.at) > maxU32 {
			return p.wrong("too many operators")
		}
	}
}

// ranges reads values up to "&&" or the end.
func (p *u32Parser) ranges(t *u32Test) (more bool, err error) {
	for {
		switch c := p.blank(); {
		case c == 0 && len(t.values) == 0:
			return false, fmt.Errorf("u32: test ended with no value specified")
		case c == 0:
			return false, nil
		case c == '&':
			if p.pos++; p.pos == len(p.s) || p.s[p.pos] != '&' {
				return false, p.wrong("a second '&' was expected")
			}
			if len(t.values) == 0 {
				return false, p.wrong("value spec missing")
			}
			p.pos++
			return true, nil
		case len(t.values) > 0 && c != ',':
			return false, p.wrong(`expected "," or "&&"`)
		case len(t.values) > 0:
			p.pos++
		}
		var v [2]uint32
		if v[0], err = p.number(); err != nil {
			return false, err
		}
		v[1] = v[0]
		if p.blank() == ':' {
			p.pos++
			if v[1], err = p.number(); err != nil {
				return false, err
			}
		}
		if t.values = append(t.values, v); len(t.values) > maxU32 {
			return false, p.wrong(`too many ","s`)
		}
	}
}

// A u32Matcher has the tests of a U32.
type u32Matcher struct {
	tests []u32Test
	not   bool
}

func (m U32) compile(*asking) matcher {
	tests, _ := parseU32(m.Tests) // which checked has done
	return &u32Matcher{tests, m.Not}
}

func (m *u32Matcher) match(p *packet) bool {
	for i := range m.tests {
		if !m.tests[i].holds(p) {
			return m.not
		}
	}
	return !m.not
}

func (t *u32Test) holds(p *packet) bool {
	at := uint64(0)
	word, ok := p.word(uint64(t.at[0].number))
	for _, s := range t.at[1:] {
		if !ok {
			return false
		}
		switch s.op {
		case '&':
			word &= s.number
		case '<':
			word <<= s.number
		case '>':
			word >>= s.number
		case '@':
			at += uint64(word)
			word, ok = p.word(at + uint64(s.number))
		}
	}
	if !ok {
		return false
	}
	for _, v := range t.values {
		if v[0] <= word && word <= v[1] {
			return true
		}
	}
	return false
}

// word returns four bytes of the packet, counted from the IP header.
func (p *packet) word(at uint64) (uint32, bool) {
	if at+4 > uint64(p.layout.Size) {
		return 0, false
	}
	if end := at + 4; end <= uint64(len(p.ip)) {
		return binary.BigEndian.Uint32(p.ip[at:]), true
	}
	if from := uint64(p.layout.Transport); from == uint64(len(p.ip)) && at >= from && at-from+4 <= uint64(len(p.l4)) {
		return binary.BigEndian.Uint32(p.l4[at-from:]), true
	}
	b := p.scratch[:]
	if wire.Copy(b, p.pkt, p.at+int(at)) < len(b) {
		return 0, false
	}
	return binary.BigEndian.Uint32(b), true
}
