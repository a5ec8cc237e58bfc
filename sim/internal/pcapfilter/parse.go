package pcapfilter

import "slices"

// A parser reads tokens. After an error it reads on without a meaning, to an end that comes
// soon: peek returns "".
type parser struct {
	expr   string
	tokens []string
	depth  int
	last   *quals // of the primitive before, which an address or port alone repeats
	err    *Error
}

// A node is a condition or a value.
type node struct {
	cond  pred
	value value
	when  pred // without which the value is not there; nil: always
}

func (p *parser) peek() string {
	if p.err != nil || len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

// after returns the token after the next.
func (p *parser) after() string {
	if p.err != nil || len(p.tokens) < 2 {
		return ""
	}
	return p.tokens[1]
}

func (p *parser) next() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept takes the next token if it is one of those.
func (p *parser) accept(tokens ...string) bool {
	if t := p.peek(); t == "" || !slices.Contains(tokens, t) {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(token string) {
	if !p.accept(token) {
		p.fail("expected " + token)
	}
}

// fail notes what is wrong with the next token.
func (p *parser) fail(why string) { p.failAt(p.peek(), why) }

func (p *parser) failAt(token, why string) {
	if p.err == nil {
		p.err = &Error{p.expr, token, why}
	}
}

// enter bounds the recursion.
func (p *parser) enter() (leave func()) {
	if p.depth++; p.depth > maxDepth {
		p.fail("nested too deeply")
	}
	return func() { p.depth-- }
}

// boolean reads a condition.
func (p *parser) boolean() pred {
	n := p.any()
	if n.cond == nil {
		p.fail("expected a comparison")
		return never
	}
	return n.cond
}

func never(*frame) bool { return false }

// any reads a condition, or a value with nothing after it but a parenthesis. "and" and "or" bind
// alike, and to the left.
func (p *parser) any() node {
	n := p.term()
	for n.cond != nil {
		switch {
		case p.accept("and", "&&"):
			n.cond = and(n.cond, p.operand())
		case p.accept("or", "||"):
			n.cond = or(n.cond, p.operand())
		default:
			return n
		}
	}
	return n
}

// operand reads one side of "and" or "or".
func (p *parser) operand() pred {
	n := p.term()
	if n.cond == nil {
		p.fail("syntax error")
		return never
	}
	return n.cond
}

// term reads one condition without "and" and "or" outside of parentheses.
func (p *parser) term() node {
	defer p.enter()()
	switch {
	case p.err != nil:
		return node{cond: never}
	case p.accept("not", "!"):
		return node{cond: not(p.operand())}
	case p.arithmetic():
		left := p.sum(0)
		if left.cond != nil {
			return left
		}
		op := p.peek()
		compare := relations[op]
		if compare == nil {
			return left
		}
		p.next()
		right := p.sum(0)
		if right.value == nil {
			p.fail("expected a value")
			return node{cond: never}
		}
		cond := func(f *frame) bool { l, r := left.value(f), right.value(f); return compare(l, r) }
		return node{cond: both(both(left.when, right.when), cond)}
	}
	return node{cond: p.primitive()}
}

// both is and, where nil is always true.
func both(p, q pred) pred {
	switch {
	case p == nil:
		return q
	case q == nil:
		return p
	}
	return and(p, q)
}

// arithmetic reports whether a value may begin here, or a parenthesis.
func (p *parser) arithmetic() bool {
	t, after := p.peek(), p.after()
	switch {
	case t == "(" || t == "-" || t == "len" || after == "[":
		return true
	case constants[t] != nil:
		return true
	}
	if _, ok := number(t); ok { // else a port or an address: "port 80 or 443"
		_, binary := operatorsOf[after]
		return binary || relations[after] != nil
	}
	return false
}
