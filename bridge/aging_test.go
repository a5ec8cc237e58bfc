package bridge_test

import (
	"testing"
	"testing/synctest"
	"time"

	"drydock/bridge"

	"github.com/stretchr/testify/assert"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
)

// A station is forgotten when it was silent for the ageing time, to the
// nanosecond if its last frame was the first in 10 ms.
func TestAging(t *testing.T) {
	t.Parallel()
	fromA, toA := frame{src: macA, dst: broadcast}, frame{src: macB, dst: macA}
	tests := []struct {
		name  string
		opts  []bridge.Option
		heard []time.Duration // when A sends
		until time.Duration   // when it is forgotten
	}{
		{"silent", nil, []time.Duration{0}, 300 * time.Second},
		{"refreshed", nil, []time.Duration{0, 299 * time.Second}, 599 * time.Second},
		{"refreshed in the last moment", nil, []time.Duration{0, 300*time.Second - 1}, 600*time.Second - 1},
		{"heard again after it was forgotten", nil, []time.Duration{0, 400 * time.Second}, 700 * time.Second},
		{"other time", []bridge.Option{bridge.WithAging(time.Minute)}, []time.Duration{0}, time.Minute},
		{"two frames in one tick", nil, []time.Duration{0, 9 * time.Millisecond}, 300 * time.Second},
		{"two frames a tick apart", nil, []time.Duration{0, 11 * time.Millisecond}, 300*time.Second + 11*time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, 3, tt.opts...)
				start := time.Now()
				for _, at := range tt.heard {
					time.Sleep(at - time.Since(start))
					l.send("p1", fromA)
				}
				last := tt.heard[len(tt.heard)-1]
				time.Sleep(tt.until - 1 - time.Since(start))
				assert.Equal(t, "p1", l.port(macA))
				for e := range l.bridge.Entries() {
					assert.InDelta(t, tt.until-1-last, e.Age, float64(10*time.Millisecond))
				}
				l.received()
				l.send("p2", toA)
				assert.Len(t, l.received(), 1, "known")

				time.Sleep(time.Nanosecond)
				assert.Empty(t, l.port(macA))
				assert.Equal(t, []string{macB.String() + " dev p2 master br0"}, l.table())
				time.Sleep(20 * time.Millisecond) // a frame need not know the time better
				l.send("p2", toA)
				assert.Len(t, l.received(), 2, "unknown")
			})
		})
	}
}

func TestAgingExactlyAtTheFrame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 3)
		l.send("p1", frame{src: macA, dst: broadcast})
		l.received()
		time.Sleep(300 * time.Second)
		l.send("p2", frame{src: macB, dst: macA})
		assert.Len(t, l.received(), 2)
	})
}

func TestStaticDoesNotAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 0)
		l.add("p1", bridge.WithStation(macA))
		l.add("docker0", bridge.Local(macBridge))
		time.Sleep(1000 * time.Hour)
		assert.Equal(t, "p1", l.port(macA))
		assert.Equal(t, "docker0", l.port(macBridge))
	})
}

func TestAgingZeroFloodsAll(t *testing.T) {
	t.Parallel()
	l := newLab(t, 3, bridge.WithAging(0))
	for range 2 {
		l.send("p1", frame{src: macA, dst: macB})
		l.send("p2", frame{src: macB, dst: macA})
	}
	out := l.received()
	assert.Len(t, out["p1"], 2)
	assert.Len(t, out["p2"], 2)
	assert.Len(t, out["p3"], 4)
	assert.Empty(t, l.table())
}

func TestWithClock(t *testing.T) {
	t.Parallel()
	clock := faketime.NewManualClock()
	l := newLab(t, 2, bridge.WithClock(clock), bridge.WithAging(time.Second))
	l.send("p1", frame{src: macA, dst: broadcast})
	clock.Advance(time.Second - 1)
	assert.Equal(t, "p1", l.port(macA))
	l.send("p1", frame{src: macA, dst: broadcast})
	clock.Advance(time.Second - 1)
	assert.Equal(t, "p1", l.port(macA))
	clock.Advance(1)
	assert.Empty(t, l.port(macA))
}

// An idle bridge sets no timer, and time in a bubble does not stand still for it.
func TestIdleBridgeSleeps(t *testing.T) {
	t.Parallel()
	clock := &countingClock{Clock: faketime.NewManualClock()}
	l := newLab(t, 2, bridge.WithClock(clock))
	manual := clock.Clock.(*faketime.ManualClock)
	manual.Advance(time.Hour)
	assert.Zero(t, clock.readings)
	for range 100 {
		l.send("p1", frame{src: macA, dst: broadcast})
	}
	assert.Equal(t, 1, clock.readings, "a tick's frames share a reading")
	manual.Advance(10 * time.Millisecond)
	l.send("p1", frame{src: macA, dst: broadcast})
	manual.Advance(time.Hour)
	assert.Equal(t, 2, clock.readings)
}
