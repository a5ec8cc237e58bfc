package nat

import "sync/atomic"

// Counters count what a rule matched, or what the policy of a chain decided. The
// bytes are those of IP packets.
type Counters struct{ Packets, Bytes uint64 }

// A counter is Counters that packets change.
type counter struct{ packets, bytes atomic.Uint64 }

func newCounter(c Counters) *counter {
	n := new(counter)
	n.packets.Store(c.Packets)
	n.bytes.Store(c.Bytes)
	return n
}

func (n *counter) add(size int) {
	n.packets.Add(1)
	n.bytes.Add(uint64(size))
}

func (n *counter) load() Counters {
	return Counters{Packets: n.packets.Load(), Bytes: n.bytes.Load()}
}
