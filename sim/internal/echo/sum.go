package echo

import (
	"math"
	"time"

	"drydock/sim/ping"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A sum counts as iputils does: in whole microseconds and 16-bit numbers, with its rounding,
// so that the last lines of ping are the same to the digit.
type sum struct {
	sent, received, duplicates, errors int
	acked                              uint16 // the latest request that something came back for
	pipe                               int    // most requests that were under way at once
	max                                time.Duration

	flights []flight // by sequence number; no longer than 1<<16

	// Round trips in microseconds.
	count, sum, squares, minimum, maximum int64
	rtt                                   int64 // their moving average, in eighths
}

// A flight is a request. Those of 65,536 requests before are overwritten: a reply so late
// counts for the new one. The table in which iputils looks for duplicates is as long.
type flight struct {
	sent     tcpip.MonotonicTime
	answered bool
}

// launch notes the next request and returns its number.
func (s *sum) launch(now tcpip.MonotonicTime) int {
	s.sent++
	seq := s.sent & math.MaxUint16
	for len(s.flights) <= seq {
		s.flights = append(s.flights, flight{})
	}
	s.flights[seq] = flight{sent: now}
	return seq
}

// flight returns the latest request with a number; nil if there was none.
func (s *sum) flight(seq int) *flight {
	if seq >= len(s.flights) || seq == 0 && s.sent <= math.MaxUint16 {
		return nil
	}
	return &s.flights[seq]
}

// reply counts a reply and reports whether it is a duplicate.
func (s *sum) reply(f *flight, e ping.Event) (duplicate bool) {
	s.acknowledge(e.Seq)
	us := e.RTT.Microseconds() // duplicates count, too
	if s.count == 0 || us < s.minimum {
		s.minimum = us
	}
	s.maximum = max(s.maximum, us)
	if s.rtt == 0 {
		s.rtt = 8 * us
	} else {
		s.rtt += us - s.rtt/8
	}
	s.max = max(s.max, e.RTT)
	s.count++
	s.sum += us
	s.squares += us * us
	if duplicate = f.answered; duplicate {
		s.duplicates++
	} else {
		s.received++
	}
	f.answered = true
	return duplicate
}

// interval is as long as a round trip in whole milliseconds. What is less than half of one is
// none, which is negative.
func (s *sum) interval() time.Duration {
	if ms := (s.rtt/8 + 500) / 1000; ms > 0 {
		return time.Duration(ms) * time.Millisecond
	}
	return -1
}

// acknowledge notes that something came back for a request. Of more than half the
// number range later than the latest request it must be an old one.
func (s *sum) acknowledge(seq int) {
	if after := uint16(s.sent) - uint16(seq); after <= math.MaxInt16 {
		s.pipe = max(s.pipe, int(after)+1)
		if int16(uint16(seq)-s.acked) > 0 || uint16(s.sent)-s.acked > math.MaxInt16 {
			s.acked = uint16(seq)
		}
	}
}

// underWay estimates how many requests may still be answered.
func (s *sum) underWay() int {
	// Something that came back for a request stands for all before it, too: those are
	// lost, as far as anybody knows.
	if n := uint16(s.sent) - s.acked; n <= math.MaxInt16 {
		return int(n)
	}
	return s.sent - s.received - s.errors
}

// stats returns the sum of a ping that sent for the given time.
func (s *sum) stats(sending time.Duration) ping.Stats {
	st := ping.Stats{
		Sent:       s.sent,
		Received:   s.received,
		Duplicates: s.duplicates,
		Errors:     s.errors,
		Pipe:       s.pipe,
		Time:       sending,
	}
	if s.count > 0 { // or there is no average
		us := func(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
		st.Min, st.Max = us(s.minimum), us(s.maximum)
		st.Avg = us(s.sum / s.count)
		st.MDev = us(int64(math.Sqrt(float64(s.variance()))))
	}
	return st
}

// variance rounds as iputils does, which shows in the last digit of mdev.
func (s *sum) variance() int64 {
	if s.sum < math.MaxInt32 {
		return (s.squares - s.sum*s.sum/s.count) / s.count
	}
	avg := s.sum / s.count
	return s.squares/s.count - avg*avg
}
