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

// TestString compares with what tc of iproute2 6.1 prints behind "qdisc netem".
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
		{veth.Impairment{Delay: 1234567}, "delay 1.23ms"},
		{veth.Impairment{Delay: 100 * time.Microsecond}, "delay 100us"},
		{veth.Impairment{Delay: 1500}, "delay 1.5us"},
		{veth.Impairment{Delay: 999}, "delay 999ns"},
		{veth.Impairment{Loss: veth.Loss{P: 0.01}}, "loss 1%"},
		{veth.Impairment{Loss: veth.Loss{P: 1}}, "loss 100%"},
		{veth.Impairment{Loss: veth.Loss{P: 0.123456789}}, "loss 12.3457%"},
		{veth.Impairment{Loss: veth.Loss{P: 0.000001}}, "loss 0.0001%"},
		{veth.Impairment{Rate: 1}, "rate 1bit"},
		{veth.Impairment{Rate: 999}, "rate 999bit"},
		{veth.Impairment{Rate: 64_000}, "rate 64Kbit"},
		{veth.Impairment{Rate: 1_500}, "rate 1500bit"},
		{veth.Impairment{Rate: 1_500_000}, "rate 1500Kbit"},
		{veth.Impairment{Rate: 10_000_000}, "rate 10Mbit"},
		{veth.Impairment{Rate: 1_234_568}, "rate 1234Kbit"},
		{veth.Impairment{Rate: 1_000_000_000}, "rate 1Gbit"},
		{veth.Impairment{Rate: 2_500_000_000}, "rate 2500Mbit"},
		{veth.Impairment{Rate: 400_000_000_000_000}, "rate 400Tbit"},
		{
			veth.Impairment{Queue: 20, Delay: 50 * time.Millisecond, Loss: veth.Loss{P: 0.02}, Rate: 1_000_000},
			"limit 20 delay 50ms loss 2% rate 1Mbit",
		},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, tt.in.String())
		assert.NoError(t, tt.in.Validate())
	}
}
