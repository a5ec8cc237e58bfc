package veth

import (
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A queue holds frames for a dispatcher. While one is attached a goroutine
// delivers to it, taking all that waits at once: under load a lock and a wake-up
// serve many frames.
type queue struct {
	limit   int
	workers sync.WaitGroup

	mu     sync.Mutex // guards what follows
	wake   sync.Cond  // a worker waits here; on mu
	asleep bool
	closed bool
	worker *worker // nil: nobody is attached, frames are refused
	frames []*stack.PacketBuffer
}

// A worker delivers the frames of a queue for as long as it is the queue's worker.
type worker struct {
	deliver func(*stack.PacketBuffer)
}

func (q *queue) init(limit int) {
	q.limit = limit
	q.wake.L = &q.mu
}

// attach starts a worker in place of the present one, whose undelivered frames are
// lost. A nil deliver leaves the queue without one. It does not wait for the
// present one: it may be called from inside the stack that the worker delivers to.
func (q *queue) attach(deliver func(*stack.PacketBuffer)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropLocked()
	q.worker = nil
	if deliver != nil && !q.closed {
		q.worker = &worker{deliver: deliver}
		q.workers.Add(1)
		go q.run(q.worker)
	}
	q.wake.Broadcast()
}

// close is attach(nil) for good.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.attach(nil)
}

func (q *queue) attached() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.worker != nil
}

// put appends pkt, which it takes over, unless the queue is full or nobody is
// attached.
func (q *queue) put(pkt *stack.PacketBuffer) bool {
	q.mu.Lock()
	if q.worker == nil || len(q.frames) >= q.limit {
		q.mu.Unlock()
		pkt.DecRef()
		return false
	}
	q.frames = append(q.frames, pkt)
	wake := q.asleep
	q.asleep = false
	q.mu.Unlock()
	if wake {
		q.wake.Signal()
	}
	return true
}

func (q *queue) drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropLocked()
}

func (q *queue) dropLocked() {
	for i, pkt := range q.frames {
		pkt.DecRef()
		q.frames[i] = nil
	}
	q.frames = q.frames[:0]
}

func (q *queue) run(w *worker) {
	defer q.workers.Done()
	var batch []*stack.PacketBuffer
	for {
		var ok bool
		if batch, ok = q.take(w, batch[:0]); !ok {
			return
		}
		for i, pkt := range batch {
			w.deliver(pkt)
			pkt.DecRef()
			batch[i] = nil
		}
	}
}

// take waits for frames and returns all of them, leaving empty in their place. It
// is false when w is to end.
func (q *queue) take(w *worker, empty []*stack.PacketBuffer) ([]*stack.PacketBuffer, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.worker == w && len(q.frames) == 0 {
		q.asleep = true
		q.wake.Wait()
	}
	if q.worker != w {
		return nil, false
	}
	batch := q.frames
	q.frames = empty
	return batch, true
}
