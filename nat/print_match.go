package nat

import (
	"fmt"
	"strings"
)

func (m TCP) text() string {
	s := "-m tcp" + m.Src.text("--sport") + m.Dst.text("--dport")
	if m.Option != 0 {
		s += fmt.Sprintf(" %s--tcp-option %d", notOption(m.NotOpt), m.Option)
	}
	if m.Flags != (TCPFlags{}) {
		s += " " + notOption(m.Flags.Not) + "--tcp-flags " + tcpFlagText(m.Flags.Mask) + " " + tcpFlagText(m.Flags.Set)
	}
	return s
}

func (m TCP) list(numeric bool) string {
	s := "tcp" + m.Src.list("spt", ianaTCP, numeric) + m.Dst.list("dpt", ianaTCP, numeric)
	if m.Option != 0 {
		s += fmt.Sprintf(" option=%s%d", notValue(m.NotOpt), m.Option)
	}
	switch f := m.Flags; {
	case f == (TCPFlags{}):
	case numeric:
		s += fmt.Sprintf(" flags:%s0x%02X/0x%02X", notValue(f.Not), f.Mask, f.Set)
	default:
		s += " flags:" + notValue(f.Not) + tcpFlagText(f.Mask) + "/" + tcpFlagText(f.Set)
	}
	return s
}

func (m UDP) text() string {
	return "-m udp" + m.Src.text("--sport") + m.Dst.text("--dport")
}

func (m UDP) list(numeric bool) string {
	return "udp" + m.Src.list("spt", ianaUDP, numeric) + m.Dst.list("dpt", ianaUDP, numeric)
}

func (m Multiport) text() string {
	return "-m multiport " + notOption(m.Not) + "--" + m.Which.String() + " " + m.ports(0, true)
}

func (m Multiport) list(numeric bool) string { return m.listFor(0, numeric) }

// listFor is list in a rule of one protocol, whose services it may name.
func (m Multiport) listFor(proto uint8, numeric bool) string {
	not := ""
	if m.Not { // two blanks, as multiport prints it
		not = " !"
	}
	return "multiport " + m.Which.String() + " " + not + m.ports(proto, numeric)
}

func (m Multiport) ports(proto uint8, numeric bool) string {
	texts := make([]string, len(m.Ports))
	for i, p := range m.Ports {
		texts[i] = p.ports(":", proto, numeric)
	}
	return strings.Join(texts, ",")
}

// String returns the option of multiport without its dashes.
func (s PortSide) String() string {
	switch s {
	case SourcePorts:
		return "sports"
	case DestinationPorts:
		return "dports"
	}
	return "ports"
}

func (m ICMP) text() string {
	name, option := "icmp", "--icmp-type"
	if m.V6 {
		name, option = "icmp6", "--icmpv6-type"
	}
	s := "-m " + name + " " + notOption(m.Not) + option + " "
	if m.Any {
		if m.V6 { // which has no word for it
			return s + "255"
		}
		return s + "any"
	}
	s += fmt.Sprint(m.Type)
	if m.MinCode != 0 || m.MaxCode != 255 {
		s += fmt.Sprintf("/%d", m.MinCode)
		if m.MinCode != m.MaxCode { // iptables-save 1.8.9 forgets the end of a range
			s += fmt.Sprintf(":%d", m.MaxCode)
		}
	}
	return s
}

func (m ICMP) list(numeric bool) string {
	proto := "icmp"
	if m.V6 {
		proto = "ipv6-icmp"
	}
	if m.Any {
		m.Type, m.MinCode, m.MaxCode = 255, 0, 255
	}
	if name, ok := icmpNameOf(m); ok && !numeric {
		return proto + " " + notValue(m.Not) + name
	}
	s := proto
	if m.Not {
		s += " !"
	}
	s += fmt.Sprintf("type %d", m.Type)
	switch {
	case m.MinCode == m.MaxCode:
		s += fmt.Sprintf(" code %d", m.MinCode)
	case m.MinCode != 0 || m.MaxCode != 255:
		s += fmt.Sprintf(" codes %d-%d", m.MinCode, m.MaxCode)
	}
	return s
}

func (m Conntrack) text() string {
	return "-m conntrack " + notOption(m.Not) + "--ctstate " + m.States.String()
}

func (m Conntrack) list(bool) string { return notOption(m.Not) + "ctstate " + m.States.String() }

func (m State) text() string {
	return "-m state " + notOption(m.Not) + "--state " + m.States.String()
}

func (m State) list(bool) string { return notOption(m.Not) + "state " + m.States.String() }

func (m AddrType) text() string {
	s := "-m addrtype"
	if m.Src != 0 {
		s += " " + notOption(m.NotSrc) + "--src-type " + m.Src.String()
	}
	if m.Dst != 0 {
		s += " " + notOption(m.NotDst) + "--dst-type " + m.Dst.String()
	}
	return s
}

func (m AddrType) list(bool) string {
	s := "ADDRTYPE match"
	if m.Src != 0 {
		s += " src-type " + notValue(m.NotSrc) + m.Src.String()
	}
	if m.Dst != 0 {
		s += " dst-type " + notValue(m.NotDst) + m.Dst.String()
	}
	return s
}

func (m MarkMatch) text() string {
	return "-m mark " + notOption(m.Not) + "--mark " + withMask(m.Value, m.Mask)
}

func (m MarkMatch) list(bool) string {
	return "mark match " + notOption(m.Not) + withMask(m.Value, m.Mask)
}

// limitBurst is the burst of a Limit unless another is given.
const limitBurst = 5

// String returns the unit as iptables-save prints it.
func (u LimitUnit) String() string {
	switch u {
	case PerDay:
		return "day"
	case PerHour:
		return "hour"
	case PerMinute:
		return "min"
	}
	return "sec"
}

func (m Limit) text() string {
	s := fmt.Sprintf("-m limit --limit %d/%s", m.Count, m.Unit)
	if m.Burst != limitBurst {
		s += fmt.Sprintf(" --limit-burst %d", m.Burst)
	}
	return s
}

func (m Limit) list(bool) string {
	return fmt.Sprintf("limit: avg %d/%s burst %d", m.Count, m.Unit, m.Burst)
}

func (m Comment) text() string { return "-m comment --comment " + quoteString(m.Text) }

func (m Comment) list(bool) string { return "/* " + m.Text + " */" }

func (m Physdev) text() string { return "-m physdev" + m.options() }

func (m Physdev) list(bool) string { return "PHYSDEV match" + m.options() }

func (m Physdev) options() string {
	s := ""
	flag := func(set, not bool, option string) {
		if set {
			s += " " + notOption(not) + option
		}
	}
	name := func(i Interface, option string) {
		if i.Name != "" {
			s += " " + notOption(i.Not) + option + " " + quoteName(i.Name)
		}
	}
	flag(m.IsIn, m.NotIsIn, "--physdev-is-in")
	name(m.In, "--physdev-in")
	flag(m.IsOut, m.NotIsOut, "--physdev-is-out")
	name(m.Out, "--physdev-out")
	flag(m.IsBridged, m.NotBridged, "--physdev-is-bridged")
	return s
}
