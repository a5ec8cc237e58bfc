package sim

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"
)

// A Neighbour is a machine on the same network whose MAC was asked for, by ARP or neighbour
// discovery, as "ip neigh" shows it.
type Neighbour struct {
	IP    netip.Addr
	MAC   net.HardwareAddr // nil while it is not known
	Dev   string           // "eth0"
	State NeighbourState
	Age   time.Duration // since it is in that state
}

// A NeighbourState says what is known of a neighbour: RFC 4861, section 7.3.2.
type NeighbourState int

// States of neighbours. The numbers are those of Linux.
const (
	NeighbourIncomplete NeighbourState = 1 << iota
	NeighbourReachable
	NeighbourStale
	NeighbourDelay
	NeighbourProbe
	NeighbourFailed
	_                  // noarp
	NeighbourPermanent // it was set, and is not asked for
)

var neighbourStates = map[NeighbourState]string{
	NeighbourIncomplete: "INCOMPLETE", NeighbourReachable: "REACHABLE", NeighbourStale: "STALE", NeighbourDelay: "DELAY",
	NeighbourProbe: "PROBE", NeighbourFailed: "FAILED", NeighbourPermanent: "PERMANENT",
}

// String returns the name that "ip neigh" has for the state, "REACHABLE".
func (s NeighbourState) String() string {
	if name, ok := neighbourStates[s]; ok {
		return name
	}
	return fmt.Sprintf("NeighbourState(%d)", int(s))
}

// Neighbours returns the neighbours, IPv4 first, then by interface and address: at most 1024
// of each family for each interface, besides those that were set. The slice and its MACs are
// the caller's. It is nil while the owner is not running.
func (ns *Netns) Neighbours() []Neighbour {
	space, _, err := ns.open("list neighbours")
	if err != nil {
		return nil
	}
	names := space.deviceNames()
	var list []Neighbour
	for _, n := range space.stack.Neighbours() {
		list = append(list, Neighbour{
			IP: n.Addr, MAC: slices.Clone(n.MAC), Dev: names[n.Index], State: NeighbourState(n.State), Age: n.Age,
		})
	}
	return list
}
