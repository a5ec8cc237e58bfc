package veth

import (
	"sync/atomic"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// An inline delivers frames in the goroutine of their sender, in place of the worker of a queue,
// which saves a wake-up, the better half of what a request or its reply costs.
//
// That a sender runs inside the stack of its receiver is what queues are there to avoid, so only
// some frames are, and what is in the way of all others is in the way of none of these:
//
//   - Locks. gVisor sends with the lock of a TCP endpoint held, and with that of an IPv4 or
//     IPv6 endpoint when it reports its multicast groups. A stack takes the former for an ICMP
//     error, and the latter, to read, for every packet. So what may be delivered is unicast of
//     TCP and UDP, which gVisor's endpoints only queue, and echo, and what can be sent with the lock
//     of an IP endpoint held, or be answered by a change of a neighbour, is none of that. A stack
//     that answers at once, with a reset or an echo reply, sends what is among these again, or an
//     error, which waits in the queue.
//   - Recursion. While a frame is delivered to an end, others for it take the queue. So a goroutine
//     is at most once in each stack, and routers that send to each other in a circle do
//     not nest.
//   - Floods. A receiver that does not answer works at its own pace, on another core. Only one that has
//     sent since its last such frame gets one.
//   - Order. A frame does not overtake others: nothing may wait, and the worker must be asleep.
type inline struct {
	enabled bool
	spoke   atomic.Bool // the end has sent since it was last delivered to here
	busy    bool        // guarded by queue.mu
	lender  lender      // of who made busy true
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
	if lends() {
		q.end.deliver(d, i.lender.lend(&s))
		i.lender.back()
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
