package veth

import (
	"math"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// Slots are when a medium lets a sender send, as Wi-Fi and DOCSIS do: what is due leaves
// together in the next slot, at most Packets frames and Bytes bytes of it. The time from one
// slot to the next is uniform in [Min, Max], or, with Distribution, around Mean with the
// standard deviation Spread. A slot that nobody used is forgotten: the next one is drawn when
// a frame is there.
type Slots struct {
	Min, Max       time.Duration
	Packets, Bytes int // 0: no bound

	Distribution *Distribution
	Mean, Spread time.Duration
}

func (s Slots) validate() error {
	err := first(notNegative("Slots.Min", s.Min), notNegative("Slots.Packets", s.Packets), notNegative("Slots.Bytes", s.Bytes),
		notNegative("Slots.Mean", s.Mean), notNegative("Slots.Spread", s.Spread))
	switch {
	case err != nil:
		return err
	case s.Max < s.Min:
		return invalid("Slots.Max", s.Max, "less than Min")
	case s.Distribution == nil && s.Mean|s.Spread != 0:
		return invalid("Slots.Mean", s.Mean, "without a distribution")
	case s.Distribution != nil && s.Spread == 0:
		return invalid("Slots.Spread", s.Spread, "non-positive jitter")
	case s.Distribution != nil && s.Max != 0:
		return invalid("Slots.Max", s.Max, "beside a distribution")
	case s.Spread > maxSpread:
		return invalid("Slots.Spread", s.Spread, "more than 2.147483647s")
	case s.Packets|s.Bytes != 0 && s.Distribution == nil && s.Max == 0:
		return invalid("Slots", s.Packets, "no time between slots")
	}
	return nil
}

// slotting is Slots at work.
type slotting struct {
	Slots
	draws   stream
	n       uint64 // of slots drawn
	on      bool
	next    tcpip.MonotonicTime
	packets int // that the slot has left
	bytes   int
}

func (s Slots) slotting(draws stream, now tcpip.MonotonicTime) slotting {
	t := slotting{Slots: s, draws: draws, on: s != Slots{}, next: now}
	t.fill()
	return t
}

func (s *slotting) fill() {
	s.packets, s.bytes = s.Packets, s.Bytes
	if s.packets == 0 {
		s.packets = math.MaxInt
	}
	if s.bytes == 0 {
		s.bytes = math.MaxInt
	}
}

// draw makes another slot the next one, as netem's get_slot_next.
func (s *slotting) draw(now tcpip.MonotonicTime) {
	rnd := uint32(s.draws.at(s.n))
	s.n++
	wait := s.Min + time.Duration(float64(s.Max-s.Min)*(float64(rnd)/(1<<32)))
	if s.Distribution != nil {
		wait = s.Distribution.sample(s.Mean, s.Spread, rnd)
	}
	s.next = now.Add(wait)
	s.fill()
}

// ready returns when a frame that is due at that time may leave.
func (s *slotting) ready(due, now tcpip.MonotonicTime) tcpip.MonotonicTime {
	if !s.on {
		return due
	}
	if s.next.Before(due) {
		s.draw(now)
	}
	if s.next.After(due) {
		return s.next
	}
	return due
}

// left notes that a frame has left.
func (s *slotting) left(size int, now tcpip.MonotonicTime) {
	if !s.on {
		return
	}
	s.packets--
	s.bytes -= size
	if s.packets <= 0 || s.bytes <= 0 {
		s.draw(now)
	}
}
