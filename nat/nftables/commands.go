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
	case t.is("define"), t.is("redefine"), t.is("undefine"):
		p.define()
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
	case op == "add" && p.accept("rule"):
		return p.rule("add")
	case op == "add" && p.peek().kind == word && addableRule(p.peek()):
		return p.rule("add")
	case op == "create":
		panic(p.unexpected(""))
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
		if op == "create" && x.iptables(t.Family, t.Name) != nil {
			return refused(nat.ErrThere, at.table.at)
		}
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
	p.block(false, func() {
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
			isMap := p.last.text == "map"
			in.name = p.identifier()
			c := p.addSet("add", in, isMap)
			c.at = from.upTo(p.last.at)
			sets = append(sets, c)
		case p.accept("counter"):
			in.name = p.identifier()
			objects = append(objects, p.addCounter("add", in))
		case p.accept("quota"):
			in.name = p.identifier()
			objects = append(objects, p.addQuota("add", in))
		default:
			panic(p.unexpected(""))
		}
	})
	return slices.Concat(chains, objects, sets, rules)
}

// chainBlock takes the braces of a chain in a table.
func (p *parser) chainBlock(at place, from span) (command, []command) {
	c := nat.NftChain{Name: at.name.text}
	var rules []command
	var policy policy
	p.expect("{")
	p.block(false, func() {
		switch {
		case p.peek().is("type"):
			c.Base = p.baseChain(at.family)
		case p.peek().is("policy"):
			policy = p.policy()
		case p.peek().is("comment") && p.after().kind == quoted:
			p.next()
			c.Comment = p.comment()
		default:
			start := p.peek().at
			r := p.ruleSpec(at.family)
			rules = append(rules, command{at: start.upTo(p.last.at), do: func(x *executor) *fault {
				return x.addRule("add", at, position{}, r)
			}})
		}
	})
	return command{at: from.upTo(p.last.at), do: func(x *executor) *fault { return x.addChain("add", at, c, policy) }}, rules
}

// policy takes policy accept or policy drop.
func (p *parser) policy() policy {
	from := p.next().at
	p.variable()
	if !p.peek().is("accept") && !p.peek().is("drop") {
		panic(p.unexpected("accept or drop"))
	}
	t := p.next()
	return policy{t.text, from.upTo(t.at)}
}

// addChain reads add chain, whose braces have no rules.
func (p *parser) addChain(op string) []command {
	at := p.namePlace()
	c := nat.NftChain{Name: at.name.text}
	var policy policy
	if p.accept("{") {
		for p.skipEnds(); !p.accept("}"); p.skipEnds() {
			switch {
			case p.peek().is("type"):
				c.Base = p.baseChain(at.family)
			case p.peek().is("policy"):
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

// A policy is accept or drop, and where it is said.
type policy struct {
	text string // "": neither
	at   span
}

func (x *executor) addChain(op string, at place, c nat.NftChain, policy policy) *fault {
	if !x.openTable(at) {
		return missing(at.table.at)
	}
	if same, ok := x.ofIptables(at.family, at.table.text, c.Name); ok {
		if op == "create" {
			return refused(nat.ErrThere, at.name.at)
		}
		return refused(same.add(c, policy), at.name.at)
	}
	old, there := x.tx.Chain(at.family, at.table.text, c.Name)
	if policy.text != "" && c.Base == nil && (!there || old.Base == nil) {
		return refused(nat.ErrUnsupported, policy.at)
	}
	if c.Base != nil {
		c.Base.Drops = policy.text == "drop"
	}
	err := x.tx.AddChain(at.family, at.table.text, c)
	switch {
	case err == nat.ErrThere && op != "create":
		switch {
		case c.Base != nil && (old.Base == nil || old.Base.Hook != c.Base.Hook || old.Base.Type != c.Base.Type || old.Base.Priority != c.Base.Priority):
			return refused(nat.ErrThere, at.name.at)
		case policy.text != "":
			return refused(x.tx.SetPolicy(at.family, at.table.text, c.Name, policy.text == "drop"), at.name.at)
		}
		return nil
	case err == nat.ErrThere:
		return refused(err, at.name.at)
	}
	return refused(err, x.at)
}

func objectKind(name string) nat.ObjectKind {
	if name == "quota" {
		return nat.ObjectQuota
	}
	return nat.ObjectCounter
}
