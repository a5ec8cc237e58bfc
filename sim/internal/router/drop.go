package router

import (
	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Dropped is a packet that the router or the stack behind it drops.
type Dropped struct {
	Interface string // by which it came, or was to leave
	Reason    drop.Reason
	Packet    *stack.PacketBuffer // borrowed while it is told
}

// Drops returns how many packets were dropped, but for those that the filter drops.
func (r *Router) Drops() drop.Counts { return r.drops.Load() }

// Drop counts a packet that is dropped at an interface, and tells of it.
func (r *Router) Drop(at tcpip.NICID, why drop.Reason, pkt *stack.PacketBuffer) {
	r.drops.Add(why, 1)
	if r.onDrop == nil {
		return
	}
	d := Dropped{Reason: why, Packet: pkt}
	if p := r.ports.get(at); p != nil {
		d.Interface = p.nic.Name()
	}
	r.onDrop(d)
}

func (r *Router) drop(at *Port, why drop.Reason, pkt *stack.PacketBuffer) { r.Drop(at.id, why, pkt) }
