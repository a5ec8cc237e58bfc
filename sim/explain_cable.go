package sim

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"drydock/bridge"
	"drydock/drop"
	"drydock/veth"
)

// A crossing is the bridge that the cable of an interface leads to: that of a network or a LAN.
type crossing struct {
	bridge *bridge.Bridge
	in     *bridge.Port // by which what the interface sends comes in
	host   *namespace   // whose firewall bridged frames pass; nil on a LAN
}

// crossingOf returns that of an interface. It is false where there is none, as of tap0.
func (ns *namespace) crossingOf(c cable) (crossing, bool) {
	s := crossing{bridge: cmp.Or(c.bridge, c.leadsTo)}
	if s.bridge == nil {
		return s, false
	}
	for _, p := range s.bridge.Ports() {
		if p.Endpoint() == c.inside.Peer() {
			s.in = p
		}
		if p.Local() {
			s.host, _ = ownerOf(p)
		}
	}
	return s, s.in != nil
}

// ownerOf returns whose interface is at the other end of a port, nil if it is nobody's.
func ownerOf(p *bridge.Port) (ns *namespace, index int) {
	end, ok := p.Endpoint().(*veth.Endpoint)
	if !ok {
		return nil, 0
	}
	switch m := leadsTo(p).(type) {
	case *Machine:
		ns = m.own
	case *Container:
		r := m.running()
		if r == nil {
			return nil, 0
		}
		ns = r.ns
	default:
		return nil, 0
	}
	if index, ok = ns.indexOf(end.Peer()); !ok {
		return nil, 0
	}
	return ns, index
}

// cable returns the cable of an interface. That may be gone since somebody saw it: then it is
// one without carrier that leads nowhere.
func (ns *namespace) cable(index int) cable {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	c, ok := ns.cables[index]
	if !ok {
		return goneCable()
	}
	return c
}

var goneCable = sync.OnceValue(func() cable {
	inside, _, err := veth.Pair()
	if err != nil {
		panic("sim: " + err.Error()) // the defaults are valid
	}
	inside.Close()
	return cable{inside: inside}
})

// plugged reports whether the cable of an interface has a carrier.
func (ns *namespace) plugged(index int) bool { return ns.cable(index).inside.Carrier() }

// indexOf returns the interface that is the end of a cable.
func (ns *namespace) indexOf(inside *veth.Endpoint) (int, bool) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	for index, c := range ns.cables {
		if c.inside == inside {
			return index, true
		}
	}
	return 0, false
}

// cross follows a packet from an interface over its cable and bridge to the next hop.
func (w *walk) cross(ns *namespace, out int, via netip.Addr, b []byte) (*namespace, int, []byte, bool) {
	c := ns.cable(out)
	if c == goneCable() {
		return nil, 0, nil, w.end(Dropped, drop.Down, "the interface of %s that it leaves by has gone", ns.owner())
	}
	here := ns.place(c.device)
	seg, ok := ns.crossingOf(c)
	if !ok {
		w.step(here, "it leaves for where Explain cannot see")
		return nil, 0, nil, w.end(Unknown, 0, "it leaves by %v for the real machine", here)
	}
	if !w.passesCable(here, c.inside, len(b)) {
		return nil, 0, nil, false
	}
	port, next, index, known := seg.nextHop(ns, out, via)
	switch {
	case next == nil:
		w.step(here, "nobody has %v there", via)
		return nil, 0, nil, w.end(Dropped, drop.NeighbourFailed, "no route to host: nobody on %s has %v", seg.bridge.Name(), via)
	case !known && next.plugged(index) && !next.listens(index):
		w.step(here, "%v is %s, whose interface is down", via, next.owner())
		return nil, 0, nil, w.end(Dropped, drop.NeighbourFailed, "no route to host: the interface of %s is down", next.owner())
	case !next.plugged(index):
		w.step(here, "%v is %s, whose cable is out", via, next.owner())
		return nil, 0, nil, w.end(Dropped, drop.NoCarrier, "the cable of %s is out", next.owner())
	}
	if seg.bridge.Apart(seg.in, port) {
		w.step(here, "%s is partitioned", seg.bridge.Name())
		return nil, 0, nil, w.end(Dropped, drop.Partitioned, "a partition keeps %s and %s apart", ns.owner(), next.owner())
	}
	if !known && !w.resolves(ns, c, &seg, port, next, index, via) {
		return nil, 0, nil, false
	}
	w.link = linkHeader(c.inside.LinkAddress(), next.cable(index).inside.LinkAddress(), b)
	if !seg.in.Local() && !port.Local() {
		after, up, ok := w.bridged(seg.host, seg.bridge.Name(), seg.in.Name(), port.Name(), b)
		switch {
		case !ok:
			return nil, 0, nil, false
		case up: // translated for elsewhere: the host routes it
			port = seg.local()
			next, index = ownerOf(port)
		}
		b = after
	}
	if !w.passesCable(seg.place(port), port.Endpoint().(*veth.Endpoint), len(b)) {
		return nil, 0, nil, false
	}
	return next, index, b, true
}

// passesCable notes what the cable does to what an end sends.
// The packet has so many bytes.
func (w *walk) passesCable(here Place, end *veth.Endpoint, size int) bool {
	if !end.Carrier() {
		w.step(here, "the cable is out")
		return w.end(Dropped, drop.NoCarrier, "no carrier at %v", here)
	}
	if end.Cut() {
		w.step(here, "the cable is cut")
		return w.end(Dropped, drop.Partitioned, "the cable at %v is cut", here)
	}
	if i := end.Impairment(); i != (veth.Impairment{}) && !w.survives(here, end, i, size) {
		return false
	}
	if end.Inflight().Held() {
		w.step(here, "the cable holds its frames (Inflight)")
		return w.end(NoAnswer, 0, "the cable at %v holds its frames until they are released", here)
	}
	return true
}

// survives notes what an impairment does.
func (w *walk) survives(here Place, end *veth.Endpoint, i veth.Impairment, size int) bool {
	s := w.step(here, "the cable is impaired: %v", i)
	number, lost := end.NextFrame()
	switch {
	case i.Loss.Model == nil && lost:
		return w.end(Dropped, drop.Loss, "the cable at %v loses everything", here)
	case i.Corrupt.P == 1:
		s.Notes = append(s.Notes, "few have their damage where no checksum sees it")
		return w.end(Dropped, drop.Checksum, "the cable at %v damages every frame", here)
	case i.MTU > 0 && size > i.MTU:
		return w.end(Dropped, drop.TooBig, "the cable at %v carries %d bytes, and the packet has %d", here, i.MTU, size)
	case lost:
		s.Notes = append(s.Notes, fmt.Sprintf("its next frame is number %d, which is lost: what is sent again may pass", number))
	case strings.HasPrefix(i.String(), "loss function"):
		s.Notes = append(s.Notes, "which frames are lost the function of LoseIf decides, which is not asked")
	}
	return true
}

func (s *crossing) local() *bridge.Port {
	for _, p := range s.bridge.Ports() {
		if p.Local() {
			return p
		}
	}
	return nil
}

// place is that of a port.
func (s *crossing) place(p *bridge.Port) Place {
	owner := s.bridge.Name()
	if s.host != nil {
		owner = s.host.owner()
	}
	return Place{owner, p.Name(), s.bridge.Name()}
}

// listens reports whether ARP and neighbour discovery reach an interface.
func (ns *namespace) listens(index int) bool {
	return ns.stack.Up(index) && ns.plugged(index)
}

// nextHop returns the port and the interface where an address is, as ARP or neighbour discovery
// would find it, or as it is known already; nil if nobody has it. Of several who have it those come
// first whom that reaches.
func (s *crossing) nextHop(from *namespace, index int, via netip.Addr) (port *bridge.Port, next *namespace, deaf int, known bool) {
	mac := ""
	for _, n := range from.stack.Neighbours() {
		if n.Index == index && n.Addr == via && len(n.MAC) > 0 && NeighbourState(n.State) != NeighbourFailed {
			mac = string(n.MAC)
		}
	}
	for _, p := range s.bridge.Ports() {
		if p == s.in {
			continue
		}
		ns, at := ownerOf(p)
		if ns == nil {
			continue
		}
		if mac != "" && string(ns.cable(at).inside.LinkAddress()) == mac || mac == "" && ns.stack.Owns(via, at) {
			if mac != "" || ns.listens(at) {
				return p, ns, at, mac != ""
			}
			port, next, deaf = p, ns, at
		}
	}
	return port, next, deaf, false
}
