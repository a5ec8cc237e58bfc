package sim

import (
	"net/netip"
	"strings"

	"drydock/bridge"
	"drydock/drop"
	"drydock/veth"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A meeting is two interfaces of which the one has heard of the other during the walk.
type meeting struct {
	ns    *namespace
	index int
	other *namespace
}

// resolves follows ARP or neighbour discovery for a next hop whose MAC is not known: the question
// goes the way of the packet, which cross looks at, and the answer has to come back. Who answers
// has learned from the question whom.
func (w *walk) resolves(ns *namespace, c cable, seg *crossing, port *bridge.Port, next *namespace, index int, via netip.Addr) bool {
	out, _ := ns.indexOf(c.inside)
	if w.met[meeting{ns, out, next}] {
		return true
	}
	told := len(w.Steps)
	asks, size := "ARP", header.ARPSize
	if via.Is6() {
		asks, size = "neighbour discovery", header.IPv6MinimumSize+header.ICMPv6NeighborSolicitMinimumSize+header.NDPLinkLayerAddressSize
	}
	if !w.passesCable(seg.place(port), port.Endpoint().(*veth.Endpoint), size) {
		return false
	}
	ok := w.passesCable(next.place(next.cable(index).device), next.cable(index).inside, size)
	if ok && seg.bridge.Apart(port, seg.in) {
		w.step(seg.place(port), "%s is partitioned", seg.bridge.Name())
		ok = w.end(Dropped, drop.Partitioned, "a partition keeps %s and %s apart", next.owner(), ns.owner())
	}
	if ok = ok && w.passesCable(seg.place(seg.in), seg.in.Endpoint().(*veth.Endpoint), size); ok {
		w.Steps = w.Steps[:told] // the packet and its answer go the same ways
		w.met[meeting{next, index, ns}] = true
		return true
	}
	s := &w.Steps[len(w.Steps)-1]
	s.Notes = append(s.Notes, ns.owner()+" does not know the MAC of "+via.String()+", and this is the way of the answer to "+asks)
	if w.Verdict == NoAnswer { // it is held
		return false
	}
	return w.end(Dropped, drop.NeighbourFailed, "no route to host: %s does not know the MAC of %v, and the answer to %s is lost: %s",
		ns.owner(), via, asks, strings.TrimPrefix(w.Why, lostAnswer))
}
