package sim

import (
	"sync/atomic"

	"drydock/bridge"
	"drydock/sim/internal/bubble"
	"drydock/veth"
)

// A LAN is an Ethernet segment between machines: a switch without an address of its own.
// It is the outside world of a Host: clients, routers, other Hosts. Its methods are safe for
// concurrent use.
type LAN struct {
	bridge *bridge.Bridge
	mtu    int
	watch  watch
	common common // what impairs all cables
	bubble string // in which it was made, whose time it has
	closed atomic.Bool
}

// A LANOption sets a property of a new LAN. An invalid one makes NewLAN fail with an
// *Error.
type LANOption func(*LAN) error

// WithLANMTU sets the MTU of the interfaces on the LAN in bytes, 68 to 65535. The
// default is 1500.
func WithLANMTU(mtu int) LANOption {
	return func(l *LAN) error {
		if !validMTU(mtu) {
			return errorf("create LAN", "", ErrMTU, "invalid MTU number: %d", mtu)
		}
		l.mtu = mtu
		return nil
	}
}

// NewLAN returns a LAN without machines. It has the time of the testing/synctest bubble that
// it is made in, outside of one real time, and so must the machines on it. It starts no goroutine; machines may be closed
// before or after it.
func NewLAN(opts ...LANOption) (*LAN, error) {
	l := &LAN{mtu: veth.DefaultMTU, bubble: bubble.Current()}
	for _, opt := range opts {
		if err := opt(l); err != nil {
			return nil, err
		}
	}
	var err error
	l.bridge, err = bridge.New("lan", bridge.OnDrop(func(d bridge.Dropped) { l.watch.bridgeDropped(l.String(), d) }))
	if err != nil {
		return nil, err
	}
	l.watch.addBridge(l.String(), l.bridge)
	return l, nil
}

// String returns "lan".
func (l *LAN) String() string { return l.bridge.Name() }

// Bridge returns the switch. Ports of one's own may be added to it.
func (l *LAN) Bridge() *bridge.Bridge { return l.bridge }

// Close pulls all cables.
func (l *LAN) Close() error {
	l.closed.Store(true)
	l.bridge.Close()
	return nil
}

// Closed reports whether Close was called.
func (l *LAN) Closed() bool { return l.closed.Load() }
