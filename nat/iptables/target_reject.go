package iptables

import "drydock/nat"

var _ = registerTarget(targetKind{name: "REJECT", begin: beginReject}, listReject)

// beginReject reads
//
//	--reject-with TYPE                         icmp-port-unreachable unless given, tcp-reset …
//
// of which a beginning is enough, and so it is of the older names: the first that fits, in
// the order of the tables below.
func beginReject(s *scope) *extension {
	t, kinds := nat.Reject{With: nat.ICMPPortUnreachable}, rejects
	if s.v6 {
		t.With, kinds = nat.ICMP6PortUnreachable, rejects6
	}
	return &extension{name: "REJECT", target: func() nat.Target { return t }, options: []option{
		{names: []string{"reject-with"}, set: func(value string, _ bool) error {
			// An empty word begins everything, and is the first.
			for _, k := range kinds {
				if value == "" || begins(string(k.with), value) || begins(k.alias, value) {
					t.With = k.with
					return nil
				}
			}
			return wrong("unknown reject type \"%s\"", value)
		}},
	}}
}

// listReject prints the answer even where it is the default.
func listReject(t nat.Reject, _ column) (name, text string) {
	if t.With != "" {
		text = "reject-with " + string(t.With)
	}
	return "REJECT", text
}

// rejects are the answers of REJECT with iptables' other names for them, in the
// order in which it looks for a beginning.
var rejects = []struct {
	with  nat.RejectWith
	alias string
}{
	{nat.ICMPNetUnreachable, "net-unreach"}, {nat.ICMPHostUnreachable, "host-unreach"},
	{nat.ICMPProtoUnreachable, "proto-unreach"}, {nat.ICMPPortUnreachable, "port-unreach"},
	{nat.ICMPNetProhibited, "net-prohib"}, {nat.ICMPHostProhibited, "host-prohib"},
	{nat.TCPReset, "tcp-rst"}, {nat.ICMPAdminProhibited, "admin-prohib"},
}

var rejects6 = []struct {
	with  nat.RejectWith
	alias string
}{
	{nat.ICMP6NoRoute, "no-route"}, {nat.ICMP6AdminProhibited, "adm-prohibited"},
	{nat.ICMP6AddrUnreachable, "addr-unreach"}, {nat.ICMP6PortUnreachable, "port-unreach"},
	{nat.TCPReset, "tcp-reset"}, {nat.ICMP6PolicyFail, "policy-fail"}, {nat.ICMP6RejectRoute, "reject-route"},
}
