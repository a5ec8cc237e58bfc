package nat

import (
	"fmt"
	"strings"

	"drydock/nat/internal/words"
)

func (m TCP) String() string {
	s := "-m tcp" + m.Src.text("--sport") + m.Dst.text("--dport")
	if m.Option != 0 {
		s += fmt.Sprintf(" %s--tcp-option %d", notOption(m.NotOpt), m.Option)
	}
	if m.Flags != (TCPFlags{}) {
		s += " " + notOption(m.Flags.Not) + "--tcp-flags " + m.Flags.Mask.String() + " " + m.Flags.Set.String()
	}
	return s
}

func (m UDP) String() string {
	return "-m udp" + m.Src.text("--sport") + m.Dst.text("--dport")
}

func (m Multiport) String() string {
	ports := make([]string, len(m.Ports))
	for i, p := range m.Ports {
		ports[i] = portsText(p.Lo, p.Hi, ":")
	}
	return "-m multiport " + notOption(m.Not) + "--" + m.Which.String() + " " + strings.Join(ports, ",")
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

func (m ICMP) String() string {
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

func (m Conntrack) String() string {
	return "-m conntrack " + notOption(m.Not) + "--ctstate " + m.States.String()
}

func (m State) String() string {
	return "-m state " + notOption(m.Not) + "--state " + m.States.String()
}

func (m AddrType) String() string {
	s := "-m addrtype"
	if m.Src != 0 {
		s += " " + notOption(m.NotSrc) + "--src-type " + m.Src.String()
	}
	if m.Dst != 0 {
		s += " " + notOption(m.NotDst) + "--dst-type " + m.Dst.String()
	}
	return s
}

func (m MarkMatch) String() string {
	return "-m mark " + notOption(m.Not) + "--mark " + withMask(m.Value, m.Mask)
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

func (m Limit) String() string {
	s := fmt.Sprintf("-m limit --limit %d/%s", m.Count, m.Unit)
	if m.Burst != limitBurst {
		s += fmt.Sprintf(" --limit-burst %d", m.Burst)
	}
	return s
}

func (m Comment) String() string { return "-m comment --comment " + words.Quote(m.Text) }

func (m Physdev) String() string {
	s := "-m physdev"
	flag := func(set, not bool, option string) {
		if set {
			s += " " + notOption(not) + option
		}
	}
	name := func(i Interface, option string) {
		if i.Name != "" {
			s += " " + notOption(i.Not) + option + " " + words.Name(i.Name)
		}
	}
	flag(m.IsIn, m.NotIsIn, "--physdev-is-in")
	name(m.In, "--physdev-in")
	flag(m.IsOut, m.NotIsOut, "--physdev-is-out")
	name(m.Out, "--physdev-out")
	flag(m.IsBridged, m.NotBridged, "--physdev-is-bridged")
	return s
}
