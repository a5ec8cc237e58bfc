package sim_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestWaitForTheRest: who begins to wait while a stopped container waits for its
// functions waits for them too.
func TestWaitForTheRest(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithLogger(slog.New(slog.DiscardHandler)))
		c := simtest.Run(t, h, "job")
		require.NoError(t, c.Go(func(context.Context) error { time.Sleep(time.Minute); return nil }))
		start := time.Now()
		go c.Stop(context.Background())
		time.Sleep(20 * time.Second)
		require.Equal(t, "exited", c.State().Status)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Wait(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		code, err := c.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 137, code)
		require.Equal(t, time.Minute, time.Since(start))

		code, err = c.Wait(ctx)
		require.NoError(t, err, "nothing to wait for")
		require.Equal(t, 137, code)
	})
}

// TestKillDuringStart: a container that is killed before its main function begins does
// not begin it.
func TestKillDuringStart(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		var c *sim.Container
		killed := make(chan error, 1)
		logged := 0
		h := simtest.NewHost(t, sim.WithLogger(slog.New(handler(func() {
			if logged++; logged == 1 { // it is running but for that
				go func() { killed <- c.Kill() }()
				synctest.Wait()
			}
		}))))
		c, err := h.Create("job", sim.WithImage(sim.Image{Main: func(context.Context, *sim.Container) error {
			t.Error("a killed container goes on")
			return nil
		}}))
		require.NoError(t, err)
		require.NoError(t, c.Start())
		require.NoError(t, <-killed)
		require.Equal(t, 137, c.State().ExitCode)
	})
}

// TestMainFailNow has a main function that ends its goroutine, and so the container.
func TestMainFailNow(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c := simtest.Run(t, h, "job", sim.WithImage(sim.Image{Main: func(context.Context, *sim.Container) error {
			runtime.Goexit()
			return nil
		}}))
		code, err := c.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, code)
	})
}

// TestKillResets: who is connected to a container that is killed sees a reset at once,
// also if the program closes its connections when it is told to end.
func TestKillResets(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(*sim.Container) error{
		"kill":  (*sim.Container).Kill,
		"rm -f": (*sim.Container).ForceRemove,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				h := simtest.NewHost(t)
				c := simtest.Run(t, h, "srv", sim.WithImage(sim.Image{Main: func(ctx context.Context, c *sim.Container) error {
					l, err := c.Listen(ctx, "tcp", ":80")
					if err != nil {
						return err
					}
					conn, err := l.Accept()
					if err != nil {
						return err
					}
					<-ctx.Done()
					return conn.Close()
				}}))
				cli := simtest.Run(t, h, "cli")
				require.NoError(t, c.WaitListening(t.Context(), "80"))
				conn, err := cli.DialContext(t.Context(), "tcp", c.IP().String()+":80")
				require.NoError(t, err)
				time.Sleep(time.Second)
				require.NoError(t, kill(c))
				before := time.Now()
				_, err = conn.Read(make([]byte, 1))
				require.ErrorIs(t, err, syscall.ECONNRESET)
				require.Less(t, time.Since(before), time.Second)
			})
		})
	}
}

// TestKillIsNoFailure: that the sockets of a killed container are gone is no failure of
// its functions, and not why it ended.
func TestKillIsNoFailure(t *testing.T) {
	t.Parallel()
	accept := func(ctx context.Context, c *sim.Container, address string) error {
		l, err := c.Listen(ctx, "tcp", address)
		if err == nil {
			_, err = l.Accept()
		}
		return err
	}
	for range 50 {
		var log bytes.Buffer
		h := simtest.NewHost(t, sim.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		c := simtest.Run(t, h, "srv", sim.WithImage(sim.Image{Main: func(ctx context.Context, c *sim.Container) error { return accept(ctx, c, ":80") }}))
		require.NoError(t, c.Go(func(ctx context.Context) error { return accept(ctx, c, ":81") }))
		require.NoError(t, c.WaitListening(t.Context(), "80-81"))
		require.NoError(t, c.Kill())
		require.Equal(t, 137, c.State().ExitCode)
		require.NoError(t, h.Close())
		require.Empty(t, log.String())
	}
}

// TestKillResetsAll has many connections, and a main function that returns as soon as its
// listener is gone, which is closed first: the exit that follows closes none of them.
func TestKillResetsAll(t *testing.T) {
	t.Parallel()
	const connections = 40
	for range 10 {
		h := simtest.NewHost(t)
		accepted := make(chan struct{}, connections)
		c := simtest.Run(t, h, "srv", sim.WithImage(sim.Image{Main: func(ctx context.Context, c *sim.Container) error {
			l, err := c.Listen(ctx, "tcp", ":80")
			if err != nil {
				return err
			}
			for {
				if _, err := l.Accept(); err != nil {
					return err
				}
				accepted <- struct{}{}
			}
		}}))
		cli := simtest.Run(t, h, "cli")
		require.NoError(t, c.WaitListening(t.Context(), "80"))
		var peers []net.Conn
		for range connections {
			peer, err := cli.DialContext(t.Context(), "tcp", c.IP().String()+":80")
			require.NoError(t, err)
			peers = append(peers, peer)
			<-accepted
		}
		require.NoError(t, c.Kill())
		for _, peer := range peers {
			require.NoError(t, peer.SetReadDeadline(time.Now().Add(10*time.Second)))
			_, err := peer.Read(make([]byte, 1))
			require.ErrorIs(t, err, syscall.ECONNRESET)
		}
		require.NoError(t, h.Close())
	}
}
