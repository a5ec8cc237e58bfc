package veth

import (
	"fmt"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A wire sends one frame after the other at a rate. The zero wire is idle.
type wire struct {
	free    tcpip.MonotonicTime   // when it has sent all it was given
	waiting []tcpip.MonotonicTime // when each frame that waits gets it
}

// transmit gives a frame its turn on the wire and returns when it has been sent. It is
// false if as many wait already as may. Rate 0 is a wire that takes no time.
func (w *wire) transmit(rate int64, limit int, now tcpip.MonotonicTime, size int) (tcpip.MonotonicTime, bool) {
	if rate == 0 {
		return now, true
	}
	start := now
	if w.free.After(now) {
		start = w.free
	}
	for len(w.waiting) > 0 && !w.waiting[0].After(now) {
		w.waiting = w.waiting[1:]
	}
	if start.After(now) {
		if len(w.waiting) >= limit {
			return start, false
		}
		w.waiting = append(w.waiting, start)
	}
	w.free = start.Add(serialization(size, rate))
	return w.free, true
}

// serialization is how long size bytes occupy a wire of so many bit/s.
func serialization(size int, rate int64) time.Duration {
	return time.Duration(int64(size) * 8 * int64(time.Second) / rate)
}

// formatRate prints whole units: the largest that leaves no fraction, or, of a
// million and more, no less than the one that keeps four digits.
func formatRate(bits int64) string {
	units := []string{"bit", "Kbit", "Mbit", "Gbit", "Tbit"}
	n := 0
	for n < len(units)-1 && bits >= 1000 && (bits%1000 == 0 || bits >= 1e6) {
		bits /= 1000
		n++
	}
	return fmt.Sprint(bits, units[n])
}
