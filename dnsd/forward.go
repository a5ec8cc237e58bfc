package dnsd

import (
	"context"

	"github.com/miekg/dns"
)

// forward answers a query with what the upstreams say, or not at all.
func (r *Resolver) forward(w dns.ResponseWriter, q *dns.Msg) {
	network := "udp"
	if overTCP(w) {
		network = "tcp"
	}
	ctx, size := contextOf(w), maxSize(w, q)
	var reply *dns.Msg
	for _, upstream := range r.upstreams {
		if reply = r.ask(ctx, target{r.dial, network, upstream.String()}, q, size); reply != nil && (r.anyReply || reply.Rcode == dns.RcodeSuccess) {
			break
		}
	}
	if reply == nil || ctx.Err() != nil {
		return
	}
	reply.Compress = r.anyReply || reply.Rcode == dns.RcodeSuccess // as the recorded sizes show
	_ = w.WriteMsg(reply)
}

// ask returns the reply of one upstream, or nil.
func (r *Resolver) ask(ctx context.Context, t target, q *dns.Msg, size int) *dns.Msg {
	defer r.forwarding.Add(-1)
	if r.forwarding.Add(1) > forwardLimit {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, upstreamTimeout)
	defer cancel()
	reply, err := t.exchange(ctx, q, size)
	if err != nil {
		return nil // silence, refusal and no route are all the same to the client
	}
	return reply
}

// contextOf returns the context by which a query ends.
func contextOf(w dns.ResponseWriter) context.Context {
	if c, ok := w.(interface{ Context() context.Context }); ok {
		return c.Context()
	}
	return context.Background()
}
