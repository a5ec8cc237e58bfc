package nftables

import (
	"fmt"
	"strings"

	"drydock/nat"
)

// An element is one of the input.
type element struct {
	nat.Element
	at     span // of its key
	prefix int  // length of the prefix that its last value is, -1: it is none
}

// elements takes elements in braces. With data they are those of a map, with r those of a verdict map,
// whose chains are noted there.
func (p *parser) elements(keys, data []*dtype, r *ruleSpec) (list []element) {
	p.braces(func() {
		if p.peek().is("{") { // a set in a variable
			list = append(list, p.elements(keys, data, r)...)
		} else {
			list = append(list, p.element(keys, data, r))
		}
	})
	return list
}

// braces takes what is in braces, one or more with commas between.
func (p *parser) braces(one func()) {
	p.expect("{")
	p.skipNewlines()
	if p.depth++; p.depth > maxDepth || p.peek().is("}") {
		panic(p.unexpected(""))
	}
	for !p.accept("}") {
		p.variable()
		one()
		p.skipNewlines()
		if !p.accept(",") && !p.peek().is("}") {
			panic(p.unexpected("comma or '}'"))
		}
		p.skipNewlines()
	}
	p.depth--
}

// maxDepth is how many braces of elements may be in each other, by variables.
const maxDepth = 16

// element takes an element.
func (p *parser) element(keys, data []*dtype, r *ruleSpec) element {
	e := p.key(keys)
	for {
		switch {
		case p.accept("counter"):
			e.Counted, e.Start = true, p.counts()
			continue
		case p.accept("comment"):
			e.Comment = p.comment()
			continue
		case p.peek().is("timeout") || p.peek().is("expires"):
			panic(unsupported(p.peek().at))
		}
		break
	}
	switch {
	case r != nil:
		p.expect(":")
		e.Verdict = p.verdict(r)
	case data != nil:
		p.expect(":")
		e.Data = p.data(data)
	}
	return e
}

// key takes the key of an element.
func (p *parser) key(types []*dtype) element {
	from := p.peek().at
	e := p.concatenation(types)
	return element{e, from.upTo(p.last.at), p.width}
}

// data takes the value of an element of a map. Where a map of addresses may have ports, too, one has them or not with the
// first element.
func (p *parser) data(types []*dtype) nat.Words {
	e := p.concatenation(types)
	if p.pair != nil && (*p.pair || p.peek().is(".")) {
		p.expect(".")
		*p.pair = true
		e.Key[1], _, _ = p.value(typePort)
	}
	return e.Key
}

// concatenation takes the key of an element.
func (p *parser) concatenation(types []*dtype) (e nat.Element) {
	from := p.peek().at
	for i, d := range types {
		if i > 0 && !p.accept(".") {
			names := make([]string, len(types))
			for k, d := range types {
				names[k] = d.desc
			}
			panic(wrong(from.upTo(p.last.at), "invalid data type, expected concatenation of (%s)", strings.Join(names, ", ")))
		}
		e.Key[i], e.Last[i], _ = p.value(d)
	}
	return e
}

// addElements reads what follows add element.
func (p *parser) addElements(op string, at place) func(x *executor) *fault {
	tokens := p.skipBraces()
	return func(x *executor) *fault {
		list, f := x.readElements(at, tokens, true)
		if f != nil {
			return f
		}
		if f = wantInterval(x.tx.Set(at.family, at.table.text, at.name.text), list); f != nil {
			return f
		}
		for i := range list {
			if f := x.addElements(at, list[i:i+1], op == "create", list[i].at); f != nil {
				return f
			}
		}
		return nil
	}
}

// skipBraces takes what is in braces, to be read when the types of the set are known.
func (p *parser) skipBraces() (list []token) {
	p.variable()
	list = append(list, p.expect("{"))
	for depth := 1; depth > 0; {
		t := p.bound(p.next())
		list = append(list, t)
		switch {
		case t.kind == ending:
			panic(p.unexpected("comma or '}'"))
		case t.is("{"):
			depth++
		case t.is("}"):
			depth--
		}
	}
	return append(list, token{kind: ending})
}

// readElements reads elements for a set that is there.
func (x *executor) readElements(at place, tokens []token, data bool) (list []element, f *fault) {
	if !x.openTable(at) {
		return nil, missing(at.table.at)
	}
	s := x.tx.Set(at.family, at.table.text, at.name.text)
	if s == nil {
		return nil, missing(at.name.at)
	}
	defer func() {
		if r := recover(); r != nil {
			var ok bool
			if f, ok = r.(*fault); !ok {
				panic(r)
			}
		}
	}()
	keys, values := keyTypes(s)
	p := newParser(x.src, nil, tokens)
	p.budget = x.budget
	defer func() { x.budget = p.budget }()
	var one func()
	one = func() {
		if p.peek().is("{") {
			p.braces(one)
			return
		}
		e := p.key(keys)
		p.elementRest(&e.Element, s, values, data, e.at)
		list = append(list, e)
	}
	p.braces(one)
	return list, nil
}

// elementRest takes what follows the key of an element.
func (p *parser) elementRest(e *nat.Element, s *nat.NftSet, values []*dtype, data bool, from span) {
	for !p.peek().is(",") && !p.peek().is("}") && !p.peek().is(":") && p.peek().kind != newline {
		switch {
		case p.accept("counter"):
			e.Counted, e.Start = true, p.counts()
		case p.accept("comment"):
			e.Comment = p.comment()
		default:
			panic(p.unexpected("comma or '}'"))
		}
	}
	isMap := s.Verdicts || values != nil
	switch {
	case !isMap:
	case !p.accept(":"):
		if data {
			f := refused(nat.ErrInvalid, from.upTo(p.last.at))
			panic(f)
		}
	case s.Verdicts:
		e.Verdict = p.verdict(nil)
	default:
		d := p.concatenation(values)
		e.Data = d.Key
	}
}

// wantInterval refuses ranges in a set that has none.
func wantInterval(s *nat.NftSet, list []element) *fault {
	for i := range list {
		if e := &list[i]; !s.Interval && e.Key != e.Last {
			what := "range"
			if e.prefix >= 0 {
				what = "prefix"
			}
			return wrong(e.at, "You must add 'flags interval' to your set declaration if you want to add %s elements", what)
		}
	}
	return nil
}

func (x *executor) addElements(at place, list []element, create bool, body span) *fault {
	s := x.tx.Set(at.family, at.table.text, at.name.text)
	added := make([]nat.Element, len(list))
	for i := range list {
		e := &list[i].Element
		added[i] = *e
		old := s.Elements().Overlaps(e)
		switch {
		case old == nil || old.Key == e.Key && old.Last == e.Last:
		case s.Width > 1:
			return refused(nat.ErrThere, list[i].at)
		default:
			return wrong(body, "interval overlaps with an existing one")
		}
	}
	return x.checked(refused(x.tx.AddElements(at.family, at.table.text, at.name.text, create, added...), body))
}

// deleteElements reads what follows delete element.
func (p *parser) deleteElements(at place) func(x *executor) *fault {
	tokens := p.skipBraces()
	return func(x *executor) *fault {
		list, f := x.readElements(at, tokens, false)
		if f != nil {
			return f
		}
		for _, e := range list {
			if err := x.tx.DeleteElements(at.family, at.table.text, at.name.text, e.Element); err != nil {
				return refused(err, e.at)
			}
		}
		return nil
	}
}

// getElements reads what follows get element.
func (p *parser) getElements(at place) func(x *executor) *fault {
	tokens := p.skipBraces()
	return func(x *executor) *fault {
		list, f := x.readElements(at, tokens, false)
		if f != nil {
			return f
		}
		s := *x.tx.Set(at.family, at.table.text, at.name.text)
		var found []*nat.Element
		for i := range list {
			e := s.Elements().Overlaps(&list[i].Element)
			if e == nil {
				return refused(nat.ErrNotThere, x.at)
			}
			found = append(found, e)
		}
		fmt.Fprintf(&x.out, "table %v %s {\n", at.family, at.table.text)
		x.printSet(&s, found)
		x.out.WriteString("}\n")
		return nil
	}
}
