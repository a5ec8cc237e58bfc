package words

import (
	"errors"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// maxNesting is how many variables may have each other for value in an expression, bash's
// MAX_EXPR_RECURSION_LEVEL.
const maxNesting = 1024

func formatInt(n int64) string { return strconv.FormatInt(n, 10) }

// Arithmetic returns the value of an expression. It is that of package expand with 64 bits on
// every machine, expressions as values of variables, and faults that a shell has words for.
func (e *Expander) Arithmetic(x syntax.ArithmExpr) (int64, error) {
	defer e.enter()()
	if e.depth > maxNesting { // the index of a variable may be an expression that has it, too
		return 0, &Fault{Text: source(x) + ": expression recursion level exceeded"}
	}
	n, err := e.value(x, 0)
	if errors.Is(err, errZero) {
		text := source(x)
		return 0, e.fault(text+`: division by 0 (error token is "0")`, `arithmetic expression: division by zero: "`+text+`"`)
	}
	return n, err
}

// source returns the text of an expression, without blanks.
func source(x syntax.ArithmExpr) string {
	switch x := x.(type) {
	case *syntax.Word:
		var b strings.Builder
		syntax.NewPrinter().Print(&b, x)
		return b.String()
	case *syntax.ParenArithm:
		return "(" + source(x.X) + ")"
	case *syntax.UnaryArithm:
		if x.Post {
			return source(x.X) + x.Op.String()
		}
		return x.Op.String() + source(x.X)
	case *syntax.BinaryArithm:
		return source(x.X) + x.Op.String() + source(x.Y)
	}
	return ""
}

func (e *Expander) value(x syntax.ArithmExpr, depth int) (int64, error) {
	switch x := x.(type) {
	case nil:
		return 0, nil
	case *syntax.Word:
		text, err := e.text(x, unquoted)
		if err != nil {
			return 0, err
		}
		return e.number(text, depth)
	case *syntax.ParenArithm:
		return e.value(x.X, depth)
	case *syntax.UnaryArithm:
		return e.unary(x, depth)
	case *syntax.BinaryArithm:
		return e.binary(x, depth)
	}
	return 0, e.syntax("expression")
}

func (e *Expander) syntax(text string) error {
	return e.fault(text+": syntax error in expression", `arithmetic expression: expecting EOF: "`+text+`"`)
}

// number returns what a text means in an expression: a number, a variable, or an expression.
func (e *Expander) number(text string, depth int) (int64, error) {
	text = strings.TrimSpace(text)
	if depth > maxNesting {
		return 0, &Fault{Text: text + ": expression recursion level exceeded"}
	}
	switch {
	case text == "":
		return 0, nil
	case syntax.ValidName(text):
		value, set := e.Vars.Get(text)
		if special, ok := e.Special(text); !set && ok {
			value, set = special, true
		}
		switch {
		case !set && e.NoUnset:
			return 0, e.unset(text)
		case !e.Extended && value != "" && strings.Trim(value[:1], "+-0123456789") != "":
			return 0, &Fault{Text: "Illegal number: " + value}
		}
		return e.number(value, depth+1)
	case text[0] >= '0' && text[0] <= '9' && !strings.ContainsAny(text, "+-*/%<>=!&|^~?:(), \t"):
		return e.constant(text)
	}
	x, err := syntax.NewParser().Arithmetic(strings.NewReader(text))
	if word, ok := x.(*syntax.Word); err != nil || ok && word.Lit() == text {
		return 0, e.syntax(text)
	}
	return e.value(x, depth+1)
}

// constant parses 10, 0x1f, 017 and, in bash, 2#101.
func (e *Expander) constant(text string) (int64, error) {
	base, digits := 10, text
	radix, rest, hash := strings.Cut(text, "#")
	switch {
	case hash && e.Bash:
		n, err := strconv.Atoi(radix)
		if err != nil || n < 2 || n > 36 {
			return 0, &Fault{Text: text + `: invalid arithmetic base (error token is "` + text + `")`}
		}
		base, digits = n, rest
	case strings.HasPrefix(text, "0x"), strings.HasPrefix(text, "0X"):
		base, digits = 16, text[2:]
	case text[0] == '0' && len(text) > 1:
		base, digits = 8, text[1:]
	}
	n, err := strconv.ParseInt(digits, base, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return n, nil
	case err != nil:
		return 0, e.fault(text+`: value too great for base (error token is "`+text+`")`, `arithmetic expression: expecting EOF: "`+text+`"`)
	}
	return n, nil
}

func (e *Expander) unary(x *syntax.UnaryArithm, depth int) (int64, error) {
	if !e.Extended && (x.Op == syntax.Inc || x.Op == syntax.Dec) {
		return 0, &Fault{Text: `arithmetic expression: expecting primary: "` + source(x) + `"`}
	}
	n, err := e.value(x.X, depth)
	if err != nil {
		return 0, err
	}
	switch x.Op {
	case syntax.Not:
		return truth(n == 0), nil
	case syntax.BitNegation:
		return ^n, nil
	case syntax.Minus:
		return -n, nil
	case syntax.Plus:
		return n, nil
	}
	after := n + 1
	if x.Op == syntax.Dec {
		after = n - 1
	}
	if err := e.store(x.X, after); err != nil {
		return 0, err
	}
	if x.Post {
		return n, nil
	}
	return after, nil
}

// store assigns to what stands left of = or beside ++.
func (e *Expander) store(x syntax.ArithmExpr, n int64) error {
	word, ok := x.(*syntax.Word)
	if !ok || len(word.Parts) != 1 {
		return e.syntax(source(x))
	}
	name, key := word.Lit(), ""
	if p, ok := word.Parts[0].(*syntax.ParamExp); ok && p.Index != nil && p.Param != nil {
		var err error
		if name = p.Param.Value; true {
			key, err = e.Key(name, p.Index)
		}
		if err != nil {
			return err
		}
	}
	var err error
	switch {
	case !syntax.ValidName(name):
		return e.fault(source(x)+": attempted assignment to non-variable", `arithmetic expression: expecting EOF: "`+source(x)+`"`)
	case key != "":
		err = e.Vars.AssignElement(name, key, formatInt(n))
	default:
		err = e.Vars.Assign(name, formatInt(n))
	}
	if err != nil {
		return e.Refused(name, err)
	}
	return nil
}

func (e *Expander) binary(x *syntax.BinaryArithm, depth int) (int64, error) {
	if !e.Extended && (x.Op == syntax.Comma || x.Op == syntax.Pow) {
		return 0, e.syntax(source(x))
	}
	switch x.Op {
	case syntax.AndArit, syntax.OrArit, syntax.TernQuest, syntax.Comma, syntax.Assgn:
		return e.ordered(x, depth)
	}
	a, err := e.value(x.X, depth)
	if err != nil {
		return 0, err
	}
	b, err := e.value(x.Y, depth)
	if err != nil {
		return 0, err
	}
	if op, ok := assigning[x.Op]; ok {
		n, err := calculate(op, a, b)
		if err == nil {
			err = e.store(x.X, n)
		}
		return n, err
	}
	return calculate(x.Op, a, b)
}

// ordered is the operators that do not use both sides.
func (e *Expander) ordered(x *syntax.BinaryArithm, depth int) (int64, error) {
	if x.Op == syntax.Assgn {
		n, err := e.value(x.Y, depth)
		if err == nil {
			err = e.store(x.X, n)
		}
		return n, err
	}
	a, err := e.value(x.X, depth)
	if err != nil {
		return 0, err
	}
	switch x.Op {
	case syntax.AndArit:
		if a == 0 {
			return 0, nil
		}
	case syntax.OrArit:
		if a != 0 {
			return 1, nil
		}
	case syntax.TernQuest:
		colon, ok := x.Y.(*syntax.BinaryArithm)
		switch {
		case !ok:
			return 0, e.syntax(source(x))
		case a != 0:
			return e.value(colon.X, depth)
		}
		return e.value(colon.Y, depth)
	}
	b, err := e.value(x.Y, depth)
	if x.Op != syntax.Comma {
		b = truth(b != 0)
	}
	return b, err
}
