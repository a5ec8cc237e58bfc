package sim_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// scaled is n, or less where n takes too long.
func scaled(n int) int {
	if raceDetector || testing.Short() {
		return n / 10
	}
	return n
}

// TestThousandContainers makes, pings and removes a thousand containers.
func TestThousandContainers(t *testing.T) {
	n := scaled(1000)
	h := simtest.NewHost(t)
	var all []*sim.Container
	for i := range n {
		all = append(all, simtest.Run(t, h, fmt.Sprintf("c%04d", i)))
	}
	require.Equal(t, "172.17.0.2", all[0].IP().String())
	var pings errgroup.Group
	pings.SetLimit(2 * runtime.GOMAXPROCS(0))
	for i, c := range all {
		to := all[(i+1)%n]
		pings.Go(func() error {
			_, err := c.Ping(t.Context(), to.IP().String(), &ping.Config{Count: 1})
			return err
		})
	}
	require.NoError(t, pings.Wait())
	for _, c := range all {
		require.NoError(t, c.Kill())
		require.NoError(t, c.Remove())
	}
	require.Len(t, h.Interfaces(), 2)
	bridge, _ := h.Network("bridge")
	require.Len(t, bridge.Bridge().Ports(), 1)
}

// TestTenThousandConnections opens and closes them.
func TestTenThousandConnections(t *testing.T) {
	n := scaled(10_000)
	h := simtest.NewHost(t)
	web, cli := simtest.Run(t, h, "web"), simtest.Run(t, h, "cli")
	l, err := web.Listen(t.Context(), "tcp", ":80")
	require.NoError(t, err)
	require.NoError(t, web.Go(func(context.Context) error {
		for {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}))
	var clients errgroup.Group
	clients.SetLimit(50)
	for range n {
		clients.Go(func() error { return converse(t.Context(), cli) })
	}
	require.NoError(t, clients.Wait())
}

// converse sends a word and waits for the echo.
func converse(ctx context.Context, c *sim.Container) error {
	conn, err := c.DialContext(ctx, "tcp", "172.17.0.2:80")
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(conn, "hello"); err != nil {
		return err
	}
	if err := conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		return err
	}
	b, err := io.ReadAll(conn)
	if err == nil && string(b) != "hello" {
		err = fmt.Errorf("echo of hello is %q", b)
	}
	return err
}

// TestChurn starts and stops containers under traffic.
func TestChurn(t *testing.T) {
	h := simtest.NewHost(t)
	web := simtest.Run(t, h, "web")
	u, err := web.ListenPacket(t.Context(), "udp", ":7")
	require.NoError(t, err)
	var received atomic.Int64
	require.NoError(t, web.Go(func(context.Context) error {
		for b := make([]byte, 1500); ; received.Add(1) {
			if _, _, err := u.ReadFrom(b); err != nil {
				return err
			}
		}
	}))
	const rounds = 30
	var churners errgroup.Group
	for i := range 8 {
		churners.Go(func() error {
			for j := range rounds {
				if err := comeAndGo(h, fmt.Sprintf("churn-%d", i), j); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, churners.Wait())
	require.Len(t, h.Interfaces(), 3) // lo, docker0 and the port of web
}

// comeAndGo runs a container that sends, stops it while it does, and removes it.
func comeAndGo(h *sim.Host, name string, round int) error {
	c, err := h.Run(name)
	if err != nil {
		return err
	}
	started := make(chan struct{})
	err = c.Go(func(ctx context.Context) error {
		defer close(started)
		conn, err := c.DialContext(ctx, "udp", "172.17.0.2:7")
		if err != nil {
			return err
		}
		for range 100 {
			if _, err := conn.Write(make([]byte, 1000)); err != nil {
				return nil // stopped
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if round%2 == 0 {
		<-started
	}
	if round%3 == 0 {
		err = c.Stop(context.Background())
	} else {
		err = c.Kill()
	}
	if err != nil {
		return err
	}
	return c.Remove()
}

// TestCloseDuringTraffic closes a host whose containers send as fast as they can.
func TestCloseDuringTraffic(t *testing.T) {
	h := simtest.NewHost(t)
	web := simtest.Run(t, h, "web")
	l, err := web.Listen(t.Context(), "tcp", ":80")
	require.NoError(t, err)
	var senders sync.WaitGroup
	flowing := make(chan struct{}, 8)
	senders.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			senders.Go(func() { io.Copy(io.Discard, c) })
		}
	})
	for i := range cap(flowing) {
		c := simtest.Run(t, h, fmt.Sprintf("sender%d", i))
		senders.Go(func() {
			conn, err := c.DialContext(context.Background(), "tcp", net.JoinHostPort("172.17.0.2", "80"))
			if err != nil {
				t.Error(err)
				flowing <- struct{}{}
				return
			}
			conn.Write(make([]byte, 1<<20))
			flowing <- struct{}{}
			io.Copy(conn, zeros{})
		})
	}
	for range cap(flowing) {
		<-flowing
	}
	require.NoError(t, h.Close())
	senders.Wait()
}
