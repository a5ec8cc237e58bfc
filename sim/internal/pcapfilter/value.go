package pcapfilter

import (
	"strconv"
)

var relations = map[string]func(a, b uint32) bool{
	">": func(a, b uint32) bool { return a > b }, "<": func(a, b uint32) bool { return a < b },
	">=": func(a, b uint32) bool { return a >= b }, "<=": func(a, b uint32) bool { return a <= b },
	"=": func(a, b uint32) bool { return a == b }, "==": func(a, b uint32) bool { return a == b },
	"!=": func(a, b uint32) bool { return a != b },
}

// An operator joins two values; a larger level binds closer.
type operator struct {
	level int
	apply func(a, b uint32) uint32
}

var operatorsOf = map[string]operator{
	"|": {0, func(a, b uint32) uint32 { return a | b }}, "^": {0, func(a, b uint32) uint32 { return a ^ b }},
	"&":  {1, func(a, b uint32) uint32 { return a & b }},
	"<<": {2, func(a, b uint32) uint32 { return a << b }}, ">>": {2, func(a, b uint32) uint32 { return a >> b }},
	"+": {3, func(a, b uint32) uint32 { return a + b }}, "-": {3, func(a, b uint32) uint32 { return a - b }},
	"*": {4, func(a, b uint32) uint32 { return a * b }}, "/": {4, nil}, "%": {4, nil}, // see divide
}

// constants are the names of numbers.
var constants = func() map[string]*uint32 {
	m := make(map[string]*uint32)
	for name, n := range map[string]uint32{
		"tcpflags": 13, "tcp-fin": 1, "tcp-syn": 2, "tcp-rst": 4, "tcp-push": 8, "tcp-ack": 16, "tcp-urg": 32, "tcp-ece": 64, "tcp-cwr": 128,
		"icmptype": 0, "icmpcode": 1, "icmp-echoreply": 0, "icmp-unreach": 3, "icmp-sourcequench": 4, "icmp-redirect": 5, "icmp-echo": 8,
		"icmp-routeradvert": 9, "icmp-routersolicit": 10, "icmp-timxceed": 11, "icmp-paramprob": 12, "icmp-tstamp": 13, "icmp-tstampreply": 14,
		"icmp-ireq": 15, "icmp-ireqreply": 16, "icmp-maskreq": 17, "icmp-maskreply": 18,
		"icmp6type": 0, "icmp6code": 1, "icmp6-destinationunreach": 1, "icmp6-packettoobig": 2, "icmp6-timeexceeded": 3,
		"icmp6-parameterproblem": 4, "icmp6-echo": 128, "icmp6-echoreply": 129, "icmp6-multicastlistenerquery": 130,
		"icmp6-multicastlistenerreportv1": 131, "icmp6-multicastlistenerdone": 132, "icmp6-routersolicit": 133, "icmp6-routeradvert": 134,
		"icmp6-neighborsolicit": 135, "icmp6-neighboradvert": 136, "icmp6-redirect": 137,
	} {
		m[name] = &n
	}
	return m
}()

// number reads a number as C has it.
func number(s string) (uint32, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 0, 32)
	return uint32(n), err == nil && len(s) < 20
}

// sum reads values joined by operators of a level and above. In parentheses it may find a
// condition.
func (p *parser) sum(level int) node {
	left := p.factor()
	for left.value != nil {
		name := p.peek()
		op, ok := operatorsOf[name]
		if !ok || op.level < level {
			break
		}
		p.next()
		right := p.sum(op.level + 1)
		if right.value == nil {
			p.fail("expected a value")
			return node{cond: never}
		}
		l, r, apply := left.value, right.value, op.apply
		v := func(f *frame) uint32 { return apply(l(f), r(f)) }
		if apply == nil {
			v = divide(l, r, name == "%")
		}
		left = node{value: v, when: left.when} // libpcap forgets about the right one, too
	}
	return left
}

// divide makes a frame not match where it would divide by zero.
func divide(l, r value, remainder bool) value {
	return func(f *frame) uint32 {
		a, b := l(f), r(f)
		switch {
		case b == 0:
			f.beyond = true
			return 0
		case remainder:
			return a % b
		}
		return a / b
	}
}

// factor reads a number, a name of one, len, a field, or what is in parentheses.
func (p *parser) factor() node {
	defer p.enter()()
	t := p.next()
	switch {
	case t == "(":
		n := p.any()
		p.expect(")")
		return n
	case t == "-":
		n := p.factor()
		if n.value == nil {
			p.fail("expected a value")
			return node{cond: never}
		}
		return node{value: func(f *frame) uint32 { return -n.value(f) }, when: n.when}
	case t == "len":
		return node{value: func(f *frame) uint32 { return uint32(len(f.b)) }}
	case p.peek() == "[":
		return p.accessor(t)
	case constants[t] != nil:
		n := *constants[t]
		return node{value: func(*frame) uint32 { return n }}
	}
	n, ok := number(t)
	if !ok {
		p.failAt(t, "expected a value")
		return node{cond: never}
	}
	return node{value: func(*frame) uint32 { return n }}
}

// accessor reads the rest of tcp[13] or ip[2:2].
func (p *parser) accessor(proto string) node {
	p.expect("[")
	at := p.sum(0)
	size := 1
	if p.accept(":") {
		n, ok := number(p.peek())
		if size = int(n); !ok || n != 1 && n != 2 && n != 4 {
			p.fail("data size must be 1, 2 or 4")
		}
		p.next()
	}
	p.expect("]")
	base, when, ok := header(proto)
	if !ok {
		p.failAt(proto, "has no fields here")
	}
	if at.value == nil || p.err != nil {
		p.failAt(proto, "expected an offset")
		return node{cond: never}
	}
	return node{when: both(at.when, when), value: func(f *frame) uint32 {
		offset := uint64(base(f)) + uint64(at.value(f))
		if offset > uint64(len(f.b)) {
			f.beyond = true
			return 0
		}
		return f.load(int(offset), size)
	}}
}

// header returns where the header of a protocol begins, and when it is there.
func header(proto string) (base value, when pred, ok bool) {
	fixed := func(n uint32) value { return func(*frame) uint32 { return n } }
	switch proto {
	case "ether":
		return fixed(0), nil, true
	case "ip", "ip6", "arp", "rarp":
		return fixed(14), protocols[proto], true
	case "icmp6":
		return fixed(54), protocols[proto], true
	case "tcp", "udp", "sctp", "icmp", "igmp", "pim", "vrrp":
		return transport, and(and(isIP, protocols[proto]), firstFragment), true
	}
	return nil, nil, false
}
