package netstack

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"drydock/drop"
	"drydock/sim/internal/router"
	"drydock/sim/ping"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a stack drops is counted, and told if it is one packet of which gVisor tells.
func TestDrops(t *testing.T) {
	t.Parallel()
	send := func(address string, size int) func(t *testing.T, a *Stack) {
		return func(t *testing.T, a *Stack) {
			c, err := a.DialContext(context.Background(), "udp", address)
			require.NoError(t, err)
			defer c.Close()
			for range 10 {
				_, err = c.Write(make([]byte, size))
				require.NoError(t, err)
				time.Sleep(time.Millisecond) // 41 fragments each: the queue of the cable must not lose any
			}
		}
	}
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, a *Stack)
		want drop.Counts // of b
		told int         // by both
	}{
		{"nothing", func(*testing.T, *Stack) {}, drop.Counts{}, 0},
		{"nobody listens", func(t *testing.T, a *Stack) {
			for _, address := range []string{"10.0.0.2:80", "[fd00::2]:80"} {
				_, err := a.DialContext(context.Background(), "tcp", address)
				require.ErrorContains(t, err, "refused")
			}
		}, drop.Counts{drop.NoSocket: 2}, 2},
		{"nobody listens, UDP", func(t *testing.T, a *Stack) {
			c, err := a.DialContext(context.Background(), "udp", "10.0.0.2:53")
			require.NoError(t, err)
			defer c.Close()
			_, err = c.Write([]byte("?"))
			require.NoError(t, err)
		}, drop.Counts{drop.NoSocket: 1}, 1},
		{"nobody reads", send("10.0.0.2:9", 60000), drop.Counts{drop.SocketFull: 6}, 0},
		{"broadcast ping", func(t *testing.T, a *Stack) {
			_, err := a.Ping(context.Background(), netip.MustParseAddr("10.0.0.255"), &ping.Config{Count: 1, Broadcast: true})
			require.NoError(t, err)
		}, drop.Counts{drop.EchoIgnored: 1}, 2}, // it comes back to who sends it, too
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var told drop.Counters
				a, b := newPair(t, Options{Virtual: true, Router: true, OnDrop: func(d router.Dropped) {
					assert.Equal(t, "eth0", d.Interface)
					assert.NotNil(t, d.Packet)
					told.Add(d.Reason, 1)
				}})
				c, err := b.ListenPacket(context.Background(), "udp", "10.0.0.2:9")
				require.NoError(t, err)
				defer c.Close()
				tt.do(t, a)
				time.Sleep(time.Second)
				assert.Equal(t, tt.want.String(), b.Drops().String())
				assert.EqualValues(t, tt.told, told.Load().Total())
			})
		})
	}
}
