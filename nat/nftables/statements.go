package nftables

import (
	"strings"
	"time"

	"drydock/nat"
)

// counterStatement takes counter [packets N bytes N] or counter name NAME.
func (p *parser) counterStatement(r *ruleSpec) {
	p.next()
	c := new(nat.Count)
	if p.accept("name") {
		name := p.text()
		c.Name = name.text
		r.names = append(r.names, reference{kind: "counter", name: name})
	} else {
		c.Start = p.counts()
	}
	r.add(c)
}

// counts takes packets N bytes N, if they are there.
func (p *parser) counts() (c nat.Counters) {
	if p.accept("packets") {
		c.Packets, _ = p.number()
		p.expect("bytes")
		c.Bytes, _ = p.number()
	}
	return c
}

// units are those of limits.
var units = []struct {
	name string
	unit time.Duration
}{{"second", time.Second}, {"minute", time.Minute}, {"hour", time.Hour}, {"day", 24 * time.Hour}, {"week", 7 * 24 * time.Hour}}

// sizes are units of bytes.
var sizes = []struct {
	name string
	size uint64
}{{"mbytes", 1 << 20}, {"kbytes", 1 << 10}, {"bytes", 1}}

// size takes bytes, kbytes or mbytes, 0 for none of them.
func (p *parser) size() uint64 {
	for _, s := range sizes {
		if p.accept(s.name) {
			return s.size
		}
	}
	return 0
}

// limitStatement takes limit rate [over] N [unit]/time [burst N packets|bytes].
func (p *parser) limitStatement(r *ruleSpec) {
	from := p.next().at
	p.expect("rate")
	l := &nat.RateLimit{Over: p.accept("over")}
	if !l.Over {
		p.accept("until")
	}
	l.Rate, _ = p.number()
	if size, unit, ok := p.byteRate(); ok { // the two are one word
		l.Bytes, l.Unit = true, unit
		l.Rate *= size
	} else {
		p.expect("/")
		for _, u := range units {
			if p.accept(u.name) {
				l.Unit = u.unit
			}
		}
	}
	if l.Unit == 0 {
		panic(p.unexpected(""))
	}
	if burst := p.peek(); p.accept("burst") {
		l.Burst, _ = p.number()
		if l.Bytes {
			size := p.size()
			if size == 0 {
				panic(p.unexpected("bytes or string"))
			}
			l.Burst *= size
		} else {
			end := p.expect("packets").at
			if l.Burst == 0 {
				panic(wrong(burst.at.upTo(end), "packet limit burst must be > 0"))
			}
		}
		l.Burst &= 1<<32 - 1 // as much as the kernel is told
	}
	r.limited(l, from.upTo(p.last.at))
}

// limited adds a statement whose numbers the kernel may refuse.
func (r *ruleSpec) limited(s nat.Statement, at span) {
	if err := nat.CheckStatement(s); err != nil && r.refuses == nil {
		r.refuses = refused(err, at)
	}
	r.add(s)
}

// byteRate takes kbytes/second.
func (p *parser) byteRate() (size uint64, unit time.Duration, ok bool) {
	bytes, per, both := strings.Cut(p.peek().text, "/")
	if p.peek().kind != word || !both {
		return 0, 0, false
	}
	for _, s := range sizes {
		if s.name == bytes {
			size = s.size
		}
	}
	for _, u := range units {
		if u.name == per {
			unit = u.unit
		}
	}
	if size == 0 || unit == 0 {
		panic(p.unexpected(""))
	}
	p.next()
	return size, unit, true
}

// quotaStatement takes quota [over|until] N unit [used N unit] or quota name NAME.
func (p *parser) quotaStatement(r *ruleSpec) {
	from := p.next().at
	if p.accept("name") {
		name := p.text()
		r.names = append(r.names, reference{kind: "quota", name: name})
		r.add(&nat.Quota{Name: name.text})
		return
	}
	q := p.quota()
	r.limited(&q, from.upTo(p.last.at))
}

func (p *parser) quota() (q nat.Quota) {
	if q.Over = p.accept("over"); !q.Over {
		p.accept("until")
	}
	amount := func() uint64 {
		n, _ := p.number()
		size := p.size()
		if size == 0 {
			panic(p.unexpected("bytes or string"))
		}
		return n * size
	}
	q.Bytes = amount()
	if p.accept("used") {
		q.Used = amount()
	}
	return q
}

// addQuota reads a named quota, addCounter a named counter.
func (p *parser) addQuota(op string, at place) command {
	o := nat.Object{Kind: nat.ObjectQuota, Name: at.name.text}
	p.object(func() {
		if p.accept("comment") {
			o.Comment = p.comment()
			return
		}
		o.Quota = p.quota()
	})
	return p.addObject(op, at, o)
}

func (p *parser) addCounter(op string, at place) command {
	o := nat.Object{Kind: nat.ObjectCounter, Name: at.name.text}
	p.object(func() {
		switch {
		case p.accept("comment"):
			o.Comment = p.comment()
		case p.peek().is("packets"):
			o.Start = p.counts()
		default:
			panic(p.unexpected(""))
		}
	})
	return p.addObject(op, at, o)
}

// object takes the braces of a named object, if there are some.
func (p *parser) object(line func()) {
	braces := p.accept("{")
	if !braces {
		if t := p.peek(); t.is("packets") || t.kind == number || t.is("over") || t.is("until") {
			line()
		}
		return
	}
	for p.skipEnds(); !p.accept("}"); p.skipEnds() {
		line()
		p.endStatement(true)
	}
}

func (p *parser) addObject(op string, at place, o nat.Object) command {
	return command{do: func(x *executor) *fault {
		if !x.openTable(at) {
			return missing(at.table.at)
		}
		return unlessCreate(op, x.tx.AddObject(at.family, at.table.text, o), at.name.at)
	}}
}

// setKey takes what a mark is set to: a number, a mark, and bits of one.
func (p *parser) setKey(r *ruleSpec, s selector) {
	if s.key != nat.MetaMark && s.key != nat.CTMark {
		panic(p.unexpected(""))
	}
	set := nat.SetKey{Key: s.key, And: ^uint32(0)}
	p.variable()
	if p.peek().kind == number {
		r.add(nat.SetKey{Key: s.key, Xor: p.mark()})
		return
	}
	from := p.selector(r)
	if from.typ != typeMark {
		panic(wrong(p.last.at, "datatype mismatch: expected packet mark, expression has type %s", from.typ.desc))
	}
	set.From = from.key
	for {
		t := p.peek()
		if !t.is("&") && !t.is("and") && !t.is("|") && !t.is("or") && !t.is("^") && !t.is("xor") {
			break
		}
		p.next()
		v := p.mark()
		switch t.text {
		case "&", "and":
			set.And &= v
			set.Xor &= v
		case "|", "or":
			set.And &^= v
			set.Xor = set.Xor&^v | v
		default:
			set.Xor ^= v
		}
	}
	r.add(set)
}

// mark takes a number of 32 bits.
func (p *parser) mark() uint32 {
	n, t := p.number()
	if n > 1<<32-1 {
		panic(wrong(t.at, "%s", typeMark.outOfRange(n)))
	}
	return uint32(n)
}

// notrackStatement takes notrack.
func (p *parser) notrackStatement(r *ruleSpec) {
	p.next()
	r.add(nat.Untrack{})
}
