package veth_test

import (
	"math"
	"testing"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRate(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	tests := []struct {
		name       string
		impairment veth.Impairment
		burst      int
		want       []time.Duration
	}{
		{
			name:       "frames of 100 bytes at 800 kbit/s",
			impairment: veth.Impairment{Rate: 800_000},
			burst:      4,
			want:       []time.Duration{ms, 2 * ms, 3 * ms, 4 * ms},
		},
		{
			name:       "the delay comes on top",
			impairment: veth.Impairment{Rate: 800_000, Delay: 10 * ms},
			burst:      3,
			want:       []time.Duration{11 * ms, 12 * ms, 13 * ms},
		},
		{
			name:       "one on the wire, two wait, the others are lost",
			impairment: veth.Impairment{Rate: 800_000, Queue: 2},
			burst:      5,
			want:       []time.Duration{ms, 2 * ms, 3 * ms},
		},
		{
			name:       "fractions of a nanosecond are cut off",
			impairment: veth.Impairment{Rate: 300_000_000},
			burst:      3,
			want:       []time.Duration{2666, 5332, 7998},
		},
		{
			name:       "a bit per second",
			impairment: veth.Impairment{Rate: 1},
			burst:      2,
			want:       []time.Duration{800 * time.Second, 1600 * time.Second},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t, veth.WithImpairment(tt.impairment))
				defer a.Close()
				var atB station
				b.Attach(&atB)
				for range 2 { // the second time the wire has been idle
					atB.got = nil
					start := time.Now()
					for n := range tt.burst {
						write(t, a, numbered(n))
					}
					sleep(time.Hour)
					assert.Equal(t, tt.want, atB.times(start))
					assert.Equal(t, count(len(tt.want)), atB.numbers())
				}
				assert.Equal(t, uint64(2*(tt.burst-len(tt.want))), a.Stats().TxLost)
				conserved(t, a, b)
			})
		})
	}
}

// TestRateQueueMoves sends a frame at the very moment in which the one that waited
// gets the wire: its place is free.
func TestRateQueueMoves(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Rate: 800_000, Queue: 1}))
		defer a.Close()
		var atB station
		b.Attach(&atB)
		for n := range 10 {
			write(t, a, numbered(2*n), numbered(2*n+1)) // of the latter all but the first are lost
			sleep(time.Millisecond)
		}
		sleep(time.Minute)
		assert.Equal(t, []int{0, 1, 2, 4, 6, 8, 10, 12, 14, 16, 18}, atB.numbers())
	})
}

// TestRateQueueDefault fills the default queue of a rate.
func TestRateQueueDefault(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Rate: 8e6}))
		defer a.Close()
		var atB station
		b.Attach(&atB)
		for n := range 1010 {
			write(t, a, numbered(n))
		}
		sleep(time.Minute)
		assert.Equal(t, count(1001), atB.numbers())
		assert.Equal(t, uint64(9), a.Stats().TxLost)
	})
}

// TestRateRefills sends at twice the rate for a while: half arrives, without gaps.
func TestRateRefills(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Rate: 800_000, Queue: 3}))
		defer a.Close()
		var atB station
		b.Attach(&atB)
		start := time.Now()
		for n := range 200 {
			write(t, a, numbered(n))
			time.Sleep(time.Millisecond / 2)
		}
		sleep(time.Minute)
		got := atB.times(start)
		require.InDelta(t, 100, len(got), 4)
		for i, at := range got {
			assert.Equal(t, time.Duration(i+1)*time.Millisecond, at)
		}
		conserved(t, a, b)
	})
}

// TestExtremes has times that no int64 of nanoseconds holds, or nearly so.
func TestExtremes(t *testing.T) {
	t.Parallel()
	cells := veth.Framing{PacketOverhead: 65535, CellSize: 1, CellOverhead: 65535}
	const never = -1
	for name, tt := range map[string]struct {
		impairment veth.Impairment
		want       time.Duration
	}{
		"a long frame":           {veth.Impairment{Rate: 1e6, Framing: cells}, 65635 * 65536 * 8 * time.Microsecond},
		"a frame for ages":       {veth.Impairment{Rate: 1, Framing: cells}, never},
		"a late frame":           {veth.Impairment{Delay: math.MaxInt64, Jitter: veth.Jitter{Spread: time.Second}}, never},
		"a late frame of normal": {veth.Impairment{Delay: math.MaxInt64, Jitter: veth.Jitter{Spread: time.Second, Distribution: veth.Normal}}, never},
		"a bucket for ages":      {veth.Impairment{Shaper: veth.Shaper{Rate: 1, Burst: math.MaxInt32}}, 0},
		"a bucket for centuries": {veth.Impairment{Shaper: veth.Shaper{Rate: 2, Burst: math.MaxInt32}}, 0},
		"a peak for centuries": {veth.Impairment{
			Shaper: veth.Shaper{Rate: 1, Burst: math.MaxInt32, PeakRate: 2, MTU: math.MaxInt32},
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t, veth.WithImpairment(tt.impairment))
				defer a.Close()
				var at station
				b.Attach(&at)
				sleep(30 * 365 * 24 * time.Hour)
				for n := range 3 { // one after the other: tokens have come since
					start := time.Now()
					write(t, a, numbered(n))
					sleep(24 * time.Hour)
					if tt.want == never {
						assert.Empty(t, at.times(start))
						continue
					}
					got := at.times(start)
					require.Len(t, got, n+1)
					assert.Equal(t, tt.want, got[n])
				}
			})
		})
	}
}
