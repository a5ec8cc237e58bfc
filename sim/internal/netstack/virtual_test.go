package netstack

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
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

// An idle connection to nowhere ends with package net's keep-alive: after 15 s
// nine probes, 15 s apart.
func TestKeepAliveEndsConn(t *testing.T) {
	inBubble(t, func(t *testing.T, p virtualPair) {
		c, _ := p.connect(t)
		time.Sleep(time.Second)
		p.cable.SetCarrier(false)
		start := time.Now()
		err := reading(c)
		assert.ErrorIs(t, err, syscall.ETIMEDOUT)
		assert.Equal(t, "read tcp ADDR->ADDR: read: connection timed out", masked(err))
		assert.InDelta(t, 150*time.Second, time.Since(start), float64(time.Second))
	})
}

// Without an answer a dial ends when Linux's does, after 1+2+…+64 s.
func TestDialTimesOut(t *testing.T) {
	inBubble(t, func(t *testing.T, p virtualPair) {
		l := p.listen(t, "tcp")
		start := time.Now()
		p.cable.SetCarrier(false)
		_, err := p.client.DialContext(bg, "tcp", l.Addr().String())
		require.Error(t, err)
		t.Log(err, time.Since(start))
	})
}

// A write that nobody acknowledges ends with a timeout, as after tcp_retries2.
func TestWriteTimesOut(t *testing.T) {
	inBubble(t, func(t *testing.T, p virtualPair) {
		c, _ := p.connect(t)
		p.cable.SetCarrier(false)
		start := time.Now()
		require.NoError(t, writing(c))
		err := reading(c)
		assert.ErrorIs(t, err, syscall.ETIMEDOUT)
		assert.Greater(t, time.Since(start), 10*time.Minute)
	})
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	runs := 100
	if testing.Short() {
		runs = 10
	}
	for _, et := range stackEnvs {
		n := runs
		if !et.virtual {
			n = runs / 10
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
