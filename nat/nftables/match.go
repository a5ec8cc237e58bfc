package nftables

import (
	"slices"

	"drydock/nat"
)

// selector takes a selector.
func (p *parser) selector(r *ruleSpec) selector {
	first := p.peek()
	from := first.at
	var s selector
	var ok bool
	switch {
	case first.kind != word:
		panic(p.unexpected(""))
	case first.is("fib"):
		return p.fib()
	case first.is("meta"):
		p.next()
		if s, ok = meta(p.peek().text); !ok {
			panic(p.unexpected(""))
		}
		p.next()
	case headers[first.text]:
		p.next()
		if s, ok = byText[first.text+" "+p.peek().text]; !ok {
			panic(p.unexpected(""))
		}
		p.next()
	default:
		if s, ok = meta(first.text); !ok || !short[first.text] {
			if first.name() != "string" {
				panic(p.unexpected(""))
			}
			if p.next(); first.name() == "string" && p.peek().kind != newline && p.peek().kind != ending {
				panic(wrong(first.at, "No symbol type information"))
			}
			panic(p.unexpected(""))
		}
		p.next()
	}
	r.layers(s, from.upTo(p.last()))
	return s
}

// fib takes fib saddr|daddr [. iif|oif] type.
func (p *parser) fib() selector {
	p.next()
	text := "fib"
	for {
		t := p.peek()
		if !t.is("saddr") && !t.is("daddr") && !t.is("iif") && !t.is("oif") {
			panic(p.unexpected("iif or oif or saddr or daddr"))
		}
		text += " " + p.next().text
		if !p.accept(".") {
			break
		}
		text += " ."
	}
	t := p.peek()
	s, ok := byText[text+" "+t.text]
	if !ok {
		panic(p.unexpected(""))
	}
	p.next()
	return s
}

// names of layers in messages.
var layerNames = map[int]string{4: "ip", 6: "ip6"}

// layers notes the headers that a selector wants, and refuses those that no packet has.
func (r *ruleSpec) layers(s selector, at span) {
	if s.key == nat.MetaNFProto && r.family != nat.FamilyINet {
		panic(wrong(at, "meta nfproto is only useful in the inet family"))
	}
	layer := r.layer
	switch r.family {
	case nat.FamilyIP:
		layer = 4
	case nat.FamilyIP6:
		layer = 6
	}
	if l := s.key.Layer(); l != 0 {
		if layer != 0 && layer != l {
			panic(wrong(at, "conflicting protocols specified: %s vs. %s", layerNames[layer], layerNames[l]))
		}
		r.layer = l
	}
	if n := s.key.Protocol(); n != 0 {
		if r.proto != 0 && r.proto != n {
			panic(wrong(at, "conflicting protocols specified: %s vs. %s", typeProto.format(nat.NumberWord(uint64(r.proto)), false), typeProto.format(nat.NumberWord(uint64(n)), false)))
		}
		r.proto, r.protoAt = n, at
	}
}

// maxKeys is how many values a concatenation has.
const maxKeys = 5

// selectors takes a selector, or several with dots between.
func (p *parser) selectors(r *ruleSpec) (list []selector) {
	from := p.peek().at
	list = append(list, p.selector(r))
	for p.accept(".") {
		list = append(list, p.selector(r))
	}
	if len(list) > maxKeys {
		panic(wrong(from.upTo(p.last()), "Concatenation of more than %d expressions is not supported", maxKeys))
	}
	return list
}

func keysOf(list []selector) (keys []nat.Key) {
	for _, s := range list {
		keys = append(keys, s.key)
	}
	return keys
}

func typesOf(list []selector) (types []*dtype) {
	for _, s := range list {
		types = append(types, s.typ)
	}
	return types
}

// ops are the operators with their words.
var ops = map[string]nat.Op{"==": nat.Equal, "eq": nat.Equal, "!=": nat.Unequal, "ne": nat.Unequal, "<": nat.Less, "lt": nat.Less,
	">": nat.Greater, "gt": nat.Greater, "<=": nat.LessEqual, "le": nat.LessEqual, ">=": nat.GreaterEqual, "ge": nat.GreaterEqual}

// match takes a selector and what it is compared with, or set to.
func (p *parser) match(r *ruleSpec) {
	list := p.selectors(r)
	p.variable()
	t := p.peek()
	switch {
	case p.accept("set") && len(list) == 1:
		p.setKey(r, list[0])
		return
	case p.accept("vmap"):
		p.verdictMap(r, list)
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
	case mask != nat.Word{}:
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
	case p.accept("@"):
		name := p.identifier()
		r.names = append(r.names, reference{"set", name})
		r.add(nat.Lookup{Keys: keysOf(list), Set: name.text, Not: op == nat.Unequal, Mask: mask})
	case len(list) > 1:
		keys := p.concatenation(typesOf(list))
		elements, _ := nat.NewElements(len(list), keys)
		r.add(nat.Lookup{Keys: keysOf(list), Anon: elements, Not: op == nat.Unequal})
	default:
		p.compare(r, list[0], op, given, mask)
	}
}

// anonymous takes a set in braces. One element is a comparison with it.
func (p *parser) anonymous(r *ruleSpec, list []selector, op nat.Op, mask nat.Word) {
	elements := p.elements(typesOf(list), nil, nil)
	if len(elements) == 1 && len(list) == 1 && mask == (nat.Word{}) {
		r.add(compareOf(list[0], op, elements[0].Key[0], elements[0].Last[0]))
		return
	}
	r.add(nat.Lookup{Keys: keysOf(list), Anon: p.set(len(list), elements), Not: op == nat.Unequal, Mask: mask})
}

// set returns elements as a set. Those that are there twice are one.
func (p *parser) set(width int, list []nat.Element) *nat.Elements {
	slices.SortStableFunc(list, func(a, b nat.Element) int { return a.Key[0].Compare(b.Key[0]) })
	var once []nat.Element
	for _, e := range list {
		if !slices.ContainsFunc(once[max(0, len(once)-1):], func(o nat.Element) bool { return o.Key == e.Key && o.Last == e.Last }) {
			once = append(once, e)
		}
	}
	s, err := nat.NewElements(width, once...)
	if err != nil {
		panic(wrong(p.last(), "conflicting intervals specified"))
	}
	return s
}

// compareOf compares with a range or one value.
func compareOf(s selector, op nat.Op, first, last nat.Word) nat.Compare {
	m := nat.Compare{Key: s.key, Op: op, Value: first}
	switch {
	case first == last:
	case op == nat.Equal || op == nat.Unequal:
		if n, ok := s.typ.prefixOf(first, last); ok && s.typ.family > 0 {
			m.Mask = s.typ.mask(n)
			return m
		}
		m.Op, m.Last = nat.In, last
		if op == nat.Unequal {
			m.Op = nat.NotIn
		}
	}
	return m
}

// compare takes the right side of a comparison of one value.
func (p *parser) compare(r *ruleSpec, s selector, op nat.Op, given bool, mask nat.Word) {
	if s.typ.flags {
		p.compareFlags(r, s, op, given, mask)
		return
	}
	if s.typ.ifname {
		p.compareName(r, s, op)
		return
	}
	first, last, length := p.value(s.typ)
	if mask != (nat.Word{}) {
		if n, ok := s.typ.prefixLength(mask); ok && n == s.typ.bits {
			mask = nat.Word{}
		}
		r.add(nat.Compare{Key: s.key, Op: op, Mask: mask, Value: first})
		return
	}
	if op != nat.Equal && op != nat.Unequal && first != last {
		panic(wrong(p.last(), "Relational expression (%s) with a range is not supported", "<"))
	}
	if length >= 0 && length < s.typ.bits {
		m := nat.Compare{Key: s.key, Op: op, Mask: s.typ.mask(length), Value: first}
		if length == 0 {
			m.Mask, m.Op, m.Last = nat.Word{}, nat.In, last
		}
		r.add(m)
		return
	}
	r.depends(s, op, first)
	r.add(compareOf(s, op, first, last))
}

// depends notes the protocol that a rule asks for.
func (r *ruleSpec) depends(s selector, op nat.Op, v nat.Word) {
	switch s.key {
	case nat.MetaL4Proto, nat.IPProtocol, nat.IP6NextHdr:
		if op == nat.Equal && r.proto == 0 {
			r.proto = uint8(v.Lo)
		}
	case nat.MetaNFProto:
		if r.layer = 4; v.Lo == 10 {
			r.layer = 6
		}
	}
}

// value takes a constant, a range or a prefix: its first and last values, and the length of a prefix or
// -1.
func (p *parser) value(d *dtype) (first, last nat.Word, length int) {
	p.variable()
	t := p.peek()
	if t.kind != word && t.kind != number && t.kind != address && t.kind != quoted {
		panic(p.unexpected(""))
	}
	p.next()
	if d.family == 4 && t.kind == number {
		panic(p.unexpected(""))
	}
	first, f := d.parse(t)
	if f != nil {
		panic(f)
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
	case p.peek().is("/") && p.peekAt(1).kind == number && d.bits >= 16:
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

// compareName takes the name of an interface, which may end with a star.
func (p *parser) compareName(r *ruleSpec, s selector, op nat.Op) {
	t := p.peek()
	if t.kind == number && s.key != nat.MetaIIFName {
		panic(wrong(t.at, "Interface does not exist"))
	}
	t = p.text()
	w, f := s.typ.parse(t)
	if f != nil {
		panic(f)
	}
	name := t.text
	if n := len(name) - 1; n >= 0 && name[n] == '*' && s.typ == typeIfname {
		if n > 0 && name[n-1] == '\\' {
			w = nat.NameWord(name[:n-1] + "*")
		} else {
			r.add(nat.Compare{Key: s.key, Op: op, Mask: typeIfname.mask(8 * n), Value: nat.NameWord(name[:n])})
			return
		}
	}
	if s.typ == typeIfidx {
		r.names = append(r.names, reference{"interface", t})
	}
	r.add(nat.Compare{Key: s.key, Op: op, Value: w})
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
func (p *parser) verdictMap(r *ruleSpec, list []selector) {
	p.variable()
	m := nat.VerdictMap{Keys: keysOf(list)}
	if p.accept("@") {
		name := p.identifier()
		m.Set = name.text
		r.names = append(r.names, reference{"map", name})
	} else {
		m.Anon = p.set(len(list), p.elements(typesOf(list), nil, r))
	}
	r.add(m)
}
