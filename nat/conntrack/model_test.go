package conntrack

import (
	"fmt"
	"slices"
	"time"
)

// A model is connection tracking of all but TCP as one would write it who has all the
// time of the world: a list.
type model struct {
	now   time.Duration
	conns []*modelConn
}

type modelConn struct {
	orig, reply           Tuple
	began, left           time.Duration // left counts from touched on
	touched               time.Duration
	seen, assured, natted bool
	hidden                bool // found by its reply only, and not prolonged
	packets               [2]uint64
}

func (m *model) alive() (conns []*modelConn) {
	for _, c := range m.conns {
		if c.touched+c.left > m.now {
			conns = append(conns, c)
		}
	}
	return conns
}

func (m *model) find(t Tuple) (*modelConn, Dir) {
	for _, c := range m.alive() {
		if c.orig == t && !c.hidden {
			return c, Original
		}
		if c.reply == t {
			return c, Reply
		}
	}
	return nil, Original
}

// pass follows a packet of c.
func (m *model) pass(c *modelConn, d Dir) {
	c.packets[d]++
	if !c.hidden {
		c.touched, c.left = m.now, m.timeout(c)
	}
	if c.orig.Proto == protoUDP && c.seen && m.now > c.began+2*time.Second && !c.hidden {
		c.assured = true
	}
	c.seen = c.seen || d == Reply
}

func (m *model) timeout(c *modelConn) time.Duration {
	switch {
	case c.orig.Proto == protoUDP && c.seen && m.now > c.began+2*time.Second:
		return 120 * time.Second
	case c.orig.Proto == protoUDP, c.orig.Proto == protoICMP:
		return 30 * time.Second
	}
	return 600 * time.Second
}

// begin returns a connection for a packet; nil if it begins none.
func (m *model) begin(t Tuple) *modelConn {
	reply, ok := t.Invert()
	if !ok || t.Proto == protoICMP && t.Type != 8 {
		return nil
	}
	c := &modelConn{orig: t, reply: reply, began: m.now, packets: [2]uint64{1, 0}}
	c.left = m.timeout(c)
	return c
}

func (m *model) inUse(t Tuple, c *modelConn) bool {
	other, _ := m.find(t)
	return other != nil && other.orig != c.orig
}

// confirm returns the connection that the packet of c goes on with; nil if it is
// dropped.
func (m *model) confirm(c *modelConn) *modelConn {
	byOrig, _ := m.find(c.orig)
	byReply, _ := m.find(c.reply)
	c.touched = m.now
	switch {
	case byOrig == nil && byReply == nil:
		m.conns = append(m.conns, c)
		return c
	case c.orig.Proto != protoUDP && c.orig.Proto != protoICMP:
		return nil
	}
	for _, w := range []*modelConn{byOrig, byReply} {
		if w != nil && (!w.natted || w.orig == c.orig && w.reply == c.reply) {
			w.packets[Original]++
			return w
		}
	}
	if byReply != nil {
		return nil
	}
	c.hidden, c.left = true, time.Second
	m.conns = append(m.conns, c)
	return c
}

func (m *model) lines() (lines []string) {
	for _, c := range m.alive() {
		if c.hidden {
			continue
		}
		e := Entry{Original: c.orig, Reply: c.reply, Timeout: c.touched + c.left - m.now, Packets: c.packets}
		if c.seen {
			e.Status |= SeenReply
		}
		if c.assured {
			e.Status |= Assured
		}
		lines = append(lines, fmt.Sprint(e, e.Packets))
	}
	slices.Sort(lines)
	return lines
}
