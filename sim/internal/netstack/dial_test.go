package netstack

import (
	"context"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	ms      = time.Millisecond
	silent4 = "192.0.2.1"
	silent6 = "2001:db8:9::1"
)

// newDualPair returns two stacks, where the name "x" has the addresses answer for the
// first. The second, 10.0.0.2, fd00::2 and 2001:db8::2, is its router and drops what is
// not for itself, such as packets to silent4 and silent6.
func newDualPair(t *testing.T, delay time.Duration, answer string) (a, b *Stack) {
	a, b = newPair(t, Options{Seed: 1, Virtual: true, Resolver: names{"x": addrs(strings.Fields(answer)...)}},
		veth.WithImpairment(veth.Impairment{Delay: delay}))
	addAddrs(t, a, "2001:db8::1/64")
	addAddrs(t, b, "2001:db8::2/64")
	for _, via := range addrs("10.0.0.2", "2001:db8::2") {
		a.SetDefault(2, via)
	}
	for _, host := range []string{"10.0.0.2", "fd00::2", "2001:db8::2"} { // so that nobody asks for neighbours later
		_, err := a.DialContext(bg, "tcp", net.JoinHostPort(host, "9"))
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
	}
	return a, b
}

// openSockets returns how many sockets of s are open.
func openSockets(s *Stack) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

func TestDialBothFamilies(t *testing.T) {
	t.Parallel()
	const refused = "connect: connection refused"
	for _, tt := range []struct {
		name    string
		network string // "": tcp
		listens string // networks of the server
		answer  string
		delay   time.Duration // of the cable
		limit   time.Duration // deadline of the context
		cancel  time.Duration // when it is canceled
		takes   time.Duration
		want    string // host of the connection
		err     string
	}{
		{name: "the first connects", listens: "tcp", answer: "10.0.0.2 fd00::2", want: "10.0.0.2"},
		{name: "the first is IPv6", listens: "tcp", answer: "10.0.0.2 2001:db8::2", want: "2001:db8::2"},
		{name: "the first is silent", listens: "tcp6", answer: silent4 + " fd00::2", takes: 300 * ms, want: "fd00::2"},
		{name: "the first is silent IPv6", listens: "tcp4", answer: silent6 + " 10.0.0.2", takes: 300 * ms, want: "10.0.0.2"},
		{name: "the first refuses", listens: "tcp6", answer: "10.0.0.2 fd00::2", want: "fd00::2"},
		{name: "the first refuses after a round trip", listens: "tcp6", answer: "10.0.0.2 fd00::2", delay: 50 * ms, takes: 200 * ms, want: "fd00::2"},
		{name: "the second of the family refuses", listens: "tcp6", answer: "10.0.0.2 10.0.0.2 fd00::2", delay: 50 * ms, takes: 300 * ms, want: "fd00::2"},
		{name: "the second of the family connects", listens: "tcp4", answer: "10.9.9.9 10.0.0.2 fd00::2", limit: 3 * time.Second, takes: 2 * time.Second, want: "10.0.0.2"},
		{name: "the second of the others connects", listens: "tcp4", answer: "2001:db8:9::1 2001:db8:9::2 10.0.0.99 10.0.0.2", limit: 10 * time.Second, takes: 3297 * ms, want: "10.0.0.2"},
		{name: "the first is slower than the delay", listens: "tcp", answer: "10.0.0.2 fd00::2", delay: 200 * ms, takes: 400 * ms, want: "10.0.0.2"},
		{name: "the first fails when the others are tried", listens: "tcp6", answer: "10.0.0.2 fd00::2", delay: 200 * ms, takes: 700 * ms, want: "fd00::2"},
		{name: "both refuse", answer: "10.0.0.2 fd00::2", err: "10.0.0.2:80: " + refused},
		{name: "the others fail first", answer: "10.0.0.99 fd00::2", takes: 2997 * time.Millisecond, err: "10.0.0.99:80: connect: no route to host"},
		{name: "both silent until the deadline", answer: silent4 + " " + silent6, limit: time.Second, takes: time.Second, err: "[" + silent6 + "]:80: i/o timeout"},
		{name: "canceled before the others are tried", answer: silent4 + " fd00:9::1", cancel: 100 * ms, takes: 100 * ms, err: silent4 + ":80: operation was canceled"},
		{name: "canceled when both are tried", answer: silent4 + " fd00:9::1", cancel: 400 * ms, takes: 400 * ms, err: silent4 + ":80: operation was canceled"},
		{name: "canceled after the first has failed", answer: "10.0.0.2 fd00:9::1", cancel: 400 * ms, takes: 400 * ms, err: "10.0.0.2:80: " + refused},
		{name: "tcp4 is one family", network: "tcp4", listens: "tcp6", answer: "10.0.0.2 fd00::2", err: "10.0.0.2:80: " + refused},
		{name: "tcp6 is one family", network: "tcp6", listens: "tcp6", answer: "10.0.0.2 fd00::2", want: "fd00::2"},
		{name: "udp does not wait for an answer", network: "udp", answer: silent4 + " fd00::2", want: silent4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, b := newDualPair(t, tt.delay, tt.answer)
				accepted := 0
				for network := range strings.FieldsSeq(tt.listens) {
					l, err := b.Listen(bg, network, ":80")
					require.NoError(t, err)
					defer l.Close()
					go func() {
						for {
							c, err := l.Accept()
							if err != nil {
								return
							}
							accepted++
							c.Close()
						}
					}()
				}
				if tt.network == "" {
					tt.network = "tcp"
				}
				ctx, cancel := context.WithCancel(bg)
				defer cancel()
				if tt.limit > 0 {
					ctx, cancel = context.WithTimeout(ctx, tt.limit)
					defer cancel()
				}
				if tt.cancel > 0 {
					time.AfterFunc(tt.cancel, cancel)
				}
				start := time.Now()
				c, err := a.DialContext(ctx, tt.network, "x:80")
				assert.Equal(t, tt.takes, time.Since(start))
				if tt.err != "" {
					require.EqualError(t, err, "dial "+tt.network+" "+tt.err)
					assert.Zero(t, openSockets(a), "all are closed")
					return
				}
				require.NoError(t, err)
				assert.Equal(t, net.JoinHostPort(tt.want, "80"), c.RemoteAddr().String())
				assert.Equal(t, 1, openSockets(a), "the others are closed")
				c.Close()
				time.Sleep(time.Second)
				synctest.Wait()
				assert.LessOrEqual(t, accepted, 1)
			})
		})
	}
}

// TestDialBothFamiliesFrozen: what frozen dials have achieved, they return after Thaw.
func TestDialBothFamiliesFrozen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		answer       string
		freeze, thaw time.Duration // 0: never
		cancel, end  time.Duration // when the context ends, the stack is closed
		takes        time.Duration
		want         string // hosts that the connection may be to
		err          string
	}{
		{name: "the others are not tried before", answer: silent4 + " fd00::2", freeze: 100 * ms, thaw: time.Second, takes: 1400 * ms, want: "fd00::2"},
		{name: "connected meanwhile", answer: "10.0.0.2 fd00::2", freeze: 100 * ms, thaw: time.Second, takes: time.Second, want: "10.0.0.2"},
		{name: "both connected meanwhile", answer: "10.0.0.2 fd00::2", freeze: 350 * ms, thaw: time.Second, takes: time.Second, want: "10.0.0.2 fd00::2"},
		{name: "canceled", answer: "10.0.0.2 fd00::2", freeze: 350 * ms, cancel: 2 * time.Second, takes: 2 * time.Second, err: "operation was canceled"},
		{name: "closed", answer: "10.0.0.2 fd00::2", freeze: 350 * ms, end: 2 * time.Second, takes: 2 * time.Second, err: "use of closed network connection"},
		{name: "closed, not frozen", answer: silent4 + " fd00:9::1", end: 400 * ms, takes: 400 * ms, err: "use of closed network connection"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, b := newDualPair(t, 200*ms, tt.answer)
				l, err := b.Listen(bg, "tcp", ":80")
				require.NoError(t, err)
				defer l.Close()
				ctx, cancel := context.WithCancel(bg)
				defer cancel()
				at := func(d time.Duration, f func()) {
					if d > 0 {
						time.AfterFunc(d, f)
					}
				}
				at(tt.freeze, a.Freeze)
				at(tt.thaw, a.Thaw)
				at(tt.cancel, cancel)
				at(tt.end, a.Close)
				start := time.Now()
				c, err := a.DialContext(ctx, "tcp", "x:80")
				assert.Equal(t, tt.takes, time.Since(start))
				if tt.err != "" {
					require.ErrorContains(t, err, tt.err)
					assert.Zero(t, openSockets(a))
					return
				}
				require.NoError(t, err)
				defer c.Close()
				assert.Contains(t, strings.Fields(tt.want), c.RemoteAddr().(*net.TCPAddr).IP.String())
				assert.Equal(t, 1, openSockets(a), "the other is closed")
			})
		})
	}
}
