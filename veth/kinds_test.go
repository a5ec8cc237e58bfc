package veth_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/drop"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// arrivals returns the numbers of those of n frames, sent every ms, that arrive, with times.
func arrivals(t *testing.T, i veth.Impairment, n int) (numbers []int, times []time.Duration, stats veth.LineStats) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(i))
		defer a.Close()
		var at station
		b.Attach(&at)
		start := time.Now()
		for n := range n {
			write(t, a, numbered(n))
			sleep(ms)
		}
		sleep(time.Hour)
		numbers, times, stats = at.numbers(), at.times(start), a.LineStats()
	})
	return numbers, times, stats
}

func TestLossChosen(t *testing.T) {
	t.Parallel()
	lose := func(m veth.LossModel) veth.Impairment { return veth.Impairment{Loss: veth.Loss{Model: m}} }
	got, _, _ := arrivals(t, lose(veth.LoseFrames(3, 5)), 6)
	assert.Equal(t, []int{0, 1, 3, 5}, got)
	var seen []string
	got, _, _ = arrivals(t, lose(veth.LoseIf(func(n uint64, frame []byte) bool {
		seen = append(seen, string(frame))
		return frame[15] == 1 || n == 4
	})), 5)
	assert.Equal(t, []int{0, 2, 4}, got)
	assert.Equal(t, string(numbered(2)), seen[2])

	inBubble(t, func(t *testing.T) {
		a, b := pair(t)
		defer a.Close()
		var at station
		b.Attach(&at)
		for n := range 4 {
			require.NoError(t, a.Impair(lose(veth.LoseFrames(2)))) // another model each time: it counts anew
			write(t, a, numbered(2*n), numbered(2*n+1))
		}
		synctest.Wait()
		assert.Equal(t, []int{0, 2, 4, 6}, at.numbers())
	})
}

func TestReorder(t *testing.T) {
	t.Parallel()
	i := veth.Impairment{Delay: 10 * ms, Reorder: veth.Reorder{P: 1, Gap: 5}} // of tc-netem(8): the 5th, 10th … are sent immediately
	got, times, stats := arrivals(t, i, 10)
	assert.Equal(t, []int{4, 9, 0, 1, 2, 3, 5, 6, 7, 8}, got)
	assert.Equal(t, []time.Duration{4 * ms, 9 * ms, 10 * ms}, times[:3])
	assert.Equal(t, uint64(2), stats.Reordered)
}

func TestDuplicate(t *testing.T) {
	t.Parallel()
	got, times, stats := arrivals(t, veth.Impairment{Delay: 10 * ms, Duplicate: veth.Chance{P: 1}}, 3)
	assert.Equal(t, []int{0, 0, 1, 1, 2, 2}, got)
	assert.Equal(t, []time.Duration{10 * ms, 10 * ms, 11 * ms, 11 * ms, 12 * ms, 12 * ms}, times)
	assert.Equal(t, veth.LineStats{Sent: 6, SentBytes: 600, Duplicated: 3}, stats)

	got, _, stats = arrivals(t, veth.Impairment{Duplicate: veth.Chance{P: 1}, Loss: veth.Loss{P: 1}}, 3)
	assert.Equal(t, []int{0, 1, 2}, got, "as in netem the second copy makes up for the loss")
	assert.Equal(t, veth.LineStats{Sent: 3, SentBytes: 300}, stats)
}

// TestLimit counts second copies, too, and frees places as frames arrive.
func TestLimit(t *testing.T) {
	t.Parallel()
	got, _, stats := arrivals(t, veth.Impairment{Delay: 10 * ms, Limit: 4}, 13)
	assert.Equal(t, []int{0, 1, 2, 3, 10, 11, 12}, got)
	assert.Equal(t, uint64(6), stats.Drops[drop.Limit])
	got, _, _ = arrivals(t, veth.Impairment{Delay: 10 * ms, Limit: 4, Duplicate: veth.Chance{P: 1}}, 3)
	assert.Equal(t, []int{0, 0, 1, 1}, got)
}

func TestBlackHole(t *testing.T) {
	t.Parallel()
	got, _, stats := arrivals(t, veth.Impairment{MTU: 86}, 2)
	assert.Equal(t, []int{0, 1}, got)
	assert.Zero(t, stats.Drops[drop.TooBig])
	got, _, stats = arrivals(t, veth.Impairment{MTU: 85}, 2)
	assert.Empty(t, got)
	assert.Equal(t, uint64(2), stats.Drops[drop.TooBig])
}

// TestSlots sends a frame every ms: the first slot is there at once, and they leave together
// 5 ms after one came that found none.
func TestSlots(t *testing.T) {
	t.Parallel()
	_, times, _ := arrivals(t, veth.Impairment{Slots: veth.Slots{Min: 5 * ms, Max: 5 * ms}}, 12)
	got := make(map[time.Duration]int)
	for _, at := range times {
		got[at.Round(ms)]++
	}
	assert.Equal(t, map[time.Duration]int{0: 1, 6 * ms: 6, 12 * ms: 5}, got)

	_, times, _ = arrivals(t, veth.Impairment{Slots: veth.Slots{Min: 5 * ms, Max: 5 * ms, Packets: 2}}, 6)
	assert.Equal(t, []time.Duration{0, 6 * ms, 6 * ms, 11 * ms, 11 * ms, 16 * ms}, times)
}

// TestShaper: a burst passes, the rest at the rate; what finds no room is lost.
func TestShaper(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		shaper veth.Shaper
		want   []time.Duration
	}{
		{"one frame in the bucket", veth.Shaper{Rate: 800_000, Burst: 100}, []time.Duration{0, ms, 2 * ms, 3 * ms, 4 * ms, 5 * ms}},
		{"three frames", veth.Shaper{Rate: 800_000, Burst: 300}, []time.Duration{0, 0, 0, ms, 2 * ms, 3 * ms}},
		{"peak rate", veth.Shaper{Rate: 800_000, Burst: 300, PeakRate: 1_600_000, MTU: 100}, []time.Duration{0, ms / 2, ms, 3 * ms / 2, 2 * ms, 3 * ms}},
		{"room for two", veth.Shaper{Rate: 800_000, Burst: 100, Limit: 200}, []time.Duration{0, ms, 2 * ms}},
		{"bucket too small", veth.Shaper{Rate: 800_000, Burst: 99}, nil},
		{"cells", veth.Shaper{Rate: 53 * 8000 * 3, Burst: 159, ATM: true}, []time.Duration{0, ms, 2 * ms, 3 * ms, 4 * ms, 5 * ms}},
		{"overhead", veth.Shaper{Rate: 1_000_000, Burst: 125, Overhead: 25}, []time.Duration{0, ms, 2 * ms, 3 * ms, 4 * ms, 5 * ms}},
		{"least", veth.Shaper{Rate: 1_000_000, Burst: 125, MPU: 125}, []time.Duration{0, ms, 2 * ms, 3 * ms, 4 * ms, 5 * ms}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t, veth.WithImpairment(veth.Impairment{Shaper: tt.shaper}))
				defer a.Close()
				var at station
				b.Attach(&at)
				start := time.Now()
				for n := range 6 {
					write(t, a, numbered(n))
				}
				sleep(time.Minute)
				assert.Equal(t, tt.want, at.times(start))
				conserved(t, a, b)
			})
		})
	}
}

// TestShaperChanges gives what waits to another shaper, or lets it go.
func TestShaperChanges(t *testing.T) {
	t.Parallel()
	slow := veth.Impairment{Shaper: veth.Shaper{Rate: 800, Burst: 100}}
	for _, tt := range []struct {
		second veth.Impairment
		last   time.Duration
	}{
		{veth.Impairment{}, 0},
		{veth.Impairment{Shaper: veth.Shaper{Rate: 800_000, Burst: 100}}, 3 * ms},
		{veth.Impairment{Shaper: veth.Shaper{Rate: 800_000, Burst: 100, Queue: veth.FQCoDel{}}}, 3 * ms},
	} {
		inBubble(t, func(t *testing.T) {
			a, b := pair(t, veth.WithImpairment(slow))
			defer a.Close()
			var at station
			b.Attach(&at)
			for n := range 5 {
				write(t, a, numbered(n))
			}
			start := time.Now()
			require.NoError(t, a.Impair(tt.second))
			sleep(time.Minute)
			require.Equal(t, count(5), at.numbers())
			assert.Equal(t, tt.last, at.times(start)[4])
		})
	}
}

// TestCarrierLosesAll pulls the plug while frames wait everywhere.
func TestCarrierLosesAll(t *testing.T) {
	t.Parallel()
	for _, queue := range []veth.Discipline{nil, veth.CoDel{}, veth.FQCoDel{}} {
		inBubble(t, func(t *testing.T) {
			a, b := pair(t, veth.WithImpairment(veth.Impairment{Delay: ms, Jitter: veth.Jitter{Spread: ms}, Shaper: veth.Shaper{Rate: 8000, Queue: queue}}))
			defer a.Close()
			var at station
			b.Attach(&at)
			for n := range 50 {
				write(t, a, numbered(n))
				time.Sleep(ms / 10)
			}
			a.SetCarrier(false)
			got := len(at.arrivals())
			assert.Equal(t, uint64(50-got), a.LineStats().Drops[drop.NoCarrier])
			assert.Zero(t, a.LineStats().Waiting)
			sleep(time.Minute)
			assert.Len(t, at.arrivals(), got)
			conserved(t, a, b)
		})
	}
}

// TestCorruptIsFound: a receiver drops every frame in which a bit of IPv4, UDP or TCP is wrong,
// also when the sender had left the checksum to the card.
func TestCorruptIsFound(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Corrupt: veth.Chance{P: 1}}))
		defer a.Close()
		var at station
		b.Attach(&at)
		for range 500 {
			writePacket(t, a, outgoing(tcpFrame("some data"), stack.GSO{}))
			writePacket(t, a, packet(udpFrame(1, 2, 3)))
		}
		synctest.Wait()
		for _, f := range at.arrivals() {
			assert.False(t, f.Validated)
			ip, size := header.IPv4(f.Frame[14:]), len(f.Frame)-14
			udp := header.UDP(f.Frame[34:])
			malformed := !ip.IsValid(size) || ip.TransportProtocol() == header.UDPProtocolNumber && int(udp.Length()) != size-20
			assert.True(t, f.Frame[:14] != string(udpFrame()[:14]) || malformed,
				"only the Ethernet header has no checksum, and stacks drop what is malformed: % x", f.Frame)
		}
		assert.Greater(t, b.Stats().RxErrors, uint64(600))
		assert.Equal(t, uint64(1000), a.LineStats().Corrupted)
	})
}

// TestECN marks what can be marked and loses the rest.
func TestECN(t *testing.T) {
	t.Parallel()
	ect := func(b []byte) []byte {
		b[15] |= 2
		ip := header.IPv4(b[14:])
		ip.SetChecksum(0)
		ip.SetChecksum(^ip.CalculateChecksum())
		return b
	}
	long := make([]byte, 500)
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Loss: veth.Loss{P: 1}, ECN: true}))
		defer a.Close()
		var at station
		b.Attach(&at)
		write(t, a, udpFrame(1), ect(udpFrame(1)), ect(udpFrame(long...)))
		synctest.Wait()
		require.Len(t, at.arrivals(), 2)
		for _, f := range at.arrivals() {
			assert.Equal(t, byte(3), f.Frame[15]&3)
			assert.True(t, header.IPv4(f.Frame[14:]).IsChecksumValid())
		}
		assert.Equal(t, uint64(2), a.LineStats().Marked)
		assert.Equal(t, uint64(1), a.LineStats().Drops[drop.Loss])
	})
	inBubble(t, func(t *testing.T) { // FQ-CoDel marks, too
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Shaper: veth.Shaper{Rate: 1e6, Queue: veth.FQCoDel{}}}))
		defer a.Close()
		var at station
		b.Attach(&at)
		for range 400 {
			write(t, a, ect(udpFrame(long...)))
			time.Sleep(2 * ms)
		}
		sleep(time.Minute)
		assert.Len(t, at.arrivals(), 400)
		assert.NotZero(t, a.LineStats().Marked)
		assert.Zero(t, a.LineStats().Drops[drop.AQM])
	})
}

// TestSeed repeats an impairment on another cable.
func TestSeed(t *testing.T) {
	t.Parallel()
	run := func(cable, seed uint64) []int {
		return lost(t, cable, veth.Impairment{Loss: veth.Loss{P: 0.1}, Seed: seed})
	}
	assert.Equal(t, run(1, 5), run(2, 5))
	assert.NotEqual(t, run(1, 5), run(1, 6))
}

// TestFQCoDelLimit drops from the flow that has most.
func TestFQCoDelLimit(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Shaper: veth.Shaper{Rate: 8000, Burst: 46, Queue: veth.FQCoDel{Limit: 10, DropBatch: 1}}}))
		defer a.Close()
		b.Attach(&station{})
		thin := udpFrame(1, 2, 3, 4)
		thin[14+20+1]++
		write(t, a, thin)
		for range 30 {
			write(t, a, udpFrame(1, 2, 3, 4))
		}
		s := a.LineStats()
		assert.Equal(t, uint64(19), s.Drops[drop.Limit])
		assert.Equal(t, s.Drops[drop.Limit], s.DropOverlimit)
		assert.Equal(t, uint64(2), s.NewFlows)
		assert.Equal(t, 46, s.MaxPacket)
		sleep(time.Hour)
	})
}

// TestDistributions compares the tables with those that iproute2 installs.
func TestDistributions(t *testing.T) {
	t.Parallel()
	for _, d := range []*veth.Distribution{veth.Normal, veth.Pareto, veth.ParetoNormal} {
		text, err := os.ReadFile("/usr/lib/x86_64-linux-gnu/tc/" + d.String() + ".dist")
		if err != nil {
			t.Skip("needs iproute2's tables: ", err)
		}
		_, numbers, _ := strings.Cut(string(text), "\n")
		table := d.Table()
		words := strings.Fields(numbers)
		require.Len(t, table, len(words))
		for n, word := range words {
			want, err := strconv.Atoi(word)
			require.NoError(t, err)
			require.Equal(t, want, int(table[n]), "%v %d", d, n)
		}
	}
}

func TestNewDistribution(t *testing.T) {
	t.Parallel()
	_, err := veth.NewDistribution("flat", []float64{1, 1, 1})
	require.ErrorIs(t, err, veth.ErrImpairment)
	_, err = veth.NewDistribution("one", []float64{1})
	require.ErrorIs(t, err, veth.ErrImpairment)
	d, err := veth.NewDistribution("mine", []float64{3, 1})
	require.NoError(t, err)
	assert.Equal(t, []int16{-8192, 8192}, d.Table())
	_, times, _ := arrivals(t, veth.Impairment{Delay: 10 * ms, Jitter: veth.Jitter{Spread: 2 * ms, Distribution: d}}, 20)
	odd := make(map[time.Duration]bool)
	for _, at := range times {
		odd[at%(2*ms)] = true
	}
	assert.Len(t, times, 20)
	assert.LessOrEqual(t, len(odd), 2, "delays of 8 and 12 ms")
}
