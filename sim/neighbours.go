package sim

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
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

// ofNeighbour are the states in gVisor's terms. Its Unknown is one that is about to be asked
// for.
var ofNeighbour = map[stack.NeighborState]NeighbourState{
	stack.Unknown: NeighbourIncomplete, stack.Incomplete: NeighbourIncomplete, stack.Reachable: NeighbourReachable,
	stack.Stale: NeighbourStale, stack.Delay: NeighbourDelay, stack.Probe: NeighbourProbe,
	stack.Static: NeighbourPermanent, stack.Unreachable: NeighbourFailed,
}

// Neighbours returns the neighbours, IPv4 first, then by interface and address: at most 512
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
			IP: n.Addr, MAC: slices.Clone(n.MAC), Dev: names[n.Index], State: ofNeighbour[n.State], Age: n.Age,
		})
	}
	return list
}
