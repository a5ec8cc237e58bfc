package nftables

// A definition is what a variable was defined as. It stays when the variable is defined anew.
type definition struct{ value []token }

// A scope is the variables of a block.
type scope struct {
	outer *scope
	names map[string]*definition
}

func (s *scope) find(name string) *definition {
	for ; s != nil; s = s.outer {
		if d := s.names[name]; d != nil {
			return d
		}
	}
	return nil
}

func (s *scope) outermost() *scope {
	for s.outer != nil {
		s = s.outer
	}
	return s
}

// block reads lines in braces, which have variables of their own. The first brace has been read. With loose the last line
// may end with the other.
func (p *parser) block(loose bool, line func()) {
	p.scope = &scope{outer: p.scope}
	for p.skipEnds(); !p.accept("}"); p.skipEnds() {
		if p.peek().is("define") || p.peek().is("redefine") || p.peek().is("undefine") {
			p.define()
		} else {
			line()
		}
		p.endStatement(loose)
	}
	p.scope = p.scope.outer
}

// define takes define or redefine name = value, or undefine name. The value ends with the line, outside of braces.
func (p *parser) define() {
	what := p.next().text
	name := p.identifier()
	if what == "undefine" {
		if p.scope.names[name.text] == nil {
			panic(wrong(name.at, "undefined symbol '%s'", name.text))
		}
		delete(p.scope.names, name.text)
		return
	}
	p.expect("=")
	d := new(definition)
	begin := p.peek().at
	for depth := 0; ; {
		t := p.peek()
		if t.kind == ending || depth == 0 && (t.kind == newline || t.is(";") || t.is("}")) {
			break
		}
		p.next()
		switch {
		case t.kind == newline:
			continue
		case t.is("{"):
			depth++
		case t.is("}"):
			depth--
		}
		d.value = append(d.value, p.bound(t))
	}
	switch {
	case len(d.value) == 0:
		panic(p.unexpected(""))
	case len(d.value) == 2 && d.value[0].is("{"):
		panic(wrong(begin.upTo(p.last.at), "Set is empty"))
	case what == "define" && p.scope.names[name.text] != nil:
		panic(wrong(name.at, "redefinition of symbol '%s'", name.text))
	}
	if p.scope.names == nil {
		p.scope.names = make(map[string]*definition)
	}
	p.scope.names[name.text] = d
}

// bound returns a token that has been taken or, where it begins a variable, what that is now.
func (p *parser) bound(t token) token {
	if !t.is("$") {
		return t
	}
	name := p.next()
	d := p.scope.find(name.text)
	if d == nil {
		panic(wrong(name.at, "unknown identifier '%s'", name.text))
	}
	return token{kind: standIn, def: d, at: t.at.upTo(name.at)}
}

// variable puts the value of a variable in its place, if there is one next.
func (p *parser) variable() {
	if p.peek().is("$") {
		t := p.bound(p.next())
		p.push(t.def, t.at)
	}
}
