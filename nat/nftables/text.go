package nftables

import (
	"fmt"
	"slices"
	"strings"

	"drydock/nat"
)

// RuleText returns a rule as nft prints it, with its counters.
func RuleText(r *nat.NftRule, f nat.Family) string { return new(executor).ruleText(r, f) }

// ruleText returns the statements and the comment.
func (x *executor) ruleText(r *nat.NftRule, f nat.Family) string {
	var parts []string
	for i := range r.Statements {
		if !implied(r.Statements, i, f) {
			parts = append(parts, x.statementText(x.concrete(r.Statements, i), f))
		}
	}
	if r.Comment != "" {
		parts = append(parts, fmt.Sprintf("comment \"%s\"", r.Comment))
	}
	return strings.Join(parts, " ")
}

// protocolAsked returns the protocol that a statement asks for, 0 for none.
func protocolAsked(s nat.Statement) uint8 {
	if m, ok := s.(nat.Compare); ok && m.Op == nat.Equal && m.Mask == (nat.Word{}) {
		switch m.Key {
		case nat.MetaL4Proto, nat.IPProtocol, nat.IP6NextHdr:
			return uint8(m.Value.Lo)
		}
	}
	return 0
}

// keysAsked returns the keys of a match.
func keysAsked(s nat.Statement) []nat.Key {
	switch s := s.(type) {
	case nat.Compare:
		return []nat.Key{s.Key}
	case nat.Lookup:
		return s.Keys
	case nat.VerdictMap:
		return s.Keys
	}
	return nil
}

// implied reports whether a statement asks for the header that the next one has, so that it is not
// shown.
func implied(list []nat.Statement, i int, f nat.Family) bool {
	proto := protocolAsked(list[i])
	m, _ := list[i].(nat.Compare)
	nfproto := f == nat.FamilyINet && m.Key == nat.MetaNFProto && m.Op == nat.Equal && m.Mask == (nat.Word{})
	if proto == 0 && !nfproto {
		return false
	}
	if f == nat.FamilyINet && (m.Key == nat.IPProtocol || m.Key == nat.IP6NextHdr) { // which say more than that
		return false
	}
	for _, s := range list[i+1 : min(i+2, len(list))] {
		if r, ok := s.(nat.Rejection); ok {
			ofLayer := nfproto && (r.With6 == "" && m.Value.Lo == 2 || r.With4 == "" && m.Value.Lo == 10)
			return ofLayer || f != nat.FamilyINet && proto == 6 && r.With4 == nat.TCPReset
		}
		for _, k := range keysAsked(s) {
			switch {
			case proto != 0 && (k.Protocol() == proto || ported[proto] && (k == nat.THSport || k == nat.THDport)):
				return true
			case nfproto && (k.Layer() == 4 && m.Value.Lo == 2 || k.Layer() == 6 && m.Value.Lo == 10):
				return true
			}
		}
	}
	return false
}

// ported are the protocols whose ports have names of their own.
var ported = map[uint8]bool{6: true, 17: true, 33: true, 132: true, 136: true}

// concrete returns a statement that asks for the ports of any protocol as one of that which was asked for before.
func (x *executor) concrete(list []nat.Statement, i int) nat.Statement {
	proto := uint8(0)
	for _, s := range list[:i] {
		if p := protocolAsked(s); ported[p] {
			proto = p
		}
	}
	if proto == 0 {
		return list[i]
	}
	own := func(k nat.Key) nat.Key {
		side := map[nat.Key]string{nat.THSport: "sport", nat.THDport: "dport"}[k]
		if s, ok := byText[typeProto.format(nat.NumberWord(uint64(proto)), false)+" "+side]; ok {
			return s.key
		}
		return k
	}
	switch s := list[i].(type) {
	case nat.Compare:
		s.Key = own(s.Key)
		return s
	case nat.Lookup:
		s.Keys = slices.Clone(s.Keys)
		for n, k := range s.Keys {
			s.Keys[n] = own(k)
		}
		return s
	}
	return list[i]
}

func keysText(keys []nat.Key) (text string, types []*dtype) {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = byKey[k].text
		types = append(types, byKey[k].typ)
	}
	return strings.Join(names, " . "), types
}

func (x *executor) statementText(s nat.Statement, f nat.Family) string {
	switch s := s.(type) {
	case nat.Compare:
		return x.compareText(s)
	case nat.Lookup:
		text, types := keysText(s.Keys)
		if s.Mask != (nat.Word{}) {
			text += " & " + types[0].format(s.Mask, x.numeric)
		}
		switch {
		case s.Not:
			text += " !="
		case s.Mask != nat.Word{}:
			text += " =="
		}
		return text + " " + x.setText(s.Set, s.Anon, types, nil, false)
	case nat.VerdictMap:
		text, types := keysText(s.Keys)
		return text + " vmap " + x.setText(s.Set, s.Anon, types, nil, true)
	case nat.Verdict:
		return verdictText(s)
	case *nat.Count:
		return x.counterText(s)
	case *nat.RateLimit:
		return limitText(s)
	case *nat.Quota:
		return x.quotaText(s)
	case nat.LogTo:
		return logText(s)
	case nat.SetKey:
		return setKeyText(s)
	case nat.Untrack:
		return "notrack"
	case nat.Rejection:
		return x.rejectText(s, f)
	case nat.Translate:
		return x.translateText(s, f)
	}
	return ""
}

var opText = map[nat.Op]string{nat.Unequal: "!= ", nat.Less: "< ", nat.Greater: "> ", nat.LessEqual: "<= ", nat.GreaterEqual: ">= ", nat.NotIn: "!= "}

func (x *executor) compareText(m nat.Compare) string {
	s := byKey[m.Key]
	text := s.text + " "
	value := func(w nat.Word) string { return s.typ.format(w, x.numeric) }
	switch m.Op {
	case nat.AnyOf:
		return text + value(m.Value)
	case nat.NoneOf:
		return text + "! " + value(m.Value)
	case nat.In, nat.NotIn:
		if _, ok := s.typ.prefixOf(m.Value, m.Last); ok && m.Value != (nat.Word{}) { // a prefix is a mask, but of no bits
			return text + opText[m.Op] + value(m.Value) + "-" + value(m.Last)
		}
		return text + opText[m.Op] + x.rangeText(s.typ, m.Value, m.Last)
	}
	length, prefix := s.typ.prefixLength(m.Mask)
	switch {
	case m.Mask == nat.Word{}:
		if s.typ.flags {
			if text += opText[m.Op]; m.Op == nat.Equal {
				text += "== "
			}
			if m.Value.Lo&(m.Value.Lo-1) != 0 {
				return text + fmt.Sprintf("%#x", m.Value.Lo)
			}
			return text + value(m.Value)
		}
		return text + opText[m.Op] + value(m.Value)
	case s.typ.ifname && prefix:
		return text + opText[m.Op] + starText(m.Value)
	case prefix && !s.typ.flags:
		return text + opText[m.Op] + fmt.Sprintf("%s/%d", value(m.Value), length)
	case s.typ.flags:
		return text + opText[m.Op] + value(m.Value) + " / " + value(m.Mask)
	}
	op := opText[m.Op]
	if m.Op == nat.Equal {
		op = "== "
	}
	return text + "& " + value(m.Mask) + " " + op + value(m.Value)
}

func verdictText(v nat.Verdict) string {
	for name, d := range decisions {
		if d == v.Decision {
			if v.Chain != "" {
				name += " " + v.Chain
			}
			return name
		}
	}
	return ""
}
