package iptables

import (
	"fmt"
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "tcp", proto: ianaTCP, begin: beginTCP}, listTCP)

// beginTCP reads
//
//	[!] --source-port, --sport PORT[:PORT]     a name of a service or a number
//	[!] --destination-port, --dport PORT[:PORT]
//	[!] --tcp-flags MASK SET                   as in --tcp-flags SYN,ACK SYN; ALL, NONE
//	[!] --syn                                  --tcp-flags SYN,RST,ACK,FIN SYN
//	[!] --tcp-option NUMBER
//
// The options ask for -p tcp when the rule is made: it may follow -m tcp. That -m tcp alone,
// or --tcp-option, is in a rule of another protocol the kernel finds, in words of its own.
func beginTCP(s *scope) *extension {
	var m nat.TCP
	void := false // that something was asked for that 1.8.9 forgets
	match := func() nat.Match {
		if void && m == (nat.TCP{}) {
			return nil
		}
		return m
	}
	parse := func(value string) (nat.PortRange, error) { return parsePorts(value, ianaTCP) }
	made := func() error {
		if s.proto.Number != ianaTCP && m.Option == 0 && (void || m != (nat.TCP{})) {
			return wrong("TCP match requires '-p tcp'")
		}
		return nil
	}
	// --syn and --tcp-flags may each come more than once for the parser of options, but
	// only one of them at all.
	flags := 0
	setFlags := func(mask, set string, not bool) error {
		if flags++; flags > 1 {
			return wrong("Only one of `--syn' or `--tcp-flags'  allowed")
		}
		var err error
		if m.Flags.Mask, err = parseTCPFlags(mask); err != nil {
			return err
		}
		m.Flags.Set, err = parseTCPFlags(set)
		if m.Flags.Not = not; m.Flags.Mask == 0 {
			void = void || m.Flags != nat.TCPFlags{}
			m.Flags = nat.TCPFlags{}
		}
		return err
	}
	return &extension{name: "tcp", match: match, made: made,
		twice: func(option string) error { return wrong("Only one `--%s' allowed", option) },
		options: []option{
			portOption(&m.Src, &void, parse, "source-port", "sport"),
			portOption(&m.Dst, &void, parse, "destination-port", "dport"),
			{names: []string{"syn"}, flag: true, not: true, many: true, set: func(_ string, not bool) error {
				return setFlags("SYN,RST,ACK,FIN", "SYN", not)
			}},
			{names: []string{"tcp-flags"}, not: true, many: true, second: true, set: func(value string, not bool) error {
				mask, set, _ := strings.Cut(value, "\x00")
				return setFlags(mask, set, not)
			}},
			{names: []string{"tcp-option"}, not: true, set: func(value string, not bool) error {
				n, ok := parseUint(value, 255)
				if !ok || n == 0 {
					return wrong("Bad TCP option \"%s\"", value)
				}
				m.Option, m.NotOpt = uint8(n), not
				return nil
			}},
		}}
}

// allTCPFlags are those that iptables has names for.
const allTCPFlags nat.TCPFlagSet = 0x3f

// parseTCPFlags reads "SYN,ACK", "ALL" or "NONE".
func parseTCPFlags(list string) (flags nat.TCPFlagSet, err error) {
	for name := range strings.SplitSeq(list, ",") {
		set, known := nat.TCPFlagSet(0), name == "" || strings.EqualFold(name, "NONE")
		if strings.EqualFold(name, "ALL") {
			set, known = allTCPFlags, true
		}
		for bit := nat.TCPFlagSet(1); bit < allTCPFlags; bit <<= 1 {
			if strings.EqualFold(bit.String(), name) {
				set, known = bit, true
			}
		}
		if !known {
			return 0, wrong("Unknown TCP flag `%s'", name)
		}
		flags |= set
	}
	return flags, nil
}

// listTCP prints flags by name or, with -n, as two numbers: "flags:0x17/0x02".
func listTCP(m nat.TCP, c column) string {
	s := "tcp" + listPorts(m.Src, "spt", ianaTCP, c.numeric) + listPorts(m.Dst, "dpt", ianaTCP, c.numeric)
	if m.Option != 0 {
		s += fmt.Sprintf(" option=%s%d", notValue(m.NotOpt), m.Option)
	}
	switch f := m.Flags; {
	case f == (nat.TCPFlags{}):
	case c.numeric:
		s += fmt.Sprintf(" flags:%s0x%02X/0x%02X", notValue(f.Not), uint8(f.Mask), uint8(f.Set))
	default:
		s += " flags:" + notValue(f.Not) + f.Mask.String() + "/" + f.Set.String()
	}
	return s
}
