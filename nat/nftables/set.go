package nftables

import (
	"fmt"
	"strings"

	"drydock/nat"
)

// types takes the types of a set, "ipv4_addr . inet_service", and their text.
func (p *parser) types() (text string, types []*dtype) {
	for {
		t := p.peek()
		if t.kind != word {
			panic(p.unexpected(""))
		}
		p.next()
		d, ok := setTypes[t.text]
		if !ok {
			f := wrong(t.at, "unknown datatype %s", t.text)
			for !p.peek().is("}") && p.peek().kind != ending {
				p.next()
			}
			if p.peek().is("}") {
				f.more = wrong(p.body.upTo(p.last.at), "set definition does not specify key")
			}
			panic(f)
		}
		if types = append(types, d); len(types) > maxKeys {
			panic(refused(nat.ErrInvalid, t.at))
		}
		text += t.text
		if !p.accept(".") {
			return text, types
		}
		text += " . "
	}
}

// typesNamed is types of a text that has been read.
func typesNamed(text string) (types []*dtype) {
	if rest, ok := strings.CutPrefix(text, "typeof "); ok {
		r := &ruleSpec{family: nat.FamilyINet}
		p := newParser(&source{text: rest}, &lexer{text: rest}, nil)
		return typesOf(p.selectors(r))
	}
	for _, name := range strings.Split(text, " . ") {
		if d := setTypes[name]; d != nil {
			types = append(types, d)
		}
	}
	return types
}

// keyTypes returns the types of the values of a set, and of what a map has.
func keyTypes(s *nat.NftSet) (keys, data []*dtype) {
	keys = typesNamed(keysOfSet(s))
	for len(keys) < s.Width {
		keys = append(keys, typeInt32)
	}
	if text, ok := s.Data.(string); ok && text != "" {
		data = typesNamed(text)
	}
	return keys, data
}

// keysOfSet returns the types of the values of a set. One that was not made here may have none.
func keysOfSet(s *nat.NftSet) string {
	if text, ok := s.Keys.(string); ok {
		return text
	}
	return strings.Repeat("integer . ", max(s.Width, 1)-1) + "integer"
}

// typeOf takes the expressions of typeof.
func (p *parser) typeOf() (text string, types []*dtype) {
	r := &ruleSpec{family: nat.FamilyINet}
	list := p.selectors(r)
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.text
	}
	return "typeof " + strings.Join(names, " . "), typesOf(list)
}

// addSet reads a set or a map, whose name has been read.
func (p *parser) addSet(op string, at place, isMap bool) command {
	s := nat.NftSet{Name: at.name.text}
	var keys, data []*dtype
	var elements []element
	var late []token // that are the elements
	chains := new(ruleSpec)
	from := p.expect("{").at
	p.body = from
	for p.skipEnds(); !p.accept("}"); p.skipEnds() {
		loose := p.peek().is("elements")
		switch {
		case p.accept("type"), p.accept("typeof"):
			read := p.types
			if p.last.text == "typeof" {
				read = p.typeOf
			}
			var text string
			text, keys = read()
			s.Keys = text
			if isMap {
				p.expect(":")
				if p.accept("verdict") {
					s.Verdicts = true
				} else {
					text, data = read()
					s.Data = text
				}
			}
		case p.accept("elements"):
			p.expect("=")
			late = p.skipBraces() // the types may follow
		default:
			p.setOption(&s)
		}
		p.endStatement(loose)
	}
	if keys == nil {
		panic(wrong(from.upTo(p.last.at), "set definition does not specify key"))
	}
	if late != nil {
		q := newParser(p.src, nil, late)
		q.budget = p.budget
		if s.Verdicts {
			elements = q.elements(keys, nil, chains)
		} else {
			elements = q.elements(keys, data, nil)
		}
		p.budget = q.budget
	}
	s.Width = len(keys)
	body := from.upTo(p.last.at)
	return command{do: func(x *executor) *fault { return x.addSet(op, at, s, elements, keys, body) }}
}

// unsupported refuses what nft would take.
func unsupported(at span) *fault { return refused(nat.ErrUnsupported, at) }

// setOption takes a property of a set.
func (p *parser) setOption(s *nat.NftSet) {
	switch t := p.peek(); {
	case p.accept("flags"):
		for {
			switch f := p.next(); f.text {
			case "constant":
				s.Constant = true
			case "interval":
				s.Interval = true
			default: // dynamic and timeout
				panic(unsupported(f.at))
			}
			if !p.accept(",") {
				return
			}
		}
	case p.accept("timeout"), p.accept("gc-interval"), p.accept("auto-merge"):
		panic(unsupported(t.at))
	case p.accept("counter"):
		s.Counts = true
	case p.accept("size"):
		n, _ := p.number()
		s.Size = uint32(n)
	case p.accept("policy"):
		if !p.peek().is("performance") && !p.peek().is("memory") {
			panic(p.unexpected("performance or memory"))
		}
		s.Policy = p.next().text
	case p.accept("comment"):
		s.Comment = p.comment()
	default:
		panic(p.unexpected(""))
	}
}

// maxRegisters is how many words of 32 bits the values of a concatenation have at most.
const maxRegisters = 16

func (x *executor) addSet(op string, at place, s nat.NftSet, list []element, keys []*dtype, body span) *fault {
	if _, ok := x.tx.Table(at.family, at.table.text); !ok {
		return missing(at.table.at)
	}
	words := 0
	for _, d := range keys {
		words += (d.bits + 31) / 32
	}
	if words > maxRegisters {
		return refused(nat.ErrInvalid, x.at)
	}
	if f := wantInterval(&s, list); f != nil {
		return f
	}
	list, f := once(list, s.Verdicts || s.Data != nil, s.Interval && len(keys) == 1)
	if f != nil {
		return f
	}
	if old := x.tx.Set(at.family, at.table.text, s.Name); old != nil {
		if op == "create" || old.Verdicts != s.Verdicts || old.Keys != s.Keys || old.Data != s.Data {
			return refused(nat.ErrThere, at.name.at)
		}
		return x.addElements(at, list, false, body)
	}
	constant := s.Constant
	s.Constant = false
	if err := x.tx.AddSet(at.family, at.table.text, s, nil); err != nil {
		return refused(err, at.name.at)
	}
	f = x.addElements(at, list, false, body)
	if f == nil && constant {
		x.tx.SetConstant(at.family, at.table.text, s.Name)
	}
	return f
}

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
	if _, ok := x.tx.Table(at.family, at.table.text); !ok {
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
