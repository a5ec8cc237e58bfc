package veth

import (
	"cmp"
	"math"
	"time"

	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// CoDel keeps a queue short by the time that frames have waited in it (RFC 8289): when that
// has been over Target for an Interval, it drops one frame from the front, and further ones
// ever faster until it is not.
type CoDel struct {
	Target   time.Duration // 0 means 5 ms
	Interval time.Duration // 0 means 100 ms
	Limit    int           // frames that may wait; 0 means 1000
	ECN      bool          // frames that say so are marked instead of dropped
}

func (c CoDel) validate() error {
	return first(notNegative("CoDel.Target", c.Target), notNegative("CoDel.Interval", c.Interval), within("CoDel.Limit", c.Limit, 0, maxLimit))
}

// withDefaults returns Linux's values for what is not set.
func (c CoDel) withDefaults() CoDel {
	c.Target, c.Interval, c.Limit = cmp.Or(c.Target, 5*time.Millisecond), cmp.Or(c.Interval, 100*time.Millisecond), cmp.Or(c.Limit, defaultLimit)
	return c
}

func (c CoDel) queue(stream) discipline {
	c = c.withDefaults()
	return &codelQueue{limit: c.Limit, law: controlLaw{c.Target, c.Interval, c.ECN}}
}

// A controlLaw is what the queues of CoDel have in common.
type controlLaw struct {
	target, interval time.Duration
	ecn              bool
}

// A codel is a queue of CoDel, with the names of RFC 8289, section 5.
type codel struct {
	list
	n, bytes         int
	dropping         bool
	count, lastCount uint32
	firstAbove       tcpip.MonotonicTime // zero: not above
	dropNext         tcpip.MonotonicTime
}

// codelFrame is what may wait without being a queue: a frame of Ethernet.
const codelFrame = DefaultMTU + 14

func (c *codel) push(m *medium, id int32) {
	c.list.push(&m.arena, id)
	c.n++
	c.bytes += int(m.arena.node(id).bytes)
}

// next takes the first frame, and reports whether it has waited for too long.
func (c *codel) next(m *medium, law *controlLaw, now tcpip.MonotonicTime) (id int32, tooLong bool) {
	if id = c.pop(&m.arena); id == 0 {
		c.firstAbove = tcpip.MonotonicTime{}
		return 0, false
	}
	n := m.arena.node(id)
	c.n--
	c.bytes -= int(n.bytes)
	switch {
	case now.Sub(n.at) < law.target || c.bytes <= codelFrame:
		c.firstAbove = tcpip.MonotonicTime{}
	case c.firstAbove == tcpip.MonotonicTime{}:
		c.firstAbove = now.Add(law.interval)
	default:
		tooLong = now.After(c.firstAbove)
	}
	return id, tooLong
}

// after is the control law: the next drop comes sooner by the square root of their number.
func (l *controlLaw) after(t tcpip.MonotonicTime, count uint32) tcpip.MonotonicTime {
	return t.Add(time.Duration(float64(l.interval) / math.Sqrt(float64(count))))
}

// take takes the first frame that is not dropped, 0 if there is none.
func (c *codel) take(m *medium, law *controlLaw, now tcpip.MonotonicTime) int32 {
	id, tooLong := c.next(m, law, now)
	switch {
	case id == 0:
		c.dropping = false
	case c.dropping && !tooLong:
		c.dropping = false
	case c.dropping:
		for c.dropping && !now.Before(c.dropNext) {
			c.count++
			if law.ecn && m.mark(id) {
				c.dropNext = law.after(c.dropNext, c.count)
				break
			}
			m.forget(id)
			if id, tooLong = c.next(m, law, now); !tooLong {
				c.dropping = false
			} else {
				c.dropNext = law.after(c.dropNext, c.count)
			}
		}
	case tooLong:
		id = c.begin(m, law, id, now)
	}
	return id
}

// begin enters the state in which frames are dropped, and drops the first one. After a short
// pause it goes on at about the rate that it had.
func (c *codel) begin(m *medium, law *controlLaw, id int32, now tcpip.MonotonicTime) int32 {
	if !law.ecn || !m.mark(id) {
		m.forget(id)
		id, _ = c.next(m, law, now)
	}
	c.dropping = true
	recent := now.Sub(c.dropNext)/16 < law.interval
	if delta := c.count - c.lastCount; delta > 1 && recent && c.count > 0 {
		c.count = delta
	} else {
		c.count = 1
	}
	c.lastCount = c.count
	c.dropNext = law.after(now, c.count)
	return id
}

// A codelQueue is a shaper's queue with CoDel.
type codelQueue struct {
	codel
	law   controlLaw
	limit int
}

func (q *codelQueue) put(m *medium, id int32, _ tcpip.MonotonicTime) {
	if q.n >= q.limit {
		m.shaping.gone(int(m.arena.node(id).bytes))
		m.counts.DropOverlimit++
		m.dropNode(drop.Limit, id)
		return
	}
	q.push(m, id)
	m.counts.MaxPacket = max(m.counts.MaxPacket, int(m.arena.node(id).bytes))
}

func (q *codelQueue) take(m *medium, now tcpip.MonotonicTime) int32 {
	return q.codel.take(m, &q.law, now)
}
