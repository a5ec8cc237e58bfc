package dnsd

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// What is wrong with queries and replies.
var (
	errNoQuery   = errors.New("not a query")
	errTooMany   = errors.New("too many queries")
	errMalformed = errors.New("malformed reply")
)

// An unsentError is why a query did not get to a server.
type unsentError struct{ error }

func (e unsentError) Unwrap() error { return e.error }

// A target is where a query can be sent.
type target struct {
	dial    DialFunc
	network string // "udp" or "tcp"
	address string
}

// exchange sends q to a server and returns its reply. Datagrams are taken up to size
// bytes: of a longer one, and of a malformed one, comes what could be read, with an error that
// wraps errMalformed. It ends with ctx, with the context's error. Where q was not sent it is an
// unsentError.
//
// It is not dns.Client's, which takes datagrams for a stream if the connection has
// no ReadFrom, takes the first message that has the right id, and does not end when
// ctx is cancelled.
func (t target) exchange(ctx context.Context, q *dns.Msg, size int) (*dns.Msg, error) {
	query, err := q.Pack()
	if err != nil {
		return nil, unsentError{errors.Join(errNoQuery, err)}
	}
	conn, end, err := t.open(ctx)
	if err != nil {
		return nil, unsentError{err}
	}
	defer end()
	var reply *dns.Msg
	err = t.converse(conn, [][]byte{query}, size, func(m *dns.Msg, err error) (bool, error) {
		if !isReply(m, q) {
			return false, nil
		}
		reply = m
		return true, err
	})
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return reply, err
}

// exchangeAll sends queries from one port, and has take be given what comes until it returns true: a
// reply, or a malformed one with its error. Errors are those of exchange.
func (t target) exchangeAll(ctx context.Context, queries []*dns.Msg, take func(m *dns.Msg, err error) (last bool)) error {
	var packed [][]byte
	for _, q := range queries {
		b, err := q.Pack()
		if err != nil {
			return unsentError{errors.Join(errNoQuery, err)}
		}
		packed = append(packed, b)
	}
	conn, end, err := t.open(ctx)
	if err != nil {
		return unsentError{err}
	}
	defer end()
	err = t.converse(conn, packed, dns.MinMsgSize, func(m *dns.Msg, err error) (bool, error) { return take(m, err), nil })
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// open dials, for as long as ctx is not done.
func (t target) open(ctx context.Context) (conn net.Conn, end func(), err error) {
	if conn, err = t.dial(ctx, t.network, t.address); err != nil {
		return nil, nil, err
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		_ = conn.SetDeadline(time.Unix(1, 0))
	})
	return conn, func() {
		if !stop() {
			<-interrupted
		}
		_ = conn.Close()
	}, nil
}

// converse sends queries and hands replies over until one is the last. It waits for as long as conn does.
func (t target) converse(conn net.Conn, queries [][]byte, size int, take func(m *dns.Msg, err error) (last bool, _ error)) error {
	datagrams := t.network == "udp"
	for _, query := range queries {
		if !datagrams {
			query = append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)
		}
		if _, err := conn.Write(query); err != nil {
			return unsentError{err}
		}
	}
	buf := make([]byte, max(size, dns.MinMsgSize))
	for {
		b, err := receive(conn, datagrams, buf)
		if err != nil {
			return err
		}
		reply := new(dns.Msg)
		if err = reply.Unpack(b); err != nil && !reply.Truncated { // which may end anywhere
			err = errors.Join(errMalformed, err)
		} else {
			err = nil
		}
		if last, err := take(reply, err); last {
			return err
		}
	}
}

// receive returns one message, in buf if that is large enough.
func receive(conn net.Conn, datagrams bool, buf []byte) ([]byte, error) {
	if datagrams {
		n, err := conn.Read(buf)
		return buf[:n], err
	}
	if _, err := io.ReadFull(conn, buf[:2]); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint16(buf))
	if length > len(buf) {
		buf = make([]byte, length)
	}
	_, err := io.ReadFull(conn, buf[:length])
	return buf[:length], err
}

// isReply reports whether m is a reply to q, rather than to an earlier query from the
// same port or nobody's. Some servers leave the question out of errors.
func isReply(m, q *dns.Msg) bool {
	if m.Id != q.Id || !m.Response || len(m.Question) > len(q.Question) {
		return false
	}
	for i, question := range m.Question {
		asked := q.Question[i]
		if question.Qtype != asked.Qtype || question.Qclass != asked.Qclass || !strings.EqualFold(question.Name, asked.Name) {
			return false
		}
	}
	return true
}
