package nat

import (
	"fmt"
	"strings"

	"drydock/nat/conntrack"
)

// String prints the options in the order in which libxt_conntrack does.
func (m Conntrack) String() string {
	s := "-m conntrack"
	for _, o := range m.Options() {
		s += " " + notOption(o.Not) + "--" + o.Name + " " + o.Value
	}
	return s
}

// A ConnOption is one of the options of a Conntrack.
type ConnOption struct {
	Name, Value string // "ctstate", "NEW"
	Not         bool
}

// Options returns what the match asks for, as its options in the order in which lists have
// them.
func (m Conntrack) Options() []ConnOption {
	var all []ConnOption
	add := func(set bool, name, value string, not bool) {
		if set {
			all = append(all, ConnOption{name, value, not})
		}
	}
	add(m.States != 0, "ctstate", m.States.String(), m.Not)
	add(m.Proto.Set, "ctproto", fmt.Sprint(m.Proto.Number), m.Proto.Not)
	addr := func(name string, n Network) { add(n.Addr.IsValid(), name, n.shortPrefix(), n.Not) }
	addr("ctorigsrc", m.Original.Src)
	addr("ctorigdst", m.Original.Dst)
	addr("ctreplsrc", m.Reply.Src)
	addr("ctrepldst", m.Reply.Dst)
	ports := func(name string, r PortRange) { add(r.Set, name, portsText(r.Lo, r.Hi, ":"), r.Not) }
	ports("ctorigsrcport", m.Original.SrcPort)
	ports("ctorigdstport", m.Original.DstPort)
	ports("ctreplsrcport", m.Reply.SrcPort)
	ports("ctrepldstport", m.Reply.DstPort)
	add(m.Status.Set, "ctstatus", m.Status.String(), m.Status.Not)
	add(m.Expire.Set, "ctexpire", m.Expire.String(), m.Expire.Not)
	add(m.Dir != EitherDir, "ctdir", m.Dir.String(), false)
	return all
}

// shortPrefix returns the network as matches print addresses: one without a mask, and a mask of
// length 0 is shown.
func (n Network) shortPrefix() string {
	full := "/32"
	if n.Addr.Is6() {
		full = "/128"
	}
	return strings.TrimSuffix(n.prefix(), full)
}

// connStatusNames are in the order in which iptables prints them.
var connStatusNames = []struct {
	name string
	bit  conntrack.Status
}{
	{"EXPECTED", conntrack.Expected}, {"SEEN_REPLY", conntrack.SeenReply},
	{"ASSURED", conntrack.Assured}, {"CONFIRMED", conntrack.Confirmed},
}

// String returns the bits as --ctstatus has them.
func (s ConnStatus) String() string {
	var names []string
	for _, n := range connStatusNames {
		if s.Any&n.bit != 0 {
			names = append(names, n.name)
		}
	}
	if names == nil {
		return "NONE"
	}
	return strings.Join(names, ",")
}

// String returns the seconds as --ctexpire has them.
func (e ConnExpire) String() string {
	if e.Min == e.Max {
		return fmt.Sprint(e.Min)
	}
	return fmt.Sprintf("%d:%d", e.Min, e.Max)
}

// String returns the direction as --ctdir has it, "" for either.
func (d ConnDir) String() string {
	switch d {
	case OriginalDir:
		return "ORIGINAL"
	case ReplyDir:
		return "REPLY"
	}
	return ""
}
