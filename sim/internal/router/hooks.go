package router

import (
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// hooks are the netfilter that the router has at the time, as the stack behind it calls it.
type hooks struct{ router *Router }

// now returns the netfilter.
func (h hooks) now() stack.NFTablesInterface {
	if f := h.router.filter.Load(); f != nil {
		return f.NFTablesInterface
	}
	return accept{}
}

func (h hooks) CheckForward(pkt *stack.PacketBuffer, route *stack.Route, af stack.AddressFamily) bool {
	return h.now().CheckForward(pkt, route, af)
}

func (h hooks) CheckPostrouting(pkt *stack.PacketBuffer, route *stack.Route, af stack.AddressFamily) bool {
	return h.now().CheckPostrouting(pkt, route, af)
}

func (h hooks) CheckIngress(pkt *stack.PacketBuffer, route *stack.Route, af stack.AddressFamily) bool {
	return h.now().CheckIngress(pkt, route, af)
}

func (h hooks) CheckEgress(pkt *stack.PacketBuffer, route *stack.Route, af stack.AddressFamily) bool {
	return h.now().CheckEgress(pkt, route, af)
}

// CheckPrerouting lets all pass: the router has asked already. A packet may be
// delivered to an interface that has its destination and that it did not arrive
// at; INPUT is told where it arrived.
func (hooks) CheckPrerouting(pkt *stack.PacketBuffer, _ *stack.Route, _ stack.AddressFamily) bool {
	pkt.InputNICID = pkt.NICID
	return true
}

// CheckOutput has the interface that a packet leaves by lent its source address, since the
// questions for the neighbour come from there. Netstack looks for another route if the
// destination has been translated; the router does so before, and lends the address
// there. A packet of a connection whose way has moved is sent by the router.
func (h hooks) CheckOutput(pkt *stack.PacketBuffer, route *stack.Route, af stack.AddressFamily) bool {
	netfilter := h.now() // for both hooks
	if !netfilter.CheckOutput(pkt, route, af) {
		return false
	}
	if pkt.TransportProtocolNumber == packet.UDP && len(pkt.TransportHeader().Slice())+pkt.Data().Size() > int(route.MTU()) && route.Loop() == stack.PacketOut {
		packet.CompleteHeaders(pkt) // of fragments no card computes the checksum, and no other has been put there
	}
	src, dst := addresses(pkt)
	if !h.router.local.Empty() && (h.router.current().addresses[dst] != nil || dst.Len() == header.IPv4AddressSize && header.IsV4LoopbackAddress(dst)) {
		h.router.local.Show(func() []byte { return packet.LoopbackFrame(pkt) })
	}
	if dst != route.RemoteAddress() {
		h.router.Reach(src, dst, 0)
		return true
	}
	way := h.router.moved(route, src)
	if way == nil {
		h.router.Reach(src, dst, route.NICID())
		return true
	}
	h.router.Reach(src, dst, way.out.id)
	if netfilter.CheckPostrouting(pkt, way.route, af) {
		way.send(pkt)
	}
	return false
}

// TapLocal calls fn with each packet that the stack sends to itself, as a frame of lo, until
// remove is called. GVisor does not pass them through the endpoint of lo.
func (r *Router) TapLocal(fn func(frame []byte)) (remove func()) { return r.local.Add(fn) }

// accept is the netfilter of a router that has none: its stack must call CheckOutput all
// the same.
type accept struct{}

func (accept) CheckPrerouting(*stack.PacketBuffer, *stack.Route, stack.AddressFamily) bool {
	return true
}
func (accept) CheckInput(*stack.PacketBuffer, *stack.Route, stack.AddressFamily) bool   { return true }
func (accept) CheckForward(*stack.PacketBuffer, *stack.Route, stack.AddressFamily) bool { return true }
func (accept) CheckOutput(*stack.PacketBuffer, *stack.Route, stack.AddressFamily) bool  { return true }
func (accept) CheckPostrouting(*stack.PacketBuffer, *stack.Route, stack.AddressFamily) bool {
	return true
}
func (accept) CheckIngress(*stack.PacketBuffer, *stack.Route, stack.AddressFamily) bool { return true }
func (accept) CheckEgress(*stack.PacketBuffer, *stack.Route, stack.AddressFamily) bool  { return true }
