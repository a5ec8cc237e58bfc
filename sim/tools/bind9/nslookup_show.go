package bind9

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// show prints a reply and, if that is not nil, the second one about the same name, of which
// only addresses are news. Nothing is told of the server if an address was looked up.
func (n *nsRun) show(got, more *reply, name string, address bool) {
	n.reached = true
	if !address {
		n.Printf("Server:\t\t%s\nAddress:\t%s#%d\n\n", got.server.name, got.server.addr, n.port)
	}
	m := got.msg
	if m.Rcode != dns.RcodeSuccess {
		n.failed = true
		n.Printf("** server can't find %s: %s\n\n", withoutDot(name), rcode(m))
		return
	}
	if !m.Authoritative && !address {
		n.Printf("Non-authoritative answer:\n")
	}
	answer := m.Answer
	if more != nil {
		for _, rr := range more.msg.Answer {
			if rr.Header().Rrtype == dns.TypeAAAA || len(m.Answer) == 0 {
				answer = append(answer, rr)
			}
		}
	}
	n.section(answer)
	if len(answer) == 0 {
		n.Printf("*** Can't find %s: No answer\n", withoutDot(name))
	}
	if kind := got.asked.Qtype; !m.Authoritative && kind != dns.TypeA && kind != dns.TypeAAAA {
		n.Printf("\nAuthoritative answers can be found from:\n")
		n.section(m.Ns)
		n.section(withoutOPT(m.Extra))
	}
	n.Printf("\n")
}

func withoutDot(name string) string {
	if name == "." {
		return name
	}
	return strings.TrimSuffix(name, ".")
}

// kinds are nslookup's words for types of records.
var kinds = map[uint16]string{
	dns.TypeNS: "nameserver", dns.TypeCNAME: "canonical name", dns.TypePTR: "name", dns.TypeHINFO: "hinfo",
	dns.TypeMX: "mail exchanger", dns.TypeTXT: "text", dns.TypeSRV: "service", dns.TypeNAPTR: "naptr",
}

func (n *nsRun) section(records []dns.RR) {
	for _, rr := range records {
		h := rr.Header()
		name := withoutDot(h.Name)
		switch rr := rr.(type) {
		case *dns.A:
			n.Printf("Name:\t%s\nAddress: %s\n", name, rr.A)
		case *dns.AAAA:
			n.Printf("Name:\t%s\nAddress: %s\n", name, rr.AAAA)
		case *dns.SOA:
			n.Printf("%s\n\torigin = %s\n\tmail addr = %s\n\tserial = %d\n\trefresh = %d\n\tretry = %d\n\texpire = %d\n\tminimum = %d\n",
				name, withoutDot(rr.Ns), withoutDot(rr.Mbox), rr.Serial, rr.Refresh, rr.Retry, rr.Expire, rr.Minttl)
		default:
			word, ok := kinds[h.Rrtype]
			if !ok {
				word = fmt.Sprintf("rdata_%d", h.Rrtype)
			}
			n.Printf("%s\t%s = %s\n", name, word, data(rr))
		}
	}
}
