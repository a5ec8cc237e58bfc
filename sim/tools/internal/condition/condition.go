// Package condition evaluates the expressions of test(1), for that program and for shells.
package condition

import (
	"io/fs"
	"strconv"
	"strings"
)

// An Env is what conditions are about.
type Env interface {
	Stat(name string) (fs.FileInfo, error)
	Terminal(fd int) bool
}

// A Kind is what is wrong with an expression.
type Kind int

const (
	Integer   Kind = iota // Arg is no number
	NotUnary              // Arg is no operator with one operand
	NotBinary             // Arg is no operator with two operands
	TooMany               // Arg is where the expression should have ended
	Missing               // Arg lacks an operand
	Unclosed              // a ) is missing
)

// An Error is an expression that is none. Programs have words of their own for each kind.
type Error struct {
	Kind Kind
	Arg  string
}

func (e *Error) Error() string { return "invalid expression at " + strconv.Quote(e.Arg) }

// Eval evaluates an expression by the rules that POSIX has for up to four arguments, and as a
// grammar for more.
func Eval(env Env, args []string) (bool, error) {
	p := parser{env: env, args: args}
	if ok, value, err := p.short(args); ok {
		return value, err
	}
	value, err := p.or()
	if err == nil && p.at < len(args) {
		err = &Error{TooMany, args[p.at]}
	}
	return value, err
}

type parser struct {
	env   Env
	args  []string
	at    int
	depth int
}

// maxDepth bounds the nesting of parentheses and negations.
const maxDepth = 1000

// short evaluates what has up to four arguments, in which an operand may look like an operator.
// It is false for longer expressions.
func (p *parser) short(args []string) (ok, value bool, err error) {
	switch len(args) {
	case 0:
		return true, false, nil
	case 1:
		return true, args[0] != "", nil
	case 2:
		if args[0] == "!" {
			return true, args[1] == "", nil
		}
		if !isUnary(args[0]) {
			return true, false, &Error{NotUnary, args[0]}
		}
		value, err = p.unary(args[0], args[1])
		return true, value, err
	case 3:
		switch {
		case isBinary(args[1]):
			value, err = p.binary(args[0], args[1], args[2])
			return true, value, err
		case args[1] == "-a":
			return true, args[0] != "" && args[2] != "", nil
		case args[1] == "-o":
			return true, args[0] != "" || args[2] != "", nil
		case args[0] == "!":
			_, value, err = p.short(args[1:])
			return true, !value, err
		case args[0] == "(" && args[2] == ")":
			return true, args[1] != "", nil
		}
		return true, false, &Error{NotBinary, args[1]}
	case 4:
		switch {
		case args[0] == "!":
			_, value, err = p.short(args[1:])
			return true, !value, err
		case args[0] == "(" && args[3] == ")":
			return p.short(args[1:3])
		}
	}
	return false, false, nil
}

func (p *parser) or() (bool, error) {
	value, err := p.and()
	for err == nil && p.peek(0) == "-o" {
		p.at++
		var right bool
		right, err = p.and()
		value = value || right
	}
	return value, err
}

func (p *parser) and() (bool, error) {
	value, err := p.primary()
	for err == nil && p.peek(0) == "-a" {
		p.at++
		var right bool
		right, err = p.primary()
		value = value && right
	}
	return value, err
}

// peek returns the argument n further on, "" if there is none.
func (p *parser) peek(n int) string {
	if p.at+n < len(p.args) {
		return p.args[p.at+n]
	}
	return ""
}

func (p *parser) primary() (bool, error) {
	if p.depth++; p.depth > maxDepth {
		return false, &Error{TooMany, p.peek(0)}
	}
	defer func() { p.depth-- }()
	left := len(p.args) - p.at
	switch first := p.peek(0); {
	case left == 0:
		return false, &Error{Missing, p.args[len(p.args)-1]}
	case left >= 3 && isBinary(p.peek(1)):
		p.at += 3
		return p.binary(first, p.args[p.at-2], p.args[p.at-1])
	case first == "!":
		p.at++
		value, err := p.primary()
		return !value, err
	case first == "(":
		p.at++
		value, err := p.or()
		if err == nil && p.peek(0) != ")" {
			err = &Error{Unclosed, ")"}
		}
		p.at++
		return value, err
	case left >= 2 && isUnary(first):
		p.at += 2
		return p.unary(first, p.args[p.at-1])
	default:
		p.at++
		return first != "", nil
	}
}

func isUnary(op string) bool {
	return len(op) == 2 && op[0] == '-' && strings.IndexByte("bcdefghknprstuwxzLOGNS", op[1]) >= 0
}

func isBinary(op string) bool {
	switch op {
	case "=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef":
		return true
	}
	return false
}

func (p *parser) unary(op, arg string) (bool, error) {
	if op == "-t" {
		fd, err := strconv.Atoi(arg)
		if err != nil {
			return false, &Error{Integer, arg}
		}
		return p.env.Terminal(fd), nil
	}
	return Unary(p.env, op[1], arg), nil
}

func (p *parser) binary(a, op, b string) (bool, error) {
	switch op {
	case "=", "==":
		return a == b, nil
	case "!=":
		return a != b, nil
	case "<":
		return a < b, nil
	case ">":
		return a > b, nil
	case "-nt", "-ot", "-ef":
		return Compare(p.env, a, op, b), nil
	}
	x, err := integer(a)
	if err != nil {
		return false, err
	}
	y, err := integer(b)
	return err == nil && Numbers(x, op, y), err
}

func integer(s string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0, &Error{Integer, s}
	}
	return n, nil
}
