package nat

import (
	"sync"

	wire "drydock/internal/packet"
	"drydock/nat/conntrack"
)

// Netstack copies packets that it forwards, between FORWARD and POSTROUTING, or sends to
// itself, between POSTROUTING and INPUT, and the copies do not say of which connection
// they are. That is then the one of a packet with the same headers that has left the
// one hook and not yet come to the other.

// maxFlights bounds the packets between two hooks: each is one goroutine's.
const maxFlights = 1024

// A flight is all packets with the same headers that are on their way: they are of one
// connection, so that it does not matter which of them arrives.
type flight struct {
	ref     *conntrack.Ref
	packets int
}

// flights are the packets between two hooks. Those that netstack drops in between never
// arrive, so that there is a bound, at which all are forgotten.
type flights struct {
	mu sync.Mutex // guards by
	by map[conntrack.Tuple]flight
}

// flightKey returns what p has in common with its copy. Of ICMP errors that is also
// which ports they quote.
func (p *packet) flightKey() conntrack.Tuple {
	if p.layout.Fragment != wire.Following && p.wellFormed && !p.isError() {
		p.setTuple()
		return p.tuple
	}
	k := conntrack.Tuple{Src: p.src, Dst: p.dst, Proto: p.proto, Type: p.icmpType, Code: p.icmpCode}
	if q, ok := parseQuote(p.quote); ok {
		k.SrcPort, k.DstPort = q.tuple.SrcPort, q.tuple.DstPort
	}
	return k
}

// depart remembers a packet that is about to be copied.
func (f *flights) depart(p *packet) {
	if p.layout.Fragment == wire.Following {
		return
	}
	k := p.flightKey()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by == nil || len(f.by) >= maxFlights { // those who got lost on the way
		f.by = make(map[conntrack.Tuple]flight)
	}
	f.by[k] = flight{p.ref(), f.by[k].packets + 1}
}

// arrive gives a copy the connection of the packet. It is false if none departed.
func (f *flights) arrive(p *packet) bool {
	k := p.flightKey()
	f.mu.Lock()
	defer f.mu.Unlock()
	found, ok := f.by[k]
	if !ok {
		return false
	}
	if found.packets--; found.packets > 0 {
		f.by[k] = found
	} else {
		delete(f.by, k)
	}
	p.setRef(found.ref)
	return true
}
