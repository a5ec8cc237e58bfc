package sed

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// maxScript bounds a script; blocks nest no deeper than maxNesting.
const (
	maxScript  = 128 << 10
	maxNesting = 1000
)

// An address says for which lines a command is.
type address struct {
	kind  addressKind
	line  int // a number, of first~step the first
	step  int // of first~step, +N and ~N
	regex *regexp.Regexp
	last  bool // the regular expression is that used last: //
}

type addressKind int

const (
	byNumber addressKind = iota
	byLast
	byRegex
	byStep
	byCount    // +N
	byMultiple // ~N
)

// An instruction is one command of a script.
type instruction struct {
	from, to *address
	negated  bool
	verb     byte
	text     string // of a, i, c; a file of r and w; a label
	number   int    // the status of q and Q; where a block, a jump or a label goes
	sub      *substitution
	table    map[rune]rune // of y

	active bool // the range goes on
	until  int  // the line where it ends
}

// A parser reads scripts. The error of a method ends it.
type parser struct {
	text     string
	at       int
	extended bool
	list     []*instruction
	blocks   []int
	labels   map[string]int
	where    string // "-e expression #1"
}

var errLabel = errors.New("can't find label for jump to")

// A syntaxError is a script that is none.
type syntaxError struct {
	where string
	char  int
	text  string
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("%s, char %d: %s", e.where, e.char, e.text)
}

func (p *parser) fail(text string, args ...any) error {
	return &syntaxError{p.where, min(p.at, len(p.text)), fmt.Sprintf(text, args...)}
}

func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) skip(set string) {
	for p.at < len(p.text) && strings.IndexByte(set, p.text[p.at]) >= 0 {
		p.at++
	}
}

// parse reads the whole script.
func (p *parser) parse() error {
	for {
		if p.skip(" \t\n;"); p.at == len(p.text) {
			break
		}
		if err := p.instruction(); err != nil {
			return err
		}
	}
	if len(p.blocks) > 0 {
		p.at = 0
		return p.fail("unmatched `{'")
	}
	for _, in := range p.list {
		if strings.IndexByte("btT", in.verb) < 0 {
			continue
		}
		in.number = len(p.list)
		if in.text != "" {
			target, ok := p.labels[in.text]
			if !ok {
				return fmt.Errorf("%w `%s'", errLabel, in.text)
			}
			in.number = target
		}
	}
	return nil
}

func (p *parser) instruction() error {
	in := &instruction{}
	var err error
	if in.from, err = p.address(false); err != nil {
		return err
	}
	p.skip(" \t")
	if in.from != nil && p.peek() == ',' {
		p.at++
		p.skip(" \t")
		if in.to, err = p.address(true); err != nil {
			return err
		}
		if in.to == nil {
			p.at++
			return p.fail("unexpected `,'")
		}
	}
	if in.from != nil && in.from.kind == byNumber && in.from.line == 0 && (in.to == nil || in.to.kind != byRegex) {
		p.at++
		return p.fail("invalid usage of line address 0")
	}
	for p.skip(" \t"); p.peek() == '!'; p.skip(" \t") {
		if p.at++; in.negated {
			return p.fail("multiple `!'s")
		}
		in.negated = true
	}
	if p.at == len(p.text) {
		return p.fail("missing command")
	}
	in.verb = p.text[p.at]
	p.at++
	return p.body(in)
}

// body reads what follows the letter of a command.
func (p *parser) body(in *instruction) error {
	switch in.verb {
	case '{':
		if len(p.blocks) >= maxNesting {
			return p.fail("too many blocks")
		}
		p.blocks = append(p.blocks, len(p.list))
		p.list = append(p.list, in)
		return nil
	case '}':
		return p.closeBlock(in)
	case '#', ':':
		return p.unaddressed(in)
	case 's':
		return p.substitute(in)
	case 'y':
		return p.transliterate(in)
	case 'a', 'i', 'c':
		return p.appended(in)
	case 'b', 't', 'T':
		p.skip(" \t")
		in.text = p.word()
	case 'r', 'w':
		p.skip(" \t")
		if in.text = p.line(); in.text == "" {
			return p.fail("missing filename in r/R/w/W commands")
		}
	case 'q', 'Q':
		p.skip(" \t")
		in.number = p.number() & 0xff
		if in.to != nil {
			return p.fail("command only uses one address")
		}
		return p.end(in)
	case '=', 'd', 'D', 'g', 'G', 'h', 'H', 'l', 'n', 'N', 'p', 'P', 'x':
		return p.end(in)
	default:
		return p.fail("unknown command: `%c'", in.verb)
	}
	p.list = append(p.list, in)
	return nil
}

// unaddressed is a comment or a label, which no line selects.
func (p *parser) unaddressed(in *instruction) error {
	if in.verb == '#' {
		if in.from != nil {
			return p.fail("comments don't accept any addresses")
		}
		p.line()
		return nil
	}
	if in.from != nil {
		return p.fail(": doesn't want any addresses")
	}
	p.skip(" \t")
	label := p.word()
	if label == "" {
		return p.fail("\":\" lacks a label")
	}
	p.labels[label] = len(p.list)
	return nil
}

func (p *parser) closeBlock(in *instruction) error {
	switch {
	case in.from != nil:
		return p.fail("} doesn't want any addresses")
	case len(p.blocks) == 0:
		return p.fail("unexpected `}'")
	}
	last := len(p.blocks) - 1
	p.list[p.blocks[last]].number = len(p.list)
	p.blocks = p.blocks[:last]
	return p.ended()
}

// end appends the command, which ends here.
func (p *parser) end(in *instruction) error {
	p.list = append(p.list, in)
	return p.ended()
}

func (p *parser) ended() error {
	p.skip(" \t")
	switch p.peek() {
	case ';', '\n':
		p.at++
	case '}', '#':
	default:
		if p.at < len(p.text) {
			p.at++
			return p.fail("extra characters after command")
		}
	}
	return nil
}

// line reads the rest of the line.
func (p *parser) line() string {
	i := strings.IndexByte(p.text[p.at:], '\n')
	if i < 0 {
		i = len(p.text) - p.at
	}
	text := p.text[p.at : p.at+i]
	p.at += i
	return text
}

// word reads a label.
func (p *parser) word() string {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte(" \t\n;}", p.text[p.at]) < 0 {
		p.at++
	}
	return p.text[start:p.at]
}

// appended reads the text of a, i and c: behind "\" and a newline, or in the same line.
func (p *parser) appended(in *instruction) error {
	p.skip(" \t")
	if p.at == len(p.text) {
		return p.fail("expected \\ after `a', `c' or `i'")
	}
	if p.peek() == '\\' {
		p.at++
		blanks := p.at
		if p.skip(" \t"); p.peek() == '\n' {
			p.at++
		} else {
			p.at = blanks
			p.skip(" \t")
		}
	}
	var b strings.Builder
	for p.at < len(p.text) && p.text[p.at] != '\n' {
		if p.text[p.at] == '\\' && p.at+1 < len(p.text) {
			p.at++
		}
		b.WriteByte(p.text[p.at])
		p.at++
	}
	in.text = b.String() + "\n"
	p.list = append(p.list, in)
	return nil
}
