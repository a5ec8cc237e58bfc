package netstack

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A virtualPair is two stacks in a bubble on a cable that can be changed.
type virtualPair struct {
	env
	cable *veth.Endpoint
}

// inBubble runs a test on a cable with a delay of 50 ms, with ARP done.
func inBubble(t *testing.T, f func(t *testing.T, p virtualPair)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		end1, end2, err := veth.Pair(veth.WithSeed(1), veth.WithImpairment(veth.Impairment{Delay: 50 * time.Millisecond}))
		require.NoError(t, err)
		opts := Options{Seed: 1, Virtual: true}
		a, b := newEnd(t, opts, end1, 1), newEnd(t, opts, end2, 2)
		p := virtualPair{env{client: a, server: b, host: "10.0.0.2", cable: true}, end1}
		c, s := p.connect(t)
		c.Close()
		s.Close()
		f(t, p)
	})
}

func TestConnectTakesOneRoundTrip(t *testing.T) {
	inBubble(t, func(t *testing.T, p virtualPair) {
		l := p.listen(t, "tcp")
		start := time.Now()
		c := p.dial(t, l.Addr())
		assert.Equal(t, 100*time.Millisecond, time.Since(start))

		s, err := l.Accept()
		require.NoError(t, err)
		start = time.Now()
		require.NoError(t, writing(c))
		require.NoError(t, reading(s))
		assert.Equal(t, 50*time.Millisecond, time.Since(start))
	})
}

func TestDatagramTakesOneDelay(t *testing.T) {
	inBubble(t, func(t *testing.T, p virtualPair) {
		s := p.listenPacket(t, "udp")
		c := p.dial(t, s.LocalAddr())
		start := time.Now()
		require.NoError(t, writing(c))
		require.NoError(t, reading(s.(net.Conn)))
		assert.Equal(t, 50*time.Millisecond, time.Since(start))
	})
}

func TestRefusalTakesOneRoundTrip(t *testing.T) {
	inBubble(t, func(t *testing.T, p virtualPair) {
		start := time.Now()
		_, err := p.client.DialContext(bg, "tcp", "10.0.0.2:1")
		assert.ErrorIs(t, err, syscall.ECONNREFUSED)
		assert.Equal(t, 100*time.Millisecond, time.Since(start))
	})
}

func TestDeadlinesAreExact(t *testing.T) {
	inBubble(t, func(t *testing.T, p virtualPair) {
		c, _ := p.connect(t)
		start := time.Now()
		require.NoError(t, c.SetDeadline(start.Add(time.Hour)))
		require.Error(t, reading(c))
		assert.Equal(t, time.Hour, time.Since(start))
		require.Error(t, untilError(c, make([]byte, 1<<20)))
		assert.Equal(t, time.Hour, time.Since(start))
	})
}

func TestOutage(t *testing.T) {
	inBubble(t, func(t *testing.T, p virtualPair) {
		c, s := p.connect(t)
		// With Go's keep-alive the receiver gives up after 150 s.
		require.NoError(t, c.SetKeepAlive(false))
		require.NoError(t, s.SetKeepAlive(false))
		start := time.Now()
		const outage = 8 * time.Minute
		p.cable.SetCarrier(false)
		time.AfterFunc(outage, func() { p.cable.SetCarrier(true) })
		const size = 1 << 20
		go func() {
			c.Write(make([]byte, size))
			c.Close()
		}()
		n, err := io.Copy(io.Discard, s)
		require.NoError(t, err)
		assert.EqualValues(t, size, n)
		assert.Greater(t, time.Since(start), outage)
		assert.Less(t, time.Since(start), 2*outage)
	})
}

// A connection that gets no answer ends when Linux's does, and with its error: that
// of ARP if the next hop is silent, a timeout if it is the peer.
func TestGivingUp(t *testing.T) {
	type cut func(p virtualPair)
	peer := func(p virtualPair) { // the router goes on, the address behind it is gone
		s := p.server.(*Stack)
		s.gate.enter()
		defer s.gate.leave()
		s.stack.RemoveAddress(2, toAddress(behind.Addr()))
	}
	nextHop := func(p virtualPair) { p.cable.SetCarrier(false) }
	dial := func(p virtualPair, c streamConn) error {
		_, err := p.client.DialContext(bg, "tcp", c.RemoteAddr().String())
		return err
	}
	idle := func(p virtualPair, c streamConn) error { return reading(c) }
	send := func(p virtualPair, c streamConn) error {
		writing(c)
		return reading(c)
	}
	for _, tt := range []struct {
		name     string
		cut      cut
		call     func(p virtualPair, c streamConn) error
		err      error
		from, to time.Duration
	}{
		{"dial", peer, dial, syscall.ETIMEDOUT, 127 * time.Second, 127 * time.Second},       // 1+2+4+8+16+32+64, tcp_syn_retries
		{"keep-alive", peer, idle, syscall.ETIMEDOUT, 149 * time.Second, 150 * time.Second}, // package net's 15 s and 9 times 15 s
		{"data", peer, send, syscall.ETIMEDOUT, 15 * time.Minute, 17 * time.Minute},         // tcp_retries2
		{"dial, next hop", nextHop, dial, syscall.EHOSTUNREACH, 2997 * time.Millisecond, 70 * time.Second},
		{"keep-alive, next hop", nextHop, idle, syscall.EHOSTUNREACH, 149 * time.Second, 150 * time.Second},
		{"data, next hop", nextHop, send, syscall.EHOSTUNREACH, 15 * time.Minute, 17 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p virtualPair) {
				require.NoError(t, p.server.(*Stack).AddAddr(2, behind))
				p.client.(*Stack).SetDefault(2, netip.MustParseAddr("10.0.0.2"))
				p.host = behind.Addr().String()
				c, _ := p.connect(t)
				tt.cut(p)
				start := time.Now()
				err := tt.call(p, c)
				assert.ErrorIs(t, err, tt.err)
				assert.GreaterOrEqual(t, time.Since(start), tt.from)
				assert.LessOrEqual(t, time.Since(start), tt.to)
			})
		})
	}
}

// behind is an address that is not on the segment.
var behind = netip.MustParsePrefix("192.0.2.9/32")

func TestHTTP(t *testing.T) {
	t.Parallel()
	for _, et := range stackEnvs {
		n := 10
		switch {
		case raceEnabled || testing.Short():
			n = 1 // the race detector takes a second or more for each 10 MB
		case et.name == "virtual":
			n = 100
		}
		t.Run(et.name, func(t *testing.T) {
			t.Parallel()
			for range n {
				if et.virtual {
					synctest.Test(t, func(t *testing.T) { http100(t, et.new(t)) })
				} else {
					http100(t, et.new(t))
				}
			}
		})
	}
}

// http100 sends 100 requests from 20 clients.
func http100(t *testing.T, e env) {
	l := e.listen(t, "tcp")
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello %s", r.URL.Path)
		w.Write(make([]byte, 100000))
	})}
	served := make(chan error)
	go func() { served <- srv.Serve(l) }()
	tr := &http.Transport{DialContext: e.client.DialContext}
	client := &http.Client{Transport: tr}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for j := range 5 {
				get(t, client, fmt.Sprintf("http://%s", l.Addr()), fmt.Sprintf("/%d/%d", i, j))
			}
		})
	}
	wg.Wait()
	tr.CloseIdleConnections()
	assert.NoError(t, srv.Shutdown(context.Background()))
	assert.ErrorIs(t, <-served, http.ErrServerClosed)
}

func get(t *testing.T, client *http.Client, host, path string) {
	resp, err := client.Get(host + path)
	if !assert.NoError(t, err) {
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	assert.NoError(t, err)
	assert.Equal(t, len("hello "+path)+100000, len(body))
	assert.Equal(t, "hello "+path, string(body[:min(len(body), len("hello "+path))]))
}
