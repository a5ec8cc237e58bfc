package netstack

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"drydock/sim/internal/neigh"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A neighbourhood has the neighbour tables of the interfaces.
type neighbourhood struct {
	addingMu sync.Mutex // held while an interface is added
	adding   *nic       // which gVisor makes endpoints for; nil: one without neighbours

	nicsMu sync.Mutex
	nics   map[tcpip.NICID]*nic // +checklocks:nicsMu
}

func (h *neighbourhood) nic(id tcpip.NICID) *nic {
	h.nicsMu.Lock()
	defer h.nicsMu.Unlock()
	return h.nics[id]
}

func (h *neighbourhood) enlist(n *nic) {
	h.nicsMu.Lock()
	defer h.nicsMu.Unlock()
	if h.nics == nil {
		h.nics = make(map[tcpip.NICID]*nic, 1)
	}
	h.nics[n.ID()] = n
}

// strike undoes enlist and closes the tables. It is called when gVisor has let go of the
// interface, with locks of its held.
func (h *neighbourhood) strike(n *nic) {
	h.nicsMu.Lock()
	if h.nics[n.ID()] == n {
		delete(h.nics, n.ID())
	}
	h.nicsMu.Unlock()
	for _, t := range n.tables {
		t.Close()
	}
}

// A Neighbour is an entry of the tables of ARP and neighbour discovery.
type Neighbour struct {
	Index int // of the interface
	Addr  netip.Addr
	MAC   net.HardwareAddr // nil if it is not known
	State neigh.State
	Age   time.Duration // since the state or the MAC changed
}

// Neighbours returns both tables, IPv4 first, then by interface and address. Each interface
// has at most 1024 neighbours of a family besides those that were set.
func (s *Stack) Neighbours() []Neighbour {
	var list []Neighbour
	for id := range s.stack.NICInfo() {
		n := s.nic(id)
		if n == nil { // lo, and one just removed
			continue
		}
		for _, t := range n.tables {
			for _, e := range t.List() {
				n := Neighbour{Index: int(id), Addr: fromAddress(e.Addr), State: e.State, Age: e.Age}
				if e.MAC != "" {
					n.MAC = net.HardwareAddr(e.MAC)
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
	n := s.nic(tcpip.NICID(index))
	if n == nil { // lo
		return fmt.Errorf("netstack: add neighbour %v: %w", a, syscall.EOPNOTSUPP)
	}
	s.gate.enter() // packets may wait for it
	defer s.gate.leave()
	to := toAddress(a)
	n.tables[familyOf(to)].Set(to, tcpip.LinkAddress(mac))
	return nil
}

// RemoveNeighbour forgets a neighbour. The error wraps ENOENT if there is none.
func (s *Stack) RemoveNeighbour(index int, a netip.Addr) error {
	n := s.nic(tcpip.NICID(index))
	if n == nil {
		return fmt.Errorf("netstack: remove neighbour %v: %w", a, syscall.EOPNOTSUPP)
	}
	s.gate.enter()
	defer s.gate.leave()
	to := toAddress(a)
	if !n.tables[familyOf(to)].Delete(to) {
		return fmt.Errorf("netstack: remove neighbour %v: %w", a, syscall.ENOENT)
	}
	return nil
}
