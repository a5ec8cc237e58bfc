package conntrack

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatBegins(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{})
	for typ := range 256 {
		v4, v6 := tuple("icmp 10.0.0.1:7 10.0.0.2:0"), tuple("icmpv6 [fe80::1]:7 [fe80::2]:0")
		v4.Type, v6.Type = uint8(typ), uint8(typ)
		_, err := b.Begin(&v4, &any20)
		assert.Equal(t, typ == 8 || typ == 13 || typ == 15 || typ == 17, err == nil, typ)
		_, err = b.Begin(&v6, &any20)
		assert.Equal(t, typ == 128 || typ == 139, err == nil, typ)
	}
	for _, s := range []string{"icmp [fe80::1]:7 [fe80::2]:8", "icmpv6 10.0.0.1:7 10.0.0.2:128"} {
		tup := tuple(s)
		_, err := b.Begin(&tup, &any20)
		assert.ErrorIs(t, err, ErrInvalid, s)
	}
	assert.Zero(t, b.Len())
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	for s, timeout := range map[string]time.Duration{
		"udp 10.0.0.1:1000 10.0.0.2:53":    30 * time.Second,
		"136 10.0.0.1:1000 10.0.0.2:53":    30 * time.Second, // UDP-Lite
		"icmp 10.0.0.1:7 10.0.0.2:8":       30 * time.Second,
		"icmpv6 [fe80::1]:7 [fe80::2]:128": 30 * time.Second,
		"89 10.0.0.1:0 10.0.0.2:0":         600 * time.Second, // OSPF
	} {
		b := newBed(t, Config{})
		tup := tuple(s)
		reply, _ := tup.Invert()
		c := b.begin(tup, any20)
		b.clock.Advance(timeout - 1)
		require.NoError(t, b.pass(c, Reply, any20), s) // gives it all the time again
		b.clock.Advance(timeout - 1)
		require.Len(t, b.lines(), 1, s)
		assert.True(t, b.InUse(&reply, nil))
		b.clock.Advance(1)
		found, _ := b.Find(&tup)
		assert.Nil(t, found, s)
		assert.False(t, b.InUse(&reply, nil))
		assert.Empty(t, b.lines(), s)
	}
}

func TestUDPStream(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{})
	tup := tuple("udp 10.0.0.1:1000 10.0.0.2:53")
	c := b.begin(tup, any20)
	step := func(wait time.Duration, d Dir, want string) {
		t.Helper()
		b.clock.Advance(wait)
		require.NoError(t, b.pass(c, d, any20))
		assert.Equal(t, want, b.summary())
	}
	step(3*time.Second, Original, "30 [UNREPLIED]")
	step(0, Reply, "30") // the first reply finds no reply seen
	step(0, Original, "120 [ASSURED]")
	step(10*time.Second, Reply, "120 [ASSURED]")

	b = newBed(t, Config{})
	c = b.begin(tup, any20)
	step(0, Reply, "30")
	step(2*time.Second, Original, "30") // not yet more than two seconds
	step(1, Original, "120 [ASSURED]")
}

func TestTimeoutsOfConfig(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{Timeouts: Timeouts{UDP: 5 * time.Second, Generic: -1}})
	want := DefaultTimeouts()
	want.UDP = 5 * time.Second
	require.Equal(t, want, b.Timeouts())
	b.begin(tuple("udp 10.0.0.1:1000 10.0.0.2:53"), any20)
	require.Equal(t, "5 [UNREPLIED]", b.summary())

	// Each field is the timeout of a state or protocol of its own.
	fields := (&Timeouts{}).fields()
	seen := map[*time.Duration]bool{}
	for _, f := range fields {
		seen[f] = true
	}
	assert.Len(t, seen, len(fields))
	for s := range numStates {
		to := DefaultTimeouts()
		assert.Positive(t, to.tcp(s), s)
	}
}

// What waits for the first packet to get through is not part of the timeout.
func TestTimeoutRunsFromConfirm(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{})
	tup := tuple("udp 10.0.0.1:1000 10.0.0.2:53")
	c, err := b.Begin(&tup, &any20)
	require.NoError(t, err)
	b.clock.Advance(time.Hour)
	require.NoError(t, b.Update(c, Original, &any20))
	_, err = b.Confirm(c)
	require.NoError(t, err)
	require.Equal(t, "30 [UNREPLIED]", b.summary())
}

// A packet that comes too late does not bring a connection back.
func TestExpiredStaysSo(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{})
	tup := tuple("udp 10.0.0.1:1000 10.0.0.2:53")
	c := b.begin(tup, any20)
	b.clock.Advance(30 * time.Second)
	require.NoError(t, b.Update(c, Original, &any20))
	found, _ := b.Find(&tup)
	require.Nil(t, found)
	fresh := b.begin(tup, any20)
	require.NotSame(t, c, fresh)
	require.Len(t, b.lines(), 1)
}
