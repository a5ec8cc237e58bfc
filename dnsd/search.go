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

// A question is a lookup of records of one type, beside which others run.
type question struct {
	name    string
	qtype   uint16
	replied *atomic.Bool // a server replied to one of them
	sent    func()       // says that the next may begin
	ids     source
}

// query looks a name up as it is, all types at once. The queries go out in the order of
// types.
func (c *Client) query(ctx context.Context, name string, types []uint16) outcome {
	found := make([]outcome, len(types))
	var replied atomic.Bool
	var wg sync.WaitGroup
	for i, qtype := range types {
		q := &question{name: name, qtype: qtype, replied: &replied, sent: func() {}, ids: source{seed: mix(c.Seed + c.asked.Add(1))}}
		if i == len(types)-1 {
			found[i] = c.ask(ctx, q)
			break
		}
		sent := make(chan struct{})
		q.sent = sync.OnceFunc(func() { close(sent) })
		wg.Go(func() {
			defer q.sent()
			found[i] = c.ask(ctx, q)
		})
		<-sent
	}
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

// ask looks records of one type up. It does not start again if a server replied to one of its
// siblings.
func (c *Client) ask(ctx context.Context, q *question) outcome {
	worst := outcome{kind: silence}
	servers := c.Conf.servers()
	for range c.Conf.Attempts() {
		for i, server := range servers {
			reply, err := c.askServer(ctx, servers, i, q)
			if ctx.Err() != nil {
				return outcome{kind: aborted, server: server, cause: ctx.Err()}
			}
			worst.server = server
			if err != nil {
				worst.cause = err
				if q.replied.Load() {
					return worst
				}
				continue
			}
			found := judge(reply, q.name, q.qtype)
			if found.server = server; found.kind != failure {
				q.replied.Store(true)
				return found
			}
			worst = found
		}
	}
	return worst
}

// askServer sends one query to the i-th server, and again over TCP if the reply is
// truncated.
func (c *Client) askServer(ctx context.Context, servers []string, i int, q *question) (*dns.Msg, error) {
	m := new(dns.Msg)
	m.Id, m.RecursionDesired = uint16(q.ids.next()), true
	m.Question = []dns.Question{{Name: q.name, Qtype: q.qtype, Qclass: dns.ClassINET}}
	ctx, cancel := context.WithTimeout(ctx, c.Conf.patience(i, len(servers)))
	defer cancel()
	t := target{c.Dial, "udp", servers[i], q.sent}
	if c.Conf.has("use-vc") {
		q.sent() // nobody waits for a connection of another query
		t.network = "tcp"
	}
	reply, err := t.exchange(ctx, m, dns.MinMsgSize)
	q.sent()
	if err == nil && reply.Truncated && t.network == "udp" {
		t.network = "tcp"
		return t.exchange(ctx, m, dns.MaxMsgSize)
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
