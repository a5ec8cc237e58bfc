package veth_test

import (
	"testing"
	"testing/synctest"
	"time"

	"drydock/drop"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
)

// times returns when the frames arrived.
func (s *station) times(since time.Time) []time.Duration {
	var got []time.Duration
	for _, a := range s.arrivals() {
		got = append(got, a.At.Sub(since))
	}
	return got
}

func TestDelay(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t)
		defer a.Close()
		require.NoError(t, a.Impair(veth.Impairment{Delay: 50 * time.Millisecond}))
		var atA, atB station
		a.Attach(&atA)
		b.Attach(&atB)
		write(t, a, numbered(0))
		write(t, b, raw(macA, macB, 100)) // the other direction is perfect
		synctest.Wait()
		assert.Len(t, atA.arrivals(), 1)

		sleep(49 * time.Millisecond)
		assert.Empty(t, atB.arrivals())
		assert.Zero(t, b.Stats().RxPackets)
		write(t, a, numbered(1))
		sleep(time.Millisecond)
		assert.Equal(t, []int{0}, atB.numbers())
		sleep(48 * time.Millisecond)
		assert.Equal(t, []int{0}, atB.numbers())
		sleep(time.Millisecond)
		assert.Equal(t, []int{0, 1}, atB.numbers())
		assert.Equal(t, veth.Stats{RxPackets: 2, RxBytes: 200, TxPackets: 1, TxBytes: 100}, b.Stats())
		conserved(t, a, b)
	})
}

// TestBurst sends several queues' worth of frames in one instant: all arrive at
// once but for nanoseconds, in order, and none is lost.
func TestBurst(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		const n = 5 * veth.DefaultQueue
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Delay: 50 * time.Millisecond}))
		defer a.Close()
		var atB station
		b.Attach(&atB)
		start := time.Now()
		for i := range n {
			write(t, a, numbered(i))
		}
		sleep(51 * time.Millisecond)
		assert.Equal(t, count(n), atB.numbers())
		for i, at := range atB.times(start) {
			assert.Equal(t, 50*time.Millisecond+time.Duration(i/64), at)
		}
		assert.Zero(t, b.Stats().RxDropped)
		conserved(t, a, b)
	})
}

// TestDelayForwards gives frames to a forwarder when they arrive.
func TestDelayForwards(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Delay: time.Second}))
		defer a.Close()
		var atB port
		b.Attach(&atB)
		start := time.Now()
		write(t, a, numbered(0))
		sleep(time.Second)
		require.Equal(t, []time.Duration{time.Second}, atB.times(start))
		assert.Equal(t, string(numbered(0)), atB.got[0].Frame)
		assert.Equal(t, 0x88b5, int(atB.got[0].Proto))
		assert.True(t, atB.got[0].Forwarded)
		conserved(t, a, b)
	})
}

// TestImpairWhileRunning changes impairments under frames in flight.
func TestImpairWhileRunning(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	delay := func(d time.Duration) veth.Impairment { return veth.Impairment{Delay: d} }
	rate := func(r int64) veth.Impairment { return veth.Impairment{Rate: r} }
	tests := []struct {
		name          string
		first, second veth.Impairment
		order         []int
		times         []time.Duration
	}{ // three frames, a change at 1 ms, three frames
		{"longer", delay(10 * ms), delay(20 * ms), count(6), []time.Duration{10 * ms, 10 * ms, 10 * ms, 21 * ms, 21 * ms, 21 * ms}},
		{"shorter", delay(10 * ms), delay(5 * ms), []int{3, 4, 5, 0, 1, 2}, []time.Duration{6 * ms, 6 * ms, 6 * ms, 10 * ms, 10 * ms, 10 * ms}},
		{"equal in the end", delay(10 * ms), delay(9 * ms), count(6), []time.Duration{10 * ms, 10 * ms, 10 * ms, 10 * ms, 10 * ms, 10 * ms}},
		{"healed", delay(10 * ms), delay(0), []int{3, 4, 5, 0, 1, 2}, []time.Duration{1 * ms, 1 * ms, 1 * ms, 10 * ms, 10 * ms, 10 * ms}},
		{"no delay, but impaired", delay(10 * ms), veth.Impairment{Queue: 1}, []int{3, 4, 5, 0, 1, 2}, []time.Duration{1 * ms, 1 * ms, 1 * ms, 10 * ms, 10 * ms, 10 * ms}},
		{"faster", rate(800_000), rate(1_600_000), count(6), []time.Duration{1 * ms, 2 * ms, 3 * ms, 3500 * 1000, 4 * ms, 4500 * 1000}},
		{"unlimited", rate(80), delay(5 * ms), []int{3, 4, 5, 0, 1, 2}, []time.Duration{6 * ms, 6 * ms, 6 * ms, 10000 * ms, 20000 * ms, 30000 * ms}},
		{"rate where none was", delay(30000 * ms), rate(800_000), []int{3, 4, 5, 0, 1, 2}, []time.Duration{2 * ms, 3 * ms, 4 * ms, 30000 * ms, 30000 * ms, 30000 * ms}},
		{"rate without the delay", veth.Impairment{Delay: 30000 * ms, Rate: 800_000}, rate(800_000), []int{3, 4, 5, 0, 1, 2}, []time.Duration{4 * ms, 5 * ms, 6 * ms, 30001 * ms, 30002 * ms, 30003 * ms}},
		{"lost", delay(10 * ms), veth.Impairment{Loss: veth.Loss{P: 1}}, count(3), []time.Duration{10 * ms, 10 * ms, 10 * ms}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t)
				defer a.Close()
				var atB station
				b.Attach(&atB)
				start := time.Now()
				require.NoError(t, a.Impair(tt.first))
				assert.Equal(t, tt.first, a.Impairment())
				assert.Equal(t, veth.Impairment{}, b.Impairment())
				for n := range 3 {
					write(t, a, numbered(n))
				}
				sleep(ms)
				require.NoError(t, a.Impair(tt.second))
				assert.Equal(t, tt.second, a.Impairment())
				for n := range 3 {
					write(t, a, numbered(3+n))
				}
				sleep(time.Minute)
				assert.Equal(t, tt.order, atB.numbers())
				assert.Equal(t, tt.times, atB.times(start))
				conserved(t, a, b)
			})
		})
	}
}

// TestRateAfterDelay heals a cable before it is given a rate: what is on its way keeps nobody waiting.
func TestRateAfterDelay(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Delay: 30 * time.Second, Rate: 1e9}))
		defer a.Close()
		var atB station
		b.Attach(&atB)
		start := time.Now()
		write(t, a, numbered(0))
		require.NoError(t, a.Impair(veth.Impairment{}))
		require.NoError(t, a.Impair(veth.Impairment{Rate: 800_000}))
		write(t, a, numbered(1))
		sleep(time.Minute)
		assert.Equal(t, []int{1, 0}, atB.numbers())
		assert.Equal(t, []time.Duration{time.Millisecond, 30*time.Second + 800}, atB.times(start))
	})
}

// TestPurge loses what is on its way, before and in a shaper, and nothing of what comes after.
func TestPurge(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Rate: 800, Shaper: veth.Shaper{Rate: 80, Burst: 100}}))
		defer a.Close()
		var atB station
		b.Attach(&atB)
		a.Purge()
		write(t, a, numbered(0), numbered(1), numbered(2), numbered(3))
		sleep(3 * time.Second) // 0 has arrived, 1 and 2 wait for tokens
		assert.Equal(t, 3, a.LineStats().Waiting)
		a.Purge()
		assert.Zero(t, a.LineStats().Waiting)
		assert.Equal(t, drop.Counts{drop.Discarded: 3}, a.LineStats().Drops)
		start := time.Now()
		require.NoError(t, a.Impair(veth.Impairment{Rate: 800}))
		write(t, a, numbered(4))
		sleep(time.Hour)
		assert.Equal(t, []int{0, 4}, atB.numbers())
		assert.Equal(t, time.Second, atB.times(start)[1])
		conserved(t, a, b)
	})
}

// TestOrderDuringDelivery sends a frame without delay while the timer delivers older
// ones: it comes behind them.
func TestOrderDuringDelivery(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Delay: time.Millisecond}))
		defer a.Close()
		atB := port{station{hold: make(chan struct{})}}
		b.Attach(&atB)
		write(t, a, numbered(0), numbered(1))
		sleep(time.Millisecond) // 0 is being forwarded
		require.NoError(t, a.Impair(veth.Impairment{Queue: 1}))
		write(t, a, numbered(2))
		close(atB.hold)
		synctest.Wait()
		assert.Equal(t, count(3), atB.numbers())
	})
}

// TestDelayOfCenturies does not overflow into the past.
func TestDelayOfCenturies(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Delay: 1<<63 - 1}))
		var atB station
		b.Attach(&atB)
		sleep(time.Hour)
		write(t, a, numbered(0))
		sleep(24 * 365 * time.Hour)
		assert.Empty(t, atB.arrivals())
		a.Close()
		assert.Equal(t, uint64(1), a.Stats().TxLost)
	})
}

// TestManyInFlight fills a long fat pipe: its bound holds, and order is kept.
func TestManyInFlight(t *testing.T) {
	if raceDetector {
		t.Skip("five seconds for one goroutine at a time")
	}
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Delay: time.Second}))
		defer a.Close()
		var atB station
		b.Attach(&atB)
		for n := range 1<<16 + 10 {
			write(t, a, numbered(n))
		}
		assert.Equal(t, uint64(10), a.Stats().TxLost)
		sleep(time.Second + time.Millisecond)
		assert.Equal(t, count(1<<16), atB.numbers())
	})
}

// TestClock moves time by hand.
func TestClock(t *testing.T) {
	t.Parallel()
	clock := faketime.NewManualClock()
	a, b := pair(t, veth.WithClock(clock), veth.WithImpairment(veth.Impairment{Delay: 50 * time.Millisecond}))
	defer a.Close()
	var atB port
	b.Attach(&atB)
	var seen []time.Time
	defer b.Tap(func(f veth.Tapped) { seen = append(seen, f.Time) })()
	write(t, a, numbered(0))
	start := clock.Now()
	clock.Advance(49 * time.Millisecond)
	assert.Empty(t, atB.arrivals())
	clock.Advance(time.Millisecond)
	assert.Equal(t, []int{0}, atB.numbers())
	assert.Equal(t, []time.Time{start.Add(50 * time.Millisecond)}, seen)
}

// TestCutTooLarge drops wire frames that the receiver's MTU does not admit, though
// the super-segment would pass.
func TestCutTooLarge(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t)
		defer a.Close()
		var atB station
		b.Attach(&atB)
		b.SetMTU(1000)
		pkt := func() []byte { return tcpFrame(string(make([]byte, 1460+100))) }
		writePacket(t, a, outgoing(pkt(), gso4(1460)))
		synctest.Wait()
		assert.Len(t, atB.arrivals(), 1)

		require.NoError(t, a.Impair(veth.Impairment{Queue: 1}))
		writePacket(t, a, outgoing(pkt(), gso4(1460)))
		writePacket(t, a, outgoing(udpFrame(make([]byte, 100)...), gso4(10))) // cannot be cut
		synctest.Wait()
		assert.Len(t, atB.arrivals(), 2)
		assert.Len(t, atB.arrivals()[1].Frame, 14+20+20+100)
		assert.Equal(t, uint64(2), a.Stats().TxDropped)
	})
}
