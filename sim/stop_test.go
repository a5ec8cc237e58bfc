package sim_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/require"
)

// TestStopGrace stops a server that does not care for its context: after ten
// seconds its sockets are closed, and it ends.
func TestStopGrace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		stop func(c *sim.Container) error
		want time.Duration
	}{
		{"stop", func(c *sim.Container) error { return c.Stop(context.Background()) }, 10 * time.Second},
		{"restart", func(c *sim.Container) error { return c.Restart(context.Background()) }, 10 * time.Second},
		{"shorter", func(c *sim.Container) error {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			return c.Stop(ctx)
		}, time.Second},
		{"kill", (*sim.Container).Kill, 0},
		{"kill while stopping", func(c *sim.Container) error {
			go c.Stop(context.Background())
			time.Sleep(2 * time.Second)
			return c.Kill()
		}, 2 * time.Second},
		{"close", func(c *sim.Container) error {
			go c.Stop(context.Background())
			time.Sleep(3 * time.Second)
			h, _ := hosts.Load(c)
			return h.(*sim.Host).Close()
		}, 3 * time.Second},
	} {
		simtest.VirtualTime(t, func(t *testing.T) {
			h := simtest.NewHost(t)
			c := simtest.Run(t, h, "web")
			hosts.Store(c, h)
			defer hosts.Delete(c)
			l, err := c.Listen(t.Context(), "tcp", ":80")
			require.NoError(t, err)
			require.NoError(t, c.Go(func(context.Context) error { return http.Serve(l, nil) }))
			start := time.Now()
			require.NoError(t, test.stop(c), test.name)
			require.Equal(t, test.want, time.Since(start), test.name)
		})
	}
}

// hosts are the hosts of containers under test.
var hosts sync.Map

// TestFunctionsStopFirst checks that a function may use the network until it
// returns.
func TestFunctionsStopFirst(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		web, cli := simtest.Run(t, h, "web"), simtest.Run(t, h, "cli")
		l, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		require.NoError(t, cli.Go(func(ctx context.Context) error {
			<-ctx.Done()
			c, err := cli.DialContext(context.Background(), "tcp", "172.17.0.2:80")
			if err == nil {
				_, err = io.WriteString(c, "bye")
			}
			if !cli.Running() || cli.Go(func(context.Context) error { return nil }) == nil {
				t.Error("a container that stops is running and starts no functions")
			}
			return err
		}))
		go cli.Stop(context.Background())
		c, err := l.Accept()
		require.NoError(t, err)
		b, err := io.ReadAll(c)
		require.NoError(t, err)
		require.Equal(t, "bye", string(b))
	})
}

// TestCloseWithDependentFunctions closes a host where functions wait for each
// other and for the host's sockets.
func TestCloseWithDependentFunctions(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	a, b := simtest.Run(t, h, "aa"), simtest.Run(t, h, "bb")
	onHost, err := h.Listen(t.Context(), "tcp", ":80")
	require.NoError(t, err)
	onB, err := b.Listen(t.Context(), "tcp", ":80")
	require.NoError(t, err)
	accepted := make(chan error, 1)
	require.NoError(t, b.Go(func(context.Context) error {
		_, err := onB.Accept()
		accepted <- err
		return err
	}))
	require.NoError(t, a.Go(func(context.Context) error {
		<-accepted
		_, err := onHost.Accept()
		return err
	}))
	require.NoError(t, h.Close())
}

// TestCloseAgainstEverything closes hosts while their containers come and go.
func TestCloseAgainstEverything(t *testing.T) {
	t.Parallel()
	for range scaled(100) {
		h := simtest.NewHost(t, sim.WithLogger(slog.New(slog.DiscardHandler)))
		ctx := context.Background()
		var all sync.WaitGroup
		for i := range 4 {
			c := simtest.Run(t, h, fmt.Sprintf("c%d", i))
			for _, do := range []func(){
				func() { c.Restart(ctx) },
				func() { c.Kill(); c.Remove() },
				func() { c.Stop(ctx); c.Start() },
				func() { h.Run(fmt.Sprintf("d%d", i)) },
				func() { c.Interfaces(); h.Interfaces(); c.IP() },
			} {
				all.Go(do)
			}
		}
		all.Go(func() { h.Close() })
		all.Wait()
		for c := range h.Containers() {
			require.False(t, c.Running())
		}
	}
}

// TestLoggerMayAsk gives the host a logger that calls back.
func TestLoggerMayAsk(t *testing.T) {
	t.Parallel()
	asked := 0
	var h *sim.Host
	h = simtest.NewHost(t, sim.WithLogger(slog.New(handler(func() {
		for c := range h.Containers() {
			c.Running()
			c.IP()
			c.Interfaces()
		}
		asked++
	}))))
	c := simtest.Run(t, h, "web")
	require.NoError(t, c.Kill())
	require.Equal(t, 2, asked)
}

type handler func()

func (h handler) Enabled(context.Context, slog.Level) bool  { return true }
func (h handler) Handle(context.Context, slog.Record) error { h(); return nil }
func (h handler) WithAttrs([]slog.Attr) slog.Handler        { return h }
func (h handler) WithGroup(string) slog.Handler             { return h }

// TestImpairOutlivesRuns sets an impairment before the first start.
func TestImpairOutlivesRuns(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n, _ := h.Network("bridge")
		c, err := h.Create("slow")
		require.NoError(t, err)
		require.NoError(t, c.Link(n).Impair(veth.Impairment{Delay: 30 * time.Millisecond}, veth.Impairment{Delay: 20 * time.Millisecond}))
		for range 2 {
			require.NoError(t, c.Start())
			_, err := c.Ping(t.Context(), "172.17.0.1", nil)
			require.NoError(t, err)
			stats, err := c.Ping(t.Context(), "172.17.0.1", nil)
			require.NoError(t, err)
			require.Equal(t, 50*time.Millisecond, stats.Avg)
			require.NoError(t, c.Stop(t.Context()))
		}
	})
}

func TestLookupNetIP(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "web")
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, test := range []struct {
		ctx           context.Context
		network, host string
		want, err     string
	}{
		{nil, "ip", "localhost", "[127.0.0.1 ::1]", ""},
		{nil, "ip6", "localhost", "[::1]", ""},
		{nil, "ip", c.Hostname(), "[172.17.0.2]", ""},
		{nil, "ip", "::1", "[::1]", ""},
		{nil, "ip4", "::1", "", "address ::1: no suitable address found"},
		{nil, "tcp", "localhost", "", "unknown network tcp"},
		{nil, "ip", "nosuch", "", "lookup nosuch: no such host"},
		{canceled, "ip", "localhost", "", "lookup localhost: operation was canceled"},
	} {
		ctx := test.ctx
		if ctx == nil {
			ctx = context.Background()
		}
		addrs, err := c.LookupNetIP(ctx, test.network, test.host)
		if test.err != "" {
			require.EqualError(t, err, test.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, test.want, fmt.Sprint(addrs))
	}
}

// TestPeerSeesTheEnd checks what the other end of a connection reads: the end of
// file after a stop, a reset after a kill.
func TestPeerSeesTheEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		end  func(*sim.Container) error
		want error
	}{
		{"stop", func(c *sim.Container) error { return c.Stop(context.Background()) }, io.EOF},
		{"restart", func(c *sim.Container) error { return c.Restart(context.Background()) }, io.EOF},
		{"kill", (*sim.Container).Kill, syscall.ECONNRESET},
	} {
		for range 20 {
			h := simtest.NewHost(t)
			web, cli := simtest.Run(t, h, "web"), simtest.Run(t, h, "cli")
			l, err := web.Listen(t.Context(), "tcp", ":80")
			require.NoError(t, err)
			c, err := cli.DialContext(t.Context(), "tcp", "172.17.0.2:80")
			require.NoError(t, err)
			s, err := l.Accept()
			require.NoError(t, err)
			require.NoError(t, test.end(web))
			c.SetReadDeadline(time.Now().Add(5 * time.Second))
			_, err = c.Read(make([]byte, 1))
			require.ErrorIs(t, err, test.want, test.name)
			_, err = s.Read(make([]byte, 1))
			require.ErrorIs(t, err, net.ErrClosed)
		}
	}
}
