package veth

import (
	"runtime"
	"sync"
	"sync/atomic"

	"drydock/drop"
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A queue holds frames for the dispatcher of an end. One goroutine delivers them,
// taking all that waits at once: under load a lock and a wake-up serve many frames.
// It starts when it may be needed and ends with close. With a scheduler there is no
// goroutine: the first frame that waits posts a delivery of all that do. Frames for a forwarder wait
// here then, too, so that those of two senders at one instant come in the schedulers' order.
type queue struct {
	limit  int
	end    *Endpoint // whose it is
	worker sync.WaitGroup

	scheduler Scheduler // delivers in place of a worker; nil: there is one
	inline    inline

	// epoch counts the times that waiting frames were lost: what was taken from
	// the queue before is not delivered any more.
	epoch atomic.Uint32

	// What the worker reads for each frame is not in the line of cache that senders
	// write for each: that cost 60 ns a frame on two cores.
	_ [64]byte

	mu         sync.Mutex              // guards what follows
	wake       sync.Cond               // the worker waits here; on mu
	dispatcher stack.NetworkDispatcher // nil: frames are refused
	started    bool                    // there is a worker
	asleep     bool                    // it needs to be woken
	closed     bool
	frames     []*block
	length     int         // frames in frames
	direct     tally       // frames that came straight from a sender, accepted or not
	dropped    tally       // frames that were not accepted, or lost later
	lost       drop.Reason // why, in this epoch
}

// A slot holds a frame: small ones as bytes, larger ones as packet. To copy a small
// frame is cheaper than to share it, as drivers of network cards know (rx_copybreak):
// objects of a pool that one goroutine fills and another empties cost 15 ns each.
// A slot takes two lines of cache.
type slot struct {
	pkt  *stack.PacketBuffer // nil if the frame is in data
	size uint8
	note uint8 // packet.Cables, and validated
	data [maxSmall]byte
}

// validated is the bit of a note for RXChecksumValidated.
const validated = 0x80

// maxSmall covers ARP, acknowledgements, the 98 bytes of a ping and most of DNS.
const maxSmall = 118

// isSmall reports whether a frame may be stored as bytes, without GSOOptions.
func isSmall(pkt *stack.PacketBuffer, size int) bool {
	return size <= maxSmall && (pkt.GSOOptions.Type == stack.GSONone || size <= int(pkt.GSOOptions.MSS))
}

// packet returns what the slot holds and leaves it empty. The caller owns it.
func (s *slot) packet() *stack.PacketBuffer {
	if pkt := s.pkt; pkt != nil {
		s.pkt = nil
		return pkt
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(s.data[:s.size])})
	pkt.RXChecksumValidated = s.note&validated != 0
	packet.SetCables(pkt, int(s.note&^validated))
	return pkt
}

// keep stores the bytes of a frame that is small.
func (s *slot) keep(pkt *stack.PacketBuffer, size int) {
	s.size, s.note = uint8(size), uint8(packet.Cables(pkt))&^validated
	if packet.Offloaded(pkt) {
		s.note |= validated
	}
	packet.Copy(s.data[:], pkt, 0)
}

// A block is a piece of a queue, 4 KiB. Queues share them: one that is idle holds
// none.
type block struct {
	n     int // slots in use
	slots [31]slot
}

var blocks = sync.Pool{New: func() any { return new(block) }}

// free gives back a block whose packets were taken.
func (b *block) free() {
	b.n = 0
	blocks.Put(b)
}

func (q *queue) init(limit int, end *Endpoint) {
	q.limit, q.end = limit, end
	q.wake.L = &q.mu
}

// What attach, close and lose drop, their callers tell of.

// attach makes d the one to deliver to; nil is nobody. Frames that wait are lost.
// It does not wait for a delivery: it may be called from inside the stack that
// frames are being delivered to.
func (q *queue) attach(d stack.NetworkDispatcher) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.loseLocked(drop.Unattached)
	q.dispatcher = d
}

// start starts the worker before the first frame, in the goroutine that attaches and
// not in that of some sender: profiles and leak checks tell goroutines by where they
// started.
func (q *queue) start() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.startLocked()
}

func (q *queue) attached() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dispatcher != nil
}

// close ends the worker; wait waits for it.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.loseLocked(drop.NoCarrier)
	q.dispatcher, q.closed = nil, true
	q.wake.Signal()
}

// tallies returns what senders put in directly and what was dropped of everything.
func (q *queue) tallies() (direct, dropped tally) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.direct, q.dropped
}

func (q *queue) wait() { q.worker.Wait() }

// lose loses the frames that wait.
func (q *queue) lose(why drop.Reason) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.loseLocked(why)
}

// +checklocks:q.mu
func (q *queue) loseLocked(r drop.Reason) {
	q.epoch.Add(1)
	q.lost = r
	for _, b := range q.frames {
		for i := range b.slots[:b.n] {
			q.dropOwnLocked(r, b.slots[i].packet())
		}
		b.free()
	}
	clear(q.frames)
	q.frames, q.length = q.frames[:0], 0
}

// dropLocked counts a packet, which it borrows.
// +checklocks:q.mu
func (q *queue) dropLocked(r drop.Reason, pkt *stack.PacketBuffer) {
	q.dropped.add(pkt.Size())
	q.end.dropQuietly(r, pkt)
}

// dropOwnLocked is dropLocked for a packet that the queue owns, and releases it.
// +checklocks:q.mu
func (q *queue) dropOwnLocked(r drop.Reason, pkt *stack.PacketBuffer) {
	q.dropLocked(r, pkt)
	pkt.DecRef()
}

// refusalLocked is why slotLocked refuses a frame.
// +checklocks:q.mu
func (q *queue) refusalLocked() drop.Reason {
	if q.dispatcher == nil {
		return drop.Unattached
	}
	return drop.QueueFull
}

// receive appends a frame that comes straight from its sender, or drops it if
// nobody is attached or the queue is full. It borrows pkt.
func (q *queue) receive(pkt *stack.PacketBuffer, size int) {
	if q.deliverInline(pkt, size) {
		return
	}
	var shared *stack.PacketBuffer
	if !isSmall(pkt, size) {
		shared = packet.Inbound(pkt)
	}
	q.mu.Lock()
	q.direct.add(size)
	s := q.slotLocked()
	if s == nil {
		q.dropLocked(q.refusalLocked(), pkt)
		q.mu.Unlock()
		q.end.tellDrops()
		if shared != nil {
			shared.DecRef()
		}
		return
	}
	if s.pkt = shared; shared == nil {
		s.keep(pkt, size)
	}
	q.unlockAndWake()
}

// put is receive for a packet that the queue takes over and does not count.
func (q *queue) put(pkt *stack.PacketBuffer) {
	q.mu.Lock()
	s := q.slotLocked()
	if s == nil {
		q.dropOwnLocked(q.refusalLocked(), pkt)
		q.mu.Unlock()
		q.end.tellDrops()
		return
	}
	s.pkt = pkt
	q.unlockAndWake()
}

// slotLocked returns where the next frame goes, nil if it is not accepted.
// +checklocks:q.mu
func (q *queue) slotLocked() *slot {
	if q.dispatcher == nil || q.length >= q.limit {
		return nil
	}
	q.length++
	if n := len(q.frames); n > 0 {
		if b := q.frames[n-1]; b.n < len(b.slots) {
			b.n++
			return &b.slots[b.n-1]
		}
	}
	b := blocks.Get().(*block)
	q.frames = append(q.frames, b)
	b.n = 1
	return &b.slots[0]
}

// unlockAndWake unlocks mu after a frame was added.
// +checklocksrelease:q.mu
func (q *queue) unlockAndWake() {
	if q.scheduler != nil {
		if q.length == 1 {
			q.scheduler.Post(q.runOnce)
		}
		q.mu.Unlock()
		return
	}
	q.startLocked()
	wake, crowded := q.asleep, q.length >= crowd
	q.asleep = false
	q.mu.Unlock()
	switch {
	case wake:
		q.wake.Signal()
	case crowded:
		runtime.Gosched()
	}
}

// startLocked starts the worker unless there is one.
// +checklocks:q.mu
func (q *queue) startLocked() {
	if !q.started && !q.closed && q.scheduler == nil {
		q.started = true
		q.worker.Add(1)
		go q.run()
	}
}

// Who has more work than fits gives others a turn, or on few cores they wait 10 ms
// for the scheduler to interrupt it: a sender when crowd frames await the worker,
// the worker after turn frames, for the reader of a socket. Without, a flood of
// datagrams of 64 bytes on two cores arrives at 22,000 a second, 95 % lost; with, at
// 350,000, a fifth lost. More turns cost a TCP stream a third.
const (
	crowd = 256
	turn  = 128
)

// run is the worker.
func (q *queue) run() {
	defer q.worker.Done()
	var batch []*block
	for delivered := 0; ; {
		d, epoch, slept := q.take(&batch)
		if d == nil {
			return
		}
		if slept {
			delivered = 0
		}
		l := aLender()
		for _, b := range batch {
			delivered += b.n
			q.deliverBlock(d, b, epoch, l)
			if delivered >= turn {
				delivered = 0
				runtime.Gosched()
			}
		}
		clear(batch)
		if l != nil {
			lenders.Put(l)
		}
	}
}

// runOnce delivers what waits, in place of a worker.
func (q *queue) runOnce() {
	q.mu.Lock()
	if q.length == 0 || q.closed {
		q.mu.Unlock()
		return
	}
	batch, d, epoch := q.frames, q.dispatcher, q.epoch.Load()
	q.frames, q.length = nil, 0
	q.worker.Add(1)
	q.mu.Unlock()
	defer q.worker.Done()
	for _, b := range batch {
		q.deliverBlock(d, b, epoch, nil)
	}
}

// deliverBlock delivers the frames of a block that was taken in the given epoch,
// and gives the block back. Unless l is nil, small frames are lent.
func (q *queue) deliverBlock(d stack.NetworkDispatcher, b *block, epoch uint32, l *lender) {
	for i := range b.slots[:b.n] {
		s := &b.slots[i]
		if l != nil && s.pkt == nil && q.epoch.Load() == epoch {
			q.end.deliver(d, l.lend(s))
			l.back()
			continue
		}
		pkt := s.packet()
		if q.epoch.Load() != epoch {
			q.drop(pkt)
			continue
		}
		if q.scheduler == nil || !q.end.forward(pkt) {
			q.end.deliver(d, pkt)
		}
		pkt.DecRef()
	}
	b.free()
}

// drop drops a packet of an earlier epoch.
func (q *queue) drop(pkt *stack.PacketBuffer) {
	defer q.end.tellDrops()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropOwnLocked(q.lost, pkt)
}

// take waits for frames and exchanges all of them for what batch had, which has
// been delivered. It returns whom to deliver to, nil after close, the epoch, and
// whether it had to wait.
func (q *queue) take(batch *[]*block) (d stack.NetworkDispatcher, epoch uint32, slept bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.length == 0 && !q.closed {
		q.asleep, slept = true, true
		q.wake.Wait()
	}
	*batch, q.frames, q.length = q.frames, (*batch)[:0], 0
	return q.dispatcher, q.epoch.Load(), slept
}
