package bind9

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// release is the version that the programs tell, and that recordings show.
const release = "9.18.49-1~deb12u1-Debian"

// Columns of a record in the master file format of dns_master_stylecreate.
const (
	ttlColumn, classColumn, typeColumn, dataColumn = 24, 32, 40, 48

	tab = 8
)

// A line is a record that is being written in columns.
type line struct {
	strings.Builder
	column int
}

// add writes a field.
func (l *line) add(s string) {
	l.WriteString(s)
	l.column += len(s)
}

// indent goes to a column by tabs, and at least by one space.
func (l *line) indent(to int) {
	to = max(to, l.column+1)
	if tabs := to/tab - l.column/tab; tabs > 0 {
		l.WriteString(strings.Repeat("\t", tabs))
		l.column = to / tab * tab
	}
	l.WriteString(strings.Repeat(" ", to-l.column))
	l.column = to
}

// question returns a question without the semicolon before it.
func question(q dns.Question) string {
	var l line
	l.add(q.Name)
	l.indent(classColumn)
	l.add(dns.Class(q.Qclass).String())
	l.indent(typeColumn)
	l.add(dns.Type(q.Qtype).String())
	return l.String()
}

// record returns a record as in a master file.
func record(rr dns.RR) string {
	var l line
	h := rr.Header()
	l.add(h.Name)
	l.indent(ttlColumn)
	l.add(fmt.Sprint(h.Ttl))
	l.indent(classColumn)
	l.add(dns.Class(h.Class).String())
	l.indent(typeColumn)
	l.add(dns.Type(h.Rrtype).String())
	l.indent(dataColumn)
	return l.String() + data(rr)
}

// data returns the data of a record.
func data(rr dns.RR) string { return strings.TrimPrefix(rr.String(), rr.Header().String()) }

// flags returns the flags of a header, with a space before each.
func flags(m *dns.Msg) string {
	var b strings.Builder
	for _, f := range []struct {
		set  bool
		name string
	}{
		{m.Response, "qr"}, {m.Authoritative, "aa"}, {m.Truncated, "tc"}, {m.RecursionDesired, "rd"},
		{m.RecursionAvailable, "ra"}, {m.AuthenticatedData, "ad"}, {m.CheckingDisabled, "cd"},
	} {
		if f.set {
			b.WriteString(" " + f.name)
		}
	}
	return b.String()
}

// rcode returns the name of a response code.
func rcode(m *dns.Msg) string {
	if s, ok := dns.RcodeToString[m.Rcode]; ok {
		return s
	}
	return fmt.Sprintf("RESERVED%d", m.Rcode)
}

// header returns the comments that begin a message, and the OPT record if there is one.
func header(m *dns.Msg) string {
	var b strings.Builder
	fmt.Fprintf(&b, ";; ->>HEADER<<- opcode: %s, status: %s, id: %d\n", dns.OpcodeToString[m.Opcode], rcode(m), m.Id)
	fmt.Fprintf(&b, ";; flags:%s; QUERY: %d, ANSWER: %d, AUTHORITY: %d, ADDITIONAL: %d\n",
		flags(m), len(m.Question), len(m.Answer), len(m.Ns), len(m.Extra))
	if m.Response && m.RecursionDesired && !m.RecursionAvailable {
		b.WriteString(";; WARNING: recursion requested but not available\n")
	}
	b.WriteString("\n")
	if o := m.IsEdns0(); o != nil {
		do := ""
		if o.Do() {
			do = " do"
		}
		fmt.Fprintf(&b, ";; OPT PSEUDOSECTION:\n; EDNS: version: %d, flags:%s; udp: %d\n", o.Version(), do, o.UDPSize())
		for _, option := range o.Option {
			if cookie, ok := option.(*dns.EDNS0_COOKIE); ok {
				fmt.Fprintf(&b, "; COOKIE: %s\n", cookie.Cookie)
			}
		}
	}
	return b.String()
}

// withoutOPT returns the records that are no part of EDNS.
func withoutOPT(list []dns.RR) (rest []dns.RR) {
	for _, rr := range list {
		if rr.Header().Rrtype != dns.TypeOPT {
			rest = append(rest, rr)
		}
	}
	return rest
}

// reverse returns the name of an address in in-addr.arpa or ip6.arpa. Of an address of
// IPv4 a part will do.
func reverse(addr string) (string, bool) {
	if a, err := netip.ParseAddr(addr); err == nil {
		name, err := dns.ReverseAddr(a.WithZone("").String())
		return name, err == nil
	}
	parts := strings.Split(strings.TrimSuffix(addr, "."), ".")
	name := "in-addr.arpa."
	for _, p := range parts {
		if _, ok := dns.IsDomainName(p); !ok || p == "" {
			return "", false
		}
		name = p + "." + name
	}
	return name, len(parts) <= 4
}

// typeOf returns the type that a user names.
func typeOf(s string) (uint16, bool) {
	t, ok := dns.StringToType[strings.ToUpper(s)]
	if number, is := strings.CutPrefix(strings.ToUpper(s), "TYPE"); is && !ok {
		var n uint16
		_, err := fmt.Sscanf(number, "%d", &n)
		return n, err == nil
	}
	return t, ok && t != dns.TypeNone && t != dns.TypeReserved && t != dns.TypeOPT
}

// classOf returns the class that a user names.
func classOf(s string) (uint16, bool) {
	c, ok := dns.StringToClass[strings.ToUpper(s)]
	return c, ok && c != dns.ClassNONE
}
