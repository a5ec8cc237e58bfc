package netstack

import (
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
	list []*bound // and some that are closed
}

// takenLocked reports whether a listener has an address of l and the port.
func (t *listenTable) takenLocked(l *bound, port uint16) bool {
	t.list = slices.DeleteFunc(t.list, func(o *bound) bool { return o.shut.Load() })
	return slices.ContainsFunc(t.list, func(o *bound) bool {
		families := o.v4 && l.v4 || o.v6 && l.v6
		return o.port == port && families && (wildcard(o.addr) || wildcard(l.addr) || o.addr == l.addr)
	})
}

// addLocked adds l, which has its port.
func (t *listenTable) addLocked(l *bound) { t.list = append(t.list, l) }
