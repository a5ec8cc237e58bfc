package bridge_test

import (
	"testing"
	"testing/synctest"
	"time"

	"drydock/bridge"

	"github.com/stretchr/testify/assert"
	"gvisor.dev/gvisor/pkg/tcpip"
)

// A countingClock counts how often it is read.
type countingClock struct {
	tcpip.Clock
	readings int
}

func (c *countingClock) NowMonotonic() tcpip.MonotonicTime {
	c.readings++
	return c.Clock.NowMonotonic()
}

func (l *lab) known() (macs []bridge.MAC) {
	for e := range l.bridge.Entries() {
		macs = append(macs, e.MAC)
	}
	return macs
}

func TestTableBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 2, bridge.WithTableSize(3))
		l.add("p3", bridge.WithStation(macC))
		l.add("docker0", bridge.Local(macBridge))
		hear := func(n int) {
			l.send("p1", frame{src: station(n), dst: broadcast})
			time.Sleep(20 * time.Millisecond)
		}
		want := func(learned ...int) {
			t.Helper()
			macs := []bridge.MAC{}
			for _, n := range learned {
				macs = append(macs, station(n))
			}
			assert.Equal(t, append(macs, macBridge, macC), l.known())
		}
		hear(1)
		hear(2)
		hear(3)
		want(1, 2, 3)
		hear(4) // the oldest goes
		want(2, 3, 4)
		hear(2) // no longer the oldest
		hear(5)
		want(2, 4, 5)
		hear(6)
		want(2, 5, 6)
		hear(7)
		want(5, 6, 7)
		l.bridge.Flush()
		want()
		hear(8)
		hear(9)
		want(8, 9)
	})
}

func TestTableOfOne(t *testing.T) {
	t.Parallel()
	l := newLab(t, 2, bridge.WithTableSize(1))
	for n := range 100 {
		l.send("p1", frame{src: station(n + 1), dst: broadcast})
		assert.Equal(t, []bridge.MAC{station(n + 1)}, l.known())
	}
}

// Who sends from ever new addresses fills the table and no more, and pushes out no
// static station and none that keeps talking.
func TestMACFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 2)
		l.add("p3", bridge.WithStation(macC))
		for _, c := range l.cables {
			c.discard = true
		}
		for n := range 20_000 {
			l.send("p1", frame{src: station(n + 1), dst: broadcast})
			if n%1000 == 0 {
				l.send("p2", frame{src: macA, dst: broadcast})
				time.Sleep(20 * time.Millisecond)
			}
		}
		known := l.known()
		assert.Len(t, known, bridge.DefaultTableSize+1)
		assert.Contains(t, known, macC)
		assert.Contains(t, known, macA)
		assert.Contains(t, known, station(20_000))
		assert.NotContains(t, known, station(1))
	})
}

func TestEntries(t *testing.T) {
	t.Parallel()
	l := newLab(t, 0)
	l.add("docker0", bridge.Local(macBridge), bridge.WithStation(station(9)))
	l.add("veth25e0e69")
	l.add("veth6bb2ebe", bridge.WithStation(macC))
	l.send("veth25e0e69", frame{src: macA, dst: broadcast})
	l.send("veth6bb2ebe", frame{src: macB, dst: broadcast})
	assert.Equal(t, []string{
		"02:00:00:00:00:09 dev docker0 master br0 static",
		"02:42:6b:67:1f:ab dev docker0 master br0 permanent",
		"02:42:ac:11:00:02 dev veth25e0e69 master br0",
		"02:42:ac:11:00:03 dev veth6bb2ebe master br0",
		"02:42:ac:11:00:04 dev veth6bb2ebe master br0 static",
	}, l.table())
	for range l.bridge.Entries() {
		break // a caller may stop early
	}
	l.bridge.Flush()
	assert.Equal(t, []string{
		"02:00:00:00:00:09 dev docker0 master br0 static",
		"02:42:6b:67:1f:ab dev docker0 master br0 permanent",
		"02:42:ac:11:00:04 dev veth6bb2ebe master br0 static",
	}, l.table())
}

func TestMAC(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"02:42:ac:11:00:02", "02-42-AC-11-00-02", "0242.ac11.0002"} {
		m, err := bridge.ParseMAC(s)
		assert.NoError(t, err)
		assert.Equal(t, macA, m)
		assert.Equal(t, "02:42:ac:11:00:02", m.String())
	}
	for _, s := range []string{"", "02:42:ac:11:00", "02:42:ac:11:00:0g", "02:42:ac:11:00:02:00:00"} {
		_, err := bridge.ParseMAC(s)
		assert.ErrorIs(t, err, bridge.ErrMAC)
		assert.ErrorContains(t, err, s)
	}
	m, ok := bridge.MACFromSlice(macB[:])
	assert.True(t, ok)
	assert.Equal(t, macB, m)
	_, ok = bridge.MACFromSlice(macB[:5])
	assert.False(t, ok)
	assert.True(t, broadcast.IsGroup())
	assert.True(t, multicast.IsGroup())
	assert.False(t, macA.IsGroup())
}
