package nat

import (
	"fmt"
	"net/netip"
	"sync"

	wire "drydock/internal/packet"
)

// NFQueue is NFQUEUE: the function that [Tables.Queue] has for the number decides. Of
// several numbers, from Num to Last, the connection decides. Without a function the packet
// is dropped, or with Bypass accepted. FanOut changes nothing.
type NFQueue struct {
	Num, Last      uint16 // Last 0: one queue
	Bypass, FanOut bool
}

var _ = reserve("NFQUEUE")

func (t NFQueue) String() string { return "-j NFQUEUE" + t.Text(" --queue-") }

// Text returns the options, each behind sep.
func (t NFQueue) Text(sep string) string {
	s := fmt.Sprintf("%snum %d", sep, t.Num)
	if t.Last > t.Num {
		s = fmt.Sprintf("%sbalance %d:%d", sep, t.Num, t.Last)
	}
	if t.Bypass {
		s += sep + "bypass"
	}
	if t.FanOut {
		s += sep + "cpu-fanout"
	}
	return s
}

func (NFQueue) place() place { return anywhere }

func (t NFQueue) checked(setting) (Target, error) {
	if t.Last != 0 && t.Last <= t.Num || t.Last-t.Num == 0xffff || t.FanOut && t.Last == 0 {
		return nil, ErrValue
	}
	return t, nil
}

// A Queued is a packet that waits for a verdict.
type Queued struct {
	Hook            string // "FORWARD"
	In, Out         string // interfaces
	PhysIn, PhysOut string // ports of a bridge
	Mark            uint32 // which the function may change
	Packet          []byte // from its IP header on, a copy
}

// queues are the functions by their numbers.
type queues struct {
	mu sync.RWMutex // guards by
	by map[uint16]func(*Queued) bool
}

// Queue makes f decide about the packets of NFQUEUE of a number: true accepts, as the end
// of this table, false drops. nil takes the last one away. f runs in the goroutine that
// carries the packet; it must not block and not send.
func (t *Tables) Queue(num uint16, f func(*Queued) bool) {
	t.queues.mu.Lock()
	defer t.queues.mu.Unlock()
	if t.queues.by == nil {
		t.queues.by = map[uint16]func(*Queued) bool{}
	}
	if t.queues.by[num] = f; f == nil {
		delete(t.queues.by, num)
	}
}

func (t NFQueue) apply(h *host, p *packet) verdict {
	if h.still {
		return accept
	}
	num := t.Num
	if t.Last > t.Num {
		num += uint16(p.balance() % uint64(t.Last-t.Num+1))
	}
	h.queues.mu.RLock()
	f := h.queues.by[num]
	h.queues.mu.RUnlock()
	switch {
	case f == nil && t.Bypass:
		return accept
	case f == nil:
		return dropped
	}
	q := &Queued{
		Hook: hookNames[p.hook], In: p.in, Out: p.out, PhysIn: p.physIn, PhysOut: p.physOut,
		Mark: p.pkt.Mark, Packet: make([]byte, p.layout.Size),
	}
	q.Packet = q.Packet[:wire.Copy(q.Packet, p.pkt, p.at)]
	ok := f(q)
	p.pkt.Mark = q.Mark
	if !ok {
		return dropped
	}
	return accept
}

// balance is a hash of both ends, the same in both directions.
func (p *packet) balance() uint64 {
	h := func(a netip.Addr) uint64 { return hashAddr(14695981039346656037, a) }
	sum := h(p.src) ^ h(p.dst) + uint64(p.proto)
	return (sum ^ sum>>32) * 0x9e3779b97f4a7c15 >> 32
}
