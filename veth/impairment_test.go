package veth_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

func TestInvalid(t *testing.T) {
	t.Parallel()
	impair := func(i veth.Impairment) veth.Option { return veth.WithImpairment(i) }
	tests := []struct {
		opt   veth.Option
		field string
		is    error
		text  string
	}{
		{veth.WithMTU(67), "MTU", veth.ErrMTU, "veth: MTU 67: outside [68, 65535]"},
		{veth.WithMTU(65536), "MTU", veth.ErrMTU, "veth: MTU 65536: outside [68, 65535]"},
		{veth.WithMTU(-1), "MTU", veth.ErrMTU, "veth: MTU -1: outside [68, 65535]"},
		{veth.WithQueue(0), "Queue", veth.ErrQueue, "veth: Queue 0: less than one frame"},
		{veth.WithQueue(-5), "Queue", veth.ErrQueue, "veth: Queue -5: less than one frame"},
		{veth.WithMAC(macA, header.EthernetBroadcastAddress), "MAC", veth.ErrMAC, "veth: MAC ff:ff:ff:ff:ff:ff: not a unicast Ethernet address"},
		{veth.WithMAC("\x33\x33\x00\x00\x00\x01", macB), "MAC", veth.ErrMAC, "veth: MAC 33:33:00:00:00:01: not a unicast Ethernet address"},
		{veth.WithMAC("\x00\x00\x00\x00\x00\x00", macB), "MAC", veth.ErrMAC, "veth: MAC 00:00:00:00:00:00: not a unicast Ethernet address"},
		{veth.WithMAC(macA, ""), "MAC", veth.ErrMAC, "veth: MAC : not a unicast Ethernet address"},
		{impair(veth.Impairment{Delay: -1}), "Delay", veth.ErrImpairment, "veth: Delay -1ns: invalid impairment: negative"},
		{impair(veth.Impairment{Loss: veth.Loss{P: 1.2}}), "Loss", veth.ErrImpairment, "veth: Loss 1.2: invalid impairment: outside [0, 1]"},
		{impair(veth.Impairment{Loss: veth.Loss{P: -0.1}}), "Loss", veth.ErrImpairment, "veth: Loss -0.1: invalid impairment: outside [0, 1]"},
		{impair(veth.Impairment{Loss: veth.Loss{P: math.NaN()}}), "Loss", veth.ErrImpairment, "veth: Loss NaN: invalid impairment: outside [0, 1]"},
		{impair(veth.Impairment{Rate: -1}), "Rate", veth.ErrImpairment, "veth: Rate -1: invalid impairment: negative"},
		{impair(veth.Impairment{Limit: -1}), "Limit", veth.ErrImpairment, "veth: Limit -1: invalid impairment: negative"},
		{impair(veth.Impairment{Limit: 1<<20 + 1}), "Limit", veth.ErrImpairment, "veth: Limit 1048577: invalid impairment: outside [0, 1048576]"},
		{impair(veth.Impairment{MTU: 67}), "MTU", veth.ErrImpairment, "veth: MTU 67: invalid impairment: outside [68, 65535]"},
		{impair(veth.Impairment{Reorder: veth.Reorder{P: 0.1}}), "Reorder", veth.ErrImpairment, "veth: Reorder 0.1: invalid impairment: reordering not possible without specifying some delay"},
		{impair(veth.Impairment{Delay: 1, Reorder: veth.Reorder{Gap: 2}}), "Reorder.Gap", veth.ErrImpairment, "veth: Reorder.Gap 2: invalid impairment: gap specified without reorder probability"},
		{impair(veth.Impairment{ECN: true}), "ECN", veth.ErrImpairment, "veth: ECN true: invalid impairment: ecn requested without loss model"},
		{impair(veth.Impairment{Delay: 1, Jitter: veth.Jitter{Distribution: veth.Normal}}), "Jitter", veth.ErrImpairment, "veth: Jitter 0s: invalid impairment: distribution specified but no latency and jitter values"},
		{impair(veth.Impairment{Delay: 1, Jitter: veth.Jitter{Spread: 3 * time.Second}}), "Jitter", veth.ErrImpairment, "veth: Jitter 3s: invalid impairment: more than 2.147483647s"},
		{impair(veth.Impairment{Loss: veth.Loss{P: 0.1, Model: veth.GilbertElliott{}}}), "Loss", veth.ErrImpairment, "veth: Loss 0.1: invalid impairment: two loss models"},
		{impair(veth.Impairment{Loss: veth.Loss{Model: veth.FourState{P13: 0.6, P14: 0.6}}}), "Loss", veth.ErrImpairment, "veth: Loss loss state p13 60% p31 0% p32 0% p23 0% p14 60%: invalid impairment: P13 and P14 exceed 1 together"},
		{impair(veth.Impairment{Duplicate: veth.Chance{P: 2}}), "Duplicate", veth.ErrImpairment, "veth: Duplicate 2: invalid impairment: outside [0, 1]"},
		{impair(veth.Impairment{Corrupt: veth.Chance{Correlation: 2}}), "Corrupt.Correlation", veth.ErrImpairment, "veth: Corrupt.Correlation 2: invalid impairment: outside [0, 1]"},
		{impair(veth.Impairment{Framing: veth.Framing{CellOverhead: 5}}), "Framing.CellOverhead", veth.ErrImpairment, "veth: Framing.CellOverhead 5: invalid impairment: overhead of no cells"},
		{impair(veth.Impairment{Slots: veth.Slots{Packets: 5}}), "Slots", veth.ErrImpairment, "veth: Slots 5: invalid impairment: no time between slots"},
		{impair(veth.Impairment{Slots: veth.Slots{Min: 5}}), "Slots.Max", veth.ErrImpairment, "veth: Slots.Max 0s: invalid impairment: less than Min"},
		{impair(veth.Impairment{Shaper: veth.Shaper{Burst: 5}}), "Shaper.Rate", veth.ErrImpairment, "veth: Shaper.Rate 0: invalid impairment: not positive: nothing would wait"},
		{impair(veth.Impairment{Shaper: veth.Shaper{Rate: 5, PeakRate: 5}}), "Shaper.PeakRate", veth.ErrImpairment, "veth: Shaper.PeakRate 5: invalid impairment: not more than Rate"},
		{impair(veth.Impairment{Shaper: veth.Shaper{Rate: 5, Queue: veth.FQCoDel{Flows: 1 << 17}}}), "FQCoDel.Flows", veth.ErrImpairment, "veth: FQCoDel.Flows 131072: invalid impairment: outside [0, 65536]"},
		{impair(veth.Impairment{Queue: -1}), "Queue", veth.ErrImpairment, "veth: Queue -1: invalid impairment: negative"},
	}
	for _, tt := range tests {
		a, b, err := veth.Pair(tt.opt)
		assert.Nil(t, a)
		assert.Nil(t, b)
		require.EqualError(t, err, tt.text)
		assert.ErrorIs(t, err, tt.is)
		var typed *veth.Error
		require.True(t, errors.As(err, &typed))
		assert.Equal(t, tt.field, typed.Field)
	}
}

func TestImpairInvalid(t *testing.T) {
	t.Parallel()
	a, _ := pair(t)
	defer a.Close()
	want := veth.Impairment{Delay: time.Second, Loss: veth.Loss{P: 1}, Rate: math.MaxInt64, Queue: 3}
	require.NoError(t, a.Impair(want))
	bad := want
	bad.Rate = -3
	require.ErrorIs(t, a.Impair(bad), veth.ErrImpairment)
	assert.Equal(t, want, a.Impairment(), "nothing changed")
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	a, b, err := veth.Pair()
	require.NoError(t, err)
	defer a.Close()
	assert.Equal(t, uint32(veth.DefaultMTU), a.MTU())
	assert.Equal(t, veth.Impairment{}, b.Impairment())
	assert.True(t, a.Carrier())
	assert.NotEqual(t, a.LinkAddress(), b.LinkAddress())

	mac := func(seed uint64) (got [2]string) {
		a, b, err := veth.Pair(veth.WithSeed(seed))
		require.NoError(t, err)
		defer a.Close()
		return [2]string{string(a.LinkAddress()), string(b.LinkAddress())}
	}
	assert.Equal(t, mac(3), mac(3))
	for seed := range uint64(100) {
		macs := mac(seed)
		assert.NotEqual(t, macs[0], macs[1])
		assert.NotEqual(t, macs, mac(seed+1))
		for _, mac := range macs {
			assert.Equal(t, byte(2), mac[0]&3, "unicast, locally administered")
		}
	}
}

// TestString has what tc of iproute2 6.1 prints behind "qdisc netem" but for rounding.
func TestString(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   veth.Impairment
		want string
	}{
		{veth.Impairment{}, ""},
		{veth.Impairment{Delay: 50 * time.Millisecond}, "delay 50ms"},
		{veth.Impairment{Delay: 1500 * time.Millisecond}, "delay 1.5s"},
		{veth.Impairment{Delay: time.Minute}, "delay 60s"},
		{veth.Impairment{Delay: 1234567}, "delay 1.234567ms"},
		{veth.Impairment{Delay: 100 * time.Microsecond}, "delay 100us"},
		{veth.Impairment{Delay: 1500}, "delay 1.5us"},
		{veth.Impairment{Delay: 999}, "delay 999ns"},
		{veth.Impairment{Loss: veth.Loss{P: 0.01}}, "loss 1%"},
		{veth.Impairment{Loss: veth.Loss{P: 1}}, "loss 100%"},
		{veth.Impairment{Loss: veth.Loss{P: 0.123456789}}, "loss 12.3456789%"},
		{veth.Impairment{Loss: veth.Loss{P: 0.000001}}, "loss 0.0001%"},
		{veth.Impairment{Rate: 1}, "rate 1bit"},
		{veth.Impairment{Rate: 999}, "rate 999bit"},
		{veth.Impairment{Rate: 64_000}, "rate 64Kbit"},
		{veth.Impairment{Rate: 1_500}, "rate 1500bit"},
		{veth.Impairment{Rate: 1_500_000}, "rate 1500Kbit"},
		{veth.Impairment{Rate: 10_000_000}, "rate 10Mbit"},
		{veth.Impairment{Rate: 1_234_568}, "rate 1234568bit"},
		{veth.Impairment{Rate: 1_000_000_000}, "rate 1Gbit"},
		{veth.Impairment{Rate: 2_500_000_000}, "rate 2500Mbit"},
		{veth.Impairment{Rate: 400_000_000_000_000}, "rate 400Tbit"},
		{
			veth.Impairment{Limit: 20, Delay: 50 * time.Millisecond, Loss: veth.Loss{P: 0.02}, Rate: 1_000_000},
			"limit 20 delay 50ms loss 2% rate 1Mbit",
		},
		{
			veth.Impairment{
				Limit: 1000, Delay: 100 * time.Millisecond, Jitter: veth.Jitter{Spread: 10 * time.Millisecond, Correlation: 0.25},
				Loss: veth.Loss{P: 0.003, Correlation: 0.25}, ECN: true, Duplicate: veth.Chance{P: 0.01}, Corrupt: veth.Chance{P: 0.001},
				Reorder: veth.Reorder{P: 0.25, Correlation: 0.5, Gap: 5}, Rate: 10_000_000,
				Framing: veth.Framing{PacketOverhead: -20, CellSize: 48, CellOverhead: 5},
				Slots:   veth.Slots{Min: 800 * time.Microsecond, Max: 10 * time.Millisecond, Packets: 32, Bytes: 65536},
			},
			"limit 1000 delay 100ms  10ms 25% loss 0.3% 25% duplicate 1% reorder 25% 50% corrupt 0.1% rate 10Mbit " +
				"packetoverhead -20 cellsize 48 celloverhead 5 slot 800us 10ms packets 32 bytes 65536 ecn  gap 5",
		},
		{
			veth.Impairment{Limit: 1000, Loss: veth.Loss{Model: veth.GilbertElliott{P: 0.01, R: 0.1}}},
			"limit 1000 loss gemodel p 1% r 10% 1-h 100% 1-k 0%",
		},
		{
			veth.Impairment{Limit: 1000, Loss: veth.Loss{Model: veth.FourState{P13: 0.01, P31: 0.99, P23: 1}}},
			"limit 1000 loss state p13 1% p31 99% p32 0% p23 100% p14 0%",
		},
		{veth.Impairment{Loss: veth.Loss{Model: veth.LoseFrames(3, 7)}}, "loss frames 3 7"},
		{
			veth.Impairment{Queue: 5, MTU: 1400, Seed: 7, Shaper: veth.Shaper{Rate: 1e6, Queue: veth.FQCoDel{}}},
			"queue 5 mtu 1400 seed 7 tbf rate 1Mbit burst 1514b fq_codel limit 10240p flows 1024 quantum 1514 target 5ms interval 100ms memory_limit 32Mb ecn drop_batch 64",
		},
		{
			veth.Impairment{Shaper: veth.Shaper{Rate: 1e6, Burst: 4096, Limit: 54096, PeakRate: 2e6, MTU: 1514, Overhead: 8, ATM: true}},
			"tbf rate 1Mbit burst 4Kb peakrate 2Mbit minburst 1514b limit 54096b overhead 8 linklayer atm",
		},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, tt.in.String())
		assert.NoError(t, tt.in.Validate())
	}
}

// TestNilFunction is refused where it is set, not where a frame comes.
func TestNilFunction(t *testing.T) {
	t.Parallel()
	require.EqualError(t, veth.Impairment{Loss: veth.Loss{Model: veth.LoseIf(nil)}}.Validate(), "veth: Loss.Model loss function: invalid impairment: nil function")
	a, b := pair(t)
	defer a.Close()
	assert.Panics(t, func() { a.Tap(nil) })
	assert.Panics(t, func() { b.OnDrop(nil) })
}

// TestNetemRounds compares with what tc prints.
func TestNetemRounds(t *testing.T) {
	t.Parallel()
	for want, i := range map[string]veth.Impairment{
		"limit 1000 delay 1.23ms":       {Limit: 1000, Delay: 1234567},
		"limit 65536 loss 12.3457%":     {Loss: veth.Loss{P: 0.123456789}},
		"limit 65536 loss 0.000100001%": {Loss: veth.Loss{P: 0.000001}},
		"limit 65536 rate 1234Kbit":     {Rate: 1_234_568},
	} {
		assert.Equal(t, want, i.Netem())
	}
}
