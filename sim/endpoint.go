package sim

import (
	"errors"
	"net"
	"net/netip"
	"slices"

	"drydock/bridge"
	"drydock/veth"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// An endpoint is the attachment of a container to a bridge network: the cable
// between an interface of the container and a port of the bridge.
type endpoint struct {
	network         *Network
	container       *Container
	asked           *attachment
	id              string
	addr, addr6     netip.Addr // addr6 is invalid on networks without IPv6
	mac             net.HardwareAddr
	index           int    // of the interface in the container
	name            string // of the port: vethXXXXXXX, whose index is one more
	inside, outside *veth.Endpoint
	port            *bridge.Port // nil if the bridge did not take it
}

// addrs returns the addresses that are valid.
func (ep *endpoint) addrs() []netip.Addr { return valid(ep.addr, ep.addr6) }

// valid returns those that are valid.
func valid(addrs ...netip.Addr) []netip.Addr {
	return slices.DeleteFunc(addrs, func(a netip.Addr) bool { return !a.IsValid() })
}

// reachedFrom returns the address that ports published on one of the host are those of.
func (ep *endpoint) reachedFrom(host netip.Addr) netip.Addr {
	if host.Is6() && ep.addr6.IsValid() {
		return ep.addr6
	}
	return ep.addr
}

// takeAddrs takes the addresses of an endpoint: those that were asked for, or the lowest
// free ones. What it took when it fails, release gives back.
func (n *Network) takeAddrs(ep *endpoint, a *attachment) (err error) {
	n.host.mu.Lock()
	defer n.host.mu.Unlock()
	if n.removed {
		name := n.name
		if a.joined {
			name = n.id // as which dockerd knows it since then
		}
		return errorf("start container", n.name, ErrNotFound, "network %s not found", name)
	}
	n.attachments++
	if ep.addr, err = n.takeAddrLocked(&n.config.v4, a.addr, "IPv4"); err == nil {
		ep.mac = n.host.engine.ContainerMAC(ep.addr, n.host.random.stream("container mac"))
		ep.addr6, err = n.takeAddr6Locked(ep.mac, a.addr6)
	}
	if err != nil {
		n.releaseLocked(ep)
	}
	return err
}

func (n *Network) takeAddrLocked(f *family, asked netip.Addr, version string) (netip.Addr, error) {
	if asked.IsValid() {
		if !f.pool.Reserve(asked) {
			return netip.Addr{}, errAddrInUse("allocate address", n.name, "Address already in use")
		}
		return asked, nil
	}
	addr, ok := f.pool.Take()
	if !ok {
		return netip.Addr{}, errorf("allocate address", n.name, ErrNoAddress,
			"no available %s addresses on this network's address pools: %s (%s)", version, n.name, n.id)
	}
	return addr, nil
}

// takeAddr6Locked returns the zero Addr if the network has no IPv6.
func (n *Network) takeAddr6Locked(mac net.HardwareAddr, asked netip.Addr) (netip.Addr, error) {
	f := &n.config.v6
	if f.pool == nil {
		return netip.Addr{}, nil
	}
	if f.byMAC {
		asked = f.addrOf(mac)
	}
	return n.takeAddrLocked(f, asked, "IPv6")
}

// releaseLocked undoes takeAddrs.
func (n *Network) releaseLocked(ep *endpoint) {
	n.attachments--
	for _, a := range ep.addrs() {
		n.config.of(a).pool.Release(a)
	}
}

// attach plugs a namespace into the bridge by a new interface.
func (n *Network) attach(c *Container, ns *namespace, device string, a *attachment) (*endpoint, error) {
	h := n.host
	ep := &endpoint{network: n, container: c, asked: a}
	if err := n.takeAddrs(ep, a); err != nil {
		return nil, err
	}
	ep.id, ep.index, ep.name = h.random.id("endpoint id"), h.newIndexes(2), h.engine.VethName(h.random.stream("veth name"))
	err := ep.connect(ns, device)
	if err == nil {
		err = n.linkLocal() // docker0 has it from the first carrier on
	}
	if err != nil {
		n.detach(ns, ep)
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	n.endpoints = append(n.endpoints, ep)
	return ep, nil
}

// connect makes the cable and joins its sides to what they belong to.
func (ep *endpoint) connect(ns *namespace, device string) (err error) {
	n := ep.network
	seed := n.host.random.seedOf("cable " + ep.name)
	if ep.inside, ep.outside, err = veth.Pair(veth.WithMTU(n.config.mtu), veth.WithSeed(seed)); err != nil {
		return err
	}
	ep.inside.SetLinkAddress(tcpip.LinkAddress(ep.mac))
	if err := ns.plug(ep.index, device, cable{inside: ep.inside, peerIndex: ep.index + 1}); err != nil {
		return err
	}
	if err := ep.addAddrs(ns); err != nil {
		return err
	}
	return ep.addPort()
}

// addAddrs gives the interface its addresses.
func (ep *endpoint) addAddrs(ns *namespace) error {
	var list []netip.Prefix
	for _, a := range ep.addrs() {
		list = append(list, ep.network.config.of(a).prefix(a))
	}
	if ep.addr6.IsValid() {
		list = append(list, linkLocal(ep.mac))
	}
	for _, a := range list {
		if err := ns.stack.AddAddr(ep.index, a); err != nil {
			return err
		}
	}
	return nil
}

// setDefault makes the gateways of the network those of a namespace.
func (ep *endpoint) setDefault(ns *namespace) {
	ns.stack.SetDefault(ep.index, ep.network.config.v4.gateway)
	if ep.addr6.IsValid() {
		ns.stack.SetDefault(ep.index, ep.network.config.v6.gateway)
	} else {
		ns.stack.DelRoute(netip.PrefixFrom(netip.IPv6Unspecified(), 0)) // of an internal network, if there is one
	}
}

// addPort gives the bridge its end. As dockerd does it draws another name if one is
// taken.
func (ep *endpoint) addPort() error {
	h := ep.network.host
	var opts []bridge.PortOption
	if h.daemon.noProxy {
		opts = append(opts, bridge.Hairpin()) // for who comes to his own published port
	}
	for {
		port, err := ep.network.bridge.AddPort(ep.name, ep.outside, opts...)
		if !errors.Is(err, bridge.ErrExists) {
			ep.port = port
			return err
		}
		ep.name = h.engine.VethName(h.random.stream("veth name"))
	}
}

func (ep *endpoint) impair(i impairments) error {
	if err := ep.inside.Impair(i.send); err != nil {
		return err
	}
	return ep.outside.Impair(i.receive)
}

// detach undoes attach, also where it failed half-way.
func (n *Network) detach(ns *namespace, ep *endpoint) {
	if ep.port != nil {
		n.bridge.RemovePort(ep.name)
	}
	ns.unplug(ep.index)
	if ep.inside != nil {
		ep.inside.Close()
	}
	n.host.mu.Lock()
	defer n.host.mu.Unlock()
	n.releaseLocked(ep)
	n.endpoints = slices.DeleteFunc(n.endpoints, func(o *endpoint) bool { return o == ep })
}
