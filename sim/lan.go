package sim

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"drydock/bridge"
	"drydock/veth"
)

// A LAN is an Ethernet segment between hosts: a switch without an address of its
// own. It is the outside world of a Docker host: machines without Docker,
// routers, other Docker hosts. Its methods are safe for concurrent use.
type LAN struct {
	bridge *bridge.Bridge
	mtu    int
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

// NewLAN returns a LAN without hosts. It starts no goroutine; hosts may be closed
// before or after it.
func NewLAN(opts ...LANOption) (*LAN, error) {
	l := &LAN{mtu: veth.DefaultMTU}
	for _, opt := range opts {
		if err := opt(l); err != nil {
			return nil, err
		}
	}
	var err error
	l.bridge, err = bridge.New("lan")
	return l, err
}

// String returns "lan".
func (l *LAN) String() string { return l.bridge.Name() }

// Bridge returns the switch. Ports of one's own may be added to it.
func (l *LAN) Bridge() *bridge.Bridge { return l.bridge }

// Close pulls all cables.
func (l *LAN) Close() error {
	l.bridge.Close()
	return nil
}

// Uplink returns the machine's link to a LAN. If it has none there, the methods of the Link
// say so.
func (m *Machine) Uplink(lan *LAN) *Link {
	if l := m.uplinkTo(lan); l != nil {
		return l
	}
	return &Link{machine: m, lan: lan}
}

// uplinkTo returns nil if the machine is not connected to the LAN.
func (m *Machine) uplinkTo(lan *LAN) *Link {
	for _, l := range m.uplinks {
		if l.lan == lan {
			return l
		}
	}
	return nil
}

// connect gives the machine its address on a LAN and, if it has none there, the
// interface.
func (m *Machine) connect(c uplinkConfig) error {
	l := m.uplinkTo(c.lan)
	if l == nil {
		l = &Link{machine: m, lan: c.lan}
		if err := l.plugLAN(c.addr); err != nil {
			return err
		}
		m.uplinks = append(m.uplinks, l)
	}
	ep := l.endpoint()
	if err := m.own.stack.AddAddr(ep.index, c.addr); err != nil {
		return errorf("create host", m.name, ErrAddress, "%v", err)
	}
	switch a := c.addr.Addr(); {
	case a.Is4() && !ep.addr.IsValid():
		ep.addr = a
	case a.Is6() && !ep.addr6.IsValid():
		ep.addr6 = a
	}
	return nil
}

// plugLAN makes the cable to a LAN. The MAC follows from seed, machine and address, so that
// machines of the same seed differ. Several may have the same name.
func (l *Link) plugLAN(addr netip.Prefix) error {
	m := l.machine
	device := fmt.Sprintf("eth%d", len(m.uplinks))
	id := fmt.Sprintf("uplink %s %s %v", m.name, device, addr)
	key := m.random.key(id)
	ep := &endpoint{
		mac:   net.HardwareAddr{0x00, 0x0c, 0x29, key[0], key[1], key[2]},
		space: m.own, index: m.newIndexes(1), device: device, bridge: l.lan.bridge,
	}
	name := m.name + " " + device
	n := 0
	port := func() string {
		if n++; n > 1 {
			return fmt.Sprintf("%s (%d)", name, n)
		}
		return name
	}
	err := ep.connect(cableSpec{mtu: l.lan.mtu, seed: m.random.seedOf(id), addrs: []netip.Prefix{linkLocal(ep.mac)}, port: port})
	if err == nil {
		return l.set(ep)
	}
	ep.disconnect()
	if errors.Is(err, bridge.ErrClosed) {
		e := errorf("create host", m.name, ErrNotFound, "LAN not found: it is closed")
		e.cause = err
		return e
	}
	return err
}
