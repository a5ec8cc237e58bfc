package iptables

import (
	"strings"

	"drydock/nat"
	"drydock/nat/conntrack"
)

var _ = registerMatch(matchKind{name: "conntrack", begin: beginConntrack}, listConntrack)

// beginConntrack reads
//
//	[!] --ctstate INVALID|NEW|RELATED|ESTABLISHED|UNTRACKED|SNAT|DNAT,…
//	[!] --ctproto PROTOCOL
//	[!] --ctorigsrc, --ctorigdst, --ctreplsrc, --ctrepldst ADDR[/MASK]
//	[!] --ctorigsrcport, --ctorigdstport, --ctreplsrcport, --ctrepldstport PORT[:PORT]
//	[!] --ctstatus NONE|EXPECTED|SEEN_REPLY|ASSURED|CONFIRMED,…
//	[!] --ctexpire SECONDS[:SECONDS]
//	--ctdir ORIGINAL|REPLY
//
// SNAT and DNAT are no states of a packet but say that its connection is translated.
func beginConntrack(s *scope) *extension {
	var m nat.Conntrack
	e := &extension{name: "conntrack", match: func() nat.Match { return m }}
	add := func(name string, set func(value string, not bool) error) {
		e.options = append(e.options, option{names: []string{name}, not: true, set: set})
	}
	add("ctstate", func(value string, not bool) (err error) {
		m.Not = not
		m.States, err = parseStates(value, "ctstate", append(states, nat.StateSNAT, nat.StateDNAT))
		return err
	})
	add("ctproto", func(value string, not bool) (err error) {
		m.Proto = nat.ConnProto{Set: true, Not: not}
		m.Proto.Number, err = parseProtocol(value)
		return err
	})
	for _, end := range []struct {
		name  string
		addr  *nat.Network
		ports *nat.PortRange
	}{
		{"ctorigsrc", &m.Original.Src, &m.Original.SrcPort}, {"ctorigdst", &m.Original.Dst, &m.Original.DstPort},
		{"ctreplsrc", &m.Reply.Src, &m.Reply.SrcPort}, {"ctrepldst", &m.Reply.Dst, &m.Reply.DstPort},
	} {
		add(end.name, func(value string, not bool) (err error) {
			*end.addr, err = parseHostMask(value, s.v6, "conntrack", end.name)
			end.addr.Not = not
			return err
		})
		add(end.name+"port", func(value string, not bool) (err error) {
			*end.ports, err = parseAnyPorts(value, "conntrack", end.name+"port")
			end.ports.Not = not
			return err
		})
	}
	add("ctstatus", func(value string, not bool) (err error) {
		m.Status.Set, m.Status.Not = true, not
		m.Status.Any, err = parseConnStatus(value)
		return err
	})
	add("ctexpire", func(value string, not bool) (err error) {
		m.Expire.Set, m.Expire.Not = true, not
		lo, hi, _, err := parseUintRange(value, "conntrack", "ctexpire", 1<<32-1)
		m.Expire.Min, m.Expire.Max = uint32(lo), uint32(hi)
		return err
	})
	e.options = append(e.options, option{names: []string{"ctdir"}, set: func(value string, _ bool) (err error) {
		m.Dir, err = parseConnDir(value)
		return err
	}})
	e.check = e.need("conntrack: At least one option is required")
	return e
}

// listConntrack prints the options without their dashes, and an address of zeros by name.
func listConntrack(m nat.Conntrack, c column) string {
	var all []string
	for _, o := range m.Options() {
		if !c.numeric && (strings.HasPrefix(o.Value, "0.0.0.0") || o.Value == "::" || strings.HasPrefix(o.Value, "::/")) {
			o.Value = nat.Network{}.String() // anywhere
		}
		all = append(all, notOption(o.Not)+o.Name+" "+o.Value)
	}
	return strings.Join(all, " ")
}

// states are those that packets have, in the order in which iptables looks for a
// beginning.
var states = []nat.StateSet{nat.StateInvalid, nat.StateNew, nat.StateEstablished, nat.StateRelated, nat.StateUntracked}

// parseStates reads "RELATED,ESTABLISHED", of each the beginning in either case.
func parseStates(list, option string, known []nat.StateSet) (nat.StateSet, error) {
	var set nat.StateSet
	bad, ok := eachName(list, func(name string) bool {
		for _, s := range known {
			if begins(s.String(), name) {
				set |= s
				return true
			}
		}
		return false
	})
	if !ok {
		return 0, wrong("Bad %s \"%s\"", option, bad)
	}
	return set, nil
}

// connStatuses are those that iptables has names for, in its order. NONE is no bit.
var connStatuses = []conntrack.Status{0, conntrack.Expected, conntrack.SeenReply, conntrack.Assured, conntrack.Confirmed}

// parseConnStatus reads "SEEN_REPLY,ASSURED" as states are read.
func parseConnStatus(list string) (conntrack.Status, error) {
	var set conntrack.Status
	bad, ok := eachName(list, func(name string) bool {
		for _, s := range connStatuses {
			if begins(nat.ConnStatus{Any: s}.String(), name) {
				set |= s
				return true
			}
		}
		return false
	})
	if !ok {
		return 0, wrong("Bad ctstatus \"%s\"", bad)
	}
	return set, nil
}

// parseConnDir reads a whole word in either case.
func parseConnDir(s string) (nat.ConnDir, error) {
	for _, d := range []nat.ConnDir{nat.OriginalDir, nat.ReplyDir} {
		if strings.EqualFold(d.String(), s) {
			return d, nil
		}
	}
	return 0, wrong("conntrack: Bad value for \"--ctdir\" option: \"%s\"", s)
}
