package netstack

import (
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
)

// A bound is an address and port that a TCP listener has, or wants.
type bound struct {
	addr   netip.Addr // invalid or unspecified: all
	port   uint16
	v4, v6 bool         // which families it takes connections of
	shut   *atomic.Bool // the listener is closed
}

// A listenTable has the TCP listeners of a namespace. Netstack has SO_REUSEADDR let a
// wildcard and one of its addresses share a port, Linux has not while there is a listener;
// and netstack's listeners must have that option, or connections in TIME_WAIT would keep
// the port. The lock is held from the look for a port to its binding.
type listenTable struct {
	sync.Mutex
	byPort map[uint16][]*bound // those that are open, and some that are closed
	added  int                 // since the closed ones were last dropped
}

// takenLocked reports whether a listener has an address of l and the port.
func (t *listenTable) takenLocked(l *bound, port uint16) bool {
	return slices.ContainsFunc(t.byPort[port], func(o *bound) bool {
		families := o.v4 && l.v4 || o.v6 && l.v6
		return !o.shut.Load() && families && (wildcard(o.addr) || wildcard(l.addr) || o.addr == l.addr)
	})
}

// addLocked adds l, which has its port. It looks for closed ones when there may be as many of
// them as of ports, so that what a listener costs does not grow with their number.
func (t *listenTable) addLocked(l *bound) {
	if t.byPort == nil {
		t.byPort = make(map[uint16][]*bound)
	}
	if t.added++; t.added > len(t.byPort) {
		t.added = 0
		for port, list := range t.byPort {
			t.byPort[port] = slices.DeleteFunc(list, func(o *bound) bool { return o.shut.Load() })
		}
		maps.DeleteFunc(t.byPort, func(_ uint16, list []*bound) bool { return len(list) == 0 })
	}
	t.byPort[l.port] = append(t.byPort[l.port], l)
}
