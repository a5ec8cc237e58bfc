package dnsd_test

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"drydock/dnsd"
)

// serveReal serves h on a loopback address of the machine until the test ends.
func serveReal(t *testing.T, h dns.Handler) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().(*net.TCPAddr).AddrPort()
	pc, err := net.ListenPacket("udp4", addr.String())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- dnsd.Serve(ctx, h, pc, l) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
		assert.ErrorIs(t, pc.Close(), net.ErrClosed)
		assert.ErrorIs(t, l.Close(), net.ErrClosed)
	})
	return addr
}

// TestServeReal has miekg's client ask over real sockets.
func TestServeReal(t *testing.T) {
	t.Parallel()
	addr := serveReal(t, newResolver(t, []*dnsd.Zone{newNetZone(t)})).String()
	for _, network := range []string{"udp", "tcp"} {
		c := dns.Client{Net: network, Timeout: time.Minute}
		reply, _, err := c.Exchange(query("Web.net", dns.TypeA), addr)
		require.NoError(t, err)
		assert.Equal(t, "[Web.net.\t600\tIN\tA\t172.18.0.2]", stringOf(reply.Answer))
	}
}

func stringOf(records []dns.RR) string {
	text := "["
	for _, rr := range records {
		text += rr.String()
	}
	return text + "]"
}

// TestOddMessages sends what is no proper query. Each is followed by one, so that no
// reply shows without waiting.
func TestOddMessages(t *testing.T) {
	t.Parallel()
	addr := serveReal(t, newResolver(t, []*dnsd.Zone{newNetZone(t)})).String()
	good, err := query("web", dns.TypeA).Pack()
	require.NoError(t, err)
	header := func(flags0, flags1, questions byte) []byte {
		return []byte{0x12, 0x34, flags0, flags1, 0, questions, 0, 0, 0, 0, 0, 0}
	}
	question := good[12:]
	with := func(head []byte, questions ...[]byte) []byte {
		for _, q := range questions {
			head = append(head, q...)
		}
		return head
	}
	for _, tt := range []struct {
		name       string
		send, want []byte // nil: no reply
	}{
		{"empty", []byte{}, nil},
		{"half a header", header(1, 0, 1)[:6], nil},
		{"no question", header(1, 0, 0), header(0x81, dns.RcodeFormatError, 0)},
		{"two questions", with(header(1, 0, 2), question, question), header(0x81, dns.RcodeFormatError, 0)},
		{"cut", with(header(1, 0, 1), question[:3]), header(0x81, dns.RcodeFormatError, 0)},
		{"status", with(header(0x11, 0, 1), question), header(0x91, dns.RcodeNotImplemented, 0)},
		{"update", with(header(0x29, 0, 1), question), header(0xa9, dns.RcodeNotImplemented, 0)},
		{"response", with(header(0x81, 0, 1), question), nil},
		{"PTR of a name", with(header(1, 0, 1), question[:5], []byte{0, 12, 0, 1}), nil},
	} {
		for _, network := range []string{"udp", "tcp"} {
			t.Run(tt.name+" "+network, func(t *testing.T) {
				t.Parallel()
				conn, err := net.Dial(network, addr)
				require.NoError(t, err)
				defer conn.Close()
				send := func(b []byte) {
					if network == "tcp" {
						b = append([]byte{0, byte(len(b))}, b...)
					}
					_, err := conn.Write(b)
					require.NoError(t, err)
				}
				send(tt.send)
				if tt.want != nil {
					b, err := readMessage(conn, network)
					require.NoError(t, err)
					assert.Equal(t, tt.want, b)
				}
				send(good)
				b, err := readMessage(conn, network)
				require.NoError(t, err)
				assert.Equal(t, good[:2], b[:2])
			})
		}
	}
}

// TestServeVirtual serves emulated sockets in a bubble. While nobody asks nothing
// wakes, and the end of the context ends what waits for an upstream.
func TestServeVirtual(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := &internet{}
		r := newResolver(t, []*dnsd.Zone{newNetZone(t)}, dnsd.WithUpstreams(in.dial, upstreams("10.0.0.1:53")...))
		pc, l := newMemPacketConn(), newMemListener()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- dnsd.Serve(ctx, r, pc, l) }()

		for _, network := range []string{"udp", "tcp"} {
			b, err := query("web", dns.TypeA).Pack()
			require.NoError(t, err)
			reply := new(dns.Msg)
			if network == "udp" {
				pc.in <- b
				require.NoError(t, reply.Unpack(<-pc.out))
			} else {
				conn := l.dial()
				_, err = conn.Write(append([]byte{0, byte(len(b))}, b...))
				require.NoError(t, err)
				b, err = readMessage(conn, network)
				require.NoError(t, err)
				require.NoError(t, reply.Unpack(b))
				began := time.Now()
				_, err = conn.Read(b)
				require.Error(t, err)
				assert.Equal(t, 8*time.Second, time.Since(began), "an idle connection is closed")
			}
			assert.Len(t, reply.Answer, 1)
		}

		b, err := query("name.example", dns.TypeA).Pack()
		require.NoError(t, err)
		pc.in <- b
		time.Sleep(time.Second)
		assert.Len(t, in.take(), 1)
		ended := time.Now()
		cancel()
		require.NoError(t, <-done)
		assert.Equal(t, ended, time.Now(), "not the 4 s that upstreams have")
		assert.Zero(t, pc.wakes.Load())
	})
}

// TestServeFails has a socket fail: Serve says so and ends the other one.
func TestServeFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, fail := range []string{"udp", "tcp"} {
			pc, l := newMemPacketConn(), newMemListener()
			done := make(chan error, 1)
			go func() { done <- dnsd.Serve(t.Context(), newResolver(t, nil), pc, l) }()
			synctest.Wait()
			if fail == "udp" {
				_ = pc.Close()
			} else {
				_ = l.Close()
			}
			require.ErrorIs(t, <-done, net.ErrClosed)
			_ = pc.Close()
			_ = l.Close()
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, dnsd.Serve(ctx, newResolver(t, nil), newMemPacketConn(), nil), "a context that is done already")
		require.NoError(t, dnsd.Serve(ctx, newResolver(t, nil), nil, newMemListener()))
	})
}

// TestServeMany asks concurrently over one socket.
func TestServeMany(t *testing.T) {
	t.Parallel()
	addr := serveReal(t, newResolver(t, []*dnsd.Zone{newNetZone(t)})).String()
	var wg sync.WaitGroup
	for i := range 20 {
		network := []string{"udp", "tcp"}[i%2]
		wg.Go(func() {
			c := dns.Client{Net: network, Timeout: time.Minute}
			for range 20 {
				reply, _, err := c.Exchange(query("both", dns.TypeAAAA), addr)
				if assert.NoError(t, err) {
					assert.Len(t, reply.Answer, 1)
				}
			}
		})
	}
	wg.Wait()
}
