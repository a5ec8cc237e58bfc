package nftables

import (
	"fmt"
	"slices"
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
			for end := p.i; end < len(p.tokens); end++ {
				if p.tokens[end].is("}") {
					f.more = wrong(p.body.upTo(p.tokens[end-1].at), "set definition does not specify key")
					break
				}
			}
			panic(f)
		}
		types = append(types, d)
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
		p := &parser{src: &source{text: rest}, tokens: lex(rest)}
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
	keys = typesNamed(s.Keys.(string))
	if text, ok := s.Data.(string); ok && text != "" {
		data = typesNamed(text)
	}
	return keys, data
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
	var elements []nat.Element
	chains := new(ruleSpec)
	from := p.expect("{").at
	p.body = from
	for p.skipEnds(); !p.accept("}"); p.skipEnds() {
		loose := p.peek().is("elements")
		switch {
		case p.accept("type"), p.accept("typeof"):
			read := p.types
			if p.tokens[p.i-1].text == "typeof" {
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
			p.variable()
			if keys == nil {
				panic(wrong(at.name.at, "set definition does not specify key"))
			}
			if s.Verdicts {
				elements = p.elements(keys, nil, chains)
			} else {
				elements = p.elements(keys, data, nil)
			}
		default:
			p.setOption(&s)
		}
		p.endStatement(loose)
	}
	if keys == nil {
		panic(wrong(from.upTo(p.last()), "set definition does not specify key"))
	}
	s.Width = len(keys)
	body := from.upTo(p.last())
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
		s.Policy = p.next().text
		if s.Policy != "performance" && s.Policy != "memory" {
			p.i--
			panic(p.unexpected("performance or memory"))
		}
	case p.accept("comment"):
		s.Comment = p.comment()
	default:
		panic(p.unexpected(""))
	}
}

func (x *executor) addSet(op string, at place, s nat.NftSet, list []nat.Element, keys []*dtype, body span) *fault {
	if _, ok := x.tx.Table(at.family, at.table.text); !ok {
		return missing(at.table.at)
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
	f := x.addElements(at, list, false, body)
	if f == nil && constant {
		x.tx.SetConstant(at.family, at.table.text, s.Name)
	}
	return f
}

// elements takes elements in braces. With data they are those of a map, with r those of a verdict map,
// whose chains are noted there.
func (p *parser) elements(keys, data []*dtype, r *ruleSpec) (list []nat.Element) {
	p.expect("{")
	p.skipNewlines()
	if p.depth++; p.depth > maxDepth {
		panic(p.unexpected(""))
	}
	defer func() { p.depth-- }()
	for !p.accept("}") {
		p.variable()
		if p.peek().is("{") { // a set in a variable
			list = append(list, p.elements(keys, data, r)...)
		} else {
			list = append(list, p.element(keys, data, r))
		}
		p.skipNewlines()
		if !p.accept(",") {
			p.skipNewlines()
			if !p.peek().is("}") {
				panic(p.unexpected("comma or '}'"))
			}
		}
		p.skipNewlines()
	}
	return list
}

// maxDepth is how many braces of elements may be in each other, by variables.
const maxDepth = 16

// element takes an element.
func (p *parser) element(keys, data []*dtype, r *ruleSpec) nat.Element {
	e := p.concatenation(keys)
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
		d := p.concatenation(data)
		e.Data = d.Key
	}
	return e
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
			panic(wrong(from.upTo(p.last()), "invalid data type, expected concatenation of (%s)", strings.Join(names, ", ")))
		}
		e.Key[i], e.Last[i], _ = p.value(d)
	}
	return e
}

// addElements reads what follows add element.
func (p *parser) addElements(op string, at place) func(x *executor) *fault {
	tokens := p.skipBraces()
	defines := p.defines
	return func(x *executor) *fault {
		list, spans, f := x.readElements(at, tokens, defines, true)
		if f != nil {
			return f
		}
		for i := range list {
			if f := x.addElements(at, list[i:i+1], op == "create", spans[i]); f != nil {
				return f
			}
		}
		return nil
	}
}

// skipBraces takes what is in braces, to be read when the types of the set are known.
func (p *parser) skipBraces() []token {
	p.variable()
	start := p.i
	p.expect("{")
	for depth := 1; depth > 0; {
		t := p.next()
		switch {
		case t.kind == ending:
			panic(p.unexpected("comma or '}'"))
		case t.is("{"):
			depth++
		case t.is("}"):
			depth--
		}
	}
	return slices.Clone(p.tokens[start:p.i])
}

// readElements reads elements for a set that is there.
func (x *executor) readElements(at place, tokens []token, defines map[string][]token, data bool) (list []nat.Element, spans []span, f *fault) {
	if _, ok := x.tx.Table(at.family, at.table.text); !ok {
		return nil, nil, missing(at.table.at)
	}
	s := x.tx.Set(at.family, at.table.text, at.name.text)
	if s == nil {
		return nil, nil, missing(at.name.at)
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
	p := &parser{src: x.src, tokens: append(tokens, token{kind: ending}), defines: defines}
	p.expect("{")
	for p.skipNewlines(); !p.accept("}"); p.skipNewlines() {
		p.variable()
		from := p.peek().at
		e := p.concatenation(keys)
		spans = append(spans, from.upTo(p.last()))
		if !s.Interval && e.Key != e.Last {
			return nil, nil, wrong(spans[len(spans)-1], "You must add 'flags interval' to your set declaration if you want to add prefix elements")
		}
		p.elementRest(&e, s, values, data, from)
		list = append(list, e)
		p.skipNewlines()
		if !p.accept(",") && !p.peek().is("}") {
			panic(p.unexpected("comma or '}'"))
		}
	}
	return list, spans, nil
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
			f := refused(nat.ErrInvalid, from.upTo(p.last()))
			panic(f)
		}
	case s.Verdicts:
		e.Verdict = p.verdict(nil)
	default:
		d := p.concatenation(values)
		e.Data = d.Key
	}
}

func (x *executor) addElements(at place, list []nat.Element, create bool, body span) *fault {
	s := x.tx.Set(at.family, at.table.text, at.name.text)
	for i := range list {
		if old := s.Elements().Overlaps(&list[i]); old != nil && (old.Key != list[i].Key || old.Last != list[i].Last) {
			return wrong(body, "interval overlaps with an existing one")
		}
	}
	return x.checked(refused(x.tx.AddElements(at.family, at.table.text, at.name.text, create, list...), body))
}

// deleteElements reads what follows delete element.
func (p *parser) deleteElements(at place) func(x *executor) *fault {
	tokens := p.skipBraces()
	defines := p.defines
	return func(x *executor) *fault {
		list, spans, f := x.readElements(at, tokens, defines, false)
		if f != nil {
			return f
		}
		for i, e := range list {
			if err := x.tx.DeleteElements(at.family, at.table.text, at.name.text, e); err != nil {
				return refused(err, spans[i])
			}
		}
		return nil
	}
}

// getElements reads what follows get element.
func (p *parser) getElements(at place) func(x *executor) *fault {
	tokens := p.skipBraces()
	defines := p.defines
	return func(x *executor) *fault {
		list, _, f := x.readElements(at, tokens, defines, false)
		if f != nil {
			return f
		}
		s := *x.tx.Set(at.family, at.table.text, at.name.text)
		var found []*nat.Element
		for i := range list {
			e := s.Elements().Overlaps(&list[i])
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
