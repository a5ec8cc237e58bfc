package sim_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"drydock/nat/conntrack"
	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/require"
)

// TestSimultaneousOpen: two containers that connect to each other at once are connected,
// and the bridge's netfilter sees one connection.
func TestSimultaneousOpen(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n, _ := h.Network("bridge")
		both := []*sim.Container{simtest.Run(t, h, "aa"), simtest.Run(t, h, "bb")}
		slow := veth.Impairment{Delay: 25 * time.Millisecond}
		for _, c := range both {
			require.NoError(t, c.Link(n).Impair(slow, slow))
		}
		errs, over := make(chan error), make(chan struct{})
		defer close(over)
		for i, c := range both {
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				d := c.Dialer()
				d.LocalAddr = &net.TCPAddr{Port: 7000 + i}
				conn, err := d.DialContext(ctx, "tcp", fmt.Sprint(both[1-i].IP(), ":", 7001-i))
				if err == nil {
					defer func() {
						<-over // until both have looked
						conn.Close()
					}()
					_, err = io.WriteString(conn, "hello")
				}
				if err == nil {
					_, err = io.ReadFull(conn, make([]byte, 5))
				}
				if err == nil {
					err = established(h)
				}
				errs <- err
			}()
		}
		require.NoError(t, <-errs)
		require.NoError(t, <-errs)
	})
}

// established looks for the one connection that there is.
func established(h *sim.Host) error {
	for e := range h.Firewall().Conns() {
		if e.State == conntrack.Established && e.Status&conntrack.Assured != 0 {
			return nil
		}
	}
	return fmt.Errorf("no connection is established: %v", slices.Collect(h.Firewall().Conns()))
}
