package dnsd

import (
	"context"
	"errors"

	"github.com/miekg/dns"
)

// forward answers a query with what the upstreams say, or not at all, unless failures are
// answers. What one says counts until a later one has been sent the query.
func (r *Resolver) forward(w dns.ResponseWriter, q *dns.Msg) {
	network := "udp"
	if overTCP(w) {
		network = "tcp"
	}
	ctx, size := contextOf(w), maxSize(w, q)
	var reply *dns.Msg
	for _, upstream := range r.upstreams {
		said, err := r.ask(ctx, target{dial: r.dial, network: network, address: upstream.String()}, q, size)
		if errors.As(err, new(unsentError)) {
			continue
		}
		reply = said
		if err == nil && r.isFinal(reply) {
			reply.Compress = true // as the recorded sizes show
			break
		}
	}
	if ctx.Err() != nil {
		return
	}
	if r.failures && (reply == nil || failed(reply)) {
		reply = new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
	}
	if reply == nil {
		return
	}
	_ = w.WriteMsg(reply)
}

// isFinal reports whether no other upstream can know better: of a name that does not
// exist only who has authority can say that (RFC 8020).
func (r *Resolver) isFinal(reply *dns.Msg) bool {
	if r.anyReply || r.failures {
		return r.anyReply || !failed(reply)
	}
	return reply.Rcode == dns.RcodeSuccess || reply.Rcode == dns.RcodeNameError && reply.Authoritative
}

// failed reports whether a server says that another one may know.
func failed(reply *dns.Msg) bool {
	return reply.Rcode == dns.RcodeServerFailure || reply.Rcode == dns.RcodeRefused
}

// ask returns the reply of one upstream. With an error that is what could be read of it, or nil:
// silence and refusal are the same to the client.
func (r *Resolver) ask(ctx context.Context, t target, q *dns.Msg, size int) (*dns.Msg, error) {
	defer r.forwarding.Add(-1)
	if r.forwarding.Add(1) > forwardLimit {
		return nil, unsentError{errTooMany}
	}
	ctx, cancel := context.WithTimeout(ctx, upstreamTimeout)
	defer cancel()
	return t.exchange(ctx, q, size)
}

// contextOf returns the context by which a query ends.
func contextOf(w dns.ResponseWriter) context.Context {
	if c, ok := w.(interface{ Context() context.Context }); ok {
		return c.Context()
	}
	return context.Background()
}
