package sed

import (
	"fmt"
	"io"
	"strings"
)

// execute runs an instruction and returns where the script goes on.
func (e *editor) execute(in *instruction, at int) (next int, end ending) {
	switch in.verb {
	case 'd':
		return at, dropLine
	case 'D':
		i := strings.IndexByte(e.space, '\n')
		if i < 0 {
			return at, dropLine
		}
		e.space = e.space[i+1:]
		return at, beginAgain
	case 'c':
		return at, e.change(in)
	case 'n':
		return at, e.nextLine()
	case 'N':
		return at, e.addLine()
	case 'q':
		e.quitting, e.status = true, in.number
		return at, endCycle
	case 'Q':
		e.quitting, e.status = true, in.number
		return at, dropLine
	case 'b':
		return in.number, goOn
	case 't', 'T':
		jump := e.replaced == (in.verb == 't')
		e.replaced = false
		if jump {
			return in.number, goOn
		}
		return at, goOn
	case 's':
		e.substitute(in.sub)
	default:
		e.simple(in)
	}
	return at, goOn
}

// simple runs an instruction that only changes or prints.
func (e *editor) simple(in *instruction) {
	switch in.verb {
	case '=':
		fmt.Fprintf(e.out, "%d\n", e.line)
	case 'a':
		e.queue = append(e.queue, func() { io.WriteString(e.out, in.text) })
	case 'i':
		io.WriteString(e.out, in.text)
	case 'g':
		e.space = e.hold
	case 'G':
		e.space += "\n" + e.hold
	case 'h':
		e.hold = e.space
	case 'H':
		e.hold += "\n" + e.space
	case 'x':
		e.space, e.hold = e.hold, e.space
	case 'l':
		io.WriteString(e.out, listed(e.space)+"\n")
	case 'p':
		e.print(e.out, e.space)
	case 'P':
		line, _, _ := strings.Cut(e.space, "\n")
		io.WriteString(e.out, line+"\n")
	case 'r':
		e.queue = append(e.queue, func() {
			text, err := e.c.ReadFile(in.text)
			if err == nil {
				e.out.Write(text)
			}
		})
	case 'w':
		io.WriteString(e.file(in.text), e.space+"\n")
	case 'y':
		e.space = strings.Map(func(r rune) rune {
			if to, ok := in.table[r]; ok {
				return to
			}
			return r
		}, e.space)
	}
}

// change prints its text in the place of the line, of a range at its end.
func (e *editor) change(in *instruction) ending {
	if in.to == nil || in.negated || !in.active {
		io.WriteString(e.out, in.text)
	}
	return dropLine
}

// nextLine prints the line and reads the next one. Without one GNU's sed prints, and quits.
func (e *editor) nextLine() ending {
	if e.isLast() {
		e.quitting = true
		return endCycle
	}
	if !e.quiet {
		e.print(e.out, e.space)
	}
	e.flush()
	e.advance()
	return goOn
}

// addLine adds the next line to the pattern space.
func (e *editor) addLine() ending {
	if e.isLast() {
		e.quitting = true
		return endCycle
	}
	e.flush()
	before := e.space
	e.advance()
	e.space = before + "\n" + e.space
	return goOn
}

func (e *editor) substitute(s *substitution) {
	rx := e.regex(s.regex)
	if rx == nil {
		return
	}
	text, ok := s.apply(rx, e.space, maxSpace)
	if !ok {
		return
	}
	e.space, e.replaced = text, true
	if s.print {
		e.print(e.out, e.space)
	}
	if s.file != "" {
		io.WriteString(e.file(s.file), e.space+"\n")
	}
}
