package veth

import (
	"slices"
	"sort"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// maxInFlight bounds the memory of a delayed direction: 65536 frames of 1500
// bytes are 8 Gbit/s over 100 ms.
const maxInFlight = 1 << 16

// A flying frame is on its way.
type flying struct {
	due tcpip.MonotonicTime
	pkt *stack.PacketBuffer
}

// A flight is the frames on their way, by time of arrival.
type flight []flying

// insert puts a frame in flight, and reports whether it arrives first. Frames that are due
// at one instant stay in their order.
func (l *flight) insert(f flying) (first bool) {
	i := sort.Search(len(*l), func(i int) bool { return (*l)[i].due.After(f.due) })
	*l = slices.Insert(*l, i, f)
	return i == 0
}

// take takes the first frame out of flight.
func (l *flight) take() *stack.PacketBuffer {
	f := (*l)[0].pkt
	(*l)[0].pkt = nil
	*l = (*l)[1:]
	return f
}
