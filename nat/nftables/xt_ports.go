package nftables

import (
	"fmt"
	"strings"

	"drydock/nat"
)

// xtTCP is native but for the match of an option, and for one without conditions.
func xtTCP(m nat.TCP) (parts []part) {
	if m == (nat.TCP{}) {
		return []part{translated("")}
	}
	ports := xtPorts("tcp", 6, m.Src, m.Dst)
	if m.Flags.Mask != 0 {
		parts = append(parts, part{text: tcpFlagsText(m.Flags), native: true, proto: 6})
	}
	if m.Option == 0 {
		return append(parts, ports...)
	}
	var texts []string
	for _, p := range append(ports, part{text: fmt.Sprintf("tcp option %d %s", m.Option, map[bool]string{true: "missing", false: "exists"}[m.NotOpt])}) {
		texts = append(texts, p.text)
	}
	for _, p := range parts {
		texts = append(texts, p.text)
	}
	return []part{translated("%s", strings.Join(texts, " "))}
}

func tcpFlagsText(f nat.TCPFlags) string {
	set, mask := typeTCPFlag.formatFlags(uint64(f.Set), false), typeTCPFlag.formatFlags(uint64(f.Mask), false)
	switch {
	case f.Set == 0 && f.Not:
		return "tcp flags " + mask
	case f.Set == 0:
		return "tcp flags ! " + mask
	case f.Set == f.Mask && !strings.Contains(mask, ","):
		return fmt.Sprintf("tcp flags & %s %s %s", mask, map[bool]string{true: "!=", false: "=="}[f.Not], set)
	}
	return fmt.Sprintf("tcp flags %s%s / %s", unless(f.Not, "!= "), set, mask)
}

func xtPorts(header string, proto uint8, src, dst nat.PortRange) (parts []part) {
	for _, p := range []struct {
		name string
		nat.PortRange
	}{{"sport", src}, {"dport", dst}} {
		if p.Set {
			parts = append(parts, part{text: header + " " + p.name + " " + portsText(p.PortRange), native: true, proto: proto})
		}
	}
	return parts
}

func portsText(p nat.PortRange) string {
	if p.Lo == 0 && p.Hi > 0 {
		return map[bool]string{true: "> ", false: "<= "}[p.Not] + fmt.Sprint(p.Hi)
	}
	return unless(p.Not, "!= ") + spanText(uint32(p.Lo), uint32(p.Hi))
}

// multiportText does not invert --ports, as libxtables.
func multiportText(m nat.Multiport, proto string) string {
	ports := make([]string, len(m.Ports))
	for i, p := range m.Ports {
		ports[i] = spanText(uint32(p.Lo), uint32(p.Hi))
	}
	if m.Which == nat.EitherPorts {
		var pairs []string
		for _, p := range m.Ports {
			for _, port := range both(p) {
				pairs = append(pairs, fmt.Sprintf("0-65535 . %d, %[1]d . 0-65535", port))
			}
		}
		return fmt.Sprintf("%s sport . %[1]s dport { %s }", proto, strings.Join(pairs, ", "))
	}
	text := proto + map[nat.PortSide]string{nat.SourcePorts: " sport ", nat.DestinationPorts: " dport "}[m.Which] + unless(m.Not, "!= ")
	if len(ports) == 1 {
		return text + ports[0]
	}
	return text + "{ " + strings.Join(ports, ", ") + " }"
}

// both returns the ends of a range.
func both(p nat.PortRange) []uint16 {
	if p.Lo == p.Hi {
		return []uint16{p.Lo}
	}
	return []uint16{p.Lo, p.Hi}
}
