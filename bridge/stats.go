package bridge

import (
	"sync"
	"sync/atomic"

	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Stats are the counters of a port since it was made. Bytes include the Ethernet
// header; a super-segment is one packet, unless it had to be cut. Comparable.
//
// A drop is counted where it shows: at the port by which the frame entered, or at the one by
// which it was to leave (drop.TooBig, drop.Refused, and drop.Malformed of a super-segment that
// cannot be cut). That a flooded frame does not go everywhere is no drop; that a partition, the filter or
// an endpoint refuses it is one each time.
type Stats struct {
	RxPackets, RxBytes uint64      // frames that entered by the port, dropped ones included
	TxPackets, TxBytes uint64      // frames that left by it
	Drops              drop.Counts // frames that were not forwarded
}

// A Dropped is a frame that is dropped.
type Dropped struct {
	Port   *Port // by which it entered, or was to leave
	Reason drop.Reason
	Frame  *stack.PacketBuffer // borrowed while it is told; its link header is at the front, if it has one
}

// Stats returns the present counters.
func (p *Port) Stats() Stats {
	var s Stats
	s.RxPackets, s.RxBytes = p.rx.load()
	s.TxPackets, s.TxBytes = p.tx.load()
	s.Drops = p.drops.Load()
	return s
}

// drop counts a frame that is dropped, and tells of it.
func (p *Port) drop(why drop.Reason, frame *stack.PacketBuffer) {
	p.drops.Add(why, 1)
	if p.bridge.onDrop != nil {
		p.bridge.onDrop(Dropped{p, why, frame})
	}
}

// A counter counts packets and their bytes with one atomic addition instead of two.
// One takes 6.5 ns, and a frame, which is counted twice, spends 25 ns in a bridge.
type counter struct {
	recent atomic.Uint64 // packets in the upper 24 bits, bytes in the lower 40

	mu             sync.Mutex // guards what follows
	packets, bytes uint64     // all but the recent ones
}

// full are the bits of recent of which one is set before a half overflows.
const full = 1<<63 | 1<<39

func (c *counter) add(size int) {
	if c.recent.Add(1<<40|uint64(size))&full != 0 {
		c.load()
	}
}

// addAll counts what is too much for recent.
func (c *counter) addAll(packets, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.packets += uint64(packets)
	c.bytes += uint64(bytes)
}

// load returns the counts. It empties recent.
func (c *counter) load() (packets, bytes uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.recent.Swap(0)
	c.packets += n >> 40
	c.bytes += n & (1<<40 - 1)
	return c.packets, c.bytes
}
