package sim

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"drydock/bridge"
)

// plug gives a namespace an interface on the network of the link, with addresses of that.
//
// The addresses come first, since the MAC follows from them, and are held from then on: a
// network cannot be removed under a container that is about to join it. The interface has two
// indexes, its own and the next one for the port, as the kernel numbers a veth pair.
func (l *Link) plug(space *namespace, device string) (*endpoint, error) {
	n := l.asked.network
	h := n.host
	ep := &endpoint{space: space, device: device, bridge: n.bridge, watch: &h.watch}
	if err := l.takeAddrs(ep, !space.never6 || !h.engine.IPv6Loopback()); err != nil {
		return nil, err
	}
	ep.id = h.random.id("endpoint id")
	if h.engine.OwnIndexes() {
		ep.index, ep.portIndex = space.newIndex(), h.newIndexes(1)
	} else {
		ep.index = h.newIndexes(2)
		ep.portIndex = ep.index + 1
	}
	if err := l.guard(ep); err != nil {
		l.unplug(ep)
		return nil, err
	}
	// The first name is drawn before the cable is made, whose losses it seeds: a name that is
	// taken, once in 2^28, must not shift them.
	name := h.engine.VethName(h.random.stream("veth name"))
	spec := cableSpec{
		machine: h.Machine, mtu: n.config().mtu, seed: h.random.seedOf("cable " + name), peerIndex: ep.portIndex, portOwner: h.name, noBroadcast: !h.engine.Broadcast(),
		port: func() (next string) {
			next, name = name, h.engine.VethName(h.random.stream("veth name"))
			return next
		},
	}
	if c := l.container; c != nil {
		spec.opts = append(spec.opts, bridge.WithOwner(c))
	}
	for _, a := range ep.addrs() {
		spec.addrs = append(spec.addrs, n.config().of(a).prefix(a))
	}
	if ep.addr6.IsValid() || h.engine.IPv6Everywhere() {
		spec.addrs = append(spec.addrs, linkLocal(ep.mac))
	}
	if h.dockerd().noProxy {
		ep.hairpin = true
		spec.opts = append(spec.opts, bridge.Hairpin()) // for clients of their own published port
	}
	err := ep.connect(spec)
	if rounds := h.engine.Announcements(); err == nil && rounds > 0 {
		ep.announce(h.clockOf("announcements "+name), rounds)
	}
	if err == nil && (ep.addr6.IsValid() || h.engine.IPv6Everywhere()) {
		ep.solicit(h.clockOf("solicitations "+name), h.random.seedOf("solicitations "+ep.id))
	}
	if err == nil {
		err = n.linkLocal() // docker0 has it from the first carrier on
	}
	if err != nil {
		l.unplug(ep)
		return nil, err
	}
	return ep, nil
}

// guard adds the rules of an endpoint to the firewall.
func (l *Link) guard(ep *endpoint) error {
	n := l.asked.network
	for _, a := range ep.addrs() {
		rules, err := n.host.firewall().ensure(n.host.engine.EndpointRules(n.forEngine(), a))
		ep.rules = append(ep.rules, rules...)
		if err != nil {
			return errFirewall("start container", n.name, "%v", err)
		}
	}
	return nil
}

// unplug undoes plug, also where it failed half-way. The addresses go last: nobody is to be
// given one that an interface still answers for.
func (l *Link) unplug(ep *endpoint) {
	h := l.asked.network.host
	h.firewall().delete(ep.rules)
	ep.disconnect()
	h.mu.Lock()
	defer h.mu.Unlock()
	l.releaseLocked(ep)
}

// takeAddrs takes the addresses of an endpoint: those that were asked for, or the lowest
// free ones. It holds none if it fails. That the network is there is asked under the same
// lock, so that Network.Remove either sees the addresses or is seen. Where IPv6 is off there is none of it.
func (l *Link) takeAddrs(ep *endpoint, ipv6 bool) (err error) {
	n := l.asked.network
	n.host.mu.Lock()
	defer n.host.mu.Unlock()
	if n.removed {
		name := n.name
		if l.past().joined {
			name = n.ID() // as which dockerd knows it since then
		}
		return errorf("start container", n.name, ErrNotFound, n.host.says.NetworkNotFound, name)
	}
	l.holds = true
	if ep.addr, err = n.takeAddr4Locked(l.asked.addr); err == nil {
		ep.mac = l.asked.mac
		if ep.mac == nil {
			ep.mac = n.host.engine.ContainerMAC(ep.addr, n.host.random.stream("container mac"))
		}
		if ipv6 {
			ep.addr6, err = n.takeAddr6Locked(ep.mac, l.asked.addr6)
		}
	}
	if err != nil {
		l.releaseLocked(ep)
	}
	return err
}

// releaseLocked undoes takeAddrs.
func (l *Link) releaseLocked(ep *endpoint) {
	l.holds = false
	for _, a := range ep.addrs() {
		l.asked.network.config().of(a).pool.Release(a)
	}
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
		space: m.own, index: m.newIndexes(1), device: device, bridge: l.lan.bridge, watch: &l.lan.watch,
	}
	name := m.name + " " + device
	n := 0
	port := func() string {
		if n++; n > 1 {
			return fmt.Sprintf("%s (%d)", name, n)
		}
		return name
	}
	err := ep.connect(cableSpec{
		machine: m, mtu: l.lan.mtu, seed: m.random.seedOf(id), addrs: []netip.Prefix{linkLocal(ep.mac)},
		port: port, portOwner: l.lan.String(), opts: []bridge.PortOption{bridge.WithOwner(m)},
	})
	if err == nil {
		return l.set(ep)
	}
	ep.disconnect()
	if errors.Is(err, bridge.ErrClosed) {
		e := errorf("connect to LAN", m.name, ErrNotFound, "LAN not found: it is closed")
		e.cause = err
		return e
	}
	return err
}
