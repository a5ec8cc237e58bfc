package sim_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mss is what a segment with timestamps carries over Ethernet.
const mss = 1448

// TestGoodput has TCP send for forty seconds of virtual time over rates, delays and
// losses. It cannot beat what the wire carries, and gets at least 40 % of the bound of
// Mathis, Semke, Mahdavi and Ott (The Macroscopic Behavior of the TCP Congestion Avoidance
// Algorithm, 1997), mss/RTT·√(3/2)/√p. That is Reno's; gVisor's TCP, which repairs many losses
// in one recovery, gets three to five times as much at these rates of loss. -v prints it.
func TestGoodput(t *testing.T) {
	if testing.Short() {
		t.Skip("carries 60 MB")
	}
	for _, tt := range []struct {
		rate int64 // bit/s
		rtt  time.Duration
		loss float64
	}{
		{10_000_000, 20 * time.Millisecond, 0},
		{10_000_000, 50 * time.Millisecond, 0.01},
		{10_000_000, 100 * time.Millisecond, 0.01},
		{10_000_000, 50 * time.Millisecond, 0.03},
	} {
		t.Run(fmt.Sprintf("%d Mbit %v %g", tt.rate/1e6, tt.rtt, tt.loss), func(t *testing.T) {
			t.Parallel()
			rate := float64(tt.rate) * mss / (mss + 52 + 14)
			bound := rate
			if tt.loss > 0 {
				bound = min(rate, mss*8/tt.rtt.Seconds()*math.Sqrt(1.5/tt.loss))
			}
			got := goodput(t, veth.Impairment{Delay: tt.rtt / 2, Rate: tt.rate, Loss: veth.Loss{P: tt.loss}}, tt.rtt/2)
			t.Logf("%6.2f Mbit/s, Mathis %6.2f: %3.0f %%", got/1e6, bound/1e6, 100*got/bound)
			assert.LessOrEqual(t, got, rate)
			assert.GreaterOrEqual(t, got, 0.4*bound)
		})
	}
}

// goodput returns how many bit/s a connection carries over such a direction, between the 10th
// and the 40th second.
func goodput(t *testing.T, forth veth.Impairment, back time.Duration) (bits float64) {
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		from := simtest.Run(t, h, "from", sim.WithNetwork(n, sim.WithImpairment(forth, veth.Impairment{Delay: back})))
		to := simtest.Run(t, h, "to", sim.WithNetwork(n))
		l, err := to.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		go func() {
			c, err := from.DialContext(t.Context(), "tcp", "to:80")
			if err != nil {
				return
			}
			defer c.Close()
			for b := make([]byte, 1<<16); err == nil; {
				_, err = c.Write(b)
			}
		}()
		c, err := l.Accept()
		require.NoError(t, err)
		defer c.Close()
		start, total := time.Now(), 0
		for b := make([]byte, 1<<16); time.Since(start) < 40*time.Second; {
			n, err := c.Read(b)
			require.NoError(t, err)
			if time.Since(start) > 10*time.Second {
				total += n
			}
		}
		bits = float64(total) * 8 / 30
	})
	return bits
}
