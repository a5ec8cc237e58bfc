package nftables

import "drydock/nat"

// The answers of reject by their names in nft.
var (
	rejects4 = []struct {
		name string
		with nat.RejectWith
	}{{"net-unreachable", nat.ICMPNetUnreachable}, {"host-unreachable", nat.ICMPHostUnreachable}, {"prot-unreachable", nat.ICMPProtoUnreachable},
		{"port-unreachable", nat.ICMPPortUnreachable}, {"net-prohibited", nat.ICMPNetProhibited}, {"host-prohibited", nat.ICMPHostProhibited},
		{"admin-prohibited", nat.ICMPAdminProhibited}}
	rejects6 = []struct {
		name string
		with nat.RejectWith
	}{{"no-route", nat.ICMP6NoRoute}, {"admin-prohibited", nat.ICMP6AdminProhibited}, {"addr-unreachable", nat.ICMP6AddrUnreachable},
		{"port-unreachable", nat.ICMP6PortUnreachable}, {"policy-fail", nat.ICMP6PolicyFail}, {"reject-route", nat.ICMP6RejectRoute}}
	rejectsX = []struct {
		name string
		with nat.Rejection
	}{{"no-route", nat.Rejection{With4: nat.ICMPNetUnreachable, With6: nat.ICMP6NoRoute}},
		{"port-unreachable", nat.Rejection{With4: nat.ICMPPortUnreachable, With6: nat.ICMP6PortUnreachable}},
		{"host-unreachable", nat.Rejection{With4: nat.ICMPHostUnreachable, With6: nat.ICMP6AddrUnreachable}},
		{"admin-prohibited", nat.Rejection{With4: nat.ICMPAdminProhibited, With6: nat.ICMP6AdminProhibited}}}
)

// rejectStatement takes reject [with icmp|icmpv6|icmpx [type] NAME | with tcp reset].
func (p *parser) rejectStatement(r *ruleSpec) {
	from := p.next().at
	s := nat.Rejection{With4: nat.ICMPPortUnreachable, With6: nat.ICMP6PortUnreachable}
	switch {
	case p.accept("with"):
		s = p.rejection(r, from)
	case r.family == nat.FamilyINet && r.layer == 4:
		s.With6 = ""
	case r.family == nat.FamilyINet && r.layer == 6:
		s.With4 = ""
	}
	r.add(s)
	r.end(from.upTo(p.last.at))
}

func (p *parser) rejection(r *ruleSpec, from span) nat.Rejection {
	t := p.peek()
	switch {
	case p.accept("tcp"):
		p.expect("reset")
		r.reset(from)
		return nat.Rejection{With4: nat.TCPReset, With6: nat.TCPReset}
	case p.accept("icmp"), p.accept("icmpv6"), p.accept("icmpx"):
		p.accept("type")
	default:
		panic(p.unexpected("icmp or icmpv6 or tcp or icmpx"))
	}
	name := p.next()
	switch t.text {
	case "icmp":
		r.answers(4, name.at, from)
		for _, k := range rejects4 {
			if name.isCode(k.name, icmpCodes) {
				return nat.Rejection{With4: k.with}
			}
		}
	case "icmpv6":
		r.answers(6, name.at, from)
		for _, k := range rejects6 {
			if name.isCode(k.name, icmp6Codes) {
				return nat.Rejection{With6: k.with}
			}
		}
	default:
		if r.family != nat.FamilyINet {
			f := wrong(name.at, "abstracted ICMP unreachable not supported")
			f.because = &from
			panic(f)
		}
		for i, k := range rejectsX {
			if name.isCode(k.name, []named{{k.name, uint64(i)}}) {
				return k.with
			}
		}
	}
	panic(wrong(name.at, "Could not parse %s code", t.text))
}

// isCode reports whether a token is a code of ICMP, by its name or its number.
func (t token) isCode(name string, codes []named) bool {
	if t.kind == number {
		n, ok := parseNumber(t.text)
		return ok && n == valueOf(codes, name)
	}
	return t.text == name
}

// reset has the rule ask for TCP before it answers so.
func (r *ruleSpec) reset(from span) {
	l, _ := lastOf(r.Statements).(nat.Lookup)
	at := r.protoAt
	switch {
	case len(l.Keys) == 1 && l.Keys[0] == nat.MetaL4Proto:
		at = r.lookupAt
	case r.proto == 0:
		r.add(nat.Compare{Key: nat.MetaL4Proto, Value: nat.NumberWord(6)})
		r.proto = 6
		return
	case r.proto == 6:
		return
	}
	f := wrong(from, "you cannot use tcp reset with this protocol")
	f.because = &at
	panic(f)
}

func lastOf(list []nat.Statement) nat.Statement {
	if len(list) == 0 {
		return nil
	}
	return list[len(list)-1]
}

// answers has the rule ask for the family of an answer, in tables of both, or refuses that of the other one.
func (r *ruleSpec) answers(layer int, code, from span) {
	at, of := from, r.layer
	switch r.family {
	case nat.FamilyIP:
		of = 4
	case nat.FamilyIP6:
		of = 6
	default:
		at = r.layerAt
	}
	if of != 0 && of != layer {
		f := wrong(code, "conflicting protocols specified: ip vs ip6")
		f.because = &at
		panic(f)
	}
	if of == 0 {
		family := uint64(2)
		if layer == 6 {
			family = 10
		}
		r.add(nat.Compare{Key: nat.MetaNFProto, Value: nat.NumberWord(family)})
		r.layer = layer
	}
}
