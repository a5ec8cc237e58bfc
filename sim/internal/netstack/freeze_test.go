package netstack

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim/ping"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A call that waits when its stack is frozen, and one that begins then, succeeds
// after Thaw and not before.
func TestFreeze(t *testing.T) {
	t.Parallel()
	for _, tt := range heldCalls {
		for _, begins := range []bool{false, true} {
			name := tt.name + " in progress"
			if begins {
				name = tt.name + " begins"
			} else if !tt.waits {
				continue
			}
			t.Run(name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, p virtualPair) {
					s := p.server.(*Stack)
					h := tt.make(t, p)
					var done <-chan error
					if begins {
						h.succeed()
						s.Freeze()
						before := s.opened
						done = h.start(bg)
						assert.Equal(t, before, s.opened)
					} else {
						done = h.start(bg)
						require.Empty(t, done)
						s.Freeze()
						h.succeed()
					}
					opened := s.opened
					time.Sleep(time.Minute)
					synctest.Wait()
					require.Empty(t, done)
					assert.Equal(t, opened, s.opened, "sockets that were opened while frozen")
					s.Thaw()
					start := time.Now()
					require.NoError(t, <-done)
					assert.LessOrEqual(t, time.Since(start), tt.takes)
				})
			})
		}
	}
}

// What ends a call of a stack that is not frozen ends it here, at its time.
func TestFrozenCallEnds(t *testing.T) {
	t.Parallel()
	type deadliner interface{ SetDeadline(time.Time) error }
	for _, end := range []struct {
		name  string
		by    int
		want  error
		after time.Duration
		do    func(p virtualPair, h heldCall, cancel func())
	}{
		{"leave", 0, net.ErrClosed, time.Minute, func(p virtualPair, _ heldCall, _ func()) {
			p.server.(*Stack).Leave(true)
		}},
		{"close", byClose, net.ErrClosed, time.Minute, func(_ virtualPair, h heldCall, _ func()) { h.socket.Close() }},
		{"deadline", byDeadline, os.ErrDeadlineExceeded, 0, func(_ virtualPair, h heldCall, _ func()) {
			h.socket.(deadliner).SetDeadline(time.Now().Add(time.Minute))
		}},
		{"late deadline", byDeadline, os.ErrDeadlineExceeded, time.Minute, func(_ virtualPair, h heldCall, _ func()) {
			h.socket.(deadliner).SetDeadline(time.Now())
		}},
		{"context", byContext, context.Canceled, time.Minute, func(_ virtualPair, _ heldCall, cancel func()) { cancel() }},
	} {
		for _, tt := range heldCalls {
			if tt.ends&end.by != end.by {
				continue
			}
			t.Run(tt.name+" begins/"+end.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, p virtualPair) {
					h := tt.make(t, p)
					h.succeed()
					p.server.(*Stack).Freeze()
					ctx, cancel := context.WithCancel(bg)
					defer cancel()
					start := time.Now()
					time.AfterFunc(end.after, func() { end.do(p, h, cancel) })
					require.ErrorIs(t, <-h.start(ctx), end.want)
					assert.Equal(t, time.Minute, time.Since(start))
				})
			})
			if !tt.waits {
				continue
			}
			t.Run(tt.name+" in progress/"+end.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, p virtualPair) {
					h := tt.make(t, p)
					ctx, cancel := context.WithCancel(bg)
					defer cancel()
					done := h.start(ctx)
					p.server.(*Stack).Freeze()
					start := time.Now()
					time.AfterFunc(end.after, func() { end.do(p, h, cancel) })
					h.succeed()
					require.ErrorIs(t, <-done, end.want)
					assert.Equal(t, time.Minute, time.Since(start))
				})
			})
		}
	}
}

// A call that was at its endpoint when the stack was frozen has an outcome to keep.
func TestFreezeKeepsOutcome(t *testing.T) {
	inBubble(t, func(t *testing.T, p virtualPair) {
		s := p.server.(*Stack)
		u := p.listenPacket(t, "udp").(*UDPConn)
		l := p.listen(t, "tcp").(*TCPListener)
		c := p.dial(t, l.Addr())
		time.Sleep(time.Second)
		accepted, err := l.poll()
		require.NoError(t, err)
		require.NotNil(t, accepted)
		require.NoError(t, accepted.SetDeadline(past))
		s.Freeze()
		kept := make(chan error, 1)
		go func() {
			// Data that was taken is not given up for a deadline.
			kept <- accepted.outcome("read", nil)
			_, err := l.outcome(accepted, nil)
			kept <- err
		}()
		time.Sleep(time.Hour)
		assert.Empty(t, kept)
		s.Thaw()
		assert.NoError(t, <-kept)
		assert.NoError(t, <-kept)

		s.Freeze()
		assert.ErrorIs(t, accepted.more(false), os.ErrDeadlineExceeded, "but what is left to write is")
		time.AfterFunc(time.Minute, func() { l.Close() })
		_, err = l.outcome(accepted, nil)
		assert.ErrorIs(t, err, net.ErrClosed)
		assert.Error(t, reading(c), "a connection that nobody got is closed")

		ctx, cancel := context.WithTimeout(bg, time.Minute)
		defer cancel()
		_, err = hold(ctx, s, u)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorIs(t, u.Close(), net.ErrClosed, "it was closed")
	})
}

// The namespace of a frozen stack goes on.
func TestFrozenNamespace(t *testing.T) {
	inBubble(t, func(t *testing.T, p virtualPair) {
		s := p.server.(*Stack)
		l := p.listen(t, "tcp")
		c, conn := p.connect(t)
		sent := bytes.Repeat([]byte("0123456789abcdef"), 4096)
		p.cable.SetCarrier(false)
		_, err := conn.Write(sent)
		require.NoError(t, err)
		s.Freeze()
		s.Freeze()
		p.cable.SetCarrier(true)

		stats, err := pingTwice(t.Context(), p.client.(*Stack), "10.0.0.2")
		require.NoError(t, err)
		assert.Equal(t, 2, stats.Received)

		start := time.Now()
		p.dial(t, l.Addr())
		assert.Equal(t, 100*time.Millisecond, time.Since(start), "the handshake needs no Accept")

		got := make([]byte, len(sent))
		_, err = io.ReadFull(c, got)
		require.NoError(t, err, "what was written is sent again")
		assert.Equal(t, sent, got)

		// Without acknowledgements c would end within 17 minutes.
		_, err = c.Write(sent)
		require.NoError(t, err)
		time.Sleep(time.Hour)
		require.NoError(t, writing(c))

		s.Thaw()
		s.Thaw()
		_, err = io.ReadFull(conn, got)
		require.NoError(t, err)
		assert.Equal(t, sent, got)
		_, err = l.Accept()
		require.NoError(t, err)
	})
}

// The peer of a frozen reader can write what the buffers hold. A frozen writer's
// peer gets what was written before.
func TestFrozenTransfer(t *testing.T) {
	t.Parallel()
	for _, frozenWriter := range []bool{false, true} {
		t.Run(map[bool]string{false: "reader", true: "writer"}[frozenWriter], func(t *testing.T) {
			inBubble(t, func(t *testing.T, p virtualPair) {
				from, to := p.connect(t)
				if frozenWriter {
					from, to = to, from
				}
				require.NoError(t, from.SetWriteBuffer(64<<10))
				require.NoError(t, to.SetReadBuffer(64<<10))
				const size = 4 << 20
				var written, read atomic.Int64
				var wg sync.WaitGroup
				wg.Go(func() {
					for range size >> 10 {
						n, err := from.Write(make([]byte, 1<<10))
						assert.NoError(t, err)
						written.Add(int64(n))
					}
					from.Close()
				})
				wg.Go(func() {
					buf := make([]byte, 1<<16)
					for {
						n, err := to.Read(buf)
						read.Add(int64(n))
						if err != nil {
							assert.ErrorIs(t, err, io.EOF)
							return
						}
					}
				})
				time.Sleep(500 * time.Millisecond) // until it flows
				s := p.server.(*Stack)
				s.Freeze()
				synctest.Wait()
				here, there := &read, &written
				if frozenWriter {
					here, there = there, here
				}
				stopped := here.Load()
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				assert.Equal(t, stopped, here.Load())
				assert.NotZero(t, there.Load())
				assert.Less(t, there.Load(), int64(size))
				s.Thaw()
				wg.Wait()
				assert.EqualValues(t, size, written.Load())
				assert.EqualValues(t, size, read.Load())
			})
		})
	}
}

// Others who share the namespace of a frozen stack use it as ever.
func TestFrozenSharer(t *testing.T) {
	inBubble(t, func(t *testing.T, p virtualPair) {
		frozen := p.server.(*Stack)
		other := frozen.Share("")
		defer other.Leave(true)
		frozen.Freeze()
		for _, host := range []string{"10.0.0.2", "127.0.0.1"} {
			e := env{client: p.client, server: other, host: host}
			if host == "127.0.0.1" {
				e.client = other
			}
			c, s := e.connect(t)
			require.NoError(t, writing(c))
			require.NoError(t, reading(s))
			u := e.listenPacket(t, "udp")
			require.NoError(t, writing(e.dial(t, u.LocalAddr())))
			require.NoError(t, reading(u.(net.Conn)))
		}
		stats, err := pingTwice(t.Context(), other, "10.0.0.1")
		require.NoError(t, err)
		assert.Equal(t, 2, stats.Received)
	})
}

// A frozen ping sends nothing, and reports what came meanwhile after Thaw, with the
// time it took.
func TestFrozenPing(t *testing.T) {
	t.Parallel()
	const rtt, minute = 100 * time.Millisecond, time.Minute
	for _, tt := range []struct {
		name   string
		freeze time.Duration // when; 0: while it reports the first request, for 3 s
		want   []time.Duration
	}{
		{"before the reply", rtt / 2, []time.Duration{0, minute, minute, minute + rtt}},
		{"between two requests", 5 * rtt, []time.Duration{0, rtt, minute, minute + rtt}},
		{"while it reports", 0, []time.Duration{0, minute, minute, minute + rtt}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p virtualPair) {
				s := p.server.(*Stack)
				start := time.Now()
				if tt.freeze > 0 {
					time.AfterFunc(tt.freeze, s.Freeze)
				}
				time.AfterFunc(minute, s.Thaw)
				var times []time.Duration
				stats, err := s.Ping(t.Context(), netip.MustParseAddr("10.0.0.1"), &ping.Config{Count: 2, Observe: func(e ping.Event) {
					times = append(times, time.Since(start))
					if e.From.IsValid() {
						assert.Equal(t, rtt, e.RTT)
						return
					}
					if e.Seq == 1 && tt.freeze == 0 {
						s.Freeze()
						time.Sleep(3 * time.Second)
					}
				}})
				require.NoError(t, err)
				assert.Equal(t, 2, stats.Sent)
				assert.Equal(t, 2, stats.Received)
				assert.Equal(t, tt.want, times)
			})
		})
	}
}

func TestFreezeAfterLeave(t *testing.T) {
	t.Parallel()
	s := newStack(t, Options{Seed: 1})
	s.Leave(false)
	s.Freeze()
	_, err := s.Listen(bg, "tcp", ":80")
	assert.ErrorIs(t, err, net.ErrClosed)
	s.Thaw()
}
