package nftables

import (
	"fmt"
	"math"
	"strings"
	"time"

	"drydock/nat"
)

// xtMatch returns a match, which is one part or, of ports, several.
func (x *executor) xtMatch(m nat.Match, r *nat.Rule, v6 bool) []part {
	one := func(p part) []part { return []part{p} }
	ip, hops := "ip", "ip ttl"
	if v6 {
		ip, hops = "ip6", "ip6 hoplimit"
	}
	switch m := m.(type) {
	case nat.TCP:
		return xtTCP(m)
	case nat.UDP:
		if m == (nat.UDP{}) {
			return one(translated(""))
		}
		return xtPorts("udp", 17, m.Src, m.Dst)
	case nat.Comment: // which nft does not show
		return one(translated(""))
	case nat.MarkMatch:
		return one(x.xtMark(m))
	case nat.Limit:
		return one(xtLimit(m))
	case nat.Conntrack:
		return one(translated("%s", conntrackText(m)))
	case nat.State:
		return one(translated("ct state %s%s", unless(m.Not, "! "), statesText(m.States)))
	case nat.AddrType:
		return one(translated("%s", addrTypeText(m)))
	case nat.ConnMarkMatch:
		return one(translated("%s", connMarkText(m)))
	case nat.ICMP:
		return one(icmpText(m))
	case nat.Multiport:
		return one(translated("%s", multiportText(m, typeProto.format(nat.NumberWord(uint64(r.Proto.Number)), false))))
	case nat.DSCPMatch:
		return one(translated("%s dscp %s0x%02x", ip, unless(m.Not, "!= "), m.Value))
	case nat.TTLMatch:
		return one(translated("%s %s%d", hops, [...]string{"", "!= ", "lt ", "gt "}[m.Op], m.Value))
	case nat.Length:
		return one(translated("meta length %s%s", unless(m.Not, "!= "), spanText(uint32(m.Min), uint32(m.Max))))
	case nat.TCPMSSMatch:
		return one(translated("tcp option maxseg size %s%s", unless(m.Not, "!= "), spanText(uint32(m.Min), uint32(m.Max))))
	case nat.IPRange:
		return one(translated("%s", ipRangeText(m, ip)))
	case nat.MAC:
		return one(translated("ether saddr %s%s", unless(m.Not, "!= "), hexText(m.Source)))
	case nat.PktType:
		return one(translated("pkttype %s%s", unless(m.Not, "!= "), strings.Replace(string(m.Type), string(nat.OtherHost), "3", 1)))
	case nat.RPFilter:
		return one(translated("%s", rpFilterText(m)))
	case nat.Statistic:
		return one(translated("%s", statisticText(m)))
	case nat.Owner:
		return one(ownerText(m))
	case nat.RT:
		return one(rtText(m))
	case nat.Time:
		return one(timeText(m))
	case nat.HashLimit:
		return one(hashLimitText(m, ip))
	}
	return one(translated("xt match %s", matchName(m)))
}

// matchName returns the name of a match, the word behind -m.
func matchName(m nat.Match) string {
	if i, ok := m.(nat.ICMP); ok && i.V6 {
		return "icmp6"
	}
	words := strings.Fields(m.String())
	for i, w := range words[:len(words)-1] {
		if w == "-m" {
			return words[i+1]
		}
	}
	return ""
}

func hexText(mac [6]byte) string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5])
}

// spanText returns a range, or what is in it.
func spanText(lo, hi uint32) string {
	if lo == hi {
		return fmt.Sprint(lo)
	}
	return fmt.Sprintf("%d-%d", lo, hi)
}

// xtMark prints a mask without bits, too.
func (x *executor) xtMark(m nat.MarkMatch) part {
	c := nat.Compare{Key: nat.MetaMark, Value: nat.NumberWord(uint64(m.Value))}
	if m.Not {
		c.Op = nat.Unequal
	}
	if m.Mask != math.MaxUint32 {
		c.Mask = nat.NumberWord(uint64(m.Mask))
	}
	text := x.compareText(c)
	if m.Mask == 0 {
		text += "/0"
	}
	return native("%s", text)
}

var limitUnits = map[nat.LimitUnit]string{nat.PerSecond: "second", nat.PerMinute: "minute", nat.PerHour: "hour", nat.PerDay: "day"}

// xtLimit is in the unit that iptables shows.
func xtLimit(m nat.Limit) part {
	text := fmt.Sprintf("limit rate %d/%s", m.Count, limitUnits[m.Unit])
	if m.Burst != defaultBurst {
		text += fmt.Sprintf(" burst %d packets", m.Burst)
	}
	return native("%s", text)
}

// addrTypeText forgets the destination if there is a source, as libxtables does.
func addrTypeText(m nat.AddrType) string {
	side, types, not := "daddr", m.Dst, m.NotDst
	if m.Src != 0 {
		side, types, not = "saddr", m.Src, m.NotSrc
	}
	switch {
	case m.LimitIn:
		side += " . iif"
	case m.LimitOut:
		side += " . oif"
	}
	var names []string
	n := 0
	for i := range 12 {
		if types>>i&1 != 0 {
			if n++; i < len(typeAddr.names) {
				names = append(names, typeAddr.names[i].name)
			}
		}
	}
	text := "fib " + side + " type " + unless(not, "!= ")
	if n > 1 {
		return text + "{ " + strings.Join(names, ", ") + " }"
	}
	return strings.TrimSuffix(text+strings.Join(names, ""), " ")
}

func connMarkText(m nat.ConnMarkMatch) string {
	switch {
	case m.Mask != math.MaxUint32:
		return fmt.Sprintf("ct mark and %#x %s %#x", m.Mask, map[bool]string{true: "!=", false: "=="}[m.Not], m.Value)
	case m.Not:
		return fmt.Sprintf("ct mark != %#x", m.Value)
	}
	return fmt.Sprintf("ct mark %#x", m.Value)
}

// The types of ICMP that libxtables translates.
var (
	xtICMP  = []uint8{0, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 17, 18}
	xtICMP6 = []uint8{1, 2, 3, 4, 128, 129, 133, 134, 135, 136, 137}
)

func icmpText(m nat.ICMP) part {
	header, types, d := "icmp", xtICMP, typeICMP
	if m.V6 {
		header, types, d = "icmpv6", xtICMP6, typeICMP6
	}
	if m.Any && !m.V6 {
		return translated("ip protocol icmp")
	}
	for _, t := range types {
		if t == m.Type && !m.Any && m.MinCode == 0 && m.MaxCode == math.MaxUint8 {
			return translated("%s type %s%s", header, unless(m.Not, "!= "), d.format(nat.NumberWord(uint64(t)), false))
		}
	}
	return translated("xt match %s", matchName(m))
}

func ipRangeText(m nat.IPRange, ip string) string {
	var parts []string
	for _, e := range []struct {
		name string
		nat.AddrRange
	}{{"saddr", m.Src}, {"daddr", m.Dst}} {
		if e.Min.IsValid() {
			parts = append(parts, fmt.Sprintf("%s %s %s%s-%s", ip, e.name, unless(e.Not, "!= "), e.Min, e.Max))
		}
	}
	return strings.Join(parts, " ")
}

func rpFilterText(m nat.RPFilter) string {
	text := unless(m.AcceptLocal, "fib saddr type != local ") + "fib saddr" + unless(m.ValidMark, " . mark") + unless(!m.Loose, " . iif")
	return text + " oif " + unless(!m.Invert, "!= ") + "0"
}

func statisticText(m nat.Statistic) string {
	if m.Every > 0 {
		return fmt.Sprintf("numgen inc mod %d %s%d", m.Every, unless(m.Not, "!= "), m.Packet)
	}
	return fmt.Sprintf("meta random & 2147483647 %s %d", map[bool]string{true: ">=", false: "<"}[m.Not], m.Probability)
}

// ownerText is that of one condition alone.
func ownerText(m nat.Owner) part {
	ids := func(name string, r nat.IDRange) part {
		return translated("%s %s%s", name, unless(r.Not, "!= "), spanText(r.Min, r.Max))
	}
	switch {
	case m.Socket || m.Groups:
	case m.UID.Set && !m.GID.Set:
		return ids("skuid", m.UID)
	case m.GID.Set && !m.UID.Set:
		return ids("skgid", m.GID)
	}
	return translated("xt match owner")
}

func rtText(m nat.RT) part {
	var parts []string
	if m.HasType {
		parts = append(parts, fmt.Sprintf("rt type %s%d", unless(m.NotType, "!= "), m.Type))
	}
	if m.MinSegs != 0 || m.MaxSegs != math.MaxUint32 || m.NotSegs {
		parts = append(parts, "rt seg-left "+unless(m.NotSegs, "!= ")+spanText(m.MinSegs, m.MaxSegs))
	}
	if m.HasLength {
		parts = append(parts, fmt.Sprintf("rt hdrlength %s%d", unless(m.NotLength, "!= "), m.Length))
	}
	if m.Reserved || m.HasAddrs || len(parts) == 0 {
		return translated("xt match rt")
	}
	return translated("%s", strings.Join(parts, " "))
}

func timeText(m nat.Time) part {
	if m.MonthDays != 0 {
		return translated("xt match time")
	}
	text := ""
	if m.Start != 0 || m.Stop != 0 {
		stop := m.Stop
		if stop == 0 {
			stop = math.MaxInt32
		}
		date := func(s uint32) string { return time.Unix(int64(s), 0).UTC().Format(time.DateTime) }
		text = fmt.Sprintf("meta time \"%s\"-\"%s\"", date(m.Start), date(stop))
	}
	const end = 24*60*60 - 1
	if m.DayStart != 0 || m.DayStop != end {
		clock := func(s uint32) string { return time.Unix(int64(s), 0).UTC().Format(time.TimeOnly) }
		text += fmt.Sprintf(" meta hour \"%s\"-\"%s\"", clock(m.DayStart), clock(m.DayStop))
	}
	var days []string
	for d := 1; d <= 7; d++ {
		if m.WeekDays>>d&1 != 0 {
			days = append(days, fmt.Sprint(d%7))
		}
	}
	switch len(days) {
	case 0:
		return translated("%s", text)
	case 1:
		return translated("%s meta day %s", text, days[0])
	}
	return translated("%s meta day { %s }", text, strings.Join(days, ", "))
}
