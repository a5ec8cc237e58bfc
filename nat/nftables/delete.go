package nftables

import "drydock/nat"

// delete reads what follows delete.
func (p *parser) delete() []command {
	t := p.peek()
	one := func(do func(x *executor) *fault) []command { return []command{{do: do}} }
	switch {
	case p.accept("table"):
		at := p.tableOrHandle()
		return one(func(x *executor) *fault {
			if at.handle > 0 {
				for _, t := range x.tables() {
					if t.Family == at.family && t.Handle == at.handle {
						at.table.text = t.Name
					}
				}
			}
			return refused(x.deleteTable(at.family, at.table.text), at.table.at)
		})
	case p.accept("chain"), p.accept("set"), p.accept("map"), p.accept("counter"), p.accept("quota"):
		at := p.nameOrHandle()
		return one(func(x *executor) *fault {
			if at.handle > 0 {
				at.name.text = x.named(t.text, at)
			}
			return refused(x.deleteNamed(t.text, at), at.name.at)
		})
	case p.accept("element"):
		at := p.namePlace()
		return one(p.deleteElements(at))
	case p.accept("rule"):
		at := p.namePlace()
		p.expect("handle")
		n, t := p.number()
		return one(func(x *executor) *fault {
			c, ok := x.chain(at.family, at.table.text, at.name.text)
			switch {
			case !ok:
				return refused(nat.ErrNotThere, at.name.at)
			case c.rules != nil && !c.deleteRule(n), c.rules == nil && x.tx.DeleteRule(at.family, at.table.text, at.name.text, n) != nil:
				return missing(t.at)
			}
			return nil
		})
	}
	panic(p.unexpected(""))
}

// nameOrHandle takes [family] table name, or a handle in the place of the name.
func (p *parser) nameOrHandle() place {
	at := p.tablePlace()
	if p.accept("handle") {
		at.handle, at.name = p.number()
		at.name.text = ""
		return at
	}
	at.name = p.identifier()
	return at
}

// tableOrHandle takes [family] table, or a handle in the place of the table.
func (p *parser) tableOrHandle() (at place) {
	at.family, _ = p.family()
	if p.accept("handle") {
		at.handle, at.table = p.number()
		at.table.text = ""
		return at
	}
	at.table = p.identifier()
	return at
}

// named returns the name of what has a handle, "" if there is nothing.
func (x *executor) named(kind string, at place) string {
	switch kind {
	case "chain":
		t, _ := x.table(at.family, at.table.text)
		for _, c := range x.chains(t) {
			if c.Handle == at.handle {
				return c.Name
			}
		}
	case "set", "map":
		for _, s := range x.tx.Sets(at.family, at.table.text) {
			if s.Handle == at.handle {
				return s.Name
			}
		}
	default:
		for _, o := range x.tx.Objects(at.family, at.table.text) {
			if o.Handle == at.handle && o.Kind == objectKind(kind) {
				return o.Name
			}
		}
	}
	return ""
}

func (x *executor) deleteNamed(kind string, at place) error {
	switch kind {
	case "chain":
		if c, ok := x.ofIptables(at.family, at.table.text, at.name.text); ok {
			return c.delete()
		}
		return x.tx.DeleteChain(at.family, at.table.text, at.name.text)
	case "set", "map":
		return x.tx.DeleteSet(at.family, at.table.text, at.name.text)
	}
	return x.tx.DeleteObject(at.family, at.table.text, objectKind(kind), at.name.text)
}

// flush reads what follows flush.
func (p *parser) flush() []command {
	switch {
	case p.accept("ruleset"):
		f, given := p.family()
		return []command{{do: func(x *executor) *fault {
			x.eachTable(f, given, func(t table) { x.deleteTable(t.Family, t.Name) })
			return nil
		}}}
	case p.accept("table"):
		at := p.tablePlace()
		return []command{{do: func(x *executor) *fault {
			t, ok := x.table(at.family, at.table.text)
			if !ok {
				return refused(nat.ErrNotThere, at.table.at)
			}
			for _, c := range x.chains(t) {
				x.flushChain(at.family, at.table.text, c.Name)
			}
			return nil
		}}}
	case p.accept("chain"):
		at := p.namePlace()
		return []command{{do: func(x *executor) *fault {
			return refused(x.flushChain(at.family, at.table.text, at.name.text), at.name.at)
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
		c, ok := x.chain(at.family, at.table.text, at.name.text)
		switch {
		case !ok:
			return missing(at.name.at)
		case c.rules != nil:
			return refused(c.rename(to.text), x.at)
		}
		return refused(x.tx.RenameChain(at.family, at.table.text, at.name.text, to.text), x.at)
	}}}
}
