package tcpdump

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// What stands behind the ID for an operation and for how it went.
var (
	dnsOps   = map[int]string{1: " inv_q", 2: " stat", 3: " op3", 4: " notify", 5: " update"}
	dnsCodes = map[int]string{1: " FormErr", 2: " ServFail", 3: " NXDomain", 4: " NotImp", 5: " Refused", 6: " YXDomain", 7: " YXRRSet", 8: " NXRRSet", 9: " NotAuth", 10: " NotZone"}
)

// dns prints a message in brief: the question of a query, the answers of a reply.
func (p *printer) dns(b []byte, length int) {
	var m dns.Msg
	if err := m.Unpack(b); err != nil {
		p.put("domain [length %d]", length)
		return
	}
	if !m.Response {
		p.query(&m, b)
	} else {
		p.reply(&m)
	}
	p.put(" (%d)", length)
}

func mark(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

func (p *printer) query(m *dns.Msg, b []byte) {
	p.put("%d%s%s%s", m.Id, dnsOps[m.Opcode], mark(m.RecursionDesired, "+"), mark(m.CheckingDisabled, "%"))
	if weird := be16(b[2:]); weird&0x6cf != 0 {
		p.put(" [b2&3=0x%x]", weird)
	}
	for _, count := range []struct {
		n    int
		is   bool
		unit string
	}{
		{len(m.Answer), len(m.Answer) > 0, "a"}, {len(m.Question), len(m.Question) != 1, "q"},
		{len(m.Ns), len(m.Ns) > 0, "n"}, {len(m.Extra), len(m.Extra) > 0, "au"},
	} {
		if count.is {
			p.put(" [%d%s]", count.n, count.unit)
		}
	}
	for _, q := range m.Question {
		class := ""
		if q.Qclass != dns.ClassINET {
			class = " " + dns.ClassToString[q.Qclass]
		}
		p.put(" %s%s? %s", typeName(q.Qtype), class, q.Name)
	}
	if p.o.verbose > 1 {
		p.section("an", m.Answer)
		p.section("ns", m.Ns)
		p.section("ar", m.Extra)
	}
}

// section prints records with what they are, which -vv does.
func (p *printer) section(name string, list []dns.RR) {
	for i, rr := range list {
		if i == 0 {
			p.put(" %s:", name)
		} else {
			p.put(",")
		}
		p.record(rr)
	}
}

func (p *printer) reply(m *dns.Msg) {
	p.put("%d%s%s%s%s%s%s", m.Id, dnsOps[m.Opcode], dnsCodes[m.Rcode], mark(m.Authoritative, "*"), mark(!m.RecursionAvailable, "-"), mark(m.Truncated, "|"), mark(m.AuthenticatedData, "$"))
	if len(m.Question) != 1 {
		p.put(" [%dq]", len(m.Question))
	}
	for i, q := range m.Question {
		if i > 0 {
			p.put(",")
		}
		if p.o.verbose > 1 {
			p.put(" q: %s? %s", typeName(q.Qtype), q.Name)
		}
	}
	p.put(" %d/%d/%d", len(m.Answer), len(m.Ns), len(m.Extra))
	for i, rr := range m.Answer {
		if i > 0 {
			p.put(",")
		}
		p.record(rr)
	}
	if p.o.verbose > 1 {
		p.section("ns", m.Ns)
		p.section("ar", m.Extra)
	}
}

// record prints a resource record, with -v its name.
func (p *printer) record(rr dns.RR) {
	h := rr.Header()
	if p.o.verbose > 0 {
		p.put(" %s", h.Name)
	}
	if h.Class != dns.ClassINET && h.Rrtype != dns.TypeOPT {
		p.put(" %s", dns.ClassToString[h.Class])
	}
	p.put(" %s", typeName(h.Rrtype))
	switch rr := rr.(type) {
	case *dns.A:
		p.put(" %s", rr.A)
	case *dns.AAAA:
		p.put(" %s", rr.AAAA)
	case *dns.CNAME:
		p.put(" %s", rr.Target)
	case *dns.PTR:
		p.put(" %s", rr.Ptr)
	case *dns.NS:
		p.put(" %s", rr.Ns)
	case *dns.MX:
		p.put(" %s %d", rr.Mx, rr.Preference)
	case *dns.SRV:
		p.put(" %s:%d %d %d", rr.Target, rr.Port, rr.Priority, rr.Weight)
	case *dns.OPT:
		p.put(" UDPsize=%d", rr.UDPSize())
		if rr.Do() {
			p.put(" DO")
		}
		p.cookies(rr)
	case *dns.SOA:
		if p.o.verbose > 0 {
			p.put(" %s %s %d %d %d %d %d", rr.Ns, rr.Mbox, rr.Serial, rr.Refresh, rr.Retry, rr.Expire, rr.Minttl)
		}
	case *dns.TXT:
		for _, text := range rr.Txt {
			p.put(` "%s"`, strings.ReplaceAll(text, `\`, ""))
		}
	}
}

// cookies puts those of dig, the client's eight bytes and then the server's. Other options are not told.
func (p *printer) cookies(rr *dns.OPT) {
	for _, o := range rr.Option {
		if c, ok := o.(*dns.EDNS0_COOKIE); ok {
			client := c.Cookie[:min(16, len(c.Cookie))]
			p.put(" [%s]", strings.TrimSpace("COOKIE "+client+" "+c.Cookie[len(client):]))
		}
	}
}

func typeName(t uint16) string {
	if name, ok := dns.TypeToString[t]; ok {
		return name
	}
	return fmt.Sprintf("Type%d", t)
}
