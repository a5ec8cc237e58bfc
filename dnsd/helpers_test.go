package dnsd_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"drydock/dnsd"
)

// Neither resolvers nor clients have goroutines that outlive a call, so no test may
// leave one.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A recorder is a dns.ResponseWriter that keeps the reply as it is on the wire.
type recorder struct {
	network string // "udp" or "tcp"
	ctx     context.Context
	wire    []byte
	writes  int
}

func (w *recorder) LocalAddr() net.Addr { return w.addr("127.0.0.11:53") }

func (w *recorder) RemoteAddr() net.Addr { return w.addr("127.0.0.1:40000") }

func (w *recorder) addr(s string) net.Addr {
	if w.network == "tcp" {
		return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s))
	}
	return net.UDPAddrFromAddrPort(netip.MustParseAddrPort(s))
}

func (w *recorder) WriteMsg(m *dns.Msg) error {
	b, err := m.Pack()
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

func (w *recorder) Write(b []byte) (int, error) {
	w.wire = append([]byte(nil), b...)
	w.writes++
	return len(b), nil
}

func (w *recorder) Context() context.Context {
	if w.ctx == nil {
		return context.Background()
	}
	return w.ctx
}

func (w *recorder) Close() error        { return nil }
func (w *recorder) TsigStatus() error   { return nil }
func (w *recorder) TsigTimersOnly(bool) {}
func (w *recorder) Hijack()             {}

// reply returns what was written, or nil.
func (w *recorder) reply(tb testing.TB) *dns.Msg {
	tb.Helper()
	if w.writes == 0 {
		return nil
	}
	require.Equal(tb, 1, w.writes, "replies")
	m := new(dns.Msg)
	require.NoError(tb, m.Unpack(w.wire))
	return m
}

// ask returns the reply of h to q over a transport, or nil.
func ask(tb testing.TB, h dns.Handler, network string, q *dns.Msg) *dns.Msg {
	tb.Helper()
	w := &recorder{network: network}
	h.ServeDNS(w, q)
	return w.reply(tb)
}

// query returns a query as most programs send it.
func query(name string, qtype uint16) *dns.Msg {
	return new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype)
}

// An internet is nameservers by address, each a handler of its own. Those that it
// does not have are silent, those with nil refuse. It keeps queries as text.
type internet struct {
	servers     map[string]dns.Handler
	unreachable string // the address to which there is no way

	mu      sync.Mutex // guards what follows
	queries []rawQuery
}

// A rawQuery is what a nameserver was sent.
type rawQuery struct {
	server, network string
	wire            []byte
}

// take returns the queries since it was called last.
func (in *internet) take() []rawQuery {
	in.mu.Lock()
	defer in.mu.Unlock()
	list := in.queries
	in.queries = nil
	return list
}

// dial is a dnsd.DialFunc over pipes, which work in synctest bubbles.
func (in *internet) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if address == in.unreachable {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ENETUNREACH}
	}
	h, ok := in.servers[address]
	if ok && h == nil && network == "tcp" {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	client, server := net.Pipe()
	if ok && h == nil {
		_ = server.Close()
		return refused{client}, nil
	}
	replies := make(chan []byte, 16) // a pipe holds none, and two queries come before a reply is read
	go func() {
		defer server.Close()
		for reply := range replies {
			if _, err := server.Write(reply); err != nil {
				return
			}
		}
	}()
	go func() {
		defer close(replies)
		for {
			b, err := readMessage(server, network)
			if err != nil {
				return
			}
			in.mu.Lock()
			in.queries = append(in.queries, rawQuery{address, network, b})
			in.mu.Unlock()
			if h == nil {
				continue
			}
			q := new(dns.Msg)
			if q.Unpack(b) != nil {
				continue
			}
			w := &recorder{network: network}
			if h.ServeDNS(w, q); w.writes > 0 {
				if network == "tcp" {
					w.wire = append(binary.BigEndian.AppendUint16(nil, uint16(len(w.wire))), w.wire...)
				}
				replies <- w.wire
			}
		}
	}()
	return client, nil
}

func readMessage(conn net.Conn, network string) ([]byte, error) {
	b := make([]byte, 1<<16)
	if network == "udp" {
		n, err := conn.Read(b)
		return b[:n], err
	}
	if _, err := io.ReadFull(conn, b[:2]); err != nil {
		return nil, err
	}
	b = b[:binary.BigEndian.Uint16(b)]
	_, err := io.ReadFull(conn, b)
	return b, err
}

// A refused is a UDP socket whose datagrams come back as ICMP errors.
type refused struct{ net.Conn }

func (refused) Write(b []byte) (int, error) { return len(b), nil }

func (refused) Read([]byte) (int, error) {
	return 0, &net.OpError{Op: "read", Net: "udp", Err: syscall.ECONNREFUSED}
}

// addr and addrs parse.
func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func addrs(list ...string) []netip.Addr {
	parsed := make([]netip.Addr, len(list))
	for i, s := range list {
		parsed[i] = addr(s)
	}
	return parsed
}

// newResolver returns a resolver in zones without links.
func newResolver(tb testing.TB, zones []*dnsd.Zone, opts ...dnsd.Option) *dnsd.Resolver {
	tb.Helper()
	r, err := dnsd.New(opts...)
	require.NoError(tb, err)
	scopes := make([]dnsd.Scope, len(zones))
	for i, z := range zones {
		scopes[i].Zone = z
	}
	r.SetScopes(scopes...)
	return r
}
