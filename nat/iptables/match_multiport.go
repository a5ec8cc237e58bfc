package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "multiport", begin: beginMultiport}, listMultiport)

// beginMultiport reads one of
//
//	[!] --source-ports, --sports PORT[:PORT],…
//	[!] --destination-ports, --dports PORT[:PORT],…
//	[!] --ports PORT[:PORT],…                  at either end
//
// The protocol decides which names of services are known, so -p must precede. "expection"
// is how iptables spells it.
func beginMultiport(s *scope) *extension {
	var m nat.Multiport
	e := &extension{name: "multiport", match: func() nat.Match { return m }}
	add := func(which nat.PortSide, names ...string) {
		e.options = append(e.options, option{names: names, not: true, only: true, set: func(value string, not bool) (err error) {
			m.Which, m.Not = which, not
			m.Ports, err = parseMultiport(value, s.proto)
			return err
		}})
	}
	add(nat.SourcePorts, "source-ports", "sports", "source-port")
	add(nat.DestinationPorts, "destination-ports", "dports", "destination-port")
	add(nat.EitherPorts, "ports", "port")
	e.check = e.need("multiport expection an option")
	return e
}

// maxMultiport is XT_MULTI_PORTS: how many numbers there may be, of which a range has two.
const maxMultiport = 15

// parseMultiport reads "80,443,1000:2000".
func parseMultiport(list string, proto nat.Protocol) ([]nat.PortRange, error) {
	switch proto.Number {
	case 0:
		return nil, wrong("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'")
	case ianaTCP, ianaUDP, ianaUDPLite, ianaSCTP, ianaDCCP:
	default:
		proto.Not = true
	}
	if proto.Not {
		return nil, wrong("multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP")
	}
	var ports []nat.PortRange
	numbers := 0
	for s := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(s, ":")
		// The numbers are counted before they are read, so that the 16th is too many even
		// if it is none.
		if numbers++; isRange {
			numbers++
		}
		if numbers > maxMultiport {
			return nil, wrong("too many ports specified")
		}
		lo, err := parsePort(first, proto.Number)
		if err != nil {
			return nil, err
		}
		hi := lo
		if isRange {
			if hi, err = parsePort(last, proto.Number); err != nil {
				return nil, err
			}
			if hi <= lo {
				return nil, wrong("invalid portrange specified")
			}
		}
		ports = append(ports, nat.PortRange{Lo: lo, Hi: hi})
	}
	return ports, nil
}

// listMultiport names the services of the protocol of the rule, which multiport has no
// other way to know than the rule itself.
func listMultiport(m nat.Multiport, c column) string {
	not := ""
	if m.Not { // two blanks, as multiport prints it
		not = " !"
	}
	ports := make([]string, len(m.Ports))
	for i, p := range m.Ports {
		ports[i] = portsText(p.Lo, p.Hi, ":", c.proto, c.numeric)
	}
	return "multiport " + m.Which.String() + " " + not + strings.Join(ports, ",")
}
