package dnsd

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/miekg/dns"
)

// A Resolver answers the queries of one container. It implements dns.Handler and is
// safe for concurrent use. It is made by New and has no goroutine of its own.
//
// Names are looked up whole in each scope, then with their last labels taken for
// the name of a network. Answers are as Docker's:
//
//   - A, AAAA: the addresses in random order, TTL 600 s. A known name without
//     address of the family is NOERROR without answers.
//   - MX: NOERROR without answers for a known name.
//   - PTR: the name of the host and its network. A question that ends in neither
//     ".in-addr.arpa." nor ".ip6.arpa.", in lower case, is not answered at all.
//   - Other types and unknown names are forwarded, see WithUpstreams.
//
// The class of a question does not count: answers are of class IN. The question comes
// back as it was written and is the name of all records. No record is added to the
// answers: EDNS options are ignored but for the size of datagrams, beyond which answers
// are left out and the truncated flag is set.
type Resolver struct {
	scopes     atomic.Pointer[[]scope]
	upstreams  []netip.AddrPort
	dial       DialFunc
	oneLabel   bool // whether names of one label are forwarded
	anyReply   bool // whether the first reply of an upstream counts, whatever it is
	failures   bool // whether the client is told of failures
	random     source
	forwarding atomic.Int32 // queries that wait for an upstream, at most forwardLimit
}

// A Scope is what a container sees of one of its networks.
type Scope struct {
	Zone *Zone

	// Links are names that only this container knows. They hide hosts of the zone
	// with such a name, even while the target is unknown. Of several with one alias
	// the last counts.
	Links []Link
}

// A Link is a second name for a host, as "--link target:alias" makes it on networks
// other than the default one.
type Link struct {
	Alias  string
	Target string // a name of the zone, which need not exist (yet)
}

type scope struct {
	zone  *Zone
	links map[string]string // target by alias, both in lower case
}

// An Option sets a property of a new resolver.
type Option func(*Resolver) error

// New returns a resolver without scopes, which forwards everything. The error is an
// *Error.
func New(opts ...Option) (*Resolver, error) {
	r := &Resolver{oneLabel: true}
	r.SetScopes()
	for _, opt := range opts {
		if err := opt(r); err != nil {
			return nil, &Error{Op: "new", Err: err}
		}
	}
	return r, nil
}

// WithUpstreams sets the servers that know the names that no scope has. The first
// three are asked in their order, with the query as it came and over the transport
// by which it came, for 4 s each. NOERROR is final, and so is NXDOMAIN of one with
// authority; another reply, or none, leads to the next one. The client gets what the last
// one said that could be sent the query, and nothing if that was silent, whatever those
// before it said. Of a reply that is malformed or longer than the client takes it gets what
// could be read, mostly NOERROR without answers.
//
// At most 100 queries are forwarded at once. Those beyond are not answered.
//
// Dial connects from where the container is. It is called concurrently.
func WithUpstreams(dial DialFunc, servers ...netip.AddrPort) Option {
	return func(r *Resolver) error {
		if dial == nil && len(servers) > 0 {
			return ErrDial
		}
		for _, s := range servers {
			if !s.IsValid() || s.Port() == 0 {
				return fmt.Errorf("upstream %v: %w", s, ErrAddr)
			}
		}
		r.dial, r.upstreams = dial, slices.Clone(servers[:min(len(servers), upstreamLimit)])
		return nil
	}
}

// WithSeed sets what the order of answers follows from, by default 0.
func WithSeed(seed uint64) Option {
	return func(r *Resolver) error {
		r.random.seed = seed
		return nil
	}
}

// KeepSingleLabels answers A and AAAA questions for unknown names without a dot
// with NOERROR and nothing in it, instead of forwarding them. Docker does so for
// containers that have an ndots option above 0, whose C library then turns to its
// search list.
func KeepSingleLabels() Option {
	return func(r *Resolver) error {
		r.oneLabel = false
		return nil
	}
}

// TakeFirstReply takes what the first upstream says that replies, also a failure, as Docker 1.13
// does.
func TakeFirstReply() Option {
	return func(r *Resolver) error {
		r.anyReply = true
		return nil
	}
}

// AnswerFailures answers SERVFAIL where the upstreams are silent, fail or refuse, or are none, as
// Docker does since release 25. Nothing but these leads to the next upstream: NXDOMAIN is final.
// PTR questions for names that are no addresses are forwarded.
func AnswerFailures() Option {
	return func(r *Resolver) error {
		r.failures = true
		return nil
	}
}

// SetScopes sets the networks that the container is in, in place of those before.
// Where several know a name, the first of them answers. It panics if a Zone is nil.
func (r *Resolver) SetScopes(scopes ...Scope) {
	list := make([]scope, len(scopes))
	for i, s := range scopes {
		if s.Zone == nil {
			panic("dnsd: scope without zone")
		}
		list[i] = scope{zone: s.Zone, links: make(map[string]string, len(s.Links))}
		for _, l := range s.Links {
			list[i].links[strings.ToLower(l.Alias)] = strings.ToLower(l.Target)
		}
	}
	r.scopes.Store(&list)
}

// ServeDNS implements dns.Handler. Where it does not answer it writes nothing. If w
// has a method Context() context.Context, as under Serve, waiting for upstreams ends
// with that context.
func (r *Resolver) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	switch reply, verdict := r.answer(q, maxSize(w, q)); verdict {
	case answered:
		_ = w.WriteMsg(reply) // the client is gone, or asks again
	case unknown:
		r.forward(w, q)
	case ignored:
	}
}

// maxSize returns the size of replies that a client takes.
func maxSize(w dns.ResponseWriter, q *dns.Msg) int {
	if overTCP(w) {
		return dns.MaxMsgSize
	}
	if opt := q.IsEdns0(); opt != nil {
		return max(int(opt.UDPSize()), dns.MinMsgSize)
	}
	return dns.MinMsgSize
}

// overTCP reports whether a query came over TCP.
func overTCP(w dns.ResponseWriter) bool {
	addr := w.RemoteAddr()
	return addr != nil && addr.Network() == "tcp"
}
