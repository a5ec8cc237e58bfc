package iptables

import (
	"drydock/nat/internal/words"

	"fmt"
	"math/rand/v2"
	"strings"
)

// A lineMaker makes random rules as words of a command line, all of them valid in
// the chain they are made for.
type lineMaker struct {
	*rand.Rand
	v6 bool
}

func (g lineMaker) one(of ...string) string { return of[g.IntN(len(of))] }

func (g lineMaker) maybe(n int) bool { return g.IntN(n) == 0 }

// not returns "! " now and then.
func (g lineMaker) not() string { return g.one("", "", "", "! ") }

func (g lineMaker) port() string { return fmt.Sprint(1 + g.IntN(65535)) }

func (g lineMaker) ports(dash string) string {
	lo := 1 + g.IntN(65000)
	if g.maybe(2) {
		return fmt.Sprint(lo)
	}
	return fmt.Sprintf("%d%s%d", lo, dash, lo+1+g.IntN(500))
}

func (g lineMaker) addr() string {
	if g.v6 {
		return fmt.Sprintf("fd00::%x:%x", 1+g.IntN(0xfffe), 1+g.IntN(0xfffe))
	}
	return fmt.Sprintf("10.%d.%d.%d", g.IntN(256), g.IntN(256), g.IntN(256))
}

func (g lineMaker) network() string {
	switch g.IntN(4) {
	case 0:
		return g.addr()
	case 1:
		if !g.v6 {
			return g.addr() + g.one("/255.255.255.0", "/255.0.255.0", "/0.0.0.255", "/255.255.240.0")
		}
		return g.addr() + g.one("/ffff:ffff::", "/ffff::ffff", "/::1")
	}
	if g.v6 {
		return fmt.Sprintf("%s/%d", g.addr(), 1+g.IntN(128))
	}
	return fmt.Sprintf("%s/%d", g.addr(), 1+g.IntN(32))
}

func (g lineMaker) text(n int) string {
	const letters = `abcXYZ019 _-.,:;/()'"\!*$%é`
	var b strings.Builder
	for range 1 + g.IntN(n) {
		b.WriteByte(letters[g.IntN(len(letters))])
	}
	return words.Quote(b.String())
}

// rule returns "-p tcp … -j DROP" for a chain of a table.
func (g lineMaker) rule(table, chain string) string {
	var b strings.Builder
	add := func(format string, args ...any) { fmt.Fprintf(&b, " "+format, args...) }
	if g.maybe(2) {
		add("%s-s %s", g.not(), g.network())
	}
	if g.maybe(2) {
		add("%s-d %s", g.not(), g.network())
	}
	iface := func() string { return g.one("eth0", "docker0", "br-+", "lo", "veth+", "eth0.100") }
	if g.maybe(3) && chain != "OUTPUT" && chain != "POSTROUTING" {
		add("%s-i %s", g.not(), iface())
	}
	if g.maybe(3) && chain != "INPUT" && chain != "PREROUTING" {
		add("%s-o %s", g.not(), iface())
	}
	proto := g.one("", "tcp", "udp", "icmp", "sctp", "47", "TCP", "17", "all")
	if g.v6 {
		proto = g.one("", "tcp", "udp", "ipv6-icmp", "icmpv6", "sctp", "47", "Udp", "6")
	}
	if proto != "" {
		add("-p %s", proto)
	}
	if g.maybe(10) && !g.v6 {
		add("%s-f", g.not())
	}
	if g.maybe(2) {
		add("%s", g.match(0, strings.ToLower(proto)))
	}
	for _, kind := range g.Perm(9)[:g.IntN(3)] { // each once, as their options
		add("%s", g.match(4+kind, ""))
	}
	if t := g.target(table, chain, strings.ToLower(proto)); t != "" {
		add("%s", t)
	}
	return strings.TrimPrefix(b.String(), " ")
}

func (g lineMaker) match(kind int, proto string) string {
	states := func(of ...string) string {
		g.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
		return strings.Join(of[:1+g.IntN(len(of))], ",")
	}
	switch {
	case kind == 0 && (proto == "tcp" || proto == "6"):
		return g.one(
			g.not()+"--dport "+g.ports(":"), "-m tcp "+g.not()+"--sport "+g.ports(":"), g.not()+"--syn",
			"--tcp-flags "+states("SYN", "ACK", "FIN", "RST", "PSH", "URG")+" "+states("SYN", "ACK", "FIN"),
			"-m multiport "+g.not()+"--"+g.one("sports", "dports", "ports")+" "+g.ports(":")+","+g.port())
	case kind == 0 && (proto == "udp" || proto == "17"):
		return g.one("--dport "+g.ports(":"), g.not()+"--sport "+g.port(), "-m multiport --dports 53,67:68,"+g.port())
	case kind == 0 && proto == "icmp":
		return g.not() + "--icmp-type " + g.one("echo-request", "8", "3/4", "11", "host-unreachable", "any")
	case kind == 0 && (proto == "icmpv6" || proto == "ipv6-icmp"):
		return g.not() + "--icmpv6-type " + g.one("echo-request", "128", "1/4", "neighbour-solicitation", "2")
	case kind == 4:
		return "-m state " + g.not() + "--state " + states("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED")
	case kind == 5:
		also := "BROADCAST"
		if g.v6 { // which has none
			also = "UNREACHABLE"
		}
		return "-m addrtype " + g.one("", "! ") + "--dst-type " + states("LOCAL", "UNICAST", also, "MULTICAST")
	case kind == 6:
		return "-m addrtype --src-type " + states("LOCAL", "UNICAST", "ANYCAST") + " " + g.not() + "--dst-type LOCAL"
	case kind == 7:
		return fmt.Sprintf("-m mark %s--mark %#x/%#x", g.not(), g.Uint32(), g.Uint32())
	case kind == 8:
		return fmt.Sprintf("-m limit --limit %d/%s --limit-burst %d", 1+g.IntN(200), g.one("sec", "min", "hour", "day"), 1+g.IntN(50))
	case kind == 9:
		return "-m comment --comment " + g.text(20)
	case kind == 12:
		return "-m conntrack" + g.connOptions(states)
	case kind == 10:
		return "-m physdev " + g.not() + "--physdev-in " + g.one("veth0", "veth+")
	}
	return "-m conntrack " + g.not() + "--ctstate " + states("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED", "SNAT", "DNAT")
}

// connOptions returns some options of conntrack other than --ctstate, in any order.
func (g lineMaker) connOptions(states func(...string) string) string {
	masked := func() string {
		if g.v6 {
			return fmt.Sprintf("%s/%d", g.addr(), g.IntN(129))
		}
		return fmt.Sprintf("%s/%d", g.addr(), g.IntN(33))
	}
	port := func() string { return fmt.Sprintf("%d:%d", g.IntN(65536), 1+g.IntN(65535)) }
	options := []string{
		g.not() + "--ctproto " + g.one("tcp", "udp", "0", "47"), g.not() + "--ctorigsrc " + masked(), g.not() + "--ctorigdst " + g.addr(),
		g.not() + "--ctreplsrc " + masked(), g.not() + "--ctrepldst " + masked(), g.not() + "--ctorigsrcport " + port(),
		g.not() + "--ctorigdstport " + g.port(), g.not() + "--ctreplsrcport " + g.one("80:", ":80", "http"), g.not() + "--ctrepldstport " + port(),
		g.not() + "--ctstatus " + states("NONE", "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED"),
		g.not() + "--ctexpire " + g.one("0", "5:60", ":9", "7:"), "--ctdir " + g.one("ORIGINAL", "reply"),
	}
	s := ""
	for _, i := range g.Perm(len(options))[:1+g.IntN(3)] {
		s += " " + options[i]
	}
	return s
}

func (g lineMaker) target(table, chain, proto string) string {
	ported := proto == "tcp" || proto == "udp" || proto == "6" || proto == "17"
	to := func() string {
		s := g.addr()
		switch {
		case !ported || g.maybe(2):
			return s
		case g.v6:
			return "[" + s + "]:" + g.ports("-")
		}
		return s + ":" + g.ports("-")
	}
	flags := func(of ...string) string {
		s := ""
		for _, f := range of {
			if g.maybe(3) {
				s += " --" + f
			}
		}
		return s
	}
	toPorts := func() string {
		if ported && g.maybe(2) {
			return " --to-ports " + g.ports("-")
		}
		return ""
	}
	switch {
	case table == "nat" && chain == "POSTROUTING":
		return g.one("-j MASQUERADE"+toPorts()+flags("random", "random-fully"),
			"-j SNAT --to-source "+to()+flags("random", "random-fully", "persistent"), "-j RETURN", "-j ACCEPT")
	case table == "nat":
		shifted := "-j REDIRECT"
		if ported && !g.v6 {
			shifted = fmt.Sprintf("-j DNAT --to-destination :1000-2000/%d", 1+g.IntN(65535))
		}
		return g.one("-j DNAT --to-destination "+to()+flags("random", "persistent"), shifted,
			"-j REDIRECT"+toPorts()+flags("random"), "-j RETURN", "")
	case table == "raw":
		return g.one("-j NOTRACK", "-j CT --notrack", "-j DROP", "-j ACCEPT", "", "-j CT",
			fmt.Sprintf("-j CT --zone%s %d", g.one("", "-orig", "-reply"), g.IntN(65536)), "-j CT --ctevents new,destroy --zone mark")
	case table == "mangle" || table == "security":
		return fmt.Sprintf("-j MARK --%s-mark %#x", g.one("set", "and", "or", "xor"), g.Uint32())
	}
	reject := g.one("icmp-net-unreachable", "icmp-host-prohibited", "icmp-admin-prohibited", "port-unreach")
	if g.v6 {
		reject = g.one("icmp6-no-route", "icmp6-adm-prohibited", "port-unreach", "icmp6-policy-fail")
	}
	if proto == "tcp" && g.maybe(2) {
		reject = "tcp-reset"
	}
	return g.one("-j ACCEPT", "-j DROP", "-j RETURN", "-j REJECT", "-j REJECT --reject-with "+reject, "",
		"-j LOG --log-prefix "+g.text(20)+flags("log-tcp-sequence", "log-tcp-options", "log-ip-options", "log-uid"),
		"-j LOG --log-level "+g.one("debug", "3", "notice"), "-j MINE", "-g MINE")
}

// chains are those that rules are made for.
var randomChains = []struct{ table, chain string }{
	{"filter", "INPUT"}, {"filter", "FORWARD"}, {"filter", "OUTPUT"}, {"filter", "FULL"},
	{"nat", "PREROUTING"}, {"nat", "OUTPUT"}, {"nat", "POSTROUTING"}, {"mangle", "FORWARD"}, {"raw", "PREROUTING"},
	{"security", "FORWARD"},
}

// line returns a whole command line.
func (g lineMaker) line() string {
	c := randomChains[g.IntN(len(randomChains))]
	program := "iptables"
	if g.v6 {
		program = "ip6tables"
	}
	return strings.TrimSpace(fmt.Sprintf("%s -t %s -A %s %s", program, c.table, c.chain, g.rule(c.table, c.chain)))
}
