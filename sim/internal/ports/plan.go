package ports

import (
	"cmp"
	"slices"
)

// Plan returns what to publish for a container, in the order in which Docker
// allocates ports and appends rules: that decides which ephemeral ports are given
// out and how "iptables -L" reads. The publications are those of the command line
// in its order, exposed are the ports of EXPOSE and --expose, and all is -P: each
// exposed port without a publication gets an ephemeral port.
//
// It also returns all ports, exposed or published, in the same order, which is that
// of the rules of links.
//
// Docker puts the higher host port first, or the higher port of the container, or
// TCP, without saying which of the three counts more: where they disagree its order
// is random. Here the host port does, the highest one if a port of the container has
// several, and then the port of the container.
func Plan(published []Publication, exposed []Port, all bool) (plan []Publication, ports []Port) {
	byPort := make(map[Port][]Publication)
	for _, p := range published {
		byPort[p.Port] = append(byPort[p.Port], p)
	}
	for _, p := range exposed {
		if _, ok := byPort[p]; !ok {
			byPort[p] = nil
		}
	}
	entries := make([]planned, 0, len(byPort))
	for port, pubs := range byPort {
		if pubs == nil && all {
			pubs = []Publication{{Port: port}}
		}
		entries = append(entries, newPlanned(port, pubs))
	}
	slices.SortFunc(entries, planned.compare)
	for _, e := range entries {
		plan = append(plan, e.pubs...)
		ports = append(ports, e.port)
	}
	return plan, ports
}

// A planned is a port with its publications.
type planned struct {
	port    Port
	pubs    []Publication
	highest uint16 // host port
}

// newPlanned orders the publications of a port. Those of TCP come in reverse: for
// Docker's sort each is less than each other.
func newPlanned(port Port, pubs []Publication) planned {
	p := planned{port: port, pubs: pubs}
	for _, pub := range pubs {
		p.highest = max(p.highest, pub.First)
	}
	if port.Proto == TCP {
		slices.Reverse(pubs)
		return p
	}
	slices.SortStableFunc(pubs, func(a, b Publication) int { return cmp.Compare(b.First, a.First) })
	return p
}

func (p planned) compare(q planned) int {
	return cmp.Or(
		cmp.Compare(q.highest, p.highest),
		cmp.Compare(q.port.Number, p.port.Number),
		cmp.Compare(p.port.Proto, q.port.Proto),
	)
}
