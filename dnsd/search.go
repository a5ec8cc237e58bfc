package dnsd

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/miekg/dns"
)

// An outcome is what a lookup came to.
type outcome struct {
	kind    kind
	records []dns.RR // of the name and what it is an alias for
	server  string   // that was asked last
	cause   error    // of silence and of the end of the context
}

// A kind is the class of an outcome. Of several the least one counts.
type kind uint8

const (
	success  kind = iota + 1
	noData        // the name exists
	notFound      // it does not
	failure       // no server but such that said they cannot tell
	silence       // not even that
	aborted       // by the context
)

// search looks a name up, completed as the configuration says.
func (c *Client) search(ctx context.Context, host string, types []uint16) outcome {
	if _, ok := dns.IsDomainName(host); !ok || host == "" {
		return outcome{kind: notFound}
	}
	names, asIs := c.Conf.candidates(host)
	var asked, completed outcome
	silent := false
	for i, name := range names {
		if silent && i != asIs { // no better for the rest of the list
			continue
		}
		found := c.query(ctx, name, types)
		switch {
		case found.kind == success || found.kind == aborted:
			return found
		case i == asIs:
			asked = found
		case found.kind == noData, found.kind == failure && completed.kind != noData:
			completed = found
		default:
			silent = silent || found.kind == silence
		}
	}
	// As in glibc the name as it is decides, if it was the first.
	if asIs > 0 && completed.kind != 0 {
		return completed
	}
	return asked
}

// query looks a name up as it is, all types at once.
func (c *Client) query(ctx context.Context, name string, types []uint16) outcome {
	found := make([]outcome, len(types))
	var replied atomic.Bool
	var wg sync.WaitGroup
	for i := range types[1:] {
		wg.Go(func() { found[i+1] = c.ask(ctx, name, types[i+1], &replied) })
	}
	found[0] = c.ask(ctx, name, types[0], &replied)
	wg.Wait()
	best := found[0]
	for _, f := range found[1:] {
		switch {
		case f.kind == success && best.kind == success:
			best.records = append(best.records, f.records...)
		case f.kind < best.kind:
			best = f
		}
	}
	return best
}

// ask looks records of one type up. It tells its siblings by replied that a server
// replied to it, and does not start again if one replied to them.
func (c *Client) ask(ctx context.Context, name string, qtype uint16, replied *atomic.Bool) outcome {
	worst := outcome{kind: silence}
	servers := c.Conf.servers()
	for range c.Conf.Attempts() {
		for i, server := range servers {
			reply, err := c.askServer(ctx, servers, i, name, qtype)
			if ctx.Err() != nil {
				return outcome{kind: aborted, server: server, cause: ctx.Err()}
			}
			worst.server = server
			if err != nil {
				worst.cause = err
				if replied.Load() {
					return worst
				}
				continue
			}
			found := judge(reply, name, qtype)
			if found.server = server; found.kind != failure {
				replied.Store(true)
				return found
			}
			worst = found
		}
	}
	return worst
}

// askServer sends one query to the i-th server, and again over TCP if the reply is
// truncated.
func (c *Client) askServer(ctx context.Context, servers []string, i int, name string, qtype uint16) (*dns.Msg, error) {
	random := source{seed: c.Seed}
	random.drawn.Store(c.queries.Add(1))
	q := new(dns.Msg)
	q.Id, q.RecursionDesired = uint16(random.next()), true
	q.Question = []dns.Question{{Name: name, Qtype: qtype, Qclass: dns.ClassINET}}
	ctx, cancel := context.WithTimeout(ctx, c.Conf.patience(i, len(servers)))
	defer cancel()
	t := target{c.Dial, "udp", servers[i]}
	if c.Conf.has("use-vc") {
		t.network = "tcp"
	}
	reply, err := t.exchange(ctx, q, dns.MinMsgSize)
	if err == nil && reply.Truncated && t.network == "udp" {
		t.network = "tcp"
		return t.exchange(ctx, q, dns.MaxMsgSize)
	}
	return reply, err
}

// judge says what a reply means.
func judge(reply *dns.Msg, name string, qtype uint16) outcome {
	switch reply.Rcode {
	case dns.RcodeSuccess:
	case dns.RcodeNameError:
		return outcome{kind: notFound}
	default:
		return outcome{kind: failure}
	}
	var records []dns.RR
	for _, rr := range reply.Answer {
		if !strings.EqualFold(rr.Header().Name, name) {
			continue
		}
		if alias, ok := rr.(*dns.CNAME); ok {
			name = alias.Target
		}
		if rr.Header().Rrtype == qtype {
			records = append(records, rr)
		}
	}
	switch {
	case len(records) > 0:
		return outcome{kind: success, records: records}
	case len(reply.Answer) == 0 && len(reply.Extra) == 0 && !reply.Authoritative && !reply.RecursionAvailable:
		return outcome{kind: failure} // it knows nothing and refers to others
	}
	return outcome{kind: noData}
}

// err returns what the caller is told.
func (o outcome) err(name string) error {
	e := &net.DNSError{Name: name, Server: o.server}
	switch o.kind {
	case success:
		return nil
	case noData, notFound:
		e.Err, e.IsNotFound = "no such host", true
		return e
	case aborted:
		e.UnwrapErr = o.cause
		if errors.Is(o.cause, context.Canceled) {
			e.Err = "operation was canceled"
			return e
		}
		e.Err = "i/o timeout"
	default:
		e.Err = "Temporary failure in name resolution"
	}
	e.IsTemporary = true
	var timeout net.Error
	e.IsTimeout = o.kind != failure && errors.As(o.cause, &timeout) && timeout.Timeout()
	return e
}
