package nftables

import (
	"slices"

	"drydock/nat"
)

// natFlags takes random, fully-random and persistent.
func (p *parser) natFlags(t *nat.Translate) {
	for {
		switch {
		case p.accept("random"):
			t.Random = true
		case p.accept("fully-random"):
			t.FullyRandom = true
		case p.accept("persistent"):
			t.Persistent = true
		default:
			return
		}
		p.accept(",")
	}
}

// masqueradeStatement takes masquerade [to :PORTS] [flags].
func (p *parser) masqueradeStatement(r *ruleSpec) {
	from := p.next().at
	t := nat.Translate{Kind: nat.MasqueradeNAT}
	if p.accept("to") {
		p.expect(":")
		t.Port = p.ports(r, from)
	}
	p.natFlags(&t)
	r.add(t)
	r.end(from.upTo(p.last.at))
}

// redirectStatement takes redirect [to [:]PORTS] [flags].
func (p *parser) redirectStatement(r *ruleSpec) {
	from := p.next().at
	t := nat.Translate{Kind: nat.RedirectNAT}
	if p.accept("to") {
		p.accept(":")
		t.Port = p.operand(r, typePort, from)
	}
	p.natFlags(&t)
	r.add(t)
	r.end(from.upTo(p.last.at))
}

// ports takes a port or a range, which needs a transport protocol.
func (p *parser) ports(r *ruleSpec, from span) nat.Operand {
	start := p.peek().at
	first, last, _ := p.value(typePort)
	if !r.hasProto(len(r.Statements)) {
		panic(needsProto(start.upTo(p.last.at), from))
	}
	return nat.Operand{Given: true, Min: first, Max: last}
}

// needsProto is what is wrong with ports where any protocol comes.
func needsProto(at, from span) *fault {
	f := wrong(at, "transport protocol mapping is only valid after transport protocol match")
	f.because = &from
	return f
}

// hasProto reports whether the first statements ask for protocols.
func (r *ruleSpec) hasProto(n int) bool {
	if r.proto != 0 {
		return true
	}
	for _, s := range r.Statements[:n] {
		if l, ok := s.(nat.Lookup); ok && slices.ContainsFunc(l.Keys, func(k nat.Key) bool {
			return k == nat.MetaL4Proto || k == nat.IPProtocol || k == nat.IP6NextHdr
		}) {
			return true
		}
	}
	return false
}

// translateStatement takes snat|dnat [ip|ip6] [addr . port] [prefix] to ADDR[:PORT] [flags].
func (p *parser) translateStatement(r *ruleSpec) {
	from := p.peek().at
	t := nat.Translate{Kind: nat.SourceNAT}
	if p.next().text == "dnat" {
		t.Kind = nat.DestinationNAT
	}
	v6 := r.family == nat.FamilyIP6 || r.layer == 6
	f, given := p.family()
	if given {
		v6 = f == nat.FamilyIP6
	}
	pair := p.accept("addr")
	if pair {
		p.expect(".")
		p.expect("port")
	}
	p.expect("to")
	d := typeIPv4
	if v6 {
		d = typeIPv6
	}
	p.variable()
	if r.family == nat.FamilyINet && !given && r.layer == 0 && !p.peek().is(":") {
		panic(wrong(from, "ip or ip6 must be specified with address for inet tables."))
	}
	if !p.peek().is(":") {
		t.Addr = p.address(r, d, from, pair)
		t.Addr.V6 = d == typeIPv6
	}
	if p.accept(":") {
		t.Port = p.operandPorts(r, from)
	}
	p.natFlags(&t)
	r.add(t)
	r.end(from.upTo(p.last.at))
}

func (p *parser) operandPorts(r *ruleSpec, from span) nat.Operand {
	if p.peek().kind == number || p.peek().is("$") {
		return p.ports(r, from)
	}
	return p.operand(r, typePort, from)
}

// address takes an address or a range, in brackets if a port follows that of IPv6, or a map.
func (p *parser) address(r *ruleSpec, d *dtype, from span, pair bool) nat.Operand {
	if p.accept("[") {
		first, last, _ := p.value(d)
		p.expect("]")
		if p.accept("-") {
			p.expect("[")
			_, last, _ = p.value(d)
			p.expect("]")
		}
		return nat.Operand{Given: true, Min: first, Max: last}
	}
	if k := p.peek().kind; k == address || k == number {
		first, last, _ := p.value(d)
		return nat.Operand{Given: true, Min: first, Max: last}
	}
	o := p.operand(r, d, from)
	o.Pair = o.Pair || pair
	return o
}

// operand takes a constant, or selectors with a map.
func (p *parser) operand(r *ruleSpec, d *dtype, from span) nat.Operand {
	p.variable()
	if k := p.peek().kind; k == number || k == address {
		if d == typePort {
			return p.ports(r, from)
		}
		first, last, _ := p.value(d)
		return nat.Operand{Given: true, Min: first, Max: last}
	}
	start := p.peek().at
	list := p.selectors(r)
	left := start.upTo(p.last.at)
	p.expect("map")
	p.variable()
	o := nat.Operand{Given: true, Keys: keysOf(list)}
	if p.accept("@") {
		name := p.identifier()
		o.Set = name.text
		r.names = append(r.names, reference{kind: "map", name: name, keys: typesOf(list), keysAt: left, data: d, nat: from, index: len(r.Statements)})
		if d == typePort && !r.hasProto(len(r.Statements)) {
			panic(needsProto(start.upTo(p.last.at), from))
		}
		return o
	}
	if d.family > 0 {
		p.pair = &o.Pair
	}
	elements := p.elements(typesOf(list), []*dtype{d}, nil)
	p.pair = nil
	if (o.Pair || d == typePort) && !r.hasProto(len(r.Statements)) {
		panic(needsProto(start.upTo(p.last.at), from))
	}
	o.Anon = p.set(len(list), elements, true)
	return o
}
