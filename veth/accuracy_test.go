package veth_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"math/bits"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/drop"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

var update = flag.Bool("update", false, "write the table of accuracy into README.md")

// measured is how many frames each row of the table has.
const measured = 100_000

// A landed is the arrival of a frame.
type landed struct {
	number int
	at     time.Duration
}

// A recorder keeps when the frames arrived, by the numbers in them.
type recorder struct {
	got   []landed
	bits  int // that differ from what was sent, behind the number
	start time.Time
	sent  []byte
}

func (r *recorder) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}
func (r *recorder) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer)    {}

func (r *recorder) ForwardFrame(pkt *stack.PacketBuffer) {
	var b [1514]byte
	n := 0
	for _, s := range pkt.AsSlices() {
		n += copy(b[n:], s)
	}
	number := binary.BigEndian.Uint32(b[14:])
	wrong := 0
	for i := 18; i < n; i++ {
		wrong += bits.OnesCount8(b[i] ^ r.sent[i])
	}
	r.bits += wrong
	r.got = append(r.got, landed{int(number), time.Since(r.start)})
}

// measure sends frames of size bytes, one every gap, and returns what arrived, by number.
func measure(t *testing.T, i veth.Impairment, size int, gap time.Duration) (r *recorder, stats veth.LineStats) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		defer a.Close()
		require.NoError(t, a.Impair(i))
		r = &recorder{got: make([]landed, 0, measured), start: time.Now(), sent: raw(macB, macA, size)}
		b.Attach(r)
		for n := range measured {
			frame := slices.Clone(r.sent)
			binary.BigEndian.PutUint32(frame[14:], uint32(n))
			pkt := packet(frame)
			a.WritePacket(pkt)
			pkt.DecRef()
			if gap != 0 {
				time.Sleep(gap)
			}
		}
		sleep(24 * time.Hour)
		stats = a.LineStats()
	})
	return r, stats
}

// delays returns how long each frame took, by number.
func (r *recorder) delays(gap time.Duration) []float64 {
	slices.SortStableFunc(r.got, func(a, b landed) int { return a.number - b.number })
	list := make([]float64, len(r.got))
	for i, f := range r.got {
		list[i] = float64(f.at - time.Duration(f.number)*gap)
	}
	return list
}

// copies returns how often each frame arrived.
func (r *recorder) copies() []int {
	list := make([]int, measured)
	for _, f := range r.got {
		list[f.number]++
	}
	return list
}

// A row is a line of the table.
type row struct {
	what, expected, measured, bound string
	ok                              bool
}

// share is a row about how often something happened, with a bound of five standard
// deviations; inflation is by how much correlation makes the variance larger.
func share(what, event string, n int, p, inflation float64) row {
	got, sigma := float64(n)/measured, math.Sqrt(p*(1-p)/measured*inflation)
	return row{what, fmt.Sprintf("%.3f %% %s", 100*p, event), fmt.Sprintf("%.3f %%", 100*got),
		fmt.Sprintf("± %.3f %% (5 σ)", 500*sigma), math.Abs(got-p) <= 5*sigma}
}

// value is a row about a number.
func value(what, of string, want, got, within float64, unit string) row {
	return row{what, strings.TrimSpace(fmt.Sprintf("%s %.5g %s", of, want, unit)), strings.TrimSpace(fmt.Sprintf("%.5g %s", got, unit)), strings.TrimSpace(fmt.Sprintf("± %.2g %s", within, unit)), math.Abs(got-want) <= within}
}

// ks is the Kolmogorov-Smirnov distance of samples from a distribution with that inverse.
func ks(samples []float64, quantile func(u float64) float64) (d float64) {
	slices.Sort(samples)
	n := float64(len(samples))
	for i := 0; i < len(samples); {
		j := i
		for j < len(samples) && samples[j] == samples[i] {
			j++
		}
		// What is clamped is one value with a share of its own: both sides of the step.
		below, above := inverse(quantile, samples[i], false), inverse(quantile, samples[i], true)
		d = max(d, math.Abs(float64(i)/n-below), math.Abs(float64(j)/n-above))
		i = j
	}
	return d
}

// inverse returns the share of a distribution that is below x, or below and at x.
func inverse(quantile func(float64) float64, x float64, at bool) float64 {
	low, high := 0.0, 1.0
	for range 40 {
		u := (low + high) / 2
		if q := quantile(u); q < x-1e-6 || at && q < x+1e-6 { // nanoseconds are rounded
			low = u
		} else {
			high = u
		}
	}
	return low
}

func normalQuantile(u float64) float64 { return math.Sqrt2 * math.Erfinv(2*u-1) }

// paretoQuantile is clamped as a table of int16 is.
func paretoQuantile(u float64) float64 {
	return min((math.Pow(1-u, -1.0/3)-1.5)*4/3, 32767.0/8192)
}

// TestAccuracy measures each impairment with 100,000 frames in virtual time, and compares the
// table in README.md with that. -update writes it.
func TestAccuracy(t *testing.T) {
	if raceDetector || testing.Short() {
		t.Skip("takes ten seconds, with the race detector a minute")
	}
	all := []func(*testing.T) []row{measureDelays, measureLosses, measureDamage, measureOrder, measureRates, measureQueues}
	got := make([][]row, len(all))
	t.Run("measure", func(t *testing.T) {
		for i, rowsOf := range all {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				got[i] = rowsOf(t)
			})
		}
	})
	rows := slices.Concat(got...)
	var b strings.Builder
	b.WriteString("| impairment | expected | measured | bound |\n|---|---:|---:|---:|\n")
	for _, r := range rows {
		assert.True(t, r.ok, "%+v", r)
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", strings.TrimSpace(r.what), r.expected, r.measured, r.bound)
	}
	t.Logf("\n%s", b.String())
	requireTable(t, "../README.md", b.String())
}

// requireTable compares the table between the marks in a file, or writes it.
func requireTable(t *testing.T, file, table string) {
	t.Helper()
	const begin, end = "<!-- accuracy: go test -run Accuracy -update ./veth -->\n", "<!-- end of accuracy -->"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok)
	old, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(before+begin+table+end+after), 0o644))
		return
	}
	assert.Equal(t, old, table, "go test -run Accuracy -update ./veth")
}

const ms = time.Millisecond

func measureDelays(t *testing.T) (rows []row) {
	const gap = 10 * time.Microsecond
	r, _ := measure(t, veth.Impairment{Delay: 10 * ms}, 100, gap)
	d := r.delays(gap)
	require.Equal(t, measured, len(d))
	worst := max(slices.Max(d)-1e7, 1e7-slices.Min(d))
	rows = append(rows, row{"delay 10ms", "10 ms", "10 ms, all of them", fmt.Sprintf("off by %g ns", worst), worst == 0})

	for _, tt := range []struct {
		distribution *veth.Distribution
		quantile     func(float64) float64
	}{
		{veth.Uniform, func(u float64) float64 { return 2*u - 1 }},
		{veth.Normal, normalQuantile},
		{veth.Pareto, paretoQuantile},
		{veth.ParetoNormal, func(u float64) float64 { return 0.25*normalQuantile(u) + 0.75*paretoQuantile(u) }},
	} {
		r, _ := measure(t, veth.Impairment{Delay: 100 * ms, Jitter: veth.Jitter{Spread: 10 * ms, Distribution: tt.distribution}}, 100, gap)
		samples := r.delays(gap)
		for i := range samples {
			samples[i] = (samples[i] - 100e6) / 10e6
		}
		distance, bound := ks(samples, tt.quantile), 1.95/math.Sqrt(measured) // one in a thousand is further
		rows = append(rows, row{"delay 100ms 10ms distribution " + tt.distribution.String(), "that distribution",
			fmt.Sprintf("Kolmogorov-Smirnov distance %.4f", distance), fmt.Sprintf("%.4f (0.1 %%)", bound), distance <= bound})
	}

	r, _ = measure(t, veth.Impairment{Delay: 100 * ms, Jitter: veth.Jitter{Spread: 10 * ms, Correlation: 0.25}}, 100, gap)
	d = r.delays(gap)
	mean, product, square := 0.0, 0.0, 0.0
	for _, x := range d {
		mean += x / measured
	}
	for i, x := range d[1:] {
		product += (x - mean) * (d[i] - mean)
		square += (x - mean) * (x - mean)
	}
	return append(rows, value("delay 100ms 10ms 25%", "correlation", 0.25, product/square, 5/math.Sqrt(measured), ""))
}

func measureLosses(t *testing.T) (rows []row) {
	for _, p := range []float64{0.001, 0.01, 0.1, 0.5} {
		i := veth.Lossy(p)
		r, stats := measure(t, i, 100, 0)
		require.Equal(t, measured-len(r.got), int(stats.Drops[drop.Loss]))
		rows = append(rows, share(i.String(), "lost", int(stats.Drops[drop.Loss]), p, 1))
	}
	i := veth.Impairment{Loss: veth.Loss{P: 0.3, Correlation: 0.25}}
	_, stats := measure(t, i, 100, 0)
	rows = append(rows, share(i.String(), "lost", int(stats.Drops[drop.Loss]), correlatedBelow(0.3, 0.25), 1.25/0.75))

	g := veth.GilbertElliott{P: 0.01, R: 0.1}
	i = veth.Impairment{Loss: veth.Loss{Model: g}}
	r, stats := measure(t, i, 100, 0)
	keeps := 1 - g.P - g.R
	rows = append(rows, share("loss gemodel 1% 10%", "lost", int(stats.Drops[drop.Loss]), g.P/(g.P+g.R), (1+keeps)/(1-keeps)), bursts(r, "loss gemodel 1% 10%", 1/g.R))

	s := veth.FourState{P13: 0.01, P31: 0.1, P32: 0.2, P23: 0.3, P14: 0.005}
	i = veth.Impairment{Loss: veth.Loss{Model: s}}
	_, stats = measure(t, i, 100, 0)
	p := stationary([4][4]float64{
		{1 - s.P13 - s.P14, 0, s.P13, s.P14},
		{0, 1 - s.P23, s.P23, 0},
		{s.P31, s.P32, 1 - s.P31 - s.P32, 0},
		{1, 0, 0, 0},
	})
	return append(rows, share("loss state 1% 10% 20% 30% 0.5%", "lost", int(stats.Drops[drop.Loss]), p[2]+p[3], 30))
}

// bursts is the row about how long the runs of lost frames are, which are geometric.
func bursts(r *recorder, what string, want float64) row {
	n, total, before := 0.0, 0.0, false
	for _, copies := range r.copies() {
		lost := copies == 0
		if lost {
			total++
			if !before {
				n++
			}
		}
		before = lost
	}
	return value(what, "bursts of", want, total/n, 5*want*math.Sqrt((1-1/want)/n), "frames")
}

// correlatedBelow returns how often netem's correlated numbers are below p in the long run:
// x' = (1-rho) v + rho x with v uniform.
func correlatedBelow(p, rho float64) float64 {
	const n = 2000
	f := make([]float64, n+1) // the distribution function
	for i := range f {
		f[i] = float64(i) / n
	}
	at := func(f []float64, x float64) float64 {
		x = min(max(x, 0), 1) * n
		i := min(int(x), n-1)
		return f[i] + (x-float64(i))*(f[i+1]-f[i])
	}
	for range 12 {
		g := make([]float64, n+1)
		for i := range g {
			for k := range n {
				v := (float64(k) + 0.5) / n
				x := (float64(i)/n - (1-rho)*v) / rho
				switch {
				case x >= 1:
					g[i] += 1.0 / n
				case x > 0:
					g[i] += at(f, x) / n
				}
			}
		}
		f = g
	}
	return at(f, p)
}

// stationary returns the long-term shares of the states of a Markov chain.
func stationary(m [4][4]float64) (p [4]float64) {
	p[0] = 1
	for range 10_000 {
		var q [4]float64
		for i := range m {
			for k := range m {
				q[k] += p[i] * m[i][k]
			}
		}
		p = q
	}
	return p
}

func measureDamage(t *testing.T) (rows []row) {
	r, stats := measure(t, veth.Impairment{Duplicate: veth.Chance{P: 0.05}}, 100, 0)
	twice := 0
	for _, n := range r.copies() {
		if n == 2 {
			twice++
		}
	}
	require.Equal(t, twice, int(stats.Duplicated))
	require.Equal(t, measured+twice, len(r.got))
	rows = append(rows, share("duplicate 5%", "twice", twice, 0.05, 1))

	r, stats = measure(t, veth.Impairment{Corrupt: veth.Chance{P: 0.05}}, 1000, 0)
	rows = append(rows, share("corrupt 5%", "damaged", int(stats.Corrupted), 0.05, 1))
	require.InDelta(t, float64(stats.Corrupted)*982/1000, r.bits, 60, "one bit each, of any byte; 18 are not looked at")
	return rows
}

func measureOrder(t *testing.T) (rows []row) {
	const gap = 10 * time.Microsecond
	for _, reorder := range []veth.Reorder{{P: 0.25}, {P: 0.5, Gap: 5}, {P: 1, Gap: 5}} {
		i := veth.Impairment{Delay: 10 * ms, Reorder: reorder}
		r, stats := measure(t, i, 100, gap)
		ahead := 0
		for _, d := range r.delays(gap) {
			if d == 0 {
				ahead++
			}
		}
		require.Equal(t, ahead, int(stats.Reordered))
		// Of frames after the last one that went ahead, gap-1 are passed over and then each goes
		// with probability P: one in gap-1+1/P.
		p := 1 / (float64(max(reorder.Gap, 1)) - 1 + 1/reorder.P)
		rows = append(rows, share(strings.TrimSpace(i.String()), "ahead", ahead, p, 1))
	}
	return rows
}

func measureRates(t *testing.T) (rows []row) {
	const size = 1014
	for _, tt := range []struct {
		i      veth.Impairment
		onWire int
	}{
		{veth.Impairment{Limit: 1 << 20, Rate: 10_000_000}, size},
		{veth.Impairment{Limit: 1 << 20, Rate: 8_000_000, Framing: veth.Framing{PacketOverhead: 10, CellSize: 48, CellOverhead: 5}}, 22 * 53},
		{veth.Impairment{Limit: 1 << 20, Delay: 10 * ms, Rate: 100_000_000}, size},
		{veth.Impairment{Limit: 1 << 20, Shaper: veth.Shaper{Rate: 10_000_000, Burst: 10_000}}, size},
	} {
		r, _ := measure(t, tt.i, size, 0)
		require.Equal(t, measured, len(r.got))
		took := r.got[measured-1].at - r.got[0].at
		rate := max(tt.i.Rate, tt.i.Shaper.Rate)
		got := float64(tt.onWire) * 8 * (measured - 1) / took.Seconds() / 1e6
		rows = append(rows, value(strings.ReplaceAll(tt.i.String(), "limit 1048576 ", ""), "speed", float64(rate)/1e6, got, float64(rate)/1e9, "Mbit/s"))
	}
	return rows
}

func measureQueues(t *testing.T) (rows []row) {
	slots := veth.Impairment{Limit: 1 << 20, Slots: veth.Slots{Min: 5 * ms, Max: 15 * ms, Packets: 20}}
	r, _ := measure(t, slots, 100, 0)
	require.Equal(t, measured, len(r.got))
	last := r.got[measured-1].at
	n := float64(measured) / 20
	rows = append(rows, value("slot 5ms 15ms packets 20", "a slot each", 10, last.Seconds()*1e3/n, 5*10/math.Sqrt(12)/math.Sqrt(n), "ms"))
	return append(rows, measureCoDel(t), measureFairness(t))
}

// measureCoDel sends at twice the rate of the wire for 20 s. After the first one drops come
// after interval/√1, interval/√2 … (RFC 8289, section 3.4).
func measureCoDel(t *testing.T) row {
	const gap, size = 405_600 * time.Nanosecond, 1014
	var got, want float64
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Shaper: veth.Shaper{Rate: 10_000_000, Queue: veth.CoDel{Limit: 1 << 20}}}))
		defer a.Close()
		b.Attach(&flows{})
		frame, first := raw(macB, macA, size), time.Duration(0)
		start := time.Now()
		for time.Since(start) < 20*time.Second {
			write(t, a, frame)
			time.Sleep(gap)
			if first == 0 && a.LineStats().Drops[drop.AQM] > 0 {
				first = time.Since(start)
			}
		}
		got = float64(a.LineStats().Drops[drop.AQM])
		for at := first; at < 20*time.Second; want++ {
			at += time.Duration(float64(100*ms) / math.Sqrt(want+1))
		}
		assert.InDelta(t, 111, float64(first)/1e6, 5, "an interval after the queue got longer than 5 ms")
	})
	return value("tbf rate 10Mbit codel, 20 s at twice the rate", "drops", want, got, 0.005*want, "")
}

// measureFairness has two flows that want 40 % and 160 % of a wire.
func measureFairness(t *testing.T) row {
	var got [2]int
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Shaper: veth.Shaper{Rate: 10_000_000, Queue: veth.FQCoDel{}}}))
		defer a.Close()
		var r flows
		b.Attach(&r)
		for n := range measured {
			flow := byte(1)
			if n%10 < 3 {
				flow = 0
			}
			frame := udpFrame(make([]byte, 1000)...)
			frame[14+20+1] += flow // the source port
			pkt := packet(frame)
			a.WritePacket(pkt)
			pkt.DecRef()
			time.Sleep(417 * time.Microsecond)
		}
		sleep(time.Hour)
		got = r.n
	})
	share := 100 * float64(got[0]) / float64(got[0]+got[1])
	return row{"tbf rate 10Mbit fq_codel, flows of 6 and 14 Mbit/s", "50 % each", fmt.Sprintf("%.2f %%", share), "± 1 %", math.Abs(share-50) <= 1}
}

// flows count the frames of two flows.
type flows struct {
	recorder
	n [2]int
}

func (f *flows) ForwardFrame(pkt *stack.PacketBuffer) {
	if from := pkt.AsSlices()[0]; len(from) > 35 {
		f.n[from[14+20+1]&1]++
	}
}
