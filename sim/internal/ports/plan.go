package ports

import (
	"maps"
	"slices"
	"sort"
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
// Docker takes the ports from a map, in random order, and sorts them by a relation
// that is none of order. Here they come by their text, "443/tcp" before "80/tcp",
// which gives the order that was recorded most often.
func Plan(published []Publication, exposed []Port, all bool) (plan []Publication, ports []Port) {
	asked := make(map[Port][]Publication)
	for _, p := range published {
		asked[p.Port] = append(asked[p.Port], p)
	}
	for _, p := range exposed {
		if _, ok := asked[p]; !ok {
			asked[p] = nil
		}
	}
	texts := make(map[string]Port, len(asked)) // made once each: there may be 65,535
	for port := range asked {
		texts[port.String()] = port
	}
	var entries byDocker
	for _, text := range slices.Sorted(maps.Keys(texts)) {
		port := texts[text]
		if pubs := asked[port]; pubs != nil {
			entries = append(entries, pubs...)
		} else {
			entries = append(entries, Publication{Port: port})
		}
	}
	sort.Sort(entries)
	sorted := make(map[Port][]Publication)
	for _, p := range entries {
		if sorted[p.Port] == nil {
			ports = append(ports, p.Port)
		}
		sorted[p.Port] = append(sorted[p.Port], p)
	}
	for _, port := range ports {
		if all || asked[port] != nil {
			plan = append(plan, sorted[port]...)
		}
	}
	return plan, ports
}

// byDocker is Docker's relation: the higher host port, or the higher port of the
// container, or TCP. What it gives depends on the algorithm, which must be that of
// sort.Sort, and on the order before.
type byDocker []Publication

func (s byDocker) Len() int      { return len(s) }
func (s byDocker) Swap(i, j int) { s[i], s[j] = s[j], s[i] }

func (s byDocker) Less(i, j int) bool {
	a, b := s[i], s[j]
	return a.First > b.First || a.Port.Number > b.Port.Number || a.Port.Number == b.Port.Number && a.Port.Proto == TCP
}
