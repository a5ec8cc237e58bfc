package sim_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/require"
)

// TestExitSendsAll: what a program wrote before it exits arrives, though the container
// goes with it, as long as the way is not too slow.
func TestExitSendsAll(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		delay time.Duration
		whole bool
	}{
		{"near", 0, true},
		{"5 ms away", 5 * time.Millisecond, true},
		{"a second away", time.Second, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				h := simtest.NewHost(t)
				network, _ := h.Network("bridge")
				text := bytes.Repeat([]byte("0123456789abcdef"), 16<<10)
				c := simtest.Run(t, h, "once", sim.WithImage(sim.Image{Main: func(ctx context.Context, c *sim.Container) error {
					l, err := c.Listen(ctx, "tcp", ":80")
					if err != nil {
						return err
					}
					conn, err := l.Accept()
					if err != nil {
						return err
					}
					_, err = conn.Write(text)
					return errors.Join(err, conn.Close())
				}}))
				cli := simtest.Run(t, h, "cli")
				require.NoError(t, c.Link(network).Impair(veth.Impairment{Delay: tt.delay}, veth.Impairment{}))
				require.NoError(t, c.WaitListening(t.Context(), "80"))
				conn, err := cli.DialContext(t.Context(), "tcp", c.IP().String()+":80")
				require.NoError(t, err)
				conn.SetReadDeadline(time.Now().Add(time.Minute))
				got, err := io.ReadAll(conn)
				if tt.whole {
					require.NoError(t, err)
					require.Equal(t, text, got)
				} else {
					require.Less(t, len(got), len(text))
				}
				_, err = c.Wait(t.Context())
				require.NoError(t, err)
			})
		})
	}
}

// TestExitThroughProxy: what came as far as the userland proxy goes on to the client.
func TestExitThroughProxy(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	once := sim.Image{Main: func(ctx context.Context, c *sim.Container) error {
		l, err := c.Listen(ctx, "tcp", ":80")
		if err != nil {
			return err
		}
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		_, err = io.WriteString(conn, "only once")
		return errors.Join(err, conn.Close())
	}}
	c, err := h.Create("once", sim.WithImage(once), sim.WithPublish("8080:80"))
	require.NoError(t, err)
	for range 100 {
		require.NoError(t, c.Start())
		require.NoError(t, c.WaitListening(t.Context(), "80"))
		conn, err := h.DialContext(t.Context(), "tcp", "127.0.0.1:8080")
		require.NoError(t, err)
		text, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, "only once", string(text))
		conn.Close()
		_, err = c.Wait(t.Context())
		require.NoError(t, err)
	}
}
