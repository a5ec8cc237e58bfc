package nat

import "sync/atomic"

// Counters count what a rule matched, or what the policy of a chain decided. The
// bytes are those of IP packets.
type Counters struct{ Packets, Bytes uint64 }

// A counter is Counters that packets change. The two halves are changed one after the other,
// so that a reader may see a packet without its bytes. One counter of a rule survives all
// changes of other rules, which is why rules point to it.
type counter struct{ packets, bytes atomic.Uint64 }

// newCounter returns one that begins at c.
func newCounter(c Counters) *counter {
	n := new(counter)
	n.packets.Store(c.Packets)
	n.bytes.Store(c.Bytes)
	return n
}

// add counts a packet. Two atomic additions are most of what a rule that matches costs.
func (n *counter) add(size int) {
	n.packets.Add(1)
	n.bytes.Add(uint64(size))
}

func (n *counter) load() Counters {
	return Counters{Packets: n.packets.Load(), Bytes: n.bytes.Load()}
}
