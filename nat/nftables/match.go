package nftables

import (
	"drydock/nat"
)

// ops are the operators with their words.
var ops = map[string]nat.Op{"==": nat.Equal, "eq": nat.Equal, "!=": nat.Unequal, "ne": nat.Unequal, "<": nat.Less, "lt": nat.Less,
	">": nat.Greater, "gt": nat.Greater, "<=": nat.LessEqual, "le": nat.LessEqual, ">=": nat.GreaterEqual, "ge": nat.GreaterEqual}

// match takes a selector and what it is compared with, or set to.
func (p *parser) match(r *ruleSpec) {
	left := p.peek().at
	list := p.selectors(r)
	left = left.upTo(p.last.at)
	p.variable()
	t := p.peek()
	switch {
	case p.accept("set") && len(list) == 1:
		p.setKey(r, list[0])
		return
	case p.accept("vmap"):
		p.verdictMap(r, list, left)
		return
	}
	var mask nat.Word
	if len(list) == 1 && (t.is("&") || t.is("and")) {
		p.next()
		mask = p.flags(list[0].typ)
	}
	t = p.peek()
	op, given := ops[t.text]
	given = given && (t.kind == word || t.kind == sign)
	switch {
	case given:
		p.next()
	case mask != nat.Word{} && !t.is("@") && !t.is("{"):
		panic(p.unexpected(""))
	case t.is("!") && len(list) == 1:
		p.next()
		r.add(nat.Compare{Key: list[0].key, Op: nat.NoneOf, Value: p.flags(list[0].typ)})
		return
	}
	p.variable()
	switch t := p.peek(); {
	case t.is("{"):
		p.anonymous(r, list, op, mask)
		r.lookupAt = left.upTo(p.last.at)
	case p.accept("@"):
		name := p.identifier()
		r.names = append(r.names, reference{kind: "set", name: name, keys: typesOf(list), keysAt: left})
		r.add(nat.Lookup{Keys: keysOf(list), Set: name.text, Not: op == nat.Unequal, Mask: mask})
	case len(list) > 1:
		from := p.peek().at
		p.concatenation(typesOf(list))
		f, right := wrong(left, "Use concatenations with sets and maps, not singleton values"), from.upTo(p.last.at)
		f.because = &right
		panic(f)
	default:
		p.compare(r, list[0], left, op, given, mask)
	}
}

// compareWith adds the comparison with one value, a range or a prefix, whose length is -1 if it is none.
func (r *ruleSpec) compareWith(s selector, op nat.Op, first, last nat.Word, length int) {
	m := nat.Compare{Key: s.key, Op: op, Value: first}
	switch {
	case first == last:
	case length > 0:
		m.Mask = s.typ.mask(length)
	default:
		m.Op, m.Last = nat.In, last
		if op == nat.Unequal {
			m.Op = nat.NotIn
		}
	}
	r.add(m)
}

// compare takes the right side of a comparison of one value.
func (p *parser) compare(r *ruleSpec, s selector, at span, op nat.Op, given bool, mask nat.Word) {
	if s.typ.flags {
		p.compareFlags(r, s, op, given, mask)
		return
	}
	t := p.peek()
	first, last, length := p.value(s.typ)
	if s.typ == typeIfidx {
		r.names = append(r.names, reference{kind: "interface", name: t})
	}
	if mask != (nat.Word{}) {
		if n, ok := s.typ.prefixLength(mask); ok && n == s.typ.bits {
			mask = nat.Word{}
		}
		r.add(nat.Compare{Key: s.key, Op: op, Mask: mask, Value: first})
		return
	}
	if op != nat.Equal && op != nat.Unequal && first != last {
		panic(wrong(p.last.at, "Relational expression (%s) with a range is not supported", "<"))
	}
	if first == last {
		r.depends(s, op, first, at.upTo(p.last.at))
	}
	r.compareWith(s, op, first, last, length)
}

// depends notes the protocol that a rule asks for.
func (r *ruleSpec) depends(s selector, op nat.Op, v nat.Word, at span) {
	switch {
	case op != nat.Equal:
	case s.key == nat.MetaL4Proto || s.key == nat.IPProtocol || s.key == nat.IP6NextHdr:
		if r.proto == 0 {
			r.proto, r.protoAt = uint8(v.Lo), at
		}
	case s.key == nat.MetaNFProto:
		if r.layer, r.layerAt = 4, at; v.Lo == 10 {
			r.layer = 6
		}
	}
}

// value takes a constant, a range or a prefix: its first and last values, and the length of a prefix or
// -1.
func (p *parser) value(d *dtype) (first, last nat.Word, length int) {
	defer func() { p.width = length }()
	p.variable()
	t := p.peek()
	if t.kind != word && t.kind != number && t.kind != address && t.kind != quoted {
		panic(p.unexpected(""))
	}
	p.next()
	first, f := d.parse(t)
	if f != nil {
		panic(f)
	}
	if n, ok := starred(t); ok && d == typeIfname {
		first = nat.NameWord(t.text[:n/8])
		return first, first.Or(d.mask(n).Not()), n
	}
	switch {
	case p.accept("-"):
		p.variable()
		end := p.next()
		if last, f = d.parse(end); f != nil {
			panic(f)
		}
		if last.Compare(first) < 0 {
			panic(wrong(t.at.upTo(end.at), "Range has zero or negative size"))
		}
		return first, last, -1
	case p.peek().is("/") && p.after().kind == number && d.bits >= 16 && !d.ifname:
		p.next()
		n, at := p.number()
		if n > uint64(d.bits) {
			panic(wrong(t.at.upTo(at.at), "Prefix length %d is invalid for type of %d bits width", n, d.bits))
		}
		mask := d.mask(int(n))
		first = first.And(mask)
		return first, first.Or(d.all().And(mask.Not())), int(n)
	case p.peek().is("/") && d.family > 0:
		p.next()
		p.next()
		panic(p.unexpected("comma"))
	}
	return first, first, -1
}

// flags takes bits: "syn", "syn,ack", "(syn|ack)".
func (p *parser) flags(d *dtype) (w nat.Word) {
	paren := p.accept("(")
	for {
		v, _, _ := p.value(d)
		w = w.Or(v)
		if !p.accept("|") && !p.accept("or") && (paren || !d.flags || !p.accept(",")) {
			break
		}
	}
	if paren {
		p.expect(")")
	}
	return w
}

// compareFlags takes what bits are compared with.
func (p *parser) compareFlags(r *ruleSpec, s selector, op nat.Op, given bool, mask nat.Word) {
	v := p.flags(s.typ)
	if p.accept("/") {
		mask, given = p.flags(s.typ), true
	}
	switch {
	case mask != nat.Word{} && v == nat.Word{} && op == nat.Equal:
		r.add(nat.Compare{Key: s.key, Op: nat.NoneOf, Value: mask})
	case mask != nat.Word{} && v == nat.Word{} && op == nat.Unequal:
		r.add(nat.Compare{Key: s.key, Op: nat.AnyOf, Value: mask})
	case given:
		r.add(nat.Compare{Key: s.key, Op: op, Mask: mask, Value: v})
	default:
		r.add(nat.Compare{Key: s.key, Op: nat.AnyOf, Value: v})
	}
}

// verdictMap takes what follows vmap.
func (p *parser) verdictMap(r *ruleSpec, list []selector, left span) {
	p.variable()
	m := nat.VerdictMap{Keys: keysOf(list)}
	if p.accept("@") {
		name := p.identifier()
		m.Set = name.text
		r.names = append(r.names, reference{kind: "map", name: name, keys: typesOf(list), keysAt: left, verdicts: true})
	} else {
		m.Anon = p.set(len(list), p.elements(typesOf(list), nil, r), true)
	}
	r.add(m)
}
