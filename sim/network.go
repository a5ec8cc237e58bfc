package sim

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"drydock/bridge"
	"drydock/dnsd"
	"drydock/veth"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// The names of the predefined networks.
const (
	bridgeNetwork = "bridge" // docker0
	hostNetwork   = "host"   // the host's own namespace
	noneNetwork   = "none"   // lo only
)

// A Network is what containers are attached to. Every host with Docker has three:
// "bridge", which is docker0 and the default, "host" and "none"; CreateNetwork
// makes more. Its methods are safe for concurrent use.
type Network struct {
	host   *Host
	name   string
	id     string
	driver string

	created time.Time

	// The rest is for bridges.
	config      networkConfig
	device      string // docker0
	index       int    // of the device; 0 until there is one
	bridge      *bridge.Bridge
	mac         net.HardwareAddr
	local       *veth.Endpoint // the bridge's end of the cable to the host
	zone        *dnsd.Zone     // its names; nil on docker0
	linkLocal   func() error   // gives the bridge device its fe80:: address, once
	pool        *pool          // guarded by host.mu
	attachments int            // guarded by host.mu; addresses that containers hold
	removed     bool           // guarded by host.mu
	endpoints   []*endpoint    // guarded by host.mu; the ports, in the order of their addition
}

// Name returns the name, "bridge".
func (n *Network) Name() string { return n.name }

// String returns the name.
func (n *Network) String() string { return n.name }

// ID returns 64 hex digits.
func (n *Network) ID() string { return n.id }

// Driver returns Docker's name for the kind of network: "bridge", "host" or
// "null".
func (n *Network) Driver() string { return n.driver }

// Subnets returns the subnets that addresses are taken from; none for "host" and
// "none".
func (n *Network) Subnets() []netip.Prefix {
	if n.bridge == nil {
		return nil
	}
	return []netip.Prefix{n.config.subnet}
}

// Gateway returns the address of the host on the network; the zero Addr for "host"
// and "none".
func (n *Network) Gateway() netip.Addr { return n.config.gateway }

// Internal reports whether the network was made with the option Internal.
func (n *Network) Internal() bool { return n.config.internal }

// Device returns the name of the bridge: "docker0", or "br-" and the first 12 digits
// of the ID. It is empty for "host" and "none".
func (n *Network) Device() string { return n.device }

// Bridge returns the bridge; nil for "host" and "none". It is closed with the
// network. Ports of one's own may be added to it.
func (n *Network) Bridge() *bridge.Bridge { return n.bridge }

func (n *Network) predefined() bool {
	return n.name == bridgeNetwork || n.name == hostNetwork || n.name == noneNetwork
}

// An endpoint is the attachment of a container to a bridge network: the cable
// between an interface of the container and a port of the bridge.
type endpoint struct {
	network         *Network
	container       *Container
	id              string
	addr            netip.Addr
	index           int    // of the interface in the container
	name            string // of the port: vethXXXXXXX, whose index is one more
	inside, outside *veth.Endpoint
	port            *bridge.Port // nil if the bridge did not take it
}

// open makes the bridge device, the interface of the host on it, and the rules.
func (n *Network) open(device string) (err error) {
	h := n.host
	n.mac = h.random.bridgeMAC()
	local, port, err := veth.Pair(veth.WithMTU(n.config.mtu), veth.WithSeed(h.random.seedOf("cable "+device)))
	if err != nil {
		return err
	}
	local.SetLinkAddress(tcpip.LinkAddress(n.mac))
	n.device, n.local = device, port
	if n.bridge, err = bridge.New(device); err != nil {
		return err
	}
	n.bridge.SetFilter(h.tables)
	if _, err = n.bridge.AddPort(device, port, bridge.Local(bridge.MAC(n.mac))); err != nil {
		return err
	}
	index := h.newIndexes(1)
	if err = h.ns.plug(index, device, cable{inside: local, peerRunning: func() bool { return len(n.attached()) > 0 }}); err != nil {
		return err
	}
	n.index = index
	h.ns.stack.SetRouteLocalnet(index, h.daemon.noProxy)
	n.linkLocal = sync.OnceValue(func() error { return h.ns.stack.AddAddr(index, linkLocal(n.mac)) })
	if err := h.ns.stack.AddAddr(index, netip.PrefixFrom(n.config.gateway, n.config.subnet.Bits())); err != nil {
		return errGatewayTaken(n.name, n.config.gateway)
	}
	return n.addRules()
}

// close undoes open, also where it failed half-way.
func (n *Network) close() {
	n.removeRules()
	if n.bridge != nil {
		n.bridge.Close()
	}
	if n.index != 0 {
		n.host.ns.unplug(n.index)
	}
	h := n.host
	h.mu.Lock()
	defer h.mu.Unlock()
	h.networks = slices.DeleteFunc(h.networks, func(o *Network) bool { return o == n })
}

// Remove removes a network that no running container is attached to, with its
// bridge and rules. Stopped containers that belong to it do not start any more.
func (n *Network) Remove() error {
	const op = "remove network"
	if n.predefined() {
		return errorf(op, n.name, ErrPredefined, "%s is a pre-defined network and cannot be removed", n.name)
	}
	n.host.networking <- struct{}{}
	defer func() { <-n.host.networking }()
	if err := n.retire(op); err != nil {
		return err
	}
	n.close()
	return nil
}

// retire keeps containers from a network that is being removed.
func (n *Network) retire(op string) error {
	n.host.mu.Lock()
	defer n.host.mu.Unlock()
	switch {
	case n.host.closed:
		return errClosed(op, n.name)
	case n.removed:
		return errorf(op, n.name, ErrNotFound, "No such network: %s", n.name)
	case n.attachments > 0:
		return errorf(op, n.name, ErrInUse, "error while removing network: network %s id %s has active endpoints", n.name, n.id)
	}
	n.removed = true
	return nil
}

func (n *Network) isRemoved() bool {
	n.host.mu.Lock()
	defer n.host.mu.Unlock()
	return n.removed
}

// takeAddr takes an address for a container: the one that it asks for, or the lowest
// free one.
func (n *Network) takeAddr(asked netip.Addr) (netip.Addr, error) {
	n.host.mu.Lock()
	defer n.host.mu.Unlock()
	if n.removed {
		return netip.Addr{}, errorf("start container", n.name, ErrNotFound, "network %s not found", n.id)
	}
	if asked.IsValid() {
		if !n.pool.reserve(asked) {
			return netip.Addr{}, errorf("allocate address", n.name, ErrAddress, "Address already in use")
		}
		n.attachments++
		return asked, nil
	}
	addr, ok := n.pool.take()
	if !ok {
		return netip.Addr{}, errorf("allocate address", n.name, ErrNoAddress,
			"no available IPv4 addresses on this network's address pools: %s (%s)", n.name, n.id)
	}
	n.attachments++
	return addr, nil
}

// attach plugs a namespace into the bridge by a new interface.
func (n *Network) attach(c *Container, ns *netns, device string, asked netip.Addr) (*endpoint, error) {
	h := n.host
	addr, err := n.takeAddr(asked)
	if err != nil {
		return nil, err
	}
	ep := &endpoint{
		network: n, container: c, id: h.random.id("endpoint id"), addr: addr,
		index: h.newIndexes(2), name: h.random.vethName(),
	}
	if err = ep.connect(ns, device); err == nil {
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
func (ep *endpoint) connect(ns *netns, device string) (err error) {
	n := ep.network
	seed := n.host.random.seedOf("cable " + ep.name)
	if ep.inside, ep.outside, err = veth.Pair(veth.WithMTU(n.config.mtu), veth.WithSeed(seed)); err != nil {
		return err
	}
	ep.inside.SetLinkAddress(tcpip.LinkAddress(containerMAC(ep.addr)))
	if err := ns.plug(ep.index, device, cable{inside: ep.inside, peerIndex: ep.index + 1}); err != nil {
		return err
	}
	for _, a := range []netip.Prefix{netip.PrefixFrom(ep.addr, n.config.subnet.Bits()), linkLocal(containerMAC(ep.addr))} {
		if err := ns.stack.AddAddr(ep.index, a); err != nil {
			return err
		}
	}
	return ep.addPort()
}

// addPort gives the bridge its end. As dockerd does it draws another name if one is
// taken.
func (ep *endpoint) addPort() error {
	var opts []bridge.PortOption
	if ep.network.host.daemon.noProxy {
		opts = append(opts, bridge.Hairpin()) // for who comes to his own published port
	}
	for {
		port, err := ep.network.bridge.AddPort(ep.name, ep.outside, opts...)
		if !errors.Is(err, bridge.ErrExists) {
			ep.port = port
			return err
		}
		ep.name = ep.network.host.random.vethName()
	}
}

func (ep *endpoint) impair(i impairments) error {
	if err := ep.inside.Impair(i.send); err != nil {
		return err
	}
	return ep.outside.Impair(i.receive)
}

// detach undoes attach, also where it failed half-way.
func (n *Network) detach(ns *netns, ep *endpoint) {
	if ep.port != nil {
		n.bridge.RemovePort(ep.name)
	}
	ns.unplug(ep.index)
	if ep.inside != nil {
		ep.inside.Close()
	}
	n.host.mu.Lock()
	defer n.host.mu.Unlock()
	n.pool.release(ep.addr)
	n.attachments--
	n.endpoints = slices.DeleteFunc(n.endpoints, func(o *endpoint) bool { return o == ep })
}

// attached returns the endpoints that are attached.
func (n *Network) attached() []*endpoint {
	n.host.mu.Lock()
	defer n.host.mu.Unlock()
	return slices.Clone(n.endpoints)
}

// portInterfaces returns the host's side of the cables.
func (n *Network) portInterfaces() []Interface {
	var list []Interface
	for _, ep := range n.attached() {
		i := Interface{
			Index: ep.index + 1, Peer: ep.index, Name: ep.name, Master: n.device,
			MAC: []byte(ep.outside.LinkAddress()), MTU: int(ep.outside.MTU()),
			Up: true, Running: ep.outside.Carrier(),
		}
		i.count(ep.outside)
		list = append(list, i)
	}
	return list
}
