package coreutils

import (
	"context"
	"errors"
	"math/big"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
	"drydock/sim/tools/internal/posixre"
)

// Expr is expr(1).
func Expr(_ context.Context, c *command.Call) int {
	args := c.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return gnu.Refuse(c, 2, gnu.Missing())
	}
	e := expression{args: args}
	value, err := e.or()
	if err == nil && e.at < len(args) {
		err = errors.New("syntax error: unexpected argument " + quoted(args[e.at]))
	}
	if err != nil {
		return c.Fail(2, "expr: %v\n", err)
	}
	c.Printf("%s\n", value)
	return gnu.Status(isNull(value))
}

func isNull(value string) bool {
	n, ok := number(value)
	return value == "" || ok && n.Sign() == 0
}

func number(text string) (*big.Int, bool) {
	if text == "" || strings.Trim(text, "-0123456789") != "" || len(text) > 1000 {
		return nil, false
	}
	return new(big.Int).SetString(text, 10)
}

// An expression reads the arguments of expr. All sides are evaluated, as there is nothing that
// one could change.
type expression struct {
	args  []string
	at    int
	depth int
}

func (e *expression) next() (string, bool) {
	if e.at == len(e.args) {
		return "", false
	}
	e.at++
	return e.args[e.at-1], true
}

// take takes the next argument if it is one of the operators.
func (e *expression) take(operators ...string) (string, bool) {
	if e.at < len(e.args) {
		for _, op := range operators {
			if e.args[e.at] == op {
				e.at++
				return op, true
			}
		}
	}
	return "", false
}

// left reads operands between operators of one precedence.
func (e *expression) left(operand func() (string, error), apply func(op, a, b string) (string, error), operators ...string) (string, error) {
	a, err := operand()
	for err == nil {
		op, ok := e.take(operators...)
		if !ok {
			break
		}
		var b string
		if b, err = operand(); err == nil {
			a, err = apply(op, a, b)
		}
	}
	return a, err
}

func (e *expression) or() (string, error) {
	return e.left(e.and, func(_, a, b string) (string, error) {
		switch {
		case !isNull(a):
			return a, nil
		case !isNull(b):
			return b, nil
		}
		return "0", nil
	}, "|")
}

func (e *expression) and() (string, error) {
	return e.left(e.comparison, func(_, a, b string) (string, error) {
		if isNull(a) || isNull(b) {
			return "0", nil
		}
		return a, nil
	}, "&")
}

func (e *expression) comparison() (string, error) {
	return e.left(e.sum, func(op, a, b string) (string, error) {
		n := strings.Compare(a, b)
		x, okX := number(a)
		y, okY := number(b)
		if okX && okY {
			n = x.Cmp(y)
		}
		holds := map[string]bool{"=": n == 0, "==": n == 0, "!=": n != 0, "<": n < 0, "<=": n <= 0, ">": n > 0, ">=": n >= 0}[op]
		if holds {
			return "1", nil
		}
		return "0", nil
	}, "=", "==", "!=", "<", "<=", ">", ">=")
}

func arithmetic(op, a, b string) (string, error) {
	x, okX := number(a)
	y, okY := number(b)
	if !okX || !okY {
		return "", errors.New("non-integer argument")
	}
	switch op {
	case "+":
		return x.Add(x, y).String(), nil
	case "-":
		return x.Sub(x, y).String(), nil
	case "*":
		return x.Mul(x, y).String(), nil
	}
	if y.Sign() == 0 {
		return "", errors.New("division by zero")
	}
	if op == "/" {
		return x.Quo(x, y).String(), nil
	}
	return x.Rem(x, y).String(), nil
}

func (e *expression) sum() (string, error)     { return e.left(e.product, arithmetic, "+", "-") }
func (e *expression) product() (string, error) { return e.left(e.match, arithmetic, "*", "/", "%") }

func (e *expression) match() (string, error) {
	return e.left(e.primary, func(_, a, b string) (string, error) { return matched(a, b) }, ":")
}

// matched is STRING : REGEX.
func matched(text, expr string) (string, error) {
	rx, err := posixre.Compile("^"+strings.TrimPrefix(expr, "^"), posixre.Options{})
	if err != nil {
		return "", errors.New("Invalid regular expression")
	}
	m := rx.FindStringSubmatch(text)
	switch {
	case rx.NumSubexp() > 0 && m == nil:
		return "", nil
	case rx.NumSubexp() > 0:
		return m[1], nil
	case m == nil:
		return "0", nil
	}
	return strconv.Itoa(len(m[0])), nil
}

func (e *expression) primary() (string, error) {
	if e.depth++; e.depth > 1000 {
		return "", errors.New("syntax error: too deep")
	}
	defer func() { e.depth-- }()
	word, ok := e.next()
	if !ok {
		return "", errors.New("syntax error: missing argument after " + quoted(e.args[len(e.args)-1]))
	}
	switch word {
	case "(":
		value, err := e.or()
		if _, ok := e.take(")"); err == nil && !ok {
			return "", errors.New("syntax error: expecting ')' after " + quoted(e.args[e.at-1]))
		}
		return value, err
	case "length":
		text, err := e.primary()
		return strconv.Itoa(len(text)), err
	case "+":
		text, ok := e.next()
		if !ok {
			return "", errors.New("syntax error: missing argument after '+'")
		}
		return text, nil
	case "index", "match", "substr":
		return e.function(word)
	}
	return word, nil
}

// function is index, match and substr.
func (e *expression) function(name string) (string, error) {
	text, err := e.primary()
	if err != nil {
		return "", err
	}
	arg, err := e.primary()
	if err != nil {
		return "", err
	}
	switch name {
	case "match":
		return matched(text, arg)
	case "index":
		return strconv.Itoa(strings.IndexAny(text, arg) + 1), nil
	}
	length, err := e.primary()
	if err != nil {
		return "", err
	}
	from, errFrom := strconv.Atoi(arg)
	n, errN := strconv.Atoi(length)
	if errFrom != nil || errN != nil || from < 1 || n < 1 || from > len(text) {
		return "", nil
	}
	return text[from-1 : from-1+min(n, len(text)-from+1)], nil
}
