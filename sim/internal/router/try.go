package router

import (
	"bytes"

	"drydock/drop"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Trial is what would become of a packet now.
type Trial struct {
	Here     bool          // it would be delivered to the sockets of the stack
	Filtered bool          // the filter would drop it
	Drop     drop.Reason   // why the router would; 0: it would not
	Out      tcpip.NICID   // by which interface it would leave, otherwise
	Via      tcpip.Address // to whom on that link
}

// Try returns what would become of an IP packet that arrives at an interface, behind an Ethernet header,
// or with 0 is sent by a socket, which out is the interface of if it is not 0, with filter in the place of the
// router's own, and how it then looks. Nothing notices. It is the router's own code that decides.
func (r *Router) Try(filter stack.NFTablesInterface, in, out tcpip.NICID, b []byte) (Trial, []byte) {
	f := r.current()
	raw := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
	defer raw.DecRef()
	if in != 0 {
		raw.LinkHeader().Consume(header.EthernetMinimumSize)
		b = b[header.EthernetMinimumSize:]
	}
	pkt, why := takeOver(raw, protocolOf(b), f.reserve)
	if pkt == nil {
		return Trial{Drop: why}, nil
	}
	defer pkt.DecRef()
	var t Trial
	if in == 0 {
		t = r.trySend(filter, f, out, pkt)
	} else {
		t = r.tryReceive(filter, f, in, pkt)
	}
	v := pkt.ToView()
	defer v.Release()
	return t, bytes.Clone(v.AsSlice())
}

func (r *Router) tryReceive(filter stack.NFTablesInterface, f *fib, id tcpip.NICID, pkt *stack.PacketBuffer) (t Trial) {
	in := r.ports.get(id)
	if in == nil || !in.ready.Load() || f.closed || !in.nic.Enabled() {
		return Trial{Drop: drop.Down}
	}
	s := r.shadow(filter, f, &t)
	pkt.NICID, pkt.InputNICID = id, id
	if !s.prerouting(pkt) {
		return Trial{Filtered: true}
	}
	s.route(f, in, pkt)
	return t
}

func (r *Router) trySend(filter stack.NFTablesInterface, f *fib, out tcpip.NICID, pkt *stack.PacketBuffer) Trial {
	if filter == nil {
		filter = accept{}
	}
	af := addressFamily(pkt)
	_, dst := addresses(pkt)
	route, why := r.outgoing(f, out, pkt)
	if route == nil {
		return Trial{Drop: why}
	}
	defer func() { route.Release() }()
	if !filter.CheckOutput(pkt, route, af) {
		return Trial{Filtered: true}
	}
	if _, now := addresses(pkt); now != dst {
		moved, why := r.outgoing(f, 0, pkt)
		if moved == nil {
			return Trial{Drop: why}
		}
		route.Release()
		route = moved
	}
	if route.Loop() == stack.PacketLoop {
		pkt.NICID, pkt.InputNICID = 0, 0
		return Trial{Here: true, Filtered: !filter.CheckInput(pkt, nil, af)}
	}
	if !filter.CheckPostrouting(pkt, route, af) {
		return Trial{Filtered: true}
	}
	if p := r.ports.get(route.NICID()); p != nil && p.nic.IsLoopback() {
		pkt.NICID, pkt.InputNICID = p.id, p.id
		return Trial{Here: true, Filtered: !filter.CheckInput(pkt, nil, af)}
	}
	via := route.NextHop()
	if via.Len() == 0 {
		via = route.RemoteAddress()
	}
	return Trial{Out: route.NICID(), Via: via}
}

// outgoing returns the route of a packet that is sent, by the interface out unless that is 0. To
// other hosts it is the most specific one, whichever interface has the source: see Reach.
func (r *Router) outgoing(f *fib, out tcpip.NICID, pkt *stack.PacketBuffer) (*stack.Route, drop.Reason) {
	src, dst := addresses(pkt)
	if out == 0 && f.addresses[src] != nil && f.addresses[dst] == nil {
		if h := f.hop(dst); h != nil {
			out = h.out.id
		}
	}
	route, err := r.stack.FindRoute(out, src, dst, pkt.NetworkProtocolNumber, false)
	if err != nil {
		route, err = r.stack.FindRoute(out, tcpip.Address{}, dst, pkt.NetworkProtocolNumber, false)
	}
	if err != nil {
		return nil, drop.NoRoute
	}
	return route, 0
}

// shadow returns a router that decides as r and notes in t what it would do.
func (r *Router) shadow(netfilter stack.NFTablesInterface, f *fib, t *Trial) *Router {
	s := &Router{
		stack: r.stack, ip: tcpip.Stats{}.FillIn().IP, trial: t,
		onDrop: func(d Dropped) { t.Drop = d.Reason },
	}
	if netfilter != nil {
		s.filter.Store(&filter{NFTablesInterface: netfilter})
	}
	for i := range r.forwarding {
		s.forwarding[i].Store(r.forwarding[i].Load())
	}
	s.filterRP.Store(r.filterRP.Load())
	s.fib.Store(f)
	return s
}

// deliver hands a packet to the stack, or notes it.
func (r *Router) deliver(owner *Port, pkt *stack.PacketBuffer) {
	if r.trial == nil {
		owner.deliver(pkt)
		return
	}
	r.trial.Here = true
	if f := r.filter.Load(); f != nil {
		r.trial.Filtered = !f.CheckInput(pkt, nil, addressFamily(pkt))
	}
}

// transmit sends a packet on its way, or notes it.
func (r *Router) transmit(h *hop, pkt *stack.PacketBuffer) {
	if r.trial == nil {
		h.send(pkt)
		return
	}
	_, dst := addresses(pkt)
	if r.trial.Out, r.trial.Via = h.out.id, h.route.NextHop(); r.trial.Via.Len() == 0 {
		r.trial.Via = dst
	}
}
