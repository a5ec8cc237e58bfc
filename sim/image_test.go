package sim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// serve answers requests until the container stops.
func serve(ctx context.Context, c *sim.Container) error {
	l, err := c.Listen(ctx, "tcp", ":80")
	if err != nil {
		return err
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, c.Name()) })}
	context.AfterFunc(ctx, func() { s.Close() })
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// TestMainRestarts: the main function runs again at each start, and is back when the
// stop is.
func TestMainRestarts(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		nginx := sim.Image{Name: "nginx", Expose: []string{"80"}, Main: serve}
		web := simtest.Run(t, h, "web", sim.WithImage(nginx), sim.WithPublishAll())
		cli := simtest.Run(t, h, "cli")
		get := func() string {
			require.NoError(t, web.WaitListening(t.Context(), "80"))
			resp, err := cli.HTTPClient().Get("http://" + web.IP().String())
			require.NoError(t, err)
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			return string(body)
		}
		require.Equal(t, "web", get())
		require.Equal(t, "80/tcp", web.Ports()[0].Port)
		require.NoError(t, web.Restart(t.Context()))
		require.Equal(t, "web", get())
		started := time.Now()
		require.NoError(t, web.Stop(t.Context()))
		require.Less(t, time.Since(started), time.Millisecond, "nothing to wait for")
		code, err := web.Wait(t.Context())
		require.NoError(t, err)
		require.Zero(t, code)
		require.Equal(t, "nginx", web.Image().Name)
	})
}

// TestExitStatus has how containers end, and the status that "docker wait" prints.
func TestExitStatus(t *testing.T) {
	t.Parallel()
	untilStopped := func(result error) func(context.Context) error {
		return func(ctx context.Context) error { <-ctx.Done(); return result }
	}
	returns := func(err error) func(context.Context) error {
		return func(context.Context) error { return err }
	}
	stubborn := func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Minute); return nil }
	stop := func(c *sim.Container) error { return c.Stop(context.Background()) }
	for _, tt := range []struct {
		name string
		main func(context.Context) error
		end  func(*sim.Container) error // nil: it exits by itself
		want int
	}{
		{"true", returns(nil), nil, 0},
		{"false", returns(errors.New("false")), nil, 1},
		{"exit 3", returns(sim.ExitStatus(3)), nil, 3},
		{"wrapped", returns(fmt.Errorf("serve: %w", sim.ExitStatus(4))), nil, 4},
		{"of a real process", returns(new(exec.ExitError)), nil, 255},
		{"canceled by itself", returns(context.Canceled), nil, 1},
		{"sleep, stopped", nil, stop, 0},
		{"sleep, killed", nil, (*sim.Container).Kill, 137},
		{"handles SIGTERM", untilStopped(nil), stop, 0},
		{"handles SIGTERM badly", untilStopped(sim.ExitStatus(5)), stop, 5},
		{"dies of SIGTERM", untilStopped(context.Canceled), stop, 143},
		{"killed", untilStopped(nil), (*sim.Container).Kill, 137},
		{"ignores SIGTERM", stubborn, stop, 137},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				h := simtest.NewHost(t, sim.WithLogger(slog.New(slog.DiscardHandler)))
				image := sim.Image{}
				if tt.main != nil {
					image.Main = func(ctx context.Context, _ *sim.Container) error { return tt.main(ctx) }
				}
				before := time.Now()
				c := simtest.Run(t, h, "job", sim.WithImage(image))
				if tt.end != nil {
					require.Equal(t, "running", c.State().Status)
					require.NoError(t, tt.end(c))
				}
				code, err := c.Wait(t.Context())
				require.NoError(t, err)
				require.Equal(t, tt.want, code)
				s := c.State()
				require.Equal(t, dockerapi.State{Status: "exited", ExitCode: tt.want, StartedAt: before, FinishedAt: s.FinishedAt}, s)
				require.False(t, c.IP().IsValid(), "its address is free")
				simtest.Run(t, h, "next")
			})
		})
	}
}

// TestMainEndsAll: what else runs in a container ends with its main function, as the
// processes of a namespace do with the first.
func TestMainEndsAll(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		quit := make(chan struct{})
		c := simtest.Run(t, h, "job", sim.WithImage(sim.Image{
			Main: func(context.Context, *sim.Container) error { <-quit; return nil },
		}))
		peer := simtest.Run(t, h, "peer")
		who(t, c, "tcp", "80")
		conn, err := peer.DialContext(t.Context(), "tcp", "172.17.0.2:80")
		require.NoError(t, err)
		ended := make(chan struct{})
		require.NoError(t, c.Go(func(ctx context.Context) error { <-ctx.Done(); close(ended); return nil }))
		close(quit)
		<-ended
		io.ReadAll(conn) // until its end
		_, err = c.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, "exited", c.State().Status)
		require.ErrorIs(t, c.Go(func(context.Context) error { return nil }), sim.ErrNotRunning)
	})
}

// TestWait: who waits is told by the end of the run that he saw, or goes with his
// context.
func TestWait(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c, err := h.Create("job", sim.WithImage(sim.Image{
			Main: func(ctx context.Context, _ *sim.Container) error { <-ctx.Done(); return sim.ExitStatus(7) },
		}))
		require.NoError(t, err)
		code, err := c.Wait(t.Context())
		require.NoError(t, err)
		require.Zero(t, code, "never ran")
		require.NoError(t, c.Start())
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err = c.Wait(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		codes := make(chan int, 3)
		for range cap(codes) {
			go func() { code, _ := c.Wait(t.Context()); codes <- code }()
		}
		time.Sleep(time.Second)
		require.NoError(t, c.Restart(t.Context()), "ends the run that they wait for")
		for range cap(codes) {
			require.Equal(t, 7, <-codes)
		}
		require.True(t, c.Running())
		require.NoError(t, c.ForceRemove())
		require.Equal(t, 137, c.State().ExitCode)
		require.ErrorIs(t, c.ForceRemove(), sim.ErrNotFound)
	})
}

// TestWaitListening: what is waited for is a socket that listens on the port, of the
// right protocol.
func TestWaitListening(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		slow := sim.Image{Main: func(ctx context.Context, c *sim.Container) error {
			time.Sleep(time.Minute)
			p, err := c.ListenPacket(ctx, "udp", "127.0.0.1:53")
			if err != nil {
				return err
			}
			time.Sleep(time.Minute)
			p.Close()
			l, err := c.Listen(ctx, "tcp4", ":53")
			if err != nil {
				return err
			}
			defer l.Close()
			<-ctx.Done()
			return nil
		}}
		c := simtest.Run(t, h, "dns", sim.WithImage(slow))
		start := time.Now()
		require.NoError(t, c.WaitListening(t.Context(), "53/udp"))
		require.Equal(t, time.Minute, time.Since(start))
		require.NoError(t, c.WaitListening(t.Context(), "53/tcp"))
		require.Equal(t, 2*time.Minute, time.Since(start))
		require.NoError(t, c.WaitListening(t.Context(), "53"))

		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		require.ErrorIs(t, c.WaitListening(ctx, "53/udp"), context.DeadlineExceeded, "it is closed")
		require.ErrorIs(t, c.WaitListening(t.Context(), "70000"), sim.ErrPort)
		stopped := make(chan error)
		go func() { stopped <- c.WaitListening(t.Context(), "80-81") }()
		time.Sleep(time.Second)
		require.NoError(t, c.Stop(t.Context()))
		require.ErrorIs(t, <-stopped, sim.ErrNotRunning)
		require.ErrorIs(t, c.WaitListening(t.Context(), "80"), sim.ErrNotRunning)
	})
}

// TestImageEnv has the order of the variables, those of the image being behind the
// container's own and giving way to them.
func TestImageEnv(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	image := sim.Image{Env: []string{"PATH=/bin", "A=image", "B=image"}, Expose: []string{"80", "53/udp"}}
	db := simtest.Run(t, h, "db", sim.WithImage(image), sim.WithEnv("A=own", "C=own"), sim.WithExpose("80"))
	require.Equal(t, []string{"PATH=/bin", "HOSTNAME=" + db.ID()[:12], "A=own", "C=own", "B=image", "HOME=/root"}, db.Env())
	web := simtest.Run(t, h, "web", sim.WithLink(db, ""))
	require.Subset(t, web.Env(), []string{
		"DB_PORT=udp://172.17.0.2:53", "DB_PORT_53_UDP_PORT=53", "DB_PORT_80_TCP=tcp://172.17.0.2:80", "DB_ENV_A=own", "DB_ENV_B=image",
	})
	require.NotContains(t, web.Env(), "DB_ENV_PATH=/bin")

	for _, bad := range []sim.Image{{Env: []string{"=value"}}, {Expose: []string{"70000"}}} {
		_, err := h.Run("bad", sim.WithImage(bad))
		require.Error(t, err)
	}
}
