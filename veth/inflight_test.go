package veth_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drydock/drop"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ids returns the IDs of what is on its way, and the numbers of the frames.
func ids(f veth.Inflight) (ids []uint64, numbers []int) {
	for _, f := range f.Frames() {
		ids = append(ids, f.ID)
		numbers = append(numbers, int(f.Frame[14])<<8|int(f.Frame[15]))
	}
	return ids, numbers
}

// numberedLarge is numbered for a frame that is kept as a packet.
func numberedLarge(n int) []byte {
	b := raw(macB, macA, 1000)
	b[14], b[15] = byte(n>>8), byte(n)
	return b
}

// TestInflight holds frames and does all that can be done with them, on cables with an impairment
// and without.
func TestInflight(t *testing.T) {
	t.Parallel()
	for name, i := range map[string]veth.Impairment{
		"perfect": {}, "delayed": {Delay: 10 * ms}, "slow": {Rate: 1e9}, "jitter": {Delay: 10 * ms, Jitter: veth.Jitter{Spread: 5 * ms}},
		"shaped": {Shaper: veth.Shaper{Rate: 1e9, Burst: 10000}},
	} {
		for _, build := range []func(int) []byte{numbered, numberedLarge} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				inBubble(t, func(t *testing.T) {
					a, b := pair(t, veth.WithImpairment(i))
					defer a.Close()
					var at station
					b.Attach(&at)
					f := a.Inflight()
					f.Hold()
					f.Hold()
					for n := range 6 {
						write(t, a, build(n))
					}
					sleep(time.Minute)
					id, numbers := ids(f)
					require.Equal(t, count(6), numbers)
					assert.Equal(t, build(3), f.Frames()[3].Frame)
					assert.Empty(t, at.numbers())
					assert.Equal(t, 6, a.LineStats().Waiting)

					require.NoError(t, f.Release(id[4], id[1])) // reordered
					synctest.Wait()
					assert.Equal(t, []int{4, 1}, at.numbers())
					require.NoError(t, f.Drop(id[2]))
					copied, err := f.Duplicate(id[3])
					require.NoError(t, err)
					left, numbers := ids(f)
					assert.Equal(t, []int{0, 3, 3, 5}, numbers)
					assert.Equal(t, copied, left[2])

					for _, fail := range []error{f.Release(id[0], id[1]), f.Drop(id[0], id[0]), f.Drop(99)} {
						require.ErrorIs(t, fail, veth.ErrNotHeld)
					}
					_, err = f.Duplicate(id[2])
					require.ErrorIs(t, err, veth.ErrNotHeld)
					require.NoError(t, f.Release(copied))
					require.NoError(t, f.Drop())
					f.Resume()
					f.Resume()
					sleep(time.Minute)
					got := at.numbers()
					slices.Sort(got[3:]) // with jitter they are due in another order
					assert.Equal(t, []int{4, 1, 3, 0, 3, 5}, got)
					write(t, a, build(6))
					sleep(time.Minute)
					assert.Equal(t, 6, at.numbers()[6])
					assert.Equal(t, uint64(1), a.LineStats().Drops[drop.Discarded])
					assert.Empty(t, f.Frames())
				})
			})
		}
	}
}

// TestInflightDue looks at frames that are delayed, holds them for longer than that, and for less.
func TestInflightDue(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Delay: 10 * ms}))
		defer a.Close()
		var at station
		b.Attach(&at)
		start := time.Now()
		f := a.Inflight()
		write(t, a, numbered(0))
		sleep(4 * ms)
		write(t, a, numbered(1))
		due := func() (list []time.Duration) {
			for _, f := range f.Frames() {
				list = append(list, f.Due.Sub(start))
			}
			return list
		}
		assert.Equal(t, []time.Duration{10 * ms, 14 * ms}, due())
		assert.Zero(t, f.Frames()[0].ID)
		f.Hold()
		sleep(8 * ms)
		assert.Equal(t, []time.Duration{10 * ms, 14 * ms}, due())
		assert.Empty(t, at.times(start))
		f.Resume()
		sleep(time.Second)
		assert.Equal(t, []time.Duration{12 * ms, 14 * ms}, at.times(start))

		require.NoError(t, a.Impair(veth.Impairment{Delay: 10 * ms}))
		write(t, a, numbered(2))
		require.NoError(t, a.Impair(veth.Impairment{Delay: ms}))
		write(t, a, numbered(3))
		_, numbers := ids(f)
		assert.Equal(t, []int{3, 2}, numbers, "in the order of arrival")
		f.Hold()
		require.NoError(t, a.Impair(veth.Impairment{})) // which does not end the hold
		write(t, a, numbered(4))
		sleep(time.Second)
		_, numbers = ids(f)
		assert.Equal(t, []int{3, 2, 4}, numbers)
		f.Resume()
		synctest.Wait()
		assert.Equal(t, []int{0, 1, 4, 3, 2}, at.numbers(), "in the order in which they were due")
	})
}

// TestInflightEnds has a cable lose what is held.
func TestInflightEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		end func(a *veth.Endpoint)
		why drop.Reason
	}{
		"carrier": {func(a *veth.Endpoint) { a.Peer().SetCarrier(false) }, drop.NoCarrier},
		"cut":     {func(a *veth.Endpoint) { a.SetCut(true) }, drop.Partitioned},
		"close":   {(*veth.Endpoint).Close, drop.NoCarrier},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t)
				defer a.Close()
				var at station
				b.Attach(&at)
				f := a.Inflight()
				f.Resume()
				assert.Empty(t, f.Frames())
				f.Hold()
				write(t, a, numbered(0), numbered(1))
				id, _ := ids(f)
				end.end(a)
				require.ErrorIs(t, f.Release(id...), veth.ErrNotHeld)
				assert.Empty(t, f.Frames())
				assert.EqualValues(t, 2, a.LineStats().Drops[end.why])
				f.Hold()
				f.Resume()
				synctest.Wait()
				assert.Empty(t, at.numbers())
			})
		})
	}
}

// TestInflightBound fills a line.
func TestInflightBound(t *testing.T) {
	t.Parallel()
	a, b := pair(t, veth.WithImpairment(veth.Impairment{Limit: 3}))
	defer a.Close()
	var at station
	b.Attach(&at)
	f := a.Inflight()
	f.Hold()
	for n := range 5 {
		write(t, a, numbered(n))
	}
	_, err := f.Duplicate(f.Frames()[0].ID)
	require.Error(t, err)
	assert.Len(t, f.Frames(), 3)
	assert.Equal(t, uint64(2), a.LineStats().Drops[drop.Limit], "a copy that was not made is not lost")
}

// TestInflightCuts has a super-segment held in pieces.
func TestInflightCuts(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	defer a.Close()
	var at port
	b.Attach(&at)
	f := a.Inflight()
	send := func() { writePacket(t, a, outgoing(tcpFrame(strings.Repeat("x", 3000)), gso4(1000))) }
	f.Hold()
	send()
	assert.Len(t, f.Frames(), 3)
	f.Resume()
	send()
	assert.Len(t, at.arrivals(), 4, "whole again")
}

// TestInflightRace does all of it at once, and counts: no frame is lost or doubled otherwise.
func TestInflightRace(t *testing.T) {
	t.Parallel()
	const senders, frames = 2, 2000
	a, b := pair(t, veth.WithQueue(senders*frames))
	var at station
	b.Attach(&at)
	f := a.Inflight()
	var all, hands sync.WaitGroup
	for range senders {
		all.Go(func() {
			for n := range frames {
				write(t, a, numbered(n))
			}
		})
	}
	done := make(chan struct{})
	hands.Go(func() {
		rng := rand.New(rand.NewPCG(1, 1))
		for {
			select {
			case <-done:
				return
			default:
			}
			f.Hold()
			if id, _ := ids(f); len(id) > 0 {
				assert.NoError(t, f.Release(id[rng.IntN(len(id))]))
			}
			f.Resume()
		}
	})
	all.Wait()
	close(done)
	hands.Wait()
	assert.Eventually(t, func() bool { return len(at.numbers()) == senders*frames }, 10*time.Second, time.Millisecond)
	a.Close()
	conserved(t, a, b)
}

// TestInflightShaped holds frames for longer than those before them wait for a shaper.
func TestInflightShaped(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]veth.Shaper{
		"plain":    {Rate: 8000, Burst: 1514},
		"codel":    {Rate: 8000, Burst: 1514, Queue: veth.CoDel{Target: time.Hour}},
		"fq_codel": {Rate: 8000, Burst: 1514, Queue: veth.FQCoDel{Target: time.Hour}},
	} {
		for _, later := range []time.Duration{0, time.Hour} { // a frame that is due after Resume
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				inBubble(t, func(t *testing.T) {
					a, b := pair(t, veth.WithImpairment(veth.Impairment{Shaper: s}))
					defer a.Close()
					var at station
					b.Attach(&at)
					for n := range 5 {
						write(t, a, numberedLarge(n))
					}
					sleep(100 * ms)
					if later != 0 {
						require.NoError(t, a.Impair(veth.Impairment{Delay: later, Shaper: s}))
						write(t, a, numberedLarge(5))
					}
					a.Inflight().Hold()
					sleep(10 * time.Second)
					require.Equal(t, []int{0}, at.numbers())
					a.Inflight().Resume()
					sleep(time.Minute)
					assert.Equal(t, count(5), at.numbers())
					sleep(later)
					assert.Zero(t, a.LineStats().Waiting)
				})
			})
		}
	}
}

// TestInflightMany releases and drops tens of thousands of frames at once.
func TestInflightMany(t *testing.T) {
	t.Parallel()
	const frames = 60_000
	a, b := pair(t, veth.WithQueue(frames))
	defer a.Close()
	var at station
	b.Attach(&at)
	f := a.Inflight()
	f.Hold()
	for n := range frames {
		write(t, a, numbered(n))
	}
	id, _ := ids(f)
	slices.Reverse(id)
	start := time.Now()
	require.NoError(t, f.Drop(id[:frames/2]...))
	require.NoError(t, f.Release(id[frames/2:]...))
	t.Log(time.Since(start))
	assert.Eventually(t, func() bool { return len(at.numbers()) == frames/2 }, 10*time.Second, ms)
	got := at.numbers()
	assert.Equal(t, []int{frames/2 - 1, 0}, []int{got[0], got[len(got)-1]}, "in the order that was asked for")
	assert.EqualValues(t, frames/2, a.LineStats().Drops[drop.Discarded])
}
