package nftables

import (
	"slices"
	"strings"

	"drydock/nat"
)

// setAt is where the name of a set stands, with its at sign.
func (n *reference) setAt() span { return span{n.name.at.from - 1, n.name.at.to} }

// describe returns what messages call the type of some values.
func describe(types []*dtype) string {
	if len(types) == 1 {
		return types[0].desc
	}
	names := make([]string, len(types))
	for i, d := range types {
		names[i] = d.desc
	}
	return "concatenation of (" + strings.Join(names, ", ") + ")"
}

// sameTypes takes numbers of any length for the same.
func sameTypes(a, b []*dtype) bool {
	return slices.EqualFunc(a, b, func(a, b *dtype) bool { return a.name == b.name })
}

// check wants a set or a map to be for what a rule asks it for. A map of addresses with ports has its statement translate both.
func (n *reference) check(s *nat.NftSet, r *ruleSpec) *fault {
	keys, data := keyTypes(s)
	whole := n.keysAt.upTo(n.name.at)
	switch same := sameTypes(n.keys, keys); {
	case n.kind == "set" && !same:
		f := wrong(n.setAt(), "datatype mismatch, expected %s, expression has type %s", describe(n.keys), describe(keys))
		f.because = &n.keysAt
		return f
	case n.kind == "set":
		return nil
	case !isMap(s):
		return wrong(n.setAt(), "Expression is not a map")
	case !same:
		f := wrong(n.setAt(), "datatype mismatch, map expects %s, mapping expression has type %s", describe(keys), describe(n.keys))
		f.because = &n.keysAt
		return f
	case n.verdicts && !s.Verdicts:
		return wrong(whole, "datatype mismatch: expected netfilter verdict, expression has type %s", describe(data))
	case n.verdicts:
		return nil
	case s.Verdicts:
		return n.expected(whole, "netfilter verdict")
	}
	pair := n.data.family > 0 && len(data) == 2 && data[0] == n.data && data[1] == typePort
	if t, ok := r.Statements[n.index].(nat.Translate); ok && n.data.family > 0 {
		t.Addr.Pair = pair
		r.Statements[n.index] = t
	}
	switch {
	case pair && !r.hasProto(n.index):
		return needsProto(whole, n.nat)
	case !pair && !sameTypes(data, []*dtype{n.data}):
		return n.expected(whole, describe(data))
	}
	return nil
}

func (n *reference) expected(at span, has string) *fault {
	f := wrong(at, "datatype mismatch: expected %s, expression has type %s", n.data.desc, has)
	f.because = &n.nat
	return f
}
