package sim

import (
	"net/netip"

	"drydock/bridge"
	"drydock/drop"
	"drydock/veth"
)

// A segment is a bridge as an interface sees it: that of a network or a LAN.
type segment struct {
	bridge *bridge.Bridge
	watch  *watch
	in     *bridge.Port // by which what the interface sends comes in
	host   *namespace   // whose firewall bridged frames pass; nil on a LAN
}

// segmentOf returns the segment of an interface. It is false where there is none, as of tap0.
func (ns *namespace) segmentOf(c cable) (segment, bool) {
	s := segment{bridge: c.bridge, watch: ns.watch}
	if c.end != nil {
		s.bridge, s.watch = c.end.bridge, c.end.watch
	}
	if s.bridge == nil {
		return s, false
	}
	for _, p := range s.bridge.Ports() {
		if p.Endpoint() == c.inside.Peer() {
			s.in = p
		}
		if p.Local() {
			if ns, _ := s.owner(p); ns != nil {
				s.host = ns
			}
		}
	}
	return s, s.in != nil
}

// owner returns whose interface is at the other end of a port, nil if it is nobody's here.
func (s *segment) owner(p *bridge.Port) (*namespace, int) {
	end, ok := p.Endpoint().(*veth.Endpoint)
	if !ok {
		return nil, 0
	}
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	if ep := s.watch.ends[end]; ep != nil {
		return ep.space, ep.index
	}
	for ns := range s.watch.spaces {
		if index, ok := ns.indexOf(end.Peer()); ok {
			return ns, index
		}
	}
	return nil, 0
}

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
	ns.mu.Lock()
	c := ns.cables[out]
	ns.mu.Unlock()
	here := ns.place(c.device)
	seg, ok := ns.segmentOf(c)
	if !ok {
		w.step(here, "it leaves for where Explain cannot see")
		return nil, 0, nil, w.end(Unknown, 0, "it leaves by %v for the real machine", here)
	}
	if !w.passesCable(here, c.inside) {
		return nil, 0, nil, false
	}
	port, next, index := seg.nextHop(ns, out, via)
	if next == nil {
		w.step(here, "nobody has %v there", via)
		return nil, 0, nil, w.end(Dropped, drop.NeighbourFailed, "no route to host: nobody on %s has %v", seg.bridge.Name(), via)
	}
	if !seg.in.Local() && !port.Local() {
		after, up, ok := w.bridged(seg.host, seg.bridge.Name(), seg.in.Name(), port.Name(), b)
		switch {
		case !ok:
			return nil, 0, nil, false
		case up: // translated for elsewhere: the host routes it
			port = seg.local()
			next, index = seg.owner(port)
		}
		b = after
	}
	if !w.passesCable(Place{seg.portOwner(), port.Name(), seg.bridge.Name()}, port.Endpoint().(*veth.Endpoint)) {
		return nil, 0, nil, false
	}
	return next, index, b, true
}

// passesCable notes what the cable does to what an end sends.
func (w *walk) passesCable(here Place, end *veth.Endpoint) bool {
	if !end.Carrier() {
		w.step(here, "the cable is out")
		return w.end(Dropped, drop.NoCarrier, "no carrier at %v", here)
	}
	i := end.Impairment()
	if i == (veth.Impairment{}) {
		return true
	}
	w.step(here, "the cable is impaired: %v", i)
	if i.Loss == (veth.Loss{P: 1}) {
		return w.end(Dropped, drop.Loss, "the cable at %v loses everything", here)
	}
	return true
}

func (s *segment) local() *bridge.Port {
	for _, p := range s.bridge.Ports() {
		if p.Local() {
			return p
		}
	}
	return nil
}

// portOwner is the owner of the Places of ports.
func (s *segment) portOwner() string {
	if s.host != nil {
		return s.host.owner()
	}
	return s.bridge.Name()
}

// nextHop returns the port and the interface where an address is, as ARP or neighbour discovery
// would find it, or as it has; nil if nobody has it.
func (s *segment) nextHop(from *namespace, index int, via netip.Addr) (*bridge.Port, *namespace, int) {
	known := ""
	for _, n := range from.stack.Neighbours() {
		if n.Index == index && n.Addr == via && len(n.MAC) > 0 {
			known = string(n.MAC)
		}
	}
	for _, p := range s.bridge.Ports() {
		if p == s.in {
			continue
		}
		ns, at := s.owner(p)
		if ns == nil {
			continue
		}
		ns.mu.Lock()
		c := ns.cables[at]
		ns.mu.Unlock()
		if c.inside == nil || !c.inside.Carrier() {
			continue
		}
		if known != "" {
			if string(c.inside.LinkAddress()) == known {
				return p, ns, at
			}
			continue
		}
		if ns.stack.Owns(via) {
			return p, ns, at
		}
	}
	return nil, nil, 0
}
