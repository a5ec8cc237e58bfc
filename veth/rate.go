package veth

import (
	"fmt"
	"math"
	"math/bits"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A Framing is what a wire adds to frames, as Rate counts them. ATM, on which old DSL runs, is
// Framing{CellSize: 48, CellOverhead: 5}.
type Framing struct {
	PacketOverhead int // bytes that every frame has more, or less
	CellSize       int // bytes of a frame that a cell carries; 0: no cells. The last one is filled up
	CellOverhead   int // bytes that every cell has more, or less
}

// maxFraming bounds what is added to a frame.
const maxFraming = 65535

func (f Framing) validate() error {
	if f.CellSize == 0 && f.CellOverhead != 0 {
		return invalid("Framing.CellOverhead", f.CellOverhead, "overhead of no cells")
	}
	return first(within("Framing.PacketOverhead", f.PacketOverhead, -maxFraming, maxFraming),
		within("Framing.CellSize", f.CellSize, 0, maxFraming),
		within("Framing.CellOverhead", f.CellOverhead, -min(f.CellSize, maxFraming), maxFraming))
}

// size returns how many bytes a frame is on the wire.
func (f Framing) size(size int) int64 {
	size = max(size+f.PacketOverhead, 0)
	if f.CellSize == 0 {
		return int64(size)
	}
	cells := (size + f.CellSize - 1) / f.CellSize
	return int64(cells) * int64(f.CellSize+f.CellOverhead)
}

// A wire sends one frame after the other at a rate. The zero wire is idle.
type wire struct {
	free    tcpip.MonotonicTime // when the last frame that it was given arrives
	waiting times               // when each frame that waits gets the wire, and Delay has passed
}

// start returns when a frame whose delay ends at due gets the wire. It is false if as many
// wait already as may. As netem has it, delays pass while frames wait.
func (w *wire) start(due, now tcpip.MonotonicTime, delay time.Duration, limit int) (tcpip.MonotonicTime, bool) {
	if w.free.After(due) {
		due = w.free
	}
	w.waiting.dropUntil(now.Add(delay))
	if due.After(now.Add(delay)) {
		if w.waiting.n >= limit {
			return due, false
		}
		w.waiting.push(due)
	}
	return due, true
}

// shift notes that frames take so much longer from the wire to their arrival.
func (w *wire) shift(d time.Duration) {
	w.free = w.free.Add(d)
	for k := range w.waiting.n {
		at := &w.waiting.ring[(w.waiting.head+k)%len(w.waiting.ring)]
		*at = at.Add(d)
	}
}

// times is a queue of times in a ring.
type times struct {
	ring    []tcpip.MonotonicTime
	head, n int
}

func (t *times) push(at tcpip.MonotonicTime) {
	if t.n == len(t.ring) {
		larger := make([]tcpip.MonotonicTime, max(2*t.n, 16))
		k := copy(larger, t.ring[t.head:])
		copy(larger[k:], t.ring[:t.head])
		t.ring, t.head = larger, 0
	}
	t.ring[(t.head+t.n)%len(t.ring)] = at
	t.n++
}

// dropUntil drops the times that are not after now, from the front.
func (t *times) dropUntil(now tcpip.MonotonicTime) {
	for t.n > 0 && !t.ring[t.head].After(now) {
		t.head = (t.head + 1) % len(t.ring)
		t.n--
	}
}

// serialization is how long size bytes occupy a wire of so many bit/s. It saturates: what takes
// longer than three centuries is no faster for that.
func serialization(size, rate int64) time.Duration {
	const perByte = 8 * uint64(time.Second)
	hi, lo := bits.Mul64(uint64(size), perByte)
	if hi >= uint64(rate) {
		return math.MaxInt64
	}
	d, _ := bits.Div64(hi, lo, uint64(rate))
	return time.Duration(min(d, math.MaxInt64))
}

// formatRate prints whole units: the largest that leaves no fraction, or, of a
// million and more, no less than the one that keeps four digits.
func formatRate(rate int64) string {
	units := []string{"bit", "Kbit", "Mbit", "Gbit", "Tbit"}
	n := 0
	for n < len(units)-1 && rate >= 1000 && (rate%1000 == 0 || rate >= 1e6) {
		rate /= 1000
		n++
	}
	return fmt.Sprint(rate, units[n])
}
