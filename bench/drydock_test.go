package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/ping"

	"github.com/stretchr/testify/require"
)

// A container is an end.
type container struct{ *sim.Container }

// openDrydock runs containers on docker0.
func openDrydock(b *testing.B, n int) []pair {
	host, err := sim.NewHost()
	require.NoError(b, err)
	b.Cleanup(func() { host.Close() })
	run := func(kind string, i int) container {
		c, err := host.Run(fmt.Sprint(kind, i))
		require.NoError(b, err)
		return container{c}
	}
	pairs := make([]pair, n)
	for i := range pairs {
		pairs[i] = pair{run("client", i), run("server", i)}
	}
	return pairs
}

func (c container) Addr() string { return c.IP().String() }

func (c container) ping(ctx context.Context, to string, n int) ([]time.Duration, error) {
	var times []time.Duration
	_, err := c.Ping(ctx, to, &ping.Config{Count: n, Interval: -1, Observe: func(e ping.Event) {
		if e.From.IsValid() && e.Err == nil {
			times = append(times, e.RTT)
		}
	}})
	if err == nil && len(times) != n {
		err = fmt.Errorf("%d replies to %d requests", len(times), n)
	}
	return times, err
}
