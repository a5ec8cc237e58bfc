package shell

import (
	"regexp"
	"strconv"
	"strings"

	"drydock/sim/tools/internal/condition"

	"mvdan.cc/sh/v3/syntax"
)

// test runs [[ ]].
func (s *shell) test(x syntax.TestExpr) {
	value, err := s.testExpr(x)
	if err != nil {
		s.expansion(err)
		return
	}
	s.status = one(!value)
}

func (s *shell) testExpr(x syntax.TestExpr) (bool, error) {
	switch x := x.(type) {
	case *syntax.Word:
		text, err := s.Word(x)
		return text != "", err
	case *syntax.ParenTest:
		return s.testExpr(x.X)
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			value, err := s.testExpr(x.X)
			return !value, err
		}
		return s.testUnary(x)
	case *syntax.BinaryTest:
		if x.Op == syntax.AndTest || x.Op == syntax.OrTest {
			// The right side is not expanded if the left one decides: it may have side effects.
			left, err := s.testExpr(x.X)
			if err != nil || left == (x.Op == syntax.OrTest) {
				return left, err
			}
			return s.testExpr(x.Y)
		}
		return s.testBinary(x)
	}
	return false, nil
}

func (s *shell) testUnary(x *syntax.UnaryTest) (bool, error) {
	word, ok := x.X.(*syntax.Word)
	if !ok {
		return false, nil
	}
	text, err := s.Word(word)
	if err != nil {
		return false, err
	}
	switch x.Op {
	case syntax.TsVarSet:
		_, set := s.Vars.Get(text)
		return set, nil
	case syntax.TsFdTerm:
		fd, _ := strconv.Atoi(text)
		return s.Terminal(fd), nil
	case syntax.TsOptSet:
		on := s.options.ByName(text)
		return on != nil && *on, nil
	case syntax.TsRefVar: // there are no references to variables, declare -n
		return false, nil
	}
	return condition.Unary(s, x.Op.String()[1], text), nil
}

func (s *shell) testBinary(x *syntax.BinaryTest) (bool, error) {
	left, okX := x.X.(*syntax.Word)
	right, okY := x.Y.(*syntax.Word)
	if !okX || !okY {
		return false, nil
	}
	a, err := s.Word(left)
	if err != nil {
		return false, err
	}
	switch x.Op {
	case syntax.TsMatchShort, syntax.TsMatch, syntax.TsNoMatch:
		// What is not quoted there is a pattern, so the word is not expanded to a text.
		match, err := s.like(a, right)
		return match == (x.Op != syntax.TsNoMatch), err
	}
	b, err := s.Word(right)
	if err != nil {
		return false, err
	}
	switch x.Op {
	case syntax.TsReMatch:
		return s.testRegexp(a, b), nil
	// The order is that of bytes, as in the locale C.
	case syntax.TsBefore:
		return a < b, nil
	case syntax.TsAfter:
		return a > b, nil
	case syntax.TsNewer, syntax.TsOlder, syntax.TsDevIno:
		return condition.Compare(s, a, x.Op.String(), b), nil
	}
	n, err := s.integer(a)
	if err != nil {
		return false, err
	}
	m, err := s.integer(b)
	return condition.Numbers(n, x.Op.String(), m), err
}

// integer evaluates an operand of -eq and its like, an expression.
func (s *shell) integer(text string) (int64, error) {
	if strings.TrimSpace(text) == "" {
		return 0, nil
	}
	x, err := syntax.NewParser().Arithmetic(strings.NewReader(text))
	if err != nil {
		return 0, err
	}
	return s.Arithmetic(x)
}

// testRegexp is =~. What matched is in BASH_REMATCH.
func (s *shell) testRegexp(text, expr string) bool {
	// The syntax is Go's, without back references; of alternatives the first counts, not the longest.
	rx, err := regexp.Compile(expr)
	if err != nil {
		return false
	}
	found := rx.FindStringSubmatch(text)
	s.Vars.Clear("BASH_REMATCH", false)
	for i, m := range found {
		s.Vars.AssignElement("BASH_REMATCH", strconv.Itoa(i), m)
	}
	return found != nil
}
