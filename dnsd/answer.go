package dnsd

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// A verdict is what becomes of a query.
type verdict uint8

const (
	answered verdict = iota // with what was found here
	unknown                 // here: the upstreams may know
	ignored                 // no reply at all
)

// answer returns what a query gets without upstreams. The reply is not longer than
// size, unless the question alone is.
func (r *Resolver) answer(q *dns.Msg, size int) (*dns.Msg, verdict) {
	if q.Response {
		return nil, ignored
	}
	if q.Opcode != dns.OpcodeQuery && q.Opcode != dns.OpcodeNotify {
		return refusal(q, dns.RcodeNotImplemented), answered
	}
	if len(q.Question) != 1 {
		return refusal(q, dns.RcodeFormatError), answered
	}
	question := q.Question[0] // of any class, which Docker does not look at
	switch question.Qtype {
	case dns.TypeA, dns.TypeAAAA, dns.TypeMX:
		return r.answerName(q, question, size)
	case dns.TypePTR:
		return r.answerPointer(q, question.Name)
	default:
		return nil, unknown
	}
}

func (r *Resolver) answerName(q *dns.Msg, question dns.Question, size int) (*dns.Msg, verdict) {
	addrs, known := r.find(strings.TrimSuffix(question.Name, "."), question.Qtype)
	if !known {
		if !r.oneLabel && question.Qtype != dns.TypeMX && strings.IndexByte(question.Name, '.') == len(question.Name)-1 {
			return newReply(q), answered
		}
		return nil, unknown
	}
	reply := newReply(q)
	r.fill(reply, question, addrs, size)
	return reply, answered
}

// answerPointer answers a reverse lookup. Like Docker it tells reverse names by their
// end, as it is written.
func (r *Resolver) answerPointer(q *dns.Msg, name string) (*dns.Msg, verdict) {
	if !strings.HasSuffix(name, ".in-addr.arpa.") && !strings.HasSuffix(name, ".ip6.arpa.") {
		if r.failures {
			return nil, unknown
		}
		return nil, ignored
	}
	for _, s := range *r.scopes.Load() {
		if fqdn, ok := s.zone.pointer(name); ok {
			reply := newReply(q)
			reply.Answer = []dns.RR{&dns.PTR{Hdr: header(name, dns.TypePTR), Ptr: fqdn}}
			return reply, answered
		}
	}
	return nil, unknown
}

// Lookup returns the addresses of a name, without a final dot, that is one of the scopes', IPv4
// first. No upstream is asked.
func (r *Resolver) Lookup(name string) []netip.Addr {
	v4, _ := r.find(name, dns.TypeA)
	v6, _ := r.find(name, dns.TypeAAAA)
	return slices.Concat(v4, v6)
}

// find looks a name without final dot up: whole in all scopes, then with one label
// more and more at its end taken for the name of a network.
func (r *Resolver) find(name string, qtype uint16) (addrs []netip.Addr, known bool) {
	scopes := *r.scopes.Load()
	if addrs, known = findIn(scopes, strings.ToLower(name), "", qtype); known {
		return addrs, true
	}
	for i := strings.LastIndexByte(name, '.'); i > 0; i = strings.LastIndexByte(name[:i], '.') {
		if addrs, known = findIn(scopes, strings.ToLower(name[:i]), name[i+1:], qtype); known {
			return addrs, true
		}
	}
	return nil, false
}

// findIn looks a name in lower case up in the scopes of a network, or of all with
// "": the links of each before the hosts of any. The first that has an address
// answers.
func findIn(scopes []scope, name, network string, qtype uint16) (addrs []netip.Addr, known bool) {
	for _, links := range [2]bool{true, false} {
		for _, s := range scopes {
			if network != "" && network != s.zone.network {
				continue
			}
			target, linked := s.links[name]
			if linked != links {
				continue
			}
			if !linked {
				target = name
			}
			v4, v6, ok := s.zone.lookup(target)
			if !ok {
				continue
			}
			known = true
			if addrs = ofType(v4, v6, qtype); len(addrs) > 0 {
				return addrs, true
			}
		}
		if known {
			break
		}
	}
	return nil, known
}

func ofType(v4, v6 []netip.Addr, qtype uint16) []netip.Addr {
	switch qtype {
	case dns.TypeA:
		return v4
	case dns.TypeAAAA:
		return v6
	default:
		return nil
	}
}

// fill adds the records of addresses in random order, as many as fit.
func (r *Resolver) fill(reply *dns.Msg, question dns.Question, addrs []netip.Addr, size int) {
	if len(addrs) == 0 {
		return
	}
	// The reply so far is a header of 12 bytes and the question: the name, which
	// each record has again as names are not compressed, and 4 bytes. Records have
	// 10 bytes besides name and address.
	each := reply.Len() - 12 - 4 + 10 + addrs[0].BitLen()/8
	n := min(max(size-reply.Len(), 0)/each, len(addrs))
	h := header(question.Name, question.Qtype)
	reply.Truncated = n < len(addrs)
	if len(addrs) > 1 {
		addrs = pick(addrs, n, r.random.next())
	}
	reply.Answer = make([]dns.RR, n)
	for i, a := range addrs[:n] {
		reply.Answer[i] = record(h, a)
	}
}

func record(h dns.RR_Header, a netip.Addr) dns.RR {
	if h.Rrtype == dns.TypeA {
		return &dns.A{Hdr: h, A: a.AsSlice()}
	}
	return &dns.AAAA{Hdr: h, AAAA: a.AsSlice()}
}

func header(name string, rrtype uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: rrtype, Class: dns.ClassINET, Ttl: uint32(DefaultTTL.Seconds())}
}

// newReply returns an empty reply with the flags that all have: qr and ra, and rd
// and cd as in the query.
func newReply(q *dns.Msg) *dns.Msg {
	reply := new(dns.Msg).SetReply(q)
	reply.RecursionAvailable = true
	return reply
}

// refusal returns a header without question, as dns.Server does for messages that
// no handler sees.
func refusal(q *dns.Msg, rcode int) *dns.Msg {
	reply := &dns.Msg{MsgHdr: q.MsgHdr}
	reply.Response, reply.Authoritative, reply.Zero = true, false, false
	reply.Rcode = rcode
	if rcode == dns.RcodeFormatError {
		reply.Opcode = dns.OpcodeQuery
	}
	return reply
}
