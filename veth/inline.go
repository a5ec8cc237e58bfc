package veth

import (
	"sync/atomic"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// An inline delivers small frames in the goroutine of their sender, in place of the worker of a
// queue. That saves a wake-up, the better half of what an echo request or its reply costs.
//
// A sender then runs inside the stack of its receiver, which queues are there to avoid. So:
//
//   - No frame may need a lock that its sender can hold. gVisor sends with the lock of a TCP
//     endpoint held, which the receiver of an ICMP error takes, and reports multicast groups with
//     that of an IP endpoint held, which is taken for every packet. Hence only unicast of TCP and
//     UDP is delivered, which gVisor puts into the queues of sockets, and echo. What a stack
//     answers at once is one of these again, a reset or an echo reply, or an error, which waits.
//   - While a frame is delivered to an end all others for it wait. So a goroutine is in each stack
//     once at most, and routers that send to each other in a circle do not nest.
//   - A receiver of a flood works on another core: only an end that has sent since it was last
//     delivered to here is. Always to deliver here halves a flood of datagrams.
//   - No frame overtakes others: none may wait, and the worker must be asleep.
type inline struct {
	enabled bool
	spoke   atomic.Bool // the end has sent since it was last delivered to here
	busy    bool        // guarded by queue.mu
}

// speak notes that the end has sent.
func (i *inline) speak() {
	if i.enabled && !i.spoke.Load() { // a load for each frame, but few stores
		i.spoke.Store(true)
	}
}

// deliverInline delivers a frame in place of receive, or reports that it may not.
func (q *queue) deliverInline(pkt *stack.PacketBuffer, size int) bool {
	i := &q.inline
	if !i.enabled || !i.spoke.Load() || !isSmall(pkt, size) {
		return false
	}
	var s slot
	s.keep(pkt, size)
	if !onlyQueues(s.data[:size], *q.end.mac.Load()) {
		return false
	}
	q.mu.Lock()
	d := q.dispatcher
	if d == nil || q.length > 0 || !q.asleep || i.busy {
		q.mu.Unlock()
		return false
	}
	i.busy = true
	q.direct.add(size)
	q.worker.Add(1) // close waits
	q.mu.Unlock()
	i.spoke.Store(false)
	if l := aLender(); l != nil {
		q.end.deliver(d, l.lend(&s))
		l.back()
		lenders.Put(l)
	} else {
		p := s.packet()
		q.end.deliver(d, p)
		p.DecRef()
	}
	q.mu.Lock()
	i.busy = false
	q.mu.Unlock()
	q.worker.Done()
	return true
}

// onlyQueues reports whether a frame is one that a stack takes without any lock that its sender
// may hold.
func onlyQueues(b []byte, mac tcpip.LinkAddress) bool {
	if len(b) < header.EthernetMinimumSize || string(b[:header.EthernetAddressSize]) != string(mac) {
		return false
	}
	l, ok := packet.ParseFrame(b, len(b))
	if !ok || l.Fragment != packet.Whole {
		return false
	}
	switch l.Protocol {
	case packet.TCP, packet.UDP:
		return true
	case packet.ICMP, packet.ICMPv6:
		at := header.EthernetMinimumSize + l.Transport
		return at < len(b) && packet.IsEcho(l.Protocol, b[at])
	}
	return false
}
