package nftables

import (
	"fmt"
	"strings"
	"time"

	"drydock/nat"
)

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
