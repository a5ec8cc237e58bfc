package nftables

import (
	"fmt"
	"slices"
	"strings"
	"time"

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
	nfproto := f == nat.FamilyINet && m.Key == nat.MetaNFProto && m.Op == nat.Equal
	if proto == 0 && !nfproto {
		return false
	}
	if f == nat.FamilyINet && (m.Key == nat.IPProtocol || m.Key == nat.IP6NextHdr) { // which say more than that
		return false
	}
	for _, s := range list[i+1 : min(i+2, len(list))] {
		if r, ok := s.(nat.Rejection); ok && proto == 6 && r.With4 == nat.TCPReset {
			return true
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
		if s.Not {
			text += " !="
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

// setText returns the name of a set or its elements.
func (x *executor) setText(name string, anon *nat.Elements, types, data []*dtype, verdicts bool) string {
	if name != "" {
		return "@" + name
	}
	return "{ " + x.elementsText(slices.Collect(anon.All()), types, data, verdicts, false) + " }"
}

// elementsText returns elements in the order of nft, in lines where they are those of a set that has a name.
func (x *executor) elementsText(list []*nat.Element, keys, data []*dtype, verdicts, lines bool) string {
	slices.SortFunc(list, func(a, b *nat.Element) int {
		for i, d := range keys {
			if c := d.compare(a.Key[i], b.Key[i]); c != 0 {
				return c
			}
		}
		return 0
	})
	perLine := 1
	if len(keys) == 1 {
		perLine = keys[0].line
	}
	var b strings.Builder
	for i, e := range list {
		switch {
		case i == 0:
		case lines && i%perLine == 0:
			b.WriteString(",\n\t\t\t     ")
		default:
			b.WriteString(", ")
		}
		for k, d := range keys {
			if k > 0 {
				b.WriteString(" . ")
			}
			b.WriteString(x.rangeText(d, e.Key[k], e.Last[k]))
		}
		x.elementEnd(&b, e)
		switch {
		case verdicts:
			b.WriteString(" : " + verdictText(e.Verdict))
		case data != nil:
			b.WriteString(" : ")
			for k, d := range data {
				if k > 0 {
					b.WriteString(" . ")
				}
				b.WriteString(d.format(e.Data[k], x.numeric))
			}
		}
	}
	return b.String()
}

// elementEnd writes what an element has counted, and its comment.
func (x *executor) elementEnd(b *strings.Builder, e *nat.Element) {
	if e.Counted {
		b.WriteString(" counter")
		if !x.stateless {
			fmt.Fprintf(b, " packets %d bytes %d", e.Counters().Packets, e.Counters().Bytes)
		}
	}
	if e.Comment != "" {
		fmt.Fprintf(b, " comment \"%s\"", e.Comment)
	}
}

// rangeText returns a value, a prefix or a range.
func (x *executor) rangeText(d *dtype, first, last nat.Word) string {
	if first == last {
		return d.format(first, x.numeric)
	}
	if n, ok := d.prefixOf(first, last); ok && d.family > 0 {
		return fmt.Sprintf("%s/%d", d.format(first, x.numeric), n)
	}
	return d.format(first, x.numeric) + "-" + d.format(last, x.numeric)
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
		return text + opText[m.Op] + `"` + m.Value.Name() + `*"`
	case s.typ.family > 0 && prefix:
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

func (x *executor) counterText(s *nat.Count) string {
	switch {
	case s.Name != "":
		return fmt.Sprintf("counter name \"%s\"", s.Name)
	case x.stateless:
		return "counter"
	}
	return fmt.Sprintf("counter packets %d bytes %d", s.Counters().Packets, s.Counters().Bytes)
}

// sizeText returns bytes in the largest unit that leaves no rest.
func sizeText(n uint64) string {
	for _, s := range sizes {
		if n%s.size == 0 && n > 0 {
			return fmt.Sprintf("%d %s", n/s.size, s.name)
		}
	}
	return "0 bytes"
}

// defaultBurst is that of packets.
const defaultBurst = 5

func limitText(s *nat.RateLimit) string {
	text := "limit rate "
	if s.Over {
		text += "over "
	}
	if s.Bytes {
		text += sizeText(s.Rate)
	} else {
		text += fmt.Sprint(s.Rate)
	}
	text += "/" + unitText(s.Unit)
	switch {
	case s.Bytes && s.Burst > 0:
		text += " burst " + sizeText(s.Burst)
	case !s.Bytes && s.Burst != defaultBurst:
		text += fmt.Sprintf(" burst %d packets", s.Burst)
	}
	return text
}

func unitText(unit time.Duration) string {
	for _, u := range units {
		if u.unit == unit {
			return u.name
		}
	}
	return ""
}

func (x *executor) quotaText(s *nat.Quota) string {
	if s.Name != "" {
		return fmt.Sprintf("quota name \"%s\"", s.Name)
	}
	text := "quota "
	if s.Over {
		text += "over "
	}
	text += sizeText(s.Bytes)
	if used := s.Consumed(); used > 0 && !x.stateless {
		text += " used " + sizeText(used)
	}
	return text
}

func logText(s nat.LogTo) string {
	text := "log"
	if s.Prefix != "" {
		text += fmt.Sprintf(" prefix \"%s\"", s.Prefix)
	}
	if s.HasGroup {
		text += fmt.Sprintf(" group %d", s.Group)
		if s.SnapLen > 0 {
			text += fmt.Sprintf(" snaplen %d", s.SnapLen)
		}
		if s.Queue > 0 {
			text += fmt.Sprintf(" queue-threshold %d", s.Queue)
		}
		return text
	}
	if s.Level != 4 {
		text += " level " + levels[s.Level]
	}
	if s.Flags == allLogFlags {
		return text + " flags all"
	}
	switch s.Flags & (nat.LogTCPSeq | nat.LogTCPOpts) {
	case nat.LogTCPSeq:
		text += " flags tcp sequence"
	case nat.LogTCPOpts:
		text += " flags tcp options"
	case nat.LogTCPSeq | nat.LogTCPOpts:
		text += " flags tcp sequence,options"
	}
	if s.Flags&nat.LogIPOpts != 0 {
		text += " flags ip options"
	}
	for _, f := range logFlags[:2] {
		if s.Flags&f.flag != 0 {
			text += " flags " + f.text
		}
	}
	return text
}

func setKeyText(s nat.SetKey) string {
	text := byKey[s.Key].text + " set "
	if s.From == 0 {
		return text + fmt.Sprintf("0x%08x", s.Xor)
	}
	text += byKey[s.From].text
	switch {
	case s.And == ^uint32(0) && s.Xor == 0:
	case s.And == ^s.Xor:
		text += fmt.Sprintf(" | 0x%08x", s.Xor)
	case s.Xor == 0:
		text += fmt.Sprintf(" & 0x%08x", s.And)
	case s.And == ^uint32(0):
		text += fmt.Sprintf(" ^ 0x%08x", s.Xor)
	case s.And&s.Xor == 0:
		text += fmt.Sprintf(" & 0x%08x | 0x%08x", s.And|s.Xor, s.Xor)
	default:
		text += fmt.Sprintf(" & 0x%08x ^ 0x%08x", s.And, s.Xor)
	}
	return text
}

func (x *executor) rejectText(s nat.Rejection, f nat.Family) string {
	switch {
	case s.With4 == nat.TCPReset:
		return "reject with tcp reset"
	case s.With4 == nat.ICMPPortUnreachable && (s.With6 == nat.ICMP6PortUnreachable || f == nat.FamilyIP), s.With6 == nat.ICMP6PortUnreachable && f == nat.FamilyIP6:
		return "reject"
	case s.With4 != "" && s.With6 != "":
		for i, k := range rejectsX {
			if k.with == s {
				return "reject with icmpx " + x.name(k.name, uint64(i))
			}
		}
	case s.With4 != "":
		for _, k := range rejects4 {
			if k.with == s.With4 {
				return "reject with icmp " + x.name(k.name, valueOf(icmpCodes, k.name))
			}
		}
	}
	for _, k := range rejects6 {
		if k.with == s.With6 {
			return "reject with icmpv6 " + x.name(k.name, valueOf(icmp6Codes, k.name))
		}
	}
	return "reject"
}

// name returns a name, or with -n the number of it.
func (x *executor) name(name string, number uint64) string {
	if x.numeric {
		return fmt.Sprint(number)
	}
	return name
}

func valueOf(list []named, name string) uint64 {
	for _, n := range list {
		if n.name == name {
			return n.value
		}
	}
	return 0
}

var translations = map[nat.Translation]string{nat.SourceNAT: "snat", nat.DestinationNAT: "dnat", nat.MasqueradeNAT: "masquerade", nat.RedirectNAT: "redirect"}

func (x *executor) translateText(s nat.Translate, f nat.Family) string {
	text := translations[s.Kind]
	d := typeIPv4
	if s.Addr.V6 {
		d = typeIPv6
	}
	if s.Addr.Given && (f == nat.FamilyINet || s.Addr.Pair) {
		text += " " + map[*dtype]string{typeIPv4: "ip", typeIPv6: "ip6"}[d]
	}
	if s.Addr.Given || s.Port.Given {
		text += " to "
	}
	if s.Addr.Given {
		data := []*dtype{d}
		if s.Addr.Pair {
			data = append(data, typePort)
		}
		addr := x.operandText(s.Addr, d, data)
		if s.Addr.V6 && s.Port.Given && len(s.Addr.Keys) == 0 {
			addr = "[" + strings.ReplaceAll(addr, "-", "]-[") + "]"
		}
		text += addr
	}
	if s.Port.Given {
		text += ":" + x.operandText(s.Port, typePort, []*dtype{typePort})
	}
	var flags []string
	for _, f := range []struct {
		set  bool
		name string
	}{{s.Random, "random"}, {s.FullyRandom, "fully-random"}, {s.Persistent, "persistent"}} {
		if f.set {
			flags = append(flags, f.name)
		}
	}
	if len(flags) > 0 {
		text += " " + strings.Join(flags, ",")
	}
	return text
}

func (x *executor) operandText(o nat.Operand, d *dtype, data []*dtype) string {
	if len(o.Keys) == 0 {
		if o.Min == o.Max {
			return d.format(o.Min, x.numeric)
		}
		return d.format(o.Min, x.numeric) + "-" + d.format(o.Max, x.numeric)
	}
	text, types := keysText(o.Keys)
	return text + " map " + x.setText(o.Set, o.Anon, types, data, false)
}
