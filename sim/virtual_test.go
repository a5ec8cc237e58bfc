package sim_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/require"
)

// slowLink makes the cable of c a link of 50 ms each way.
func slowLink(t *testing.T, h *sim.Host, c *sim.Container) {
	t.Helper()
	n, _ := h.Network("bridge")
	delay := veth.Impairment{Delay: 50 * time.Millisecond}
	require.NoError(t, c.Link(n).Impair(delay, delay))
}

func TestConnectTakesOneRoundTrip(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		web, cli := simtest.Run(t, h, "web"), simtest.Run(t, h, "cli")
		slowLink(t, h, cli)
		l, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		defer l.Close()
		for _, want := range []time.Duration{
			200 * time.Millisecond, // the first also waits for ARP
			100 * time.Millisecond,
		} {
			start := time.Now()
			c, err := cli.DialContext(t.Context(), "tcp", "172.17.0.2:80")
			require.NoError(t, err)
			require.Equal(t, want, time.Since(start))
			c.Close()
		}
	})
}

func TestOutage(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n, _ := h.Network("bridge")
		web, cli := simtest.Run(t, h, "web"), simtest.Run(t, h, "cli")
		l, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		received := make(chan string, 1)
		require.NoError(t, web.Go(func(context.Context) error {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			defer c.Close()
			// Else the idle end would give up after 150 s, as package net's do.
			c.(interface{ SetKeepAlive(bool) error }).SetKeepAlive(false)
			b, err := io.ReadAll(c)
			received <- string(b)
			return err
		}))
		c, err := cli.DialContext(t.Context(), "tcp", "172.17.0.2:80")
		require.NoError(t, err)
		io.WriteString(c, "before ")
		time.Sleep(time.Second)

		const outage = 8 * time.Minute
		start := time.Now()
		require.NoError(t, cli.Link(n).SetCarrier(false))
		io.WriteString(c, "after")
		c.(interface{ CloseWrite() error }).CloseWrite()
		time.Sleep(outage)
		require.Empty(t, received)
		require.NoError(t, cli.Link(n).SetCarrier(true))
		require.Equal(t, "before after", <-received)
		require.Greater(t, time.Since(start), outage)
		require.Less(t, time.Since(start), 2*outage) // retransmissions are at most two minutes apart
	})
}

// pageSize is several segments.
const pageSize = 20_000

// TestHTTPNeverHangs is many short conversations at once, where a wake-up that got
// lost would show.
func TestHTTPNeverHangs(t *testing.T) {
	t.Parallel()
	for range scaled(100) {
		simtest.VirtualTime(t, func(t *testing.T) {
			h := simtest.NewHost(t)
			web := simtest.Run(t, h, "web")
			slowLink(t, h, web)
			l, err := web.Listen(t.Context(), "tcp", ":80")
			require.NoError(t, err)
			page := make([]byte, pageSize)
			require.NoError(t, web.Go(func(context.Context) error {
				return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					fmt.Fprintf(w, "hello %s", r.URL.Path)
					w.Write(page)
				}))
			}))
			cli := simtest.Run(t, h, "cli")
			start := time.Now()
			var clients sync.WaitGroup
			for range 20 {
				clients.Go(func() {
					for j := range 5 {
						if err := get(cli.HTTPClient(), fmt.Sprintf("http://172.17.0.2/%d", j)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			clients.Wait()
			require.Less(t, time.Since(start), time.Minute)
		})
	}
}

func get(client *http.Client, url string) error {
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if n < pageSize {
		return fmt.Errorf("%d bytes, %v", n, err)
	}
	return err
}

// TestCloseInBubble leaves listeners, connections and blocked calls behind: the
// bubble would not end if Close left a goroutine.
func TestCloseInBubble(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		web, cli := simtest.Run(t, h, "web"), simtest.Run(t, h, "cli")
		l, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		u, err := web.ListenPacket(t.Context(), "udp", ":53")
		require.NoError(t, err)
		c, err := cli.DialContext(t.Context(), "tcp", "172.17.0.2:80")
		require.NoError(t, err)
		s, err := l.Accept()
		require.NoError(t, err)

		var blocked sync.WaitGroup
		for _, call := range []func() error{
			func() error { _, err := l.Accept(); return err },
			func() error { _, _, err := u.ReadFrom(make([]byte, 1)); return err },
			func() error { _, err := c.Read(make([]byte, 1)); return err },
			func() error { _, err := io.Copy(c, zeros{}); return err },
			func() error { _, err := cli.DialContext(t.Context(), "tcp", "172.17.0.99:80"); return err },
			func() error { _, err := cli.Ping(t.Context(), "172.17.0.99", nil); return err },
		} {
			blocked.Go(func() {
				if call() == nil { // what fails it depends on who is killed first
					t.Error("succeeded")
				}
			})
		}
		time.Sleep(time.Second)
		require.NoError(t, h.Close())
		blocked.Wait()
		_, err = s.Write([]byte("x"))
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// TestRealTimeInBubble would hang if NewHost let it.
func TestRealTimeInBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := sim.NewHost()
		require.ErrorIs(t, err, sim.ErrTime)
		h, err := sim.NewHost(sim.WithVirtualTime())
		require.NoError(t, err)
		require.NoError(t, h.Close())
	})
}
