package netstack

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Neighbour is an entry of the tables of ARP and neighbour discovery.
type Neighbour struct {
	Index int // of the interface
	Addr  netip.Addr
	MAC   net.HardwareAddr // nil if it is not known
	State stack.NeighborState
	Age   time.Duration // since the state changed
}

// Neighbours returns both tables, IPv4 first, then by interface and address. Each interface
// has at most 512 neighbours of a family besides those that were set.
func (s *Stack) Neighbours() []Neighbour {
	now := s.stack.Clock().NowMonotonic()
	var list []Neighbour
	for id := range s.stack.NICInfo() {
		for _, proto := range []tcpip.NetworkProtocolNumber{ipv4.ProtocolNumber, ipv6.ProtocolNumber} {
			entries, _ := s.stack.Neighbors(id, proto) // lo has none, and one just removed
			for _, e := range entries {
				n := Neighbour{Index: int(id), Addr: fromAddress(e.Addr), State: e.State, Age: now.Sub(e.UpdatedAt)}
				if e.LinkAddr != "" {
					n.MAC = net.HardwareAddr(e.LinkAddr)
				}
				list = append(list, n)
			}
		}
	}
	slices.SortFunc(list, func(a, b Neighbour) int {
		return cmp.Or(cmp.Compare(a.Addr.BitLen(), b.Addr.BitLen()), cmp.Compare(a.Index, b.Index), a.Addr.Compare(b.Addr))
	})
	return list
}
