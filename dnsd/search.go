package dnsd

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"

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
	qtype uint16
	ids   source
	asked *dns.Msg // of the server that is being asked; nil when that has answered
	found outcome
	done  bool // no other server is asked
}

// query looks a name up as it is, all types at once. The queries go out in the order of
// types, from one port.
func (c *Client) query(ctx context.Context, name string, types []uint16) outcome {
	list := make([]*question, len(types))
	for i, qtype := range types {
		list[i] = &question{qtype: qtype, ids: source{seed: mix(c.Seed + c.asked.Add(1))}, found: outcome{kind: silence}}
	}
	c.ask(ctx, name, list)
	best := list[0].found
	for _, q := range list[1:] {
		switch {
		case q.found.kind == success && best.kind == success:
			best.records = append(best.records, q.found.records...)
		case q.found.kind < best.kind:
			best = q.found
		}
	}
	return best
}

// ask asks one server after the other. It does not go on for some questions if a server has replied to
// others.
func (c *Client) ask(ctx context.Context, name string, list []*question) {
	servers := c.Conf.servers()
	for range c.Conf.Attempts() {
		for i, server := range servers {
			for _, q := range list {
				if q.asked = nil; !q.done {
					q.asked = new(dns.Msg)
					q.asked.Id, q.asked.RecursionDesired = uint16(q.ids.next()), true
					q.asked.Question = []dns.Question{{Name: name, Qtype: q.qtype, Qclass: dns.ClassINET}}
				}
			}
			c.askServer(ctx, servers, i, list)
			replied := false
			for _, q := range list {
				if q.found.server = server; ctx.Err() != nil && !q.done {
					q.found = outcome{kind: aborted, server: server, cause: ctx.Err()}
				}
				replied = replied || q.done
			}
			if replied || ctx.Err() != nil {
				return
			}
		}
	}
}

// askServer sends the queries to the i-th server, and again over TCP where the reply is
// truncated.
func (c *Client) askServer(ctx context.Context, servers []string, i int, list []*question) {
	ctx, cancel := context.WithTimeout(ctx, c.Conf.patience(i, len(servers)))
	defer cancel()
	byTCP := target{c.Dial, "tcp", servers[i]}
	if c.Conf.has("use-vc") {
		var wg sync.WaitGroup
		for _, q := range list {
			wg.Go(func() { q.take(byTCP.exchange(ctx, q.asked, dns.MaxMsgSize)) })
		}
		wg.Wait()
		return
	}
	var queries []*dns.Msg
	for _, q := range list {
		if q.asked != nil {
			queries = append(queries, q.asked)
		}
	}
	err := target{c.Dial, "udp", servers[i]}.exchangeAll(ctx, queries, func(m *dns.Msg, err error) bool {
		at := slices.IndexFunc(list, func(q *question) bool { return q.asked != nil && isReply(m, q.asked) })
		if at < 0 {
			return false
		}
		if err == nil && m.Truncated {
			m, err = byTCP.exchange(ctx, list[at].asked, dns.MaxMsgSize)
		}
		list[at].take(m, err)
		return !slices.ContainsFunc(list, func(q *question) bool { return q.asked != nil })
	})
	for _, q := range list {
		if q.asked != nil {
			q.take(nil, err)
		}
	}
}

// take notes what a server said, or why it said nothing.
func (q *question) take(reply *dns.Msg, err error) {
	name := q.asked.Question[0].Name
	q.asked = nil
	if err != nil {
		q.found.cause = err
		return
	}
	q.found = judge(reply, name, q.qtype)
	q.done = q.found.kind != failure
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
