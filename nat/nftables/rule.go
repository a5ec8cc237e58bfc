package nftables

import (
	"drydock/nat"
)

// A ruleSpec is a rule with where it says what.
type ruleSpec struct {
	nat.NftRule
	family   nat.Family
	names    []reference
	ends     *span // the statement that decides
	proto    uint8 // of the transport header that statements have asked for
	protoAt  span
	layer    int // of addresses that statements have asked for, 4 or 6
	layerAt  span
	at       span
	lookupAt span   // the last set in braces
	refuses  *fault // why the kernel refuses a statement
}

// A reference is the name of a set, a chain or an object in a rule.
type reference struct {
	kind     string
	name     token
	keys     []*dtype // that a set is asked for
	keysAt   span
	verdicts bool   // of a map: it is to have them
	data     *dtype // of another map: what it is to have
	nat      span   // of such a map: the statement
	index    int    // of that
}

// A position is where a rule is to be.
type position struct {
	kind  string // "handle", "index" or "" for the end, or with insert the beginning
	n     uint64
	at    span
	given bool
}

// rule reads what follows add rule, insert rule and replace rule.
func (p *parser) rule(op string) []command {
	at := p.namePlace()
	var pos position
	if t := p.peek(); t.is("handle") || op != "replace" && (t.is("position") || t.is("index")) {
		p.next()
		pos.kind, pos.given = t.text, true
		var n token
		pos.n, n = p.number()
		pos.at = n.at
		if t.text != "handle" {
			pos.at = t.at.upTo(n.at)
		}
	} else if op == "replace" {
		panic(p.unexpected("handle"))
	}
	r := p.ruleSpec(at.family)
	return []command{{do: func(x *executor) *fault { return x.addRule(op, at, pos, r) }, rule: r, place: at}}
}

// ruleSpec takes statements to the end of the line, and the comment.
func (p *parser) ruleSpec(f nat.Family) *ruleSpec {
	r := &ruleSpec{family: f}
	from := p.peek().at
	for n := 0; ; n++ {
		p.variable()
		t := p.peek()
		if t.kind == newline || t.kind == ending || t.is(";") || t.is("}") || n > 0 && t.name() == "junk" {
			if n == 0 {
				panic(p.unexpected(""))
			}
			break
		}
		if p.peek().is("comment") && n > 0 {
			p.next()
			r.Comment = p.comment()
			break
		}
		if r.ends != nil {
			at, ends := p.peek().at, *r.ends
			p.statement(r)
			f := wrong(at.upTo(p.last.at), "Statement after terminal statement has no effect")
			f.because = &ends
			panic(f)
		}
		p.statement(r)
	}
	r.at = from.upTo(p.last.at)
	return r
}

// addRule puts a rule where it belongs.
func (x *executor) addRule(op string, at place, pos position, r *ruleSpec) *fault {
	if !x.openTable(at) {
		return missing(at.table.at)
	}
	if _, ok := x.ofIptables(at.family, at.table.text, at.name.text); ok {
		return refused(nat.ErrUnsupported, at.name.at)
	}
	if _, ok := x.tx.Chain(at.family, at.table.text, at.name.text); !ok {
		return refused(nat.ErrNotThere, at.name.at)
	}
	if f := x.resolve(at, r); f != nil {
		return f
	}
	if r.refuses != nil {
		return r.refuses
	}
	if op == "replace" {
		err := x.tx.ReplaceRule(at.family, at.table.text, at.name.text, pos.n, r.NftRule)
		if err == nat.ErrNotThere {
			return missing(pos.at)
		}
		return x.checked(refused(err, x.at))
	}
	index := -1
	switch {
	case pos.given:
		if index = x.find(at, pos); index < 0 {
			return refused(nat.ErrNotThere, pos.at)
		}
		if op == "add" {
			index++
		}
	case op == "insert":
		index = 0
	}
	_, err := x.tx.AddRule(at.family, at.table.text, at.name.text, index, r.NftRule)
	return x.checked(refused(err, x.at))
}

// find returns the place of the rule that a position names, -1 if there is none.
func (x *executor) find(at place, pos position) int {
	if pos.kind != "index" {
		return x.tx.Place(at.family, at.table.text, at.name.text, pos.n)
	}
	if pos.n >= uint64(x.tx.Len(at.family, at.table.text, at.name.text)) {
		return -1
	}
	return int(pos.n)
}

// resolve wants what the rule names to be there.
func (x *executor) resolve(at place, r *ruleSpec) *fault {
	for _, n := range r.names {
		switch n.kind {
		case "chain":
			c, ok := x.tx.Chain(at.family, at.table.text, n.name.text)
			if !ok {
				return refused(nat.ErrNotThere, n.name.at)
			}
			if c.Base != nil {
				return refused(nat.ErrUnsupported, n.name.at)
			}
		case "set", "map":
			s := x.tx.Set(at.family, at.table.text, n.name.text)
			if s == nil {
				return missing(n.setAt())
			}
			if f := n.check(s, r); f != nil {
				return f
			}
		case "interface":
			if !x.tx.HasInterface(n.name.text) {
				return wrong(n.name.at, "Interface does not exist")
			}
		default:
			if !x.hasObject(at, n) {
				return missing(n.name.at)
			}
		}
	}
	return nil
}

func (x *executor) hasObject(at place, n reference) bool {
	for _, o := range x.tx.Objects(at.family, at.table.text) {
		if o.Kind == objectKind(n.kind) && o.Name == n.name.text {
			return true
		}
	}
	return false
}

// statement takes one statement.
func (p *parser) statement(r *ruleSpec) {
	t := p.peek()
	if read, ok := statements[t.text]; ok && t.kind == word {
		read(p, r)
		return
	}
	p.match(r)
}

// statements are by their first word. What is none of them is a match.
var statements map[string]func(p *parser, r *ruleSpec)

func init() {
	statements = map[string]func(p *parser, r *ruleSpec){
		"accept": decide(nat.Accepted), "drop": decide(nat.Discard), "continue": decide(nat.Continue), "return": decide(nat.Returned),
		"jump": decide(nat.JumpTo), "goto": decide(nat.GoTo),
		"counter": (*parser).counterStatement, "limit": (*parser).limitStatement, "quota": (*parser).quotaStatement,
		"log": (*parser).logStatement, "reject": (*parser).rejectStatement, "notrack": (*parser).notrackStatement,
		"masquerade": (*parser).masqueradeStatement, "redirect": (*parser).redirectStatement,
		"snat": (*parser).translateStatement, "dnat": (*parser).translateStatement,
		"comment": func(p *parser, _ *ruleSpec) { panic(p.unexpected("")) },
	}
}

func (r *ruleSpec) add(s nat.Statement) { r.Statements = append(r.Statements, s) }

// end notes the statement that decides.
func (r *ruleSpec) end(at span) { r.ends = &at }

// decide reads a verdict.
func decide(d nat.Decision) func(p *parser, r *ruleSpec) {
	return func(p *parser, r *ruleSpec) {
		from := p.peek().at
		v := p.verdict(r)
		r.add(v)
		if d != nat.Continue {
			r.end(from.upTo(p.last.at))
		}
	}
}

var decisions = map[string]nat.Decision{"accept": nat.Accepted, "drop": nat.Discard, "continue": nat.Continue, "return": nat.Returned,
	"jump": nat.JumpTo, "goto": nat.GoTo}

// verdict takes a verdict. The chain that it names is noted in r, unless that is nil.
func (p *parser) verdict(r *ruleSpec) nat.Verdict {
	d, ok := decisions[p.peek().text]
	if !ok || p.peek().kind != word {
		panic(p.unexpected(""))
	}
	p.next()
	v := nat.Verdict{Decision: d}
	if d == nat.JumpTo || d == nat.GoTo {
		name := p.identifier()
		v.Chain = name.text
		if r != nil {
			r.names = append(r.names, reference{kind: "chain", name: name})
		}
	}
	return v
}
