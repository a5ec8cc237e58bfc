package nftables

import (
	"fmt"
	"strings"

	"drydock/nat"
)

// xtStates are in the order of libxtables.
var xtStates = []struct {
	state nat.StateSet
	name  string
}{{nat.StateInvalid, "invalid"}, {nat.StateNew, "new"}, {nat.StateRelated, "related"}, {nat.StateEstablished, "established"}, {nat.StateUntracked, "untracked"}}

func statesText(states nat.StateSet) string {
	var names []string
	for _, s := range xtStates {
		if states&s.state != 0 {
			names = append(names, s.name)
		}
	}
	return strings.Join(names, ",")
}

// conntrackText forgets other states beside those of translations, and that they are inverted, as libxtables does.
func conntrackText(m nat.Conntrack) string {
	var parts []string
	add := func(name string, not bool, format string, args ...any) {
		parts = append(parts, fmt.Sprintf("ct "+name+" "+unless(not, "!= ")+format, args...))
	}
	switch m.Dir {
	case nat.OriginalDir:
		add("direction", false, "original")
	case nat.ReplyDir:
		add("direction", false, "reply")
	}
	if m.Proto.Set {
		add("original protocol", m.Proto.Not, "%d", m.Proto.Number)
	}
	switch {
	case m.States&nat.StateSNAT != 0:
		add("status", false, "snat")
	case m.States&nat.StateDNAT != 0:
		add("status", false, "dnat")
	case m.States != 0:
		add("state", false, "%s%s", unless(m.Not, "! "), statesText(m.States))
	}
	if m.Status.Set {
		parts = append(parts, strings.TrimSuffix("ct status "+unless(m.Status.Not, "! ")+statusText(uint64(m.Status.Any)), " "))
	}
	if m.Expire.Set {
		add("expiration", m.Expire.Not, "%s", spanText(m.Expire.Min, m.Expire.Max))
	}
	ends := []struct {
		name string
		nat.ConnEnds
	}{{"original", m.Original}, {"reply", m.Reply}}
	for _, e := range ends {
		addEnd(add, e.name+" saddr", e.Src)
		addEnd(add, e.name+" daddr", e.Dst)
	}
	for _, e := range ends {
		for _, p := range []struct {
			name string
			nat.PortRange
		}{{"src", e.SrcPort}, {"dst", e.DstPort}} {
			if p.Set {
				add(e.name+" proto-"+p.name, p.Not, "%s", spanText(uint32(p.Lo), uint32(p.Hi)))
			}
		}
	}
	return strings.Join(parts, " ")
}

func addEnd(add func(name string, not bool, format string, args ...any), name string, n nat.Network) {
	if n.Addr.IsValid() {
		add(name, n.Not, "%s%s", n.Addr, prefixText(n.Mask))
	}
}

// statusText knows what --ctstatus does.
func statusText(status uint64) string {
	var names []string
	for _, s := range typeStatus.names[:4] {
		if status&s.value != 0 {
			names = append(names, s.name)
		}
	}
	return strings.Join(names, ",")
}
