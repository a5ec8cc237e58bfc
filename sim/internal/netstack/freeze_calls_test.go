package netstack

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A heldCall is a network call of a stack that is frozen.
type heldCall struct {
	call     func(context.Context) error
	complete func()    // has the call succeed; nil: it does by itself
	socket   io.Closer // what it is a call of
}

// What ends a call, apart from Leave.
const (
	byClose = 1 << iota
	byDeadline
	byContext
)

// heldCalls make a call of p.server each.
var heldCalls = []struct {
	name  string
	waits bool          // unless it can succeed at once
	takes time.Duration // after Thaw
	ends  int           // by what
	make  func(t *testing.T, p virtualPair) heldCall
}{
	{name: "read", waits: true, ends: byClose | byDeadline, make: func(t *testing.T, p virtualPair) heldCall {
		c, s := p.connect(t)
		return heldCall{ignoring(func() error { return reading(s) }), func() { assert.NoError(t, writing(c)) }, s}
	}},
	{name: "read end of file", waits: true, ends: byClose | byDeadline, make: func(t *testing.T, p virtualPair) heldCall {
		c, s := p.connect(t)
		return heldCall{ignoring(func() error {
			if err := reading(s); err != io.EOF {
				return err
			}
			return nil
		}), func() { assert.NoError(t, c.Close()) }, s}
	}},
	{name: "write", ends: byClose | byDeadline, make: func(t *testing.T, p virtualPair) heldCall {
		_, s := p.connect(t)
		return heldCall{ignoring(func() error { return writing(s) }), nil, s}
	}},
	{name: "write to a full buffer", waits: true, takes: time.Minute, ends: byClose | byDeadline, make: func(t *testing.T, p virtualPair) heldCall {
		c, s := p.connect(t)
		require.NoError(t, s.SetWriteBuffer(64<<10))
		require.NoError(t, c.SetReadBuffer(64<<10))
		big := make([]byte, 1<<20)
		return heldCall{ignoring(func() error {
			_, err := s.Write(big)
			return err
		}), func() { go io.Copy(io.Discard, c) }, s}
	}},
	{name: "close for writing", ends: byClose, make: func(t *testing.T, p virtualPair) heldCall {
		_, s := p.connect(t)
		return heldCall{ignoring(s.CloseWrite), nil, s}
	}},
	{name: "accept", waits: true, ends: byClose | byDeadline, make: func(t *testing.T, p virtualPair) heldCall {
		l := p.listen(t, "tcp")
		return heldCall{ignoring(func() error {
			_, err := l.Accept()
			return err
		}), func() { p.dial(t, l.Addr()) }, l}
	}},
	{name: "receive", waits: true, ends: byClose | byDeadline, make: func(t *testing.T, p virtualPair) heldCall {
		s := p.listenPacket(t, "udp")
		c := p.dial(t, s.LocalAddr())
		return heldCall{ignoring(func() error { return reading(s.(net.Conn)) }), func() { assert.NoError(t, writing(c)) }, s}
	}},
	{name: "receive nothing", ends: byClose, make: func(t *testing.T, p virtualPair) heldCall {
		s := p.listenPacket(t, "udp")
		return heldCall{ignoring(func() error {
			_, err := s.(net.Conn).Read(nil)
			return err
		}), nil, s}
	}},
	{name: "send", ends: byClose | byDeadline, make: func(t *testing.T, p virtualPair) heldCall {
		s := p.listenPacket(t, "udp")
		return heldCall{ignoring(func() error {
			_, err := s.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 9})
			return err
		}), nil, s}
	}},
	{name: "dial", waits: true, takes: 100 * time.Millisecond, ends: byContext, make: func(t *testing.T, p virtualPair) heldCall {
		l, err := p.client.Listen(bg, "tcp", "10.0.0.1:80")
		require.NoError(t, err)
		t.Cleanup(func() { l.Close() })
		return heldCall{call: dialingFrom(p.server, "tcp", "10.0.0.1:80")}
	}},
	{name: "refused dial", waits: true, takes: 100 * time.Millisecond, ends: byContext, make: func(t *testing.T, p virtualPair) heldCall {
		return heldCall{call: func(ctx context.Context) error {
			err := dialingFrom(p.server, "tcp", "10.0.0.1:80")(ctx)
			if errors.Is(err, syscall.ECONNREFUSED) {
				return nil
			}
			return err
		}}
	}},
	{name: "dial udp", ends: byContext, make: func(t *testing.T, p virtualPair) heldCall {
		return heldCall{call: dialingFrom(p.server, "udp", "10.0.0.1:80")}
	}},
	{name: "listen", ends: byContext, make: func(t *testing.T, p virtualPair) heldCall {
		return heldCall{call: func(ctx context.Context) error {
			_, err := p.server.Listen(ctx, "tcp", ":80")
			return err
		}}
	}},
	{name: "listen packet", ends: byContext, make: func(t *testing.T, p virtualPair) heldCall {
		return heldCall{call: func(ctx context.Context) error {
			_, err := p.server.ListenPacket(ctx, "udp", ":80")
			return err
		}}
	}},
	{name: "lookup", waits: true, ends: byContext, make: func(t *testing.T, p virtualPair) heldCall {
		asked := make(chan struct{}) // closed: the nameserver answers
		p.server.(*Stack).resolver = resolverFunc(func(ctx context.Context, _, _ string) ([]netip.Addr, error) {
			assert.Nil(t, p.server.(*Stack).frozen.Load(), "asked while frozen")
			select {
			case <-asked:
				return []netip.Addr{netip.MustParseAddr("10.0.0.9")}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
		return heldCall{call: func(ctx context.Context) error {
			_, err := p.server.(*Stack).LookupNetIP(ctx, "ip", "web")
			return err
		}, complete: func() { close(asked) }}
	}},
	{name: "lookup of an address", ends: byContext, make: func(t *testing.T, p virtualPair) heldCall {
		return heldCall{call: func(ctx context.Context) error {
			_, err := p.server.(*Stack).LookupNetIP(ctx, "ip", "10.0.0.9")
			return err
		}}
	}},
	{name: "dial by name", ends: byContext, make: func(t *testing.T, p virtualPair) heldCall {
		s := p.server.(*Stack)
		s.resolver = resolverFunc(func(context.Context, string, string) ([]netip.Addr, error) {
			assert.Nil(t, s.frozen.Load(), "asked while frozen")
			return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
		})
		return heldCall{call: dialingFrom(s, "udp", "web:80")}
	}},
	{name: "ping", waits: true, takes: time.Minute, ends: byContext, make: func(t *testing.T, p virtualPair) heldCall {
		return heldCall{call: func(ctx context.Context) error {
			_, err := pingTwice(ctx, p.server.(*Stack), "10.0.0.1")
			return err
		}}
	}},
}

type resolverFunc func(ctx context.Context, network, host string) ([]netip.Addr, error)

func (f resolverFunc) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	return f(ctx, network, host)
}

// ignoring makes a call that has no context.
func ignoring(call func() error) func(context.Context) error {
	return func(context.Context) error { return call() }
}

func dialingFrom(n network, proto, address string) func(context.Context) error {
	return func(ctx context.Context) error {
		c, err := n.DialContext(ctx, proto, address)
		if err == nil {
			c.Close()
		}
		return err
	}
}

// start returns where the error of the call will be.
func (h heldCall) start(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	go func() { done <- h.call(ctx) }()
	synctest.Wait()
	return done
}

func (h heldCall) succeed() {
	if h.complete != nil {
		h.complete()
		time.Sleep(time.Second)
	}
}
