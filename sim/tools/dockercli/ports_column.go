package dockercli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"drydock/sim/dockerapi"
)

// A portGroup is ports that follow each other.
type portGroup struct {
	addr, protocol string
	first, last    uint16
}

// String returns "80/tcp", "80-82/tcp" or "0.0.0.0:80-82->80-82/tcp".
func (g portGroup) String() string {
	span := fmt.Sprint(g.first)
	if g.last != g.first {
		span = fmt.Sprintf("%d-%d", g.first, g.last)
	}
	if g.addr != "" {
		span = g.addr + ":" + span + "->" + span
	}
	return span + "/" + g.protocol
}

// portsColumn returns the ports of docker ps. Ports that are published on the same number, and
// those that are not published, are joined where they follow each other. The others come last.
func portsColumn(r *release, ports []dockerapi.Port) string {
	ports = slices.SortedFunc(slices.Values(ports), func(a, b dockerapi.Port) int {
		return cmp.Or(cmp.Compare(a.PrivatePort, b.PrivatePort), cmp.Compare(r.portAddr(a), r.portAddr(b)),
			cmp.Compare(a.PublicPort, b.PublicPort), cmp.Compare(a.Type, b.Type))
	})
	var done, mapped []string
	var groups []*portGroup // one for each address and protocol, in the order of their first port
	for _, p := range ports {
		if p.IP != "" && p.PublicPort != p.PrivatePort {
			mapped = append(mapped, fmt.Sprintf("%s:%d->%d/%s", r.addr(p.IP), p.PublicPort, p.PrivatePort, p.Type))
			continue
		}
		i := slices.IndexFunc(groups, func(g *portGroup) bool { return g.addr == r.addr(p.IP) && g.protocol == p.Type })
		switch {
		case i < 0:
			groups = append(groups, &portGroup{r.addr(p.IP), p.Type, p.PrivatePort, p.PrivatePort})
		case groups[i].last+1 == p.PrivatePort:
			groups[i].last++
		default:
			done = append(done, groups[i].String())
			groups[i].first, groups[i].last = p.PrivatePort, p.PrivatePort
		}
	}
	for _, g := range groups {
		done = append(done, g.String())
	}
	return strings.Join(append(done, mapped...), ", ")
}
