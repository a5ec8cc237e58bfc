package sim

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"drydock/bridge"
)

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
