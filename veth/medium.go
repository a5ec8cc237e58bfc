package veth

import (
	"cmp"
	"math/rand/v2"

	"drydock/drop"
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A medium is what frames of an impaired direction meet, with those that are on their way. It
// knows time only as it is told. The lock of its line guards it.
type medium struct {
	impairment Impairment
	draws      [drawKinds]stream
	frames     uint64 // that came so far, without second copies

	losses    losses
	duplicate die
	corrupt   die
	reorder   reordering
	jitter    correlated
	wire      wire
	slots     slotting
	shaping   *shaping // nil: none
	waitLimit int      // frames that may wait for the wire or for tokens

	direct bool // a frame may arrive in the goroutine of its sender
	arena  arena
	flight flight
	counts LineStats
	tell   func(drop.Reason, *stack.PacketBuffer) // of what is dropped, which it borrows
}

// set changes the impairment, at a time and on a cable with an MTU. What is as it was goes
// on where it is: the state of a loss model is lost only with another one.
func (m *medium) set(i Impairment, seed uint64, mtu int, now tcpip.MonotonicTime) {
	old := m.impairment
	reseeded := m.draws == [drawKinds]stream{} || i.Seed != old.Seed
	if reseeded {
		rng := rand.New(rand.NewPCG(cmp.Or(i.Seed, seed), golden))
		for n := range m.draws {
			m.draws[n] = stream(rng.Uint64())
		}
		if i.Seed != 0 {
			m.frames = 0 // or they would depend on what came before
		}
	}
	m.impairment = i
	switch {
	case old.Rate == 0:
		m.wire = wire{} // nothing was sent at a rate
	case i.Delay != old.Delay:
		m.wire.shift(i.Delay - old.Delay)
	}
	if reseeded || i.Loss != old.Loss {
		m.losses = i.Loss.losses(m.draws[drawLoss], m.frames)
	}
	if reseeded || i.Duplicate != old.Duplicate {
		m.duplicate = i.Duplicate.die(m.draws[drawDuplicate])
	}
	if reseeded || i.Corrupt != old.Corrupt {
		m.corrupt = i.Corrupt.die(m.draws[drawCorrupt])
	}
	if reseeded || i.Reorder != old.Reorder {
		m.reorder = i.Reorder.reordering(m.draws[drawReorder])
	}
	if reseeded || i.Jitter != old.Jitter {
		m.jitter = newCorrelated(i.Jitter.Correlation, m.draws[drawDelay])
	}
	if reseeded || i.Slots != old.Slots {
		m.slots = i.Slots.slotting(m.draws[drawSlot], now)
	}
	if reseeded || i.Shaper != old.Shaper {
		m.reshape(i.Shaper.shaping(mtu+header.EthernetMinimumSize, m.draws[drawFlow], now), now)
	}
	m.waitLimit = i.Queue
	if i.Queue == 0 {
		m.waitLimit = defaultLimit
		if i.Limit != 0 {
			m.waitLimit = maxLimit
		}
	}
}

// reshape changes the shaper. Those that wait for tokens go to the new one, or leave.
func (m *medium) reshape(s *shaping, now tcpip.MonotonicTime) {
	old := m.shaping
	m.shaping = s
	for old != nil && old.n > 0 {
		id := old.head
		if old.head = 0; id == 0 {
			m.shaping = old // which is told of frames that CoDel drops
			id = old.queue.take(m, now)
			m.shaping = s
		}
		if id == 0 {
			return
		}
		old.gone(int(m.arena.node(id).bytes))
		if s != nil {
			s.put(m, id, now)
			continue
		}
		m.arena.node(id).at = now
		m.flight.insert(&m.arena, id)
	}
}

// arrive decides about a frame, which it borrows; own says that the packet may be kept as it
// is. If it arrives at once, and nothing else has to before, it is not put in flight but
// returned.
func (m *medium) arrive(pkt *stack.PacketBuffer, own bool, now tcpip.MonotonicTime) (arrived *stack.PacketBuffer) {
	frame := m.frames
	m.frames++
	twice := m.duplicate.strikes(m.draws[drawDuplicate], frame)
	lost, marked := m.lose(pkt, frame)
	if marked != nil {
		defer marked.DecRef()
		pkt, own = marked, true
	}
	switch {
	case lost && twice: // one copy is left, as netem has it
	case lost:
		m.drop(drop.Loss, pkt)
		return nil
	case twice:
		m.counts.Duplicated++
		m.again(pkt, own, frame|duplicates, now)
	}
	return m.delay(pkt, own, frame, now)
}

// again decides about the second copy of a frame, which is not doubled again and arrives
// before the first.
func (m *medium) again(pkt *stack.PacketBuffer, own bool, frame uint64, now tcpip.MonotonicTime) {
	lost, marked := m.lose(pkt, frame)
	if marked != nil {
		defer marked.DecRef()
		pkt, own = marked, true
	}
	if lost {
		m.drop(drop.Loss, pkt)
		return
	}
	direct := m.direct
	m.direct = false
	m.delay(pkt, own, frame, now)
	m.direct = direct
}

// lose reports whether a frame is lost, or returns what it becomes if it is marked instead.
func (m *medium) lose(pkt *stack.PacketBuffer, frame uint64) (lost bool, marked *stack.PacketBuffer) {
	if !m.losses.strikes(m.draws[drawLoss], frame, pkt) {
		return false, nil
	}
	if m.impairment.ECN {
		if marked = packet.MarkedCE(pkt); marked != nil {
			m.counts.Marked++
			return false, marked
		}
	}
	return true, nil
}

// delay damages a frame or not, and puts it in flight or, if it may arrive, returns it.
func (m *medium) delay(pkt *stack.PacketBuffer, own bool, frame uint64, now tcpip.MonotonicTime) *stack.PacketBuffer {
	if m.corrupt.strikes(m.draws[drawCorrupt], frame) {
		m.counts.Corrupted++
		pkt, own = packet.Damaged(pkt, m.draws[drawBit].at(frame)), true
		defer pkt.DecRef()
	}
	size := pkt.Size()
	if mtu := m.impairment.MTU; mtu != 0 && size > mtu+header.EthernetMinimumSize {
		m.drop(drop.TooBig, pkt)
		return nil
	}
	if !m.room() {
		m.drop(drop.Limit, pkt)
		return nil
	}
	due, ok := m.due(size, frame, now)
	switch {
	case !ok:
		m.drop(drop.Limit, pkt)
		return nil
	case due.After(now) || !m.passes(now):
		m.put(m.arena.keep(pkt, size, own), due)
		return nil
	}
	m.counts.count(size)
	if own {
		return pkt.IncRef()
	}
	return packet.Inbound(pkt)
}

// room reports whether one more frame may be on its way.
func (m *medium) room() bool {
	n := m.flight.n
	if m.shaping != nil && m.shaping.Limit == 0 && m.shaping.Queue == nil {
		n += m.shaping.n // without a queue of its own they wait in ours
	}
	limit := cmp.Or(m.impairment.Limit, maxInFlight)
	return n < limit && m.flight.bytes/averageSize < max(limit, maxInFlight)
}

// averageSize is what a frame has on average when as many bytes as may are in flight. Only
// super-segments and large MTUs get there.
const averageSize = 2048

// passes reports whether a frame that is due may arrive without more.
func (m *medium) passes(now tcpip.MonotonicTime) bool {
	if !m.direct || m.shaping != nil || m.slots.on || m.flight.held.on {
		return false
	}
	first := m.flight.first(&m.arena)
	return first == 0 || m.arena.node(first).at.After(now)
}

// due returns when a frame arrives, false if there is no room for it before the wire.
func (m *medium) due(size int, frame uint64, now tcpip.MonotonicTime) (tcpip.MonotonicTime, bool) {
	i := &m.impairment
	if m.reorder.strikes(m.draws[drawReorder], frame) {
		m.counts.Reordered++
		return now, true
	}
	due := now.Add(i.Delay) // saturates
	if i.Jitter.Spread != 0 {
		rnd := m.jitter.next(uint32(m.draws[drawDelay].at(frame)))
		due = now.Add(i.Jitter.Distribution.sample(i.Delay, i.Jitter.Spread, rnd))
	}
	if i.Rate != 0 {
		start, ok := m.wire.start(due, now, i.Delay, m.waitLimit)
		if !ok {
			return start, false
		}
		due = start.Add(serialization(i.Framing.size(size), i.Rate))
	}
	if m.wire.free.Before(due) {
		m.wire.free = due
	}
	return due, true
}

// put puts a frame in flight.
func (m *medium) put(id int32, due tcpip.MonotonicTime) {
	m.arena.node(id).at = due
	m.flight.insert(&m.arena, id)
}

// next returns a frame that arrives now, or when one may.
func (m *medium) next(now tcpip.MonotonicTime) (pkt *stack.PacketBuffer, at tcpip.MonotonicTime) {
	at = tcpip.MonotonicTimeInfinite()
	if id := m.flight.landed(&m.arena); id != 0 {
		m.counts.count(int(m.arena.node(id).bytes))
		return m.arena.take(id), now
	}
	if m.flight.held.on {
		return nil, at
	}
	for first := m.flight.first(&m.arena); first != 0; first = m.flight.first(&m.arena) {
		n := m.arena.node(first)
		size := int(n.bytes)
		if ready := m.slots.ready(n.at, now); ready.After(now) {
			at = ready
			break
		}
		m.slots.left(size, now)
		id := m.flight.remove(&m.arena)
		if m.shaping != nil {
			m.shaping.put(m, id, now)
			continue
		}
		m.counts.count(size)
		return m.arena.take(id), now
	}
	if m.shaping != nil {
		id, ready := m.shaping.take(m, now)
		if id != 0 {
			m.counts.count(int(m.arena.node(id).bytes))
			return m.arena.take(id), now
		}
		if ready.Before(at) {
			at = ready
		}
	}
	return nil, at
}

// clear loses all that is on its way.
func (m *medium) clear(why drop.Reason, now tcpip.MonotonicTime) {
	holds := m.flight.held.on
	m.flight.resume(&m.arena)
	for id := m.flight.landed(&m.arena); id != 0; id = m.flight.landed(&m.arena) {
		m.dropNode(why, id)
	}
	m.purge(why, now)
	m.flight.held.on = holds
}

// purge loses what is on its way and not held.
func (m *medium) purge(why drop.Reason, now tcpip.MonotonicTime) {
	for m.flight.first(&m.arena) != 0 {
		m.dropNode(why, m.flight.remove(&m.arena))
	}
	if s := m.shaping; s != nil {
		for id := s.head; ; id = s.queue.take(m, now) {
			if id == 0 && s.n == 0 {
				break
			} else if id != 0 {
				s.head = 0
				s.gone(int(m.arena.node(id).bytes))
				m.dropNode(why, id)
			}
		}
	}
	m.wire = wire{}
}

// drop counts a frame that is lost, which it borrows.
func (m *medium) drop(r drop.Reason, pkt *stack.PacketBuffer) {
	m.counts.Drops[r]++
	m.tell(r, pkt)
}

// dropNode drops a frame that waits.
func (m *medium) dropNode(r drop.Reason, id int32) {
	pkt := m.arena.take(id)
	m.drop(r, pkt)
	pkt.DecRef()
}

// forget is how CoDel drops a frame that waits for the shaper.
func (m *medium) forget(id int32) {
	m.shaping.gone(int(m.arena.node(id).bytes))
	m.dropNode(drop.AQM, id)
}

// mark is how CoDel marks one.
func (m *medium) mark(id int32) bool {
	if !m.arena.node(id).mark() {
		return false
	}
	m.counts.Marked++
	return true
}
