package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "owner", begin: beginOwner}, listOwner)

// beginOwner reads
//
//	[!] --uid-owner ID[-ID]                    root or a number, as the next
//	[!] --gid-owner ID[-ID] [--suppl-groups]
//	[!] --socket-exists
//
// Other names are not known: a machine has no users but root.
func beginOwner(*scope) *extension {
	var m nat.Owner
	e := &extension{name: "owner", match: func() nat.Match { return m }}
	id := func(name string, into *nat.IDRange) {
		e.options = append(e.options, textOption(name, func(value string, not bool) error {
			lo, hi, ok := parseIDs(value)
			if !ok {
				return badValue("owner", "--"+name, value)
			}
			*into = nat.IDRange{Min: lo, Max: hi, Set: true, Not: not}
			return nil
		}).inverted())
	}
	id("uid-owner", &m.UID)
	id("gid-owner", &m.GID)
	e.options = append(e.options,
		option{names: []string{"socket-exists"}, flag: true, not: true, set: func(_ string, not bool) error {
			m.Socket, m.NotSocket = true, not
			return nil
		}},
		option{names: []string{"suppl-groups"}, flag: true, set: func(string, bool) error {
			if m.Groups = true; !m.GID.Set {
				return badValue("owner", "--suppl-groups", "you need to use --gid-owner first")
			}
			return nil
		}})
	e.check = e.need("owner: At least one of --uid-owner, --gid-owner or --socket-exists is required")
	return e
}

// parseIDs reads "0", "root" or "0-999".
func parseIDs(s string) (lo, hi uint32, ok bool) {
	const most = 1<<32 - 2
	if s == "root" {
		return 0, 0, true
	}
	n, rest, ok := leadingUint(s)
	m := n
	if ok && rest != "" && (rest[0] == '-' || rest[0] == ':') {
		m, rest, ok = leadingUint(rest[1:])
	}
	return uint32(n), uint32(m), ok && rest == "" && n <= most && m <= most
}

func listOwner(m nat.Owner, c column) string {
	var parts []string
	add := func(set, not bool, text string) {
		if set {
			parts = append(parts, notOption(not)+text)
		}
	}
	name := func(r nat.IDRange) string {
		if !c.numeric && r.Min == 0 && r.Max == 0 {
			return "root"
		}
		return r.String()
	}
	add(m.Socket, m.NotSocket, "owner socket exists")
	add(m.UID.Set, m.UID.Not, "owner UID match "+name(m.UID))
	add(m.GID.Set, m.GID.Not, "owner GID match "+name(m.GID))
	add(m.Groups, false, "incl. suppl. groups")
	return strings.Join(parts, " ")
}
