package nftables

import (
	"fmt"
	"slices"
	"strings"

	"drydock/nat"
)

// list reads what follows list.
func (p *parser) list() []command {
	t := p.peek()
	if t.kind != word || !listable[t.text] {
		panic(p.unexpected(""))
	}
	p.next()
	one := func(do func(x *executor) *fault) []command { return []command{{do: do}} }
	switch {
	case t.is("ruleset"):
		f, given := p.family()
		return one(func(x *executor) *fault {
			x.eachTable(f, given, x.printTable)
			return nil
		})
	case t.is("tables"):
		f, given := p.family()
		return one(func(x *executor) *fault {
			x.eachTable(f, given, func(t table) { fmt.Fprintf(&x.out, "table %v %s\n", t.Family, t.Name) })
			return nil
		})
	case t.is("table"):
		at := p.tablePlace()
		return one(func(x *executor) *fault {
			t, ok := x.table(at.family, at.table.text)
			if !ok {
				return missing(at.table.at)
			}
			x.printTable(t)
			return nil
		})
	case t.is("chain"):
		at := p.namePlace()
		return one(func(x *executor) *fault { return x.listOne(at, x.listChain) })
	case t.is("set"), t.is("map"):
		at := p.namePlace()
		return one(func(x *executor) *fault { return x.listOne(at, x.listSet) })
	case t.is("counter"), t.is("quota"):
		at := p.namePlace()
		kind := objectKind(t.text)
		return one(func(x *executor) *fault {
			return x.listOne(at, func(at place) bool { return x.listObject(at, kind) })
		})
	case t.is("chains"), t.is("sets"), t.is("maps"), t.is("counters"), t.is("quotas"):
		if t.text != "chains" && t.text != "maps" && p.accept("table") {
			at := p.tablePlace()
			return one(func(x *executor) *fault {
				n, ok := x.table(at.family, at.table.text)
				if !ok {
					return missing(at.table.at)
				}
				x.listAll(n, t.text)
				return nil
			})
		}
		f, given := p.family()
		return one(func(x *executor) *fault {
			x.eachTable(f, given, func(n table) { x.listAll(n, t.text) })
			return nil
		})
	}
	panic(p.unexpected("")) // not reached: listable has those above
}

// listable is what there are lists of.
var listable = map[string]bool{"ruleset": true, "tables": true, "table": true, "chain": true, "set": true, "map": true, "counter": true, "quota": true,
	"chains": true, "sets": true, "maps": true, "counters": true, "quotas": true}

// reset reads what follows reset.
func (p *parser) reset() []command {
	panic(p.unexpected(""))
}

func (x *executor) eachTable(f nat.Family, given bool, do func(t table)) {
	for _, t := range x.tables() {
		if !given || t.Family == f {
			do(t)
		}
	}
}

// listOne lists one thing of a table.
func (x *executor) listOne(at place, list func(at place) bool) *fault {
	t, ok := x.table(at.family, at.table.text)
	if !ok {
		return missing(at.table.at)
	}
	return x.within(t, "", func() *fault {
		if !list(at) {
			return missing(at.name.at)
		}
		return nil
	})
}

func (x *executor) listChain(at place) bool {
	c, ok := x.chain(at.family, at.table.text, at.name.text)
	if ok {
		x.printChain(at.family, at.table.text, c)
	}
	return ok
}

func (x *executor) listSet(at place) bool {
	s := x.tx.Set(at.family, at.table.text, at.name.text)
	if s == nil {
		return false
	}
	x.printSet(s, s.Elements().Added())
	return true
}

func (x *executor) listObject(at place, kind nat.ObjectKind) bool {
	for _, o := range x.tx.Objects(at.family, at.table.text) {
		if o.Kind == kind && o.Name == at.name.text {
			x.printObject(o)
			return true
		}
	}
	return false
}

// listAll lists all of a kind in a table.
func (x *executor) listAll(t table, what string) {
	kinds := func(o *nat.Object) bool { return o.Kind.String()+"s" == what }
	if (what == "counters" || what == "quotas") && !slices.ContainsFunc(x.tx.Objects(t.Family, t.Name), kinds) {
		return
	}
	fmt.Fprintf(&x.out, "table %v %s {\n", t.Family, t.Name)
	switch what {
	case "chains":
		for _, c := range x.chains(t) {
			x.printChainHead(c)
			x.out.WriteString("\t}\n")
		}
	case "sets", "maps":
		for _, s := range x.tx.Sets(t.Family, t.Name) {
			if isMap(s) == (what == "maps") {
				x.printSet(s, s.Elements().Added())
			}
		}
	default:
		for _, o := range x.tx.Objects(t.Family, t.Name) {
			if kinds(o) {
				x.printObject(o)
			}
		}
	}
	x.out.WriteString("}\n")
}

// handle is the comment of -a.
func (x *executor) handle(n uint64) string {
	if !x.handles {
		return ""
	}
	return fmt.Sprintf(" # handle %d", n)
}

func (x *executor) printTable(t table) {
	x.within(t, x.handle(t.Handle), func() *fault {
		x.printInside(t)
		return nil
	})
}

func (x *executor) printInside(t table) {
	if t.Comment != "" {
		fmt.Fprintf(&x.out, "\tcomment \"%s\"\n", t.Comment)
	}
	if t.Dormant {
		x.out.WriteString("\tflags dormant\n")
	}
	between := t.Dormant
	part := func() {
		if between {
			x.out.WriteByte('\n')
		}
		between = true
	}
	for _, o := range x.tx.Objects(t.Family, t.Name) {
		part()
		x.printObject(o)
	}
	for _, s := range x.tx.Sets(t.Family, t.Name) {
		part()
		x.printSet(s, s.Elements().Added())
	}
	for _, c := range x.chains(t) {
		part()
		x.printChain(t.Family, t.Name, c)
	}
}

func (x *executor) printObject(o *nat.Object) {
	fmt.Fprintf(&x.out, "\t%v %s {%s\n", o.Kind, o.Name, x.handle(o.Handle))
	if o.Comment != "" {
		fmt.Fprintf(&x.out, "\t\tcomment \"%s\"\n", o.Comment)
	}
	switch {
	case o.Kind == nat.ObjectQuota:
		fmt.Fprintf(&x.out, "\t\t%s\n", strings.TrimPrefix(x.quotaText(&o.Quota), "quota "))
	case !x.stateless:
		fmt.Fprintf(&x.out, "\t\tpackets %d bytes %d\n", o.Counters().Packets, o.Counters().Bytes)
	}
	x.out.WriteString("\t}\n")
}

func (x *executor) printChainHead(c chain) {
	fmt.Fprintf(&x.out, "\tchain %s {%s\n", c.Name, x.handle(c.Handle))
	if c.Comment != "" {
		fmt.Fprintf(&x.out, "\t\tcomment \"%s\"\n", c.Comment)
	}
	if b := c.Base; b != nil {
		policy := "accept"
		if b.Drops {
			policy = "drop"
		}
		fmt.Fprintf(&x.out, "\t\ttype %v hook %v priority %s; policy %s;\n", b.Type, b.Hook, priorityText(b, x.numeric), policy)
	}
}

func (x *executor) printChain(f nat.Family, table string, c chain) {
	x.printChainHead(c)
	x.printIptables(c)
	for r := range x.tx.Rules(f, table, c.Name) {
		fmt.Fprintf(&x.out, "\t\t%s%s\n", x.ruleText(r, f), x.handle(r.Handle))
	}
	x.out.WriteString("\t}\n")
}

func isMap(s *nat.NftSet) bool { return s.Verdicts || s.Data != nil }

// printSet prints a set with some of its elements.
func (x *executor) printSet(s *nat.NftSet, elements []*nat.Element) {
	what := "set"
	if isMap(s) {
		what = "map"
	}
	fmt.Fprintf(&x.out, "\t%s %s {%s\n", what, s.Name, x.handle(s.Handle))
	types := keysOfSet(s)
	if !strings.HasPrefix(types, "typeof ") {
		types = "type " + types
	}
	switch data, _ := s.Data.(string); {
	case s.Verdicts:
		types += " : verdict"
	case isMap(s):
		types += " : " + strings.TrimPrefix(data, "typeof ")
	}
	fmt.Fprintf(&x.out, "\t\t%s\n", types)
	if s.Size > 0 {
		fmt.Fprintf(&x.out, "\t\tsize %d\n", s.Size)
	}
	if s.Policy != "" && s.Policy != "performance" {
		fmt.Fprintf(&x.out, "\t\tpolicy %s\n", s.Policy)
	}
	var flags []string
	for _, f := range []struct {
		set  bool
		name string
	}{{s.Constant, "constant"}, {s.Interval, "interval"}} {
		if f.set {
			flags = append(flags, f.name)
		}
	}
	if len(flags) > 0 {
		fmt.Fprintf(&x.out, "\t\tflags %s\n", strings.Join(flags, ","))
	}
	if s.Counts {
		x.out.WriteString("\t\tcounter\n")
	}
	if s.Comment != "" {
		fmt.Fprintf(&x.out, "\t\tcomment \"%s\"\n", s.Comment)
	}
	if len(elements) > 0 {
		keys, data := keyTypes(s)
		fmt.Fprintf(&x.out, "\t\telements = { %s }\n", x.elementsText(elements, keys, data, s.Verdicts, true))
	}
	x.out.WriteString("\t}\n")
}
