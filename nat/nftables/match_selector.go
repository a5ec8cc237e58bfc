package nftables

import (
	"drydock/nat"
)

// selector takes a selector.
func (p *parser) selector(r *ruleSpec) selector {
	first := p.peek()
	from := first.at
	var s selector
	var ok bool
	switch {
	case first.kind != word:
		panic(p.unexpected(""))
	case first.is("fib"):
		return p.fib()
	case first.is("meta"):
		p.next()
		if s, ok = meta(p.peek().text); !ok {
			panic(p.unexpected(""))
		}
		p.next()
	case headers[first.text]:
		p.next()
		if s, ok = byText[first.text+" "+p.peek().text]; !ok {
			panic(p.unexpected(""))
		}
		p.next()
	default:
		if s, ok = meta(first.text); !ok || !short[first.text] {
			if first.name() != "string" {
				panic(p.unexpected(""))
			}
			if p.next(); first.name() == "string" && p.peek().kind != newline && p.peek().kind != ending {
				panic(wrong(first.at, "No symbol type information"))
			}
			panic(p.unexpected(""))
		}
		p.next()
	}
	r.layers(s, from.upTo(p.last.at))
	return s
}

// fib takes fib saddr|daddr [. iif|oif] type.
func (p *parser) fib() selector {
	p.next()
	text := "fib"
	for {
		t := p.peek()
		if !t.is("saddr") && !t.is("daddr") && !t.is("iif") && !t.is("oif") {
			panic(p.unexpected("iif or oif or saddr or daddr"))
		}
		text += " " + p.next().text
		if !p.accept(".") {
			break
		}
		text += " ."
	}
	t := p.peek()
	s, ok := byText[text+" "+t.text]
	if !ok {
		panic(p.unexpected(""))
	}
	p.next()
	return s
}

// names of layers in messages.
var layerNames = map[int]string{4: "ip", 6: "ip6"}

// layers notes the headers that a selector wants, and refuses those that no packet has.
func (r *ruleSpec) layers(s selector, at span) {
	if s.key == nat.MetaNFProto && r.family != nat.FamilyINet {
		panic(wrong(at, "meta nfproto is only useful in the inet family"))
	}
	layer := r.layer
	switch r.family {
	case nat.FamilyIP:
		layer = 4
	case nat.FamilyIP6:
		layer = 6
	}
	if l := s.key.Layer(); l != 0 {
		if layer != 0 && layer != l {
			panic(wrong(at, "conflicting protocols specified: %s vs. %s", layerNames[layer], layerNames[l]))
		}
		if r.layer != l {
			r.layer, r.layerAt = l, at
		}
	}
	if n := s.key.Protocol(); n != 0 {
		if r.proto != 0 && r.proto != n {
			panic(wrong(at, "conflicting protocols specified: %s vs. %s", typeProto.format(nat.NumberWord(uint64(r.proto)), false), typeProto.format(nat.NumberWord(uint64(n)), false)))
		}
		r.proto, r.protoAt = n, at
	}
}

// maxKeys is how many values a concatenation has.
const maxKeys = 5

// selectors takes a selector, or several with dots between.
func (p *parser) selectors(r *ruleSpec) (list []selector) {
	from := p.peek().at
	list = append(list, p.selector(r))
	for p.accept(".") {
		list = append(list, p.selector(r))
	}
	if len(list) > maxKeys {
		panic(wrong(from.upTo(p.last.at), "Concatenation of more than %d expressions is not supported", maxKeys))
	}
	return list
}

func keysOf(list []selector) (keys []nat.Key) {
	for _, s := range list {
		keys = append(keys, s.key)
	}
	return keys
}

func typesOf(list []selector) (types []*dtype) {
	for _, s := range list {
		types = append(types, s.typ)
	}
	return types
}
