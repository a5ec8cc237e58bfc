package dnsd_test

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// labDNS is the nameserver of the laboratory that the recordings were made in,
// 172.16.80.53 and 172.16.80.1. Records are compared without case.
var labDNS = zoneFile(`
	www.example.test. 120 IN A 203.0.113.80
	www.example.test. 120 IN AAAA 2001:db8::80
	www.example.test. 120 IN TXT "hello"
	cname.example.test. 60 IN CNAME www.example.test.
	multi.example.test. 30 IN A 203.0.113.1
	multi.example.test. 30 IN A 203.0.113.2
	multi.example.test. 30 IN A 203.0.113.3
	10.80.16.172.in-addr.arpa. 300 IN PTR docker.lan.test.
`)

// zoneFile returns a recursive nameserver that knows nothing but the records of a
// zone file, and for which three names misbehave.
func zoneFile(text string) dns.Handler {
	records := make(map[string][]dns.RR)
	for line := range strings.Lines(strings.TrimSpace(text)) {
		rr := mustRR(line)
		name := dns.CanonicalName(rr.Header().Name)
		records[name] = append(records[name], rr)
	}
	soa := mustRR(". 86400 IN SOA a.root-servers.net. nstld.verisign-grs.com. 2026112000 1800 900 604800 86400")
	return dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		reply := new(dns.Msg).SetReply(q)
		reply.RecursionDesired, reply.RecursionAvailable, reply.Compress = true, true, true
		switch name := dns.CanonicalName(q.Question[0].Name); name {
		case "servfail.example.test.":
			reply.Rcode = dns.RcodeServerFailure
		case "refused.example.test.":
			reply.Rcode = dns.RcodeRefused
		case "slow.example.test.":
			return
		default:
			if _, ok := records[name]; !ok {
				reply.Rcode, reply.Ns = dns.RcodeNameError, []dns.RR{soa}
			}
			reply.Answer = lookup(records, name, q.Question[0].Qtype)
		}
		_ = w.WriteMsg(reply)
	})
}

func mustRR(line string) dns.RR {
	rr, err := dns.NewRR(strings.TrimSpace(line))
	if err != nil {
		panic(err)
	}
	return rr
}

// lookup follows aliases.
func lookup(records map[string][]dns.RR, name string, qtype uint16) (answer []dns.RR) {
	for _, rr := range records[name] {
		switch alias, ok := rr.(*dns.CNAME); {
		case rr.Header().Rrtype == qtype:
			answer = append(answer, rr)
		case ok:
			answer = append(append(answer, rr), lookup(records, alias.Target, qtype)...)
		}
	}
	return answer
}

// String is how the laboratory's nameserver logs a query.
func (q rawQuery) String() string {
	m := new(dns.Msg)
	if err := m.Unpack(q.wire); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s flags=%04x %s %s ar=%d len=%d", q.network, binary.BigEndian.Uint16(q.wire[2:]),
		m.Question[0].Name, dns.TypeToString[m.Question[0].Qtype], len(m.Extra), len(q.wire))
}
