package words

import (
	"errors"

	"mvdan.cc/sh/v3/syntax"
)

// assigning is the operators of += and its like.
var assigning = map[syntax.BinAritOperator]syntax.BinAritOperator{
	syntax.AddAssgn: syntax.Add, syntax.SubAssgn: syntax.Sub, syntax.MulAssgn: syntax.Mul, syntax.QuoAssgn: syntax.Quo,
	syntax.RemAssgn: syntax.Rem, syntax.AndAssgn: syntax.And, syntax.OrAssgn: syntax.Or, syntax.XorAssgn: syntax.Xor,
	syntax.ShlAssgn: syntax.Shl, syntax.ShrAssgn: syntax.Shr,
}

// calculate returns a op b. It wraps around as C does on every machine that there is.
func calculate(op syntax.BinAritOperator, a, b int64) (int64, error) {
	switch op {
	case syntax.Add:
		return a + b, nil
	case syntax.Sub:
		return a - b, nil
	case syntax.Mul:
		return a * b, nil
	case syntax.Quo, syntax.Rem:
		switch {
		case b == 0:
			return 0, errZero
		case op == syntax.Quo:
			return a / b, nil
		}
		return a % b, nil
	case syntax.Pow:
		return power(a, b)
	case syntax.And:
		return a & b, nil
	case syntax.Or:
		return a | b, nil
	case syntax.Xor:
		return a ^ b, nil
	case syntax.Shl:
		return a << (uint64(b) & 63), nil
	case syntax.Shr:
		return a >> (uint64(b) & 63), nil
	}
	return compare(op, a, b)
}

func compare(op syntax.BinAritOperator, a, b int64) (int64, error) {
	switch op {
	case syntax.Eql:
		return truth(a == b), nil
	case syntax.Neq:
		return truth(a != b), nil
	case syntax.Lss:
		return truth(a < b), nil
	case syntax.Leq:
		return truth(a <= b), nil
	case syntax.Gtr:
		return truth(a > b), nil
	case syntax.Geq:
		return truth(a >= b), nil
	}
	return 0, errOperator
}

func power(a, b int64) (int64, error) {
	if b < 0 {
		return 0, errNegative
	}
	n := int64(1)
	for ; b > 0; b >>= 1 {
		if b&1 != 0 {
			n *= a
		}
		a *= a
	}
	return n, nil
}

var errNegative = errors.New("exponent less than 0")

var errOperator = errors.New("syntax error in expression")

// errZero is a fault that the caller words.
var errZero = errors.New("division by zero")

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
