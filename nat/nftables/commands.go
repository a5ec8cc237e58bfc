package nftables

import (
	"slices"

	"drydock/nat"
)

// command takes one command, which may stand for several.
func (p *parser) command() []command {
	t := p.peek()
	switch {
	case p.accept("add"):
		return p.add("add")
	case p.accept("create"):
		return p.add("create")
	case p.accept("insert"):
		p.expect("rule")
		return p.rule("insert")
	case p.accept("replace"):
		p.expect("rule")
		return p.rule("replace")
	case p.accept("delete"):
		return p.delete()
	case p.accept("list"):
		return p.list()
	case p.accept("flush"):
		return p.flush()
	case p.accept("rename"):
		p.expect("chain")
		return p.rename()
	case p.accept("get"):
		p.expect("element")
		at := p.namePlace()
		return []command{{do: p.getElements(at)}}
	case p.accept("reset"):
		return p.reset()
	case p.accept("define"), p.accept("redefine"):
		p.define()
		return nil
	case p.accept("undefine"):
		delete(p.defines, p.identifier().text)
		return nil
	case p.accept("include"):
		f := p.text()
		panic(wrong(span{t.at.from, f.at.to + 1}, "File not found: %s", f.text))
	case t.is("monitor"), t.is("export"), t.is("describe"), t.is("import"):
		panic(wrong(t.at, "%s is not supported", t.text))
	case t.kind == word && (addable[t.text] || t.name() == "string" || families[t.text] != 0 || t.text == "ip" || others[t.text]):
		if !addable[t.text] {
			return p.rule("add")
		}
		return p.add("add")
	}
	panic(p.unexpected(""))
}

// addable are the objects of "add", which may stand without it.
var addable = map[string]bool{"table": true, "chain": true, "rule": true, "set": true, "map": true, "element": true, "counter": true, "quota": true}

// add reads what follows add or create.
func (p *parser) add(op string) []command {
	switch {
	case p.accept("table"):
		return p.addTable(op)
	case p.accept("chain"):
		return p.addChain(op)
	case p.accept("set"):
		at := p.namePlace()
		return []command{p.addSet(op, at, false)}
	case p.accept("map"):
		at := p.namePlace()
		return []command{p.addSet(op, at, true)}
	case p.accept("element"):
		at := p.namePlace()
		return []command{{do: p.addElements(op, at)}}
	case p.accept("counter"):
		return []command{p.addCounter(op, p.namePlace())}
	case p.accept("quota"):
		return []command{p.addQuota(op, p.namePlace())}
	case p.accept("rule"):
		return p.rule("add")
	case op == "add" && p.peek().kind == word && addableRule(p.peek()):
		return p.rule("add")
	}
	panic(p.unexpected("string"))
}

// addableRule reports whether "add" may be for a rule, whose word is left out.
func addableRule(t token) bool {
	return t.name() == "string" || t.text == "ip" || families[t.text] != 0
}

// unlessCreate is what becomes of something that is there already.
func unlessCreate(op string, err error, at span) *fault {
	if err == nat.ErrThere && op != "create" {
		return nil
	}
	return refused(err, at)
}

// refused returns what nft says about an error of the kernel, nil for none.
func refused(err error, at span) *fault {
	if err == nil {
		return nil
	}
	f := wrong(at, "Could not process rule: %v", err)
	f.err = err
	return f
}

// missing is what nft says before it asks the kernel.
func missing(at span) *fault {
	f := wrong(at, "%v", nat.ErrNotThere)
	f.err = nat.ErrNotThere
	return f
}

func (p *parser) addTable(op string) []command {
	at := p.tablePlace()
	t := nat.NftTable{Family: at.family, Name: at.table.text}
	var inside []command
	if p.accept("{") {
		inside = p.tableBlock(&t, at)
	}
	add := command{do: func(x *executor) *fault {
		if _, ok := x.tx.Table(t.Family, t.Name); ok && op != "create" {
			return refused(x.tx.SetDormant(t.Family, t.Name, t.Dormant), at.table.at)
		}
		return unlessCreate(op, x.tx.AddTable(t), at.table.at)
	}}
	return append([]command{add}, inside...)
}

// tableBlock takes what is in the braces of a table. Chains are made before sets, and both before
// rules, so that each may name the others.
func (p *parser) tableBlock(t *nat.NftTable, at place) []command {
	var chains, objects, sets, rules []command
	for p.skipEnds(); !p.accept("}"); p.skipEnds() {
		from := p.peek().at
		in := at
		switch {
		case p.accept("comment"):
			t.Comment = p.comment()
		case p.accept("flags"):
			p.expect("dormant")
			t.Dormant = true
		case p.accept("chain"):
			in.name = p.identifier()
			c, r := p.chainBlock(in, from)
			chains, rules = append(chains, c), append(rules, r...)
		case p.accept("set"), p.accept("map"):
			isMap := p.tokens[p.i-1].text == "map"
			in.name = p.identifier()
			c := p.addSet("add", in, isMap)
			c.at = from.upTo(p.last())
			sets = append(sets, c)
		case p.accept("counter"):
			in.name = p.identifier()
			objects = append(objects, p.addCounter("add", in))
		case p.accept("quota"):
			in.name = p.identifier()
			objects = append(objects, p.addQuota("add", in))
		case p.accept("define"):
			p.define()
		default:
			panic(p.unexpected(""))
		}
		p.endStatement(false)
	}
	return slices.Concat(chains, objects, sets, rules)
}

// chainBlock takes the braces of a chain in a table.
func (p *parser) chainBlock(at place, from span) (command, []command) {
	c := nat.NftChain{Name: at.name.text}
	var rules []command
	policy := ""
	p.expect("{")
	for p.skipEnds(); !p.accept("}"); p.skipEnds() {
		switch {
		case p.peek().is("type"):
			c.Base = p.baseChain(at.family)
			policy = ""
		case p.accept("policy"):
			policy = p.policy()
		case p.peek().is("comment") && p.peekAt(1).kind == quoted:
			p.next()
			c.Comment = p.comment()
		default:
			start := p.peek().at
			r := p.ruleSpec(at.family)
			rules = append(rules, command{at: start.upTo(p.last()), do: func(x *executor) *fault {
				return x.addRule("add", at, position{}, r)
			}})
		}
		p.endStatement(false)
	}
	return command{at: from.upTo(p.last()), do: func(x *executor) *fault { return x.addChain("add", at, c, policy) }}, rules
}

func (p *parser) policy() string {
	if p.accept("drop") {
		return "drop"
	}
	if !p.accept("accept") {
		panic(p.unexpected("accept or drop"))
	}
	return "accept"
}

// addChain reads add chain, whose braces have no rules.
func (p *parser) addChain(op string) []command {
	at := p.namePlace()
	c := nat.NftChain{Name: at.name.text}
	policy := ""
	if p.accept("{") {
		for p.skipEnds(); !p.accept("}"); p.skipEnds() {
			switch {
			case p.peek().is("type"):
				c.Base = p.baseChain(at.family)
			case p.accept("policy"):
				policy = p.policy()
			case p.accept("comment"):
				c.Comment = p.comment()
			default:
				panic(p.unexpected(""))
			}
			p.endStatement(false)
		}
	}
	return []command{{do: func(x *executor) *fault { return x.addChain(op, at, c, policy) }}}
}

func (x *executor) addChain(op string, at place, c nat.NftChain, policy string) *fault {
	if _, ok := x.tx.Table(at.family, at.table.text); !ok {
		return missing(at.table.at)
	}
	if c.Base != nil {
		c.Base.Drops = policy == "drop"
	}
	err := x.tx.AddChain(at.family, at.table.text, c)
	switch {
	case err == nat.ErrThere && op != "create":
		old, _ := x.tx.Chain(at.family, at.table.text, c.Name)
		switch {
		case c.Base != nil && (old.Base == nil || old.Base.Hook != c.Base.Hook || old.Base.Type != c.Base.Type || old.Base.Priority != c.Base.Priority):
			return refused(nat.ErrThere, at.name.at)
		case policy != "":
			return refused(x.tx.SetPolicy(at.family, at.table.text, c.Name, policy == "drop"), at.name.at)
		}
		return nil
	case err == nat.ErrThere:
		return refused(err, at.name.at)
	}
	return refused(err, x.at)
}

// delete reads what follows delete.
func (p *parser) delete() []command {
	switch {
	case p.accept("table"):
		at := p.tablePlace()
		return []command{{do: func(x *executor) *fault {
			return refused(x.tx.DeleteTable(at.family, at.table.text), at.table.at)
		}}}
	case p.accept("chain"):
		at := p.namePlace()
		return []command{{do: func(x *executor) *fault {
			return refused(x.tx.DeleteChain(at.family, at.table.text, at.name.text), at.name.at)
		}}}
	case p.accept("set"), p.accept("map"):
		at := p.namePlace()
		return []command{{do: func(x *executor) *fault {
			return refused(x.tx.DeleteSet(at.family, at.table.text, at.name.text), at.name.at)
		}}}
	case p.accept("element"):
		at := p.namePlace()
		return []command{{do: p.deleteElements(at)}}
	case p.accept("rule"):
		at := p.namePlace()
		p.expect("handle")
		n, t := p.number()
		return []command{{do: func(x *executor) *fault {
			if err := x.tx.DeleteRule(at.family, at.table.text, at.name.text, n); err != nil {
				f := missing(t.at)
				f.err = err
				return f
			}
			return nil
		}}}
	case p.accept("counter"), p.accept("quota"):
		kind := objectKind(p.tokens[p.i-1].text)
		at := p.namePlace()
		return []command{{do: func(x *executor) *fault {
			return refused(x.tx.DeleteObject(at.family, at.table.text, kind, at.name.text), at.name.at)
		}}}
	}
	panic(p.unexpected(""))
}

func objectKind(name string) nat.ObjectKind {
	if name == "quota" {
		return nat.ObjectQuota
	}
	return nat.ObjectCounter
}

// flush reads what follows flush.
func (p *parser) flush() []command {
	switch {
	case p.accept("ruleset"):
		f, given := p.family()
		return []command{{do: func(x *executor) *fault {
			for _, t := range slices.Collect(x.tx.Tables()) {
				if !given || t.Family == f {
					x.tx.DeleteTable(t.Family, t.Name)
				}
			}
			return nil
		}}}
	case p.accept("table"):
		at := p.tablePlace()
		return []command{{do: func(x *executor) *fault {
			if _, ok := x.tx.Table(at.family, at.table.text); !ok {
				return refused(nat.ErrNotThere, at.table.at)
			}
			for _, c := range x.tx.Chains(at.family, at.table.text) {
				x.tx.FlushChain(at.family, at.table.text, c.Name)
			}
			return nil
		}}}
	case p.accept("chain"):
		at := p.namePlace()
		return []command{{do: func(x *executor) *fault {
			return refused(x.tx.FlushChain(at.family, at.table.text, at.name.text), at.name.at)
		}}}
	case p.accept("set"), p.accept("map"):
		at := p.namePlace()
		return []command{{do: func(x *executor) *fault {
			if x.tx.Set(at.family, at.table.text, at.name.text) == nil {
				return missing(at.name.at)
			}
			return refused(x.tx.FlushSet(at.family, at.table.text, at.name.text), at.name.at)
		}}}
	}
	panic(p.unexpected(""))
}

// rename reads what follows rename chain.
func (p *parser) rename() []command {
	at := p.namePlace()
	to := p.identifier()
	return []command{{do: func(x *executor) *fault {
		if _, ok := x.tx.Chain(at.family, at.table.text, at.name.text); !ok {
			return missing(at.name.at)
		}
		return refused(x.tx.RenameChain(at.family, at.table.text, at.name.text, to.text), at.name.at)
	}}}
}

// define takes name = value. The value ends with the line, outside of braces.
func (p *parser) define() {
	name := p.identifier()
	p.expect("=")
	var value []token
	for depth := 0; ; p.i++ {
		t := p.peek()
		if t.kind == ending || depth == 0 && (t.kind == newline || t.is(";") || t.is("}")) {
			break
		}
		switch {
		case t.kind == newline:
			continue
		case t.is("{"):
			depth++
		case t.is("}"):
			depth--
		}
		value = append(value, t)
	}
	if len(value) == 0 {
		panic(p.unexpected(""))
	}
	p.defines[name.text] = p.expand(value)
}

// expand puts values in the place of variables.
func (p *parser) expand(value []token) (list []token) {
	for i := 0; i < len(value); i++ {
		if !value[i].is("$") || i+1 == len(value) {
			list = append(list, value[i])
			continue
		}
		i++
		v, ok := p.defines[value[i].text]
		if !ok {
			panic(wrong(value[i].at, "unknown identifier '%s'", value[i].text))
		}
		if list = append(list, v...); len(list) > maxExpanded {
			panic(wrong(value[i].at, "variable too long"))
		}
	}
	return list
}

// maxExpanded bounds the tokens that variables stand for.
const maxExpanded = 1 << 16

// variable puts the value of a variable in its place, if there is one next.
func (p *parser) variable() {
	if !p.peek().is("$") {
		return
	}
	list := p.expand(p.tokens[p.i:min(p.i+2, len(p.tokens))])
	for i := range list {
		list[i].at = p.tokens[p.i].at.upTo(p.peekAt(1).at)
	}
	if len(p.tokens)+len(list) > 4*maxExpanded {
		panic(wrong(p.peek().at, "variable too long"))
	}
	p.tokens = slices.Replace(p.tokens, p.i, p.i+2, list...)
}
