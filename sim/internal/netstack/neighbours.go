package netstack

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"drydock/sim/internal/errno"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// neighbourTimes has a neighbour be given up before the third second is over. On Linux it takes
// 3.07 s, and what programs do each second comes later by as much, so that an error is for three
// requests of ping, and a SYN is not sent again at the instant at which it is refused. Here time
// is exact, and what falls on one instant is done in any order.
func neighbourTimes() stack.NUDConfigurations {
	c := stack.DefaultNUDConfigurations()
	c.RetransmitTimer = time.Second - time.Millisecond
	return c
}

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

// AddNeighbour sets the MAC of a neighbour, in the place of one that is known.
func (s *Stack) AddNeighbour(index int, a netip.Addr, mac net.HardwareAddr) error {
	s.gate.enter() // packets may wait for it
	defer s.gate.leave()
	if err := s.stack.AddStaticNeighbor(tcpip.NICID(index), protocolOf(a), toAddress(a), tcpip.LinkAddress(mac)); err != nil {
		return fmt.Errorf("netstack: add neighbour %v: %w", a, errno.Of(err))
	}
	return nil
}

// RemoveNeighbour forgets a neighbour. The error wraps ENOENT if there is none.
func (s *Stack) RemoveNeighbour(index int, a netip.Addr) error {
	s.gate.enter()
	defer s.gate.leave()
	err := s.stack.RemoveNeighbor(tcpip.NICID(index), protocolOf(a), toAddress(a))
	if _, unknown := err.(*tcpip.ErrBadAddress); unknown {
		return fmt.Errorf("netstack: remove neighbour %v: %w", a, syscall.ENOENT)
	}
	if err != nil {
		return fmt.Errorf("netstack: remove neighbour %v: %w", a, errno.Of(err))
	}
	return nil
}
