package veth_test

import (
	"testing"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseNetem(t *testing.T) {
	t.Parallel()
	loss := func(m veth.LossModel) veth.Impairment { return veth.Impairment{Limit: 1000, Loss: veth.Loss{Model: m}} }
	tests := []struct {
		text string
		want veth.Impairment
		show string // "": as it was written
	}{
		{"", veth.Impairment{Limit: 1000}, "limit 1000"},
		{"delay 100ms", veth.Impairment{Limit: 1000, Delay: 100 * ms}, "limit 1000 delay 100ms"},
		{"delay 100", veth.Impairment{Limit: 1000, Delay: 100 * time.Microsecond}, "limit 1000 delay 100us"},
		{"latency 1.5s 10 30%", veth.Impairment{Limit: 1000, Delay: 1500 * ms, Jitter: veth.Jitter{Spread: 10 * time.Microsecond, Correlation: 0.3}}, "limit 1000 delay 1.5s  10us 30%"},
		{
			"delay 100ms 10ms 25% distribution normal loss gemodel 1% 10%",
			veth.Impairment{
				Limit: 1000, Delay: 100 * ms, Jitter: veth.Jitter{Spread: 10 * ms, Correlation: 0.25, Distribution: veth.Normal},
				Loss: veth.Loss{Model: veth.GilbertElliott{P: 0.01, R: 0.1}},
			},
			"limit 1000 delay 100ms  10ms 25% loss gemodel p 1% r 10% 1-h 100% 1-k 0% distribution normal",
		},
		{"loss 0.3% 25%", veth.Impairment{Limit: 1000, Loss: veth.Loss{P: 0.003, Correlation: 0.25}}, "limit 1000 loss 0.3% 25%"},
		{"loss random 5", veth.Impairment{Limit: 1000, Loss: veth.Loss{P: 0.05}}, "limit 1000 loss 5%"},
		{"drop 5", veth.Impairment{Limit: 1000, Loss: veth.Loss{P: 0.05}}, "limit 1000 loss 5%"},
		{"loss gemodel 1%", loss(veth.GilbertElliott{P: 0.01, R: 0.99}), "limit 1000 loss gemodel p 1% r 99% 1-h 100% 1-k 0%"},
		{"loss gemodel 1% 10% 75% 0.1%", loss(veth.GilbertElliott{P: 0.01, R: 0.1, H: 0.25, K1: 0.001}), "limit 1000 loss gemodel p 1% r 10% 1-h 75% 1-k 0.1%"},
		{"loss state 1%", loss(veth.FourState{P13: 0.01, P31: 0.99, P23: 1}), "limit 1000 loss state p13 1% p31 99% p32 0% p23 100% p14 0%"},
		{"loss state 1% 10% 20% 30% 0.5%", loss(veth.FourState{P13: 0.01, P31: 0.1, P32: 0.2, P23: 0.3, P14: 0.005}), "limit 1000 loss state p13 1% p31 10% p32 20% p23 30% p14 0.5%"},
		{"loss 1% ecn", veth.Impairment{Limit: 1000, Loss: veth.Loss{P: 0.01}, ECN: true}, "limit 1000 loss 1% ecn "},
		{
			"limit 10k duplicate 1% 5% corrupt 0.1% reorder 25% 50% gap 5 delay 10ms",
			veth.Impairment{
				Limit: 10240, Delay: 10 * ms, Duplicate: veth.Chance{P: 0.01, Correlation: 0.05}, Corrupt: veth.Chance{P: 0.001},
				Reorder: veth.Reorder{P: 0.25, Correlation: 0.5, Gap: 5},
			},
			"limit 10240 delay 10ms duplicate 1% 5% reorder 25% 50% corrupt 0.1% gap 5",
		},
		{
			"rate 5kbit 20 100 5", // of tc-netem(8)
			veth.Impairment{Limit: 1000, Rate: 5000, Framing: veth.Framing{PacketOverhead: 20, CellSize: 100, CellOverhead: 5}},
			"limit 1000 rate 5Kbit packetoverhead 20 cellsize 100 celloverhead 5",
		},
		{"rate 1mbps -4", veth.Impairment{Limit: 1000, Rate: 8_000_000, Framing: veth.Framing{PacketOverhead: -4}}, "limit 1000 rate 8Mbit packetoverhead -4"},
		{"slot 800us 10ms packets 32 bytes 64k", veth.Impairment{Limit: 1000, Slots: veth.Slots{Min: 800 * time.Microsecond, Max: 10 * ms, Packets: 32, Bytes: 65536}}, "limit 1000 slot 800us 10ms packets 32 bytes 65536"},
		{"slot distribution pareto 5ms 1ms", veth.Impairment{Limit: 1000, Slots: veth.Slots{Distribution: veth.Pareto, Mean: 5 * ms, Spread: ms}}, "limit 1000 slot distribution pareto 5ms 1ms"},
		{"d 1ms l 5", veth.Impairment{Limit: 5, Delay: ms}, "limit 5 delay 1ms"}, // "l" is limit, which comes before latency
		{"queue 5 mtu 1400 seed 7", veth.Impairment{Limit: 1000, Queue: 5, MTU: 1400, Seed: 7}, "limit 1000 queue 5 mtu 1400 seed 7"},
	}
	for _, tt := range tests {
		got, err := veth.ParseNetem(tt.text)
		require.NoError(t, err, tt.text)
		assert.Equal(t, tt.want, got, tt.text)
		assert.Equal(t, tt.show, got.String())
		again, err := veth.ParseNetem(got.String())
		require.NoError(t, err, got.String())
		assert.Equal(t, tt.want, again)
	}
}

// TestParseRefuses has the texts of tc 6.1.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	netem := func(s string) error { _, err := veth.ParseNetem(s); return err }
	tbf := func(s string) error { _, err := veth.ParseTBF(s); return err }
	codel := func(s string) error { _, err := veth.ParseCoDel(s); return err }
	fqCodel := func(s string) error { _, err := veth.ParseFQCoDel(s); return err }
	tests := []struct {
		parse      func(string) error
		text, want string
	}{
		{netem, "foo", `What is "foo"?`},
		{netem, "delay", `Command line is not complete. Try option "help"`},
		{netem, "delay x", `Illegal "latency"`},
		{netem, "delay -1ms", `Illegal "latency"`},
		{netem, "delay 1parsec", `Illegal "latency"`},
		{netem, "loss 101%", `Illegal "loss percent"`},
		{netem, "loss 1% 101", `Illegal "loss correlation"`},
		{netem, "loss gemodel x", `Illegal "loss gemodel p"`},
		{netem, "loss gemodel 1 2 3 400", `Illegal "loss gemodel k"`},
		{netem, "loss state 1 200", `Illegal "loss p31"`},
		{netem, "loss often", `Unknown loss parameter: often`},
		{netem, "duplicate x%", `Illegal "duplicate"`},
		{netem, "reorder 10%", `reordering not possible without specifying some delay`},
		{netem, "delay 1 gap 5", `gap specified without reorder probability`},
		{netem, "ecn", `ecn requested without loss model`},
		{netem, "distribution normal", `distribution specified but no latency and jitter values`},
		{netem, "delay 1 1 distribution strange", `No distribution data for strange (/usr/lib/x86_64-linux-gnu/tc//strange.dist: No such file or directory)`},
		{netem, "rate 10furlong", `Illegal "rate"`},
		{netem, "slot 10ms 5ms", `Illegal "slot max_delay"`},
		{netem, "slot often", `Unknown slot parameter: often`},
		{netem, "slot 1 packets", `Illegal "slot packets"`},
		{netem, "slot distribution normal 1ms 0", `Non-positive jitter`},
		{netem, "limit 0", `veth: Limit 0: invalid impairment: no frame would pass`},
		{netem, "limit x", `Illegal "limit"`},
		{tbf, "rate 1mbit", "tbf: the \"burst\" parameter is mandatory.\ntbf: either \"limit\" or \"latency\" is required."},
		{tbf, "rate x", `tbf: illegal value for "rate": "x"`},
		{tbf, "rate 1mbit rate 2mbit", `tbf: duplicate "rate" specification`},
		{tbf, "latency 1 limit 1", `tbf: specifying both "latency" and "limit" is not allowed`},
		{tbf, "limit 1 latency 1", `tbf: specifying both "limit" and "/latency" is not allowed`},
		{tbf, "colour red", `tbf: unknown parameter "colour"`},
		{tbf, "rate 1mbit burst 10k limit 10k peakrate 2mbit", `tbf: when "peakrate" is specified, "mtu" must also be specified.`},
		{tbf, "rate 1mbit burst 10k limit 10k peakrate 1mbit mtu 1514", `veth: Shaper.PeakRate 1000000: invalid impairment: not more than Rate`},
		{codel, "ce_threshold 1ms", `What is "ce_threshold"?`},
		{codel, "target x", `Illegal "target"`},
		{fqCodel, "flows", `Command line is not complete. Try option "help"`},
		{fqCodel, "flows x", `Illegal "flows"`},
	}
	for _, tt := range tests {
		assert.EqualError(t, tt.parse(tt.text), tt.want, tt.text)
	}
}

func TestParseQueues(t *testing.T) {
	t.Parallel()
	s, err := veth.ParseTBF("rate 1mbit burst 32kbit latency 400ms") // of tc-tbf(8)
	require.NoError(t, err)
	assert.Equal(t, veth.Shaper{Rate: 1_000_000, Burst: 4096, Limit: 54096}, s)
	assert.Equal(t, "rate 1Mbit burst 4Kb lat 400ms ", s.String())
	s, err = veth.ParseTBF("rate 0.5mbit burst 5kb/8 limit 3000 peakrate 1mbit minburst 1540 overhead 8 mpu 64 linklayer adsl")
	require.NoError(t, err)
	assert.Equal(t, veth.Shaper{Rate: 500_000, Burst: 5120, Limit: 3000, PeakRate: 1_000_000, MTU: 1540, Overhead: 8, MPU: 64, ATM: true}, s)

	c, err := veth.ParseCoDel("limit 100 target 10ms interval 50ms ecn")
	require.NoError(t, err)
	assert.Equal(t, veth.CoDel{Limit: 100, Target: 10 * ms, Interval: 50 * ms, ECN: true}, c)
	assert.Equal(t, "codel limit 100p target 10ms interval 50ms ecn ", c.String())
	f, err := veth.ParseFQCoDel("limit 100 flows 16 quantum 300 memory_limit 1m drop_batch 8 noecn")
	require.NoError(t, err)
	assert.Equal(t, veth.FQCoDel{Limit: 100, Flows: 16, Quantum: 300, MemoryLimit: 1 << 20, DropBatch: 8, NoECN: true}, f)
	assert.Equal(t, "fq_codel limit 100p flows 16 quantum 300 target 5ms interval 100ms memory_limit 1Mb noecn drop_batch 8 ", f.String())
	assert.Equal(t, "limit 100p flows 16 quantum 300 target 5ms interval 100ms memory_limit 1Mb drop_batch 8 ", f.TC())
}

// TestParseAgain reads what String prints: it is the same.
func TestParseAgain(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"loss 1e-3%", "loss 12.3456789012345% 33.333333%", "loss gemodel 1e-3% 12.34567891% 77.777777% 1e-5%", "loss state 1.0000001% 2.000000003% 3e-7%",
		"delay 1234567ns 1.2345678ms", "delay 100ms reorder 1e-4% 1e-5% corrupt 1e-3%", "rate 1234568bit", "slot 1.23456ms 2.345678ms",
		"delay 1ms tbf rate 1234568bit burst 5001 latency 77.7ms", "tbf rate 1mbit burst 5k codel limit 9 target 1.2345ms interval 99.9999ms",
		"tbf rate 1mbit burst 5k fq_codel limit 9 flows 8 quantum 700 interval 99ms drop_batch 3 memory_limit 1000001 noecn target 1.2345678ms",
	} {
		want, err := veth.ParseNetem(text)
		require.NoError(t, err, text)
		got, err := veth.ParseNetem(want.String())
		require.NoError(t, err, want.String())
		assert.Equal(t, want, got, text)
	}
	c := veth.CoDel{Limit: 100, Target: 1234567, Interval: 1234567891, ECN: true}
	again, err := veth.ParseCoDel(c.String())
	require.NoError(t, err)
	assert.Equal(t, c, again)
	assert.Equal(t, "limit 100p target 1.23ms interval 1.23s ecn ", c.TC())
	f := veth.FQCoDel{Limit: 1, Flows: 2, Quantum: 300, Target: 1234567, Interval: 99, MemoryLimit: 1000001, DropBatch: 4, NoECN: true}
	read, err := veth.ParseFQCoDel(f.String())
	require.NoError(t, err)
	assert.Equal(t, f, read)
}

// TestChangeNetem has what netem_change keeps.
func TestChangeNetem(t *testing.T) {
	t.Parallel()
	const first = "limit 50 delay 100ms 10ms 25% distribution normal rate 1mbit corrupt 5% slot 5ms reorder 10% 50% gap 3 duplicate 2% 7% loss 1% ecn"
	tests := []struct{ text, now, kept string }{
		{"loss 5%", "limit 1000 loss 5% corrupt 5% rate 1Mbit slot 5ms 5ms ecn ", "limit 1000 loss 5% reorder 10% 50% corrupt 5% rate 1Mbit slot 5ms 5ms ecn  distribution normal"},
		{"", "limit 1000 corrupt 5% rate 1Mbit slot 5ms 5ms", "limit 1000 reorder 10% 50% corrupt 5% rate 1Mbit slot 5ms 5ms ecn  distribution normal"},
		{"delay 7ms 1ms duplicate 1%", "limit 1000 delay 7ms  1ms 25% duplicate 1% 7% corrupt 5% rate 1Mbit slot 5ms 5ms distribution normal", "limit 1000 delay 7ms  1ms 25% duplicate 1% 7% reorder 10% 50% corrupt 5% rate 1Mbit slot 5ms 5ms ecn  distribution normal"},
		{"delay 7ms 1ms loss 1% 9% reorder 4% rate 2mbit", "limit 1000 delay 7ms  1ms loss 1% 9% reorder 4% corrupt 5% rate 2Mbit slot 5ms 5ms ecn  gap 1 distribution normal", "limit 1000 delay 7ms  1ms loss 1% 9% reorder 4% corrupt 5% rate 2Mbit slot 5ms 5ms ecn  gap 1 distribution normal"},
	}
	was, err := veth.ParseNetem(first)
	require.NoError(t, err)
	for _, tt := range tests {
		now, kept, err := veth.ChangeNetem(was, tt.text)
		require.NoError(t, err, tt.text)
		assert.Equal(t, tt.now, now.String(), tt.text)
		assert.Equal(t, tt.kept, kept.String(), tt.text)
	}
	_, kept, err := veth.ChangeNetem(was, "loss 5%")
	require.NoError(t, err)
	now, _, err := veth.ChangeNetem(kept, "delay 8ms 2ms") // what slept does its work again
	require.NoError(t, err)
	assert.Equal(t, "limit 1000 delay 8ms  2ms 25% corrupt 5% rate 1Mbit slot 5ms 5ms distribution normal", now.String())
}

// TestChangeQueues: codel_change and fq_codel_change keep what is not named.
func TestChangeQueues(t *testing.T) {
	t.Parallel()
	c := veth.CoDel{Limit: 100, Target: 7 * ms, Interval: 50 * ms, ECN: true}
	got, err := veth.ChangeCoDel(c, "limit 200 target 0")
	require.NoError(t, err)
	assert.Equal(t, veth.CoDel{Limit: 200, Target: 7 * ms, Interval: 50 * ms, ECN: true}, got)
	f := veth.FQCoDel{Limit: 100, Flows: 16, Quantum: 300, Target: ms, MemoryLimit: 1 << 20, DropBatch: 8, NoECN: true}
	changed, err := veth.ChangeFQCoDel(f, "quantum 500 ecn")
	require.NoError(t, err)
	f.Quantum, f.NoECN = 500, false
	assert.Equal(t, f, changed)
	_, err = veth.ChangeFQCoDel(f, "flows 16")
	require.ErrorIs(t, err, veth.ErrImpairment)
}

// FuzzParse: nothing panics, what is accepted is valid, and its text is accepted and means the
// same but for what rounding took away.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "delay 100ms 10ms 25% distribution normal", "loss gemodel 1% 10% 70% 0.1%", "loss state 1% 2% 3% 4% 5%",
		"rate 1mbit 20 48 5 slot 1ms 2ms packets 3 bytes 4k", "delay 1s reorder 5% 5% gap 3 corrupt 1% duplicate 2% ecn loss 3",
		"slot distribution pareto 1ms 1us", "limit 5 seed 0x10 mtu 99 queue 1", "tbf rate 1mbit burst 5k limit 9k fq_codel noecn",
		"tbf rate 8bit codel target 1ns", "delay 1e300s", "loss -0", "delay nan", "rate 1e18",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if i, err := veth.ParseNetem(text); err == nil {
			require.NoError(t, i.Validate())
			shown := i.String()
			again, err := veth.ParseNetem(shown)
			require.NoError(t, err, "%q", shown)
			assert.Equal(t, i.Netem() != "", again.Netem() != "")
			third, err := veth.ParseNetem(again.String())
			require.NoError(t, err)
			assert.Equal(t, again.Netem(), third.Netem())
		}
		veth.ParseTBF(text)
		veth.ParseCoDel(text)
		veth.ParseFQCoDel(text)
	})
}
