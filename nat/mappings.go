package nat

import (
	"maps"
	"net/netip"
	"slices"
	"sync"

	"drydock/nat/conntrack"
)

// A natPort is a port of TCP or UDP, or an id of ICMP, at an address.
type natPort struct {
	proto uint8
	at    netip.AddrPort
}

// A mapKey is what shares a mapping: all flows of an inside endpoint, or those to the same
// remote address, or to the same remote endpoint.
type mapKey struct {
	proto   uint8
	inside  netip.AddrPort
	remote  netip.AddrPort // as far as it counts
	outside netip.Addr
}

// A mapping joins an endpoint inside to one outside, for as long as one of its sessions lives.
type mapping struct {
	key      mapKey
	outside  natPort
	how      NAPT
	device   string                       // by which it leads outside
	sessions map[netip.AddrPort][]session // by what the filter looks at of the remote endpoint
	asked    map[netip.AddrPort]int64     // likewise, until when who was refused a hairpin may be answered
	count    int                          // of sessions
	most     int                          // of sessions, before those that have ended are looked for
}

// A session is a connection by a mapping. It has ended when its connection has and until is over.
type session struct {
	conn  *conntrack.Conn // nil: of a packet that may be refused
	until int64           // ns on the clock of the tables
}

func (s session) alive(h *host, now int64) bool {
	return s.until > now || h.conns.Alive(s.conn)
}

// A mappings is the table of NAPT. It has no goroutines and sets no timers: what has ended is
// taken out when somebody meets it, and all of it whenever the table has doubled. There are no more
// mappings than ports, and with few exceptions each has a connection, of which conntrack has a bound.
type mappings struct {
	mu      sync.Mutex // guards all of this, the mappings too; taken before the locks of conntrack
	inside  map[mapKey]*mapping
	outside map[natPort]*mapping
	most    int // mappings, before those that have ended are looked for
}

func newMappings() *mappings {
	return &mappings{inside: make(map[mapKey]*mapping), outside: make(map[natPort]*mapping)}
}

// minSessions is below which nobody looks for what has ended.
const minSessions = 8

// maxStrangers bounds the sessions of a mapping that began outside: a rule of FORWARD may drop
// their packets, so that no connection bounds them.
const maxStrangers = 1 << 16

// maxAsked bounds what a mapping has asked of others inside in vain.
const maxAsked = 64

// find returns the mapping of an endpoint outside, nil if there is none.
func (ms *mappings) find(h *host, to natPort) *mapping {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	return ms.findLocked(h, to)
}

func (ms *mappings) findLocked(h *host, to natPort) *mapping {
	m := ms.outside[to]
	if m != nil && !m.alive(h) {
		ms.remove(m)
		return nil
	}
	return m
}

// open returns the mapping of the source of a flow, which may be a new one, with the flow as a
// session. It is nil if no port is left.
func (ms *mappings) open(h *host, how NAPT, flow conntrack.Tuple, addr netip.Addr, device string, s session) *mapping {
	remote := netip.AddrPortFrom(flow.Dst, flow.DstPort)
	if isICMP(flow.Proto) {
		remote = netip.AddrPortFrom(flow.Dst, 0)
	}
	key := mapKey{flow.Proto, netip.AddrPortFrom(flow.Src, flow.SrcPort), how.Mapping.of(remote), addr}
	ms.mu.Lock()
	defer ms.mu.Unlock()
	m := ms.inside[key]
	if m != nil && !m.alive(h) {
		ms.remove(m)
		m = nil
	}
	if m == nil {
		flow.Src = addr
		port, ok := ms.choose(h, how, flow, s.conn)
		if !ok {
			return nil
		}
		ms.sweep(h)
		m = &mapping{
			key: key, outside: natPort{flow.Proto, netip.AddrPortFrom(addr, port)}, how: how, device: device,
			sessions: make(map[netip.AddrPort][]session), most: minSessions,
		}
		ms.inside[key], ms.outside[m.outside] = m, m
	}
	m.add(h, remote, s)
	return m
}

// enter adds a session that begins outside, if the filter of the mapping lets it in.
func (ms *mappings) enter(h *host, m *mapping, remote netip.AddrPort, s session) bool {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	if ms.outside[m.outside] != m { // it has ended since it was found
		return false
	}
	if m.how.Filtering != EndpointIndependent && !m.open(h, m.how.Filtering.of(remote)) {
		return false
	}
	if m.count < maxStrangers {
		m.add(h, remote, s)
	}
	return true
}

// keep adds a session.
func (ms *mappings) keep(h *host, m *mapping, remote netip.AddrPort, s session) {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	m.add(h, remote, s)
}

// maxPortTries bounds the ports that are looked at for one mapping.
const maxPortTries = 1 << 12

// choose returns a port that neither a mapping nor a connection has: that of the flow, if it may
// stay, or the next one from a random one on.
func (ms *mappings) choose(h *host, how NAPT, flow conntrack.Tuple, c *conntrack.Conn) (uint16, bool) {
	old := flow.SrcPort
	lo, size, ok := how.ports().portsFor(&flow, source)
	if !ok {
		return 0, false
	}
	free := func(port uint16) bool {
		if how.Parity && (port^old)&1 != 0 {
			return false
		}
		setPort(&flow, source, port)
		to := natPort{flow.Proto, netip.AddrPortFrom(flow.Src, port)}
		return ms.findLocked(h, to) == nil && !h.taken(&flow, c)
	}
	if !how.Random && how.ports().containsPort(&flow, source) && free(old) {
		return old, true
	}
	off := uint32(h.random()) % size
	for i := range min(size, maxPortTries) {
		if port := uint16(lo + (off+i)%size); free(port) {
			return port, true
		}
	}
	return 0, false
}

func (ms *mappings) remove(m *mapping) {
	delete(ms.inside, m.key)
	delete(ms.outside, m.outside)
}

// sweep takes out the mappings that have ended, if the table has doubled since the last time.
func (ms *mappings) sweep(h *host) {
	if len(ms.outside) < ms.most {
		return
	}
	for _, m := range ms.outside {
		if !m.alive(h) {
			ms.remove(m)
		}
	}
	ms.most = max(64, 2*len(ms.outside))
}

// clone returns a copy. Its sessions are those of the same connections.
func (ms *mappings) clone() *mappings {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	c := newMappings()
	for key, m := range ms.inside {
		n := *m
		n.sessions, n.asked = maps.Clone(m.sessions), maps.Clone(m.asked)
		for at, list := range n.sessions {
			n.sessions[at] = slices.Clone(list)
		}
		c.inside[key], c.outside[n.outside] = &n, &n
	}
	return c
}

// add adds a session. Those that have ended go when there are twice as many as there were left
// the last time.
func (m *mapping) add(h *host, remote netip.AddrPort, s session) {
	if m.count >= m.most {
		now := h.nanoseconds()
		m.count = 0
		for at, list := range m.sessions {
			list = slices.DeleteFunc(list, func(s session) bool { return !s.alive(h, now) })
			m.sessions[at] = list
			if len(list) == 0 {
				delete(m.sessions, at)
			}
			m.count += len(list)
		}
		m.most = max(minSessions, 2*m.count)
	}
	at := m.how.Filtering.of(remote)
	if s.conn == nil {
		m.ask(h, at, s.until)
		return
	}
	m.sessions[at] = append(m.sessions[at], s)
	m.count++
}

// ask has remote endpoints answer until a time.
func (m *mapping) ask(h *host, at netip.AddrPort, until int64) {
	now := h.nanoseconds()
	if len(m.asked) >= maxAsked {
		maps.DeleteFunc(m.asked, func(_ netip.AddrPort, until int64) bool { return until <= now })
	}
	if m.asked == nil {
		m.asked = make(map[netip.AddrPort]int64)
	}
	if _, ok := m.asked[at]; ok || len(m.asked) < maxAsked {
		m.asked[at] = until
	}
}

// open reports whether a session lives with those remote endpoints. It looks at the newest first,
// and takes out those that have ended, so that each is looked at once.
func (m *mapping) open(h *host, at netip.AddrPort) bool {
	list, now := m.sessions[at], h.nanoseconds()
	if m.asked[at] > now {
		return true
	}
	for n := len(list); n > 0; n-- {
		if list[n-1].alive(h, now) {
			m.sessions[at] = list[:n]
			return true
		}
		list[n-1] = session{}
		m.count--
	}
	delete(m.sessions, at)
	return false
}

// alive reports whether a session lives.
func (m *mapping) alive(h *host) bool {
	for at := range m.sessions {
		if m.open(h, at) {
			return true
		}
	}
	now := h.nanoseconds()
	for _, until := range m.asked {
		if until > now {
			return true
		}
	}
	return false
}
