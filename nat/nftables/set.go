package nftables

import (
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
	if !x.openTable(at) {
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
