package veth

import (
	"math"
	"time"

	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A Shaper is a token bucket through which frames leave (tc-tbf(8)), with the queue in which
// they wait for tokens. Tokens come at Rate, and the bucket holds Burst bytes of them: so
// much leaves at once after a pause. The zero Shaper is none.
type Shaper struct {
	Rate  int64 // bit/s
	Burst int   // bytes; 0 is one frame of the cable's MTU. Larger frames are lost

	// PeakRate bounds the rate at which what is in the bucket leaves, but for MTU bytes. 0 is
	// unlimited.
	PeakRate int64
	MTU      int

	// Limit is how many bytes may wait. 0 is as many frames as Impairment.Queue and Limit say.
	Limit int

	// Queue is what orders and drops those that wait: a CoDel or an FQCoDel. Nil drops what
	// comes when Limit is reached.
	Queue Discipline

	Overhead int  // bytes that each frame counts in addition
	MPU      int  // bytes that each frame counts at least
	ATM      bool // frames are counted in cells of 48 bytes, as 53 bytes each
}

// A Discipline is a queue that does more than to drop what finds no room: a CoDel or an
// FQCoDel. The package has all that there are.
type Discipline interface {
	validate() error
	text(as precision) string
	queue(flow stream) discipline

	// TC returns it as tc prints it behind its kind.
	TC() string
}

// A discipline is one at work: the frames that wait.
type discipline interface {
	put(m *medium, id int32, now tcpip.MonotonicTime)
	take(m *medium, now tcpip.MonotonicTime) int32 // 0: none
}

func (s Shaper) validate() error {
	if s == (Shaper{}) {
		return nil
	}
	switch {
	case s.Rate <= 0:
		return invalid("Shaper.Rate", s.Rate, "not positive: nothing would wait")
	case s.PeakRate != 0 && s.PeakRate <= s.Rate:
		return invalid("Shaper.PeakRate", s.PeakRate, "not more than Rate")
	case s.PeakRate != 0 && s.MTU == 0, s.PeakRate == 0 && s.MTU != 0:
		return invalid("Shaper.MTU", s.MTU, "a peak rate needs its burst, and nothing else does")
	case s.Queue != nil && s.Limit != 0:
		return invalid("Shaper.Limit", s.Limit, "beside a queue with a limit of its own")
	}
	if s.Queue != nil {
		if err := s.Queue.validate(); err != nil {
			return err
		}
	}
	const maxBytes = math.MaxInt32
	return first(within("Shaper.Burst", s.Burst, 0, maxBytes), within("Shaper.MTU", s.MTU, 0, maxBytes),
		within("Shaper.Limit", s.Limit, 0, maxBytes), within("Shaper.Overhead", s.Overhead, 0, maxFraming),
		within("Shaper.MPU", s.MPU, 0, maxFraming))
}

// A shaping is a Shaper at work. Tokens are counted in the time that they take to come.
type shaping struct {
	Shaper
	largest       int // frame that ever gets enough tokens
	buffer, peak  time.Duration
	tokens, peaks time.Duration
	since         tcpip.MonotonicTime // when tokens were counted last
	queue         discipline
	head          int32 // out of the queue, waits for tokens
	n, bytes      int   // that wait
}

func (s Shaper) shaping(mtu int, flow stream, now tcpip.MonotonicTime) *shaping {
	if s == (Shaper{}) {
		return nil
	}
	if s.Burst == 0 {
		s.Burst = s.onWire(mtu)
	}
	h := &shaping{Shaper: s, largest: s.Burst, since: now, buffer: serialization(int64(s.Burst), s.Rate)}
	if s.PeakRate != 0 {
		h.largest = min(h.largest, s.MTU)
		h.peak = serialization(int64(s.MTU), s.PeakRate)
	}
	h.tokens, h.peaks = h.buffer, h.peak
	if h.queue = (&fifo{}); s.Queue != nil {
		h.queue = s.Queue.queue(flow)
	}
	return h
}

// onWire returns how many bytes a frame counts.
func (s *Shaper) onWire(size int) int {
	size = max(size+s.Overhead, s.MPU)
	if s.ATM {
		size = (size + 47) / 48 * 53
	}
	return size
}

// put queues a frame that has come so far.
func (s *shaping) put(m *medium, id int32, now tcpip.MonotonicTime) {
	n := m.arena.node(id)
	size := int(n.bytes)
	full := s.Limit != 0 && s.bytes+size > s.Limit
	if s.Limit == 0 && s.Queue == nil {
		full = s.n >= m.waitLimit
	}
	switch {
	case s.onWire(size) > s.largest:
		m.dropNode(drop.TooBig, id)
	case full:
		m.dropNode(drop.Limit, id)
	default:
		n.at = now
		s.n++
		s.bytes += size
		s.queue.put(m, id, now)
	}
}

// gone notes that a frame does not wait any more.
func (s *shaping) gone(size int) {
	s.n--
	s.bytes -= size
}

// take returns the next frame, or when there may be one.
func (s *shaping) take(m *medium, now tcpip.MonotonicTime) (id int32, at tcpip.MonotonicTime) {
	if s.head == 0 {
		if s.head = s.queue.take(m, now); s.head == 0 {
			return 0, tcpip.MonotonicTimeInfinite()
		}
	}
	size := int(m.arena.node(s.head).bytes)
	passed := now.Sub(s.since)
	cost := int64(s.onWire(size))
	tokens := s.tokens + min(passed, s.buffer-s.tokens) - serialization(cost, s.Rate)
	peaks := time.Duration(0)
	if s.PeakRate != 0 {
		peaks = s.peaks + min(passed, s.peak-s.peaks) - serialization(cost, s.PeakRate)
	}
	if tokens < 0 || peaks < 0 {
		m.counts.Overlimits++
		return 0, now.Add(max(-tokens, -peaks))
	}
	s.since, s.tokens, s.peaks = now, tokens, peaks
	s.gone(size)
	id, s.head = s.head, 0
	return id, now
}

// A fifo is the queue of a shaper without Queue.
type fifo struct{ list }

func (f *fifo) put(m *medium, id int32, _ tcpip.MonotonicTime) { f.push(&m.arena, id) }
func (f *fifo) take(m *medium, _ tcpip.MonotonicTime) int32    { return f.pop(&m.arena) }
