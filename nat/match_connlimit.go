package nat

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"drydock/nat/conntrack"
)

// ConnLimit is -m connlimit: how many connections an address or network has, this one
// among them. TCP connections that are closed do not count. Each rule counts those that
// came to it.
type ConnLimit struct {
	Above bool // more than Limit, not up to it
	Limit uint32
	Bits  uint8 // of the address that count
	Dst   bool  // the destination, not the source
}

func (m ConnLimit) checked(in setting) (Match, error) {
	if m.Bits > 128 || m.Bits > 32 && !in.v6 {
		return nil, ErrValue
	}
	return m, nil
}

func (m ConnLimit) String() string {
	op, side := "upto", "saddr"
	if m.Above {
		op = "above"
	}
	if m.Dst {
		side = "daddr"
	}
	return fmt.Sprintf("-m connlimit --connlimit-%s %d --connlimit-mask %d --connlimit-%s", op, m.Limit, m.Bits, side)
}

// A connCounter has the connections of each address, which are as many as there are in
// the table of connections at most: those that have ended go when their address comes
// again, or when there are twice as many addresses as after the last look at all.
type connCounter struct {
	ConnLimit
	mu   sync.Mutex // guards what follows
	by   map[netip.Addr][]*conntrack.Conn
	most int
}

func (m ConnLimit) compile(a *asking) matcher {
	a.counted = true
	return &connCounter{ConnLimit: m, by: map[netip.Addr][]*conntrack.Conn{}, most: 64}
}

// match lets packets without a connection be dropped, as Linux does.
func (m *connCounter) match(p *packet) bool {
	if p.conn == nil {
		p.hotdrop = p.state != StateUntracked || !p.wellFormed
		return !p.hotdrop && m.Limit >= 1 != m.Above
	}
	t := p.conn.Tuple(p.dir)
	addr := t.Src
	if m.Dst {
		addr = t.Dst
	}
	prefix, _ := addr.Prefix(int(m.Bits))
	addr = prefix.Addr()
	m.mu.Lock()
	defer m.mu.Unlock()
	conns := slices.DeleteFunc(m.by[addr], func(c *conntrack.Conn) bool { return c != p.conn && !counts(p.host, c) })
	if !slices.Contains(conns, p.conn) {
		conns = append(conns, p.conn)
	}
	m.by[addr] = conns
	m.clean(p.host)
	return (len(conns) > int(m.Limit)) == m.Above
}

// counts is false for what has ended. A connection whose first packet is still on its way
// is in no table yet.
func counts(h *host, c *conntrack.Conn) bool {
	switch c.State() {
	case conntrack.TimeWait, conntrack.Close:
		return false
	}
	return h.conns.Alive(c)
}

// clean forgets addresses without connections.
func (m *connCounter) clean(h *host) {
	if len(m.by) < m.most {
		return
	}
	for addr, conns := range m.by {
		if !slices.ContainsFunc(conns, func(c *conntrack.Conn) bool { return counts(h, c) }) {
			delete(m.by, addr)
		}
	}
	m.most = max(64, 2*len(m.by))
}
