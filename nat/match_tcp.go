package nat

import (
	"fmt"
	"strings"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// TCP is -m tcp: --sport, --dport, --tcp-flags, --syn and --tcp-option. Its rule must be one
// for protocol 6. The zero TCP matches every segment whose header is there.
type TCP struct {
	Src, Dst PortRange
	Flags    TCPFlags
	Option   uint8 // 0: not looked at
	NotOpt   bool
}

// TCPFlags matches segments whose flags among Mask are exactly Set. --syn is
// {Mask: SYN|RST|ACK|FIN, Set: SYN}. Mask 0 is not looked at.
type TCPFlags struct {
	Mask, Set TCPFlagSet
	Not       bool
}

// A TCPFlagSet is a set of flags as they lie in a segment: FIN is 1, SYN 2, RST 4, PSH 8,
// ACK 16 and URG 32.
type TCPFlagSet uint8

// checked leaves to the kernel's words what has no ports, as iptables does.
func (m TCP) checked(in setting) (Match, error) {
	isTCP := in.proto == Protocol{Number: ianaTCP}
	switch f := m.Flags; {
	case !isTCP && m == TCP{Option: m.Option, NotOpt: m.NotOpt}:
		return nil, ErrProtocol
	case !isTCP:
		return nil, ErrPort
	case f.Mask == 0 && f != TCPFlags{}, m.NotOpt && m.Option == 0:
		return nil, ErrValue
	}
	return m, checkPorts(true, m.Src, m.Dst)
}

// String prints the options in the order in which libxt_tcp does, whatever that was on the
// command line.
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

// String returns the flags as --tcp-flags has them, "SYN,ACK" or "NONE".
func (s TCPFlagSet) String() string {
	var names []string
	for i, name := range tcpFlagNames {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if names == nil {
		return "NONE"
	}
	return strings.Join(names, ",")
}

// tcpFlagNames are the flags by their bits, as iptables orders them.
var tcpFlagNames = []string{"FIN", "SYN", "RST", "PSH", "ACK", "URG"}

// compile has the digest tell single ports. Flags and options of TCP are not in it.
func (m TCP) compile(a *asking) matcher {
	if m == (TCP{Src: m.Src, Dst: m.Dst}) && a.ports(m.Src, m.Dst) {
		return nil
	}
	return m
}

// match is false for fragments without a header, inverted or not.
func (m TCP) match(p *packet) bool {
	return p.ports && m.Src.match(p.srcPort) && m.Dst.match(p.dstPort) && m.Flags.match(p.tcpFlags) &&
		(m.Option == 0 || hasTCPOption(p.l4, m.Option) != m.NotOpt)
}

func (f TCPFlags) match(flags uint8) bool {
	return f.Mask == 0 || (TCPFlagSet(flags)&f.Mask == f.Set) != f.Not
}

// hasTCPOption reports whether the header of segment has an option of a kind. As Linux
// it does not take the end of the options (kind 0) for their end.
func hasTCPOption(segment []byte, kind uint8) bool {
	if len(segment) < header.TCPMinimumSize {
		return false
	}
	size := int(segment[header.TCPDataOffset]>>4) * 4
	for i := header.TCPMinimumSize; i < min(size, len(segment)); {
		switch {
		case segment[i] == kind:
			return true
		case segment[i] <= 1 || i+1 == len(segment) || segment[i+1] == 0:
			i++
		default:
			i += int(segment[i+1])
		}
	}
	return false
}
