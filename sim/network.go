package sim

import (
	"errors"
	"net/netip"
	"slices"
	"sync"

	"drydock/bridge"
	"drydock/veth"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// The names of the predefined networks.
const (
	bridgeNetwork = "bridge" // docker0
	hostNetwork   = "host"   // the host's own namespace
	noneNetwork   = "none"   // lo only
)

// A Network is what containers are attached to. Every host has three: "bridge",
// which is docker0 and the default, "host" and "none". Its methods are safe for
// concurrent use.
type Network struct {
	host   *Host
	name   string
	id     string
	driver string

	// The rest is for bridges.
	subnet    netip.Prefix
	gateway   netip.Addr
	mtu       int
	device    string // docker0
	bridge    *bridge.Bridge
	linkLocal func() error // gives the bridge device its fe80:: address, once
	pool      *pool        // guarded by host.mu
	endpoints []*endpoint  // guarded by host.mu; the ports, in the order of their addition
}

// Name returns the name, "bridge".
func (n *Network) Name() string { return n.name }

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
	return []netip.Prefix{n.subnet.Masked()}
}

// Gateway returns the address of the host on the network; the zero Addr for "host"
// and "none".
func (n *Network) Gateway() netip.Addr { return n.gateway }

// Bridge returns the bridge; nil for "host" and "none". It is closed with the host.
// Ports of one's own may be added to it.
func (n *Network) Bridge() *bridge.Bridge { return n.bridge }

// An endpoint is the attachment of a container to a bridge network: the cable
// between the container's eth0 and a port of the bridge.
type endpoint struct {
	network         *Network
	addr            netip.Addr
	index           int    // of eth0
	name            string // of the port: vethXXXXXXX, whose index is one more
	inside, outside *veth.Endpoint
	port            *bridge.Port // nil if the bridge did not take it
}

// openBridge makes the bridge device with the address gateway and its interface
// on the host.
func (n *Network) openBridge(device string, gateway netip.Prefix, mtu int) error {
	h := n.host
	mac := h.random.bridgeMAC()
	local, port, err := veth.Pair(veth.WithMTU(mtu), veth.WithSeed(h.random.seedOf("cable "+device)))
	if err != nil {
		return err
	}
	local.SetLinkAddress(tcpip.LinkAddress(mac))
	n.subnet, n.gateway, n.mtu, n.device = gateway, gateway.Addr(), mtu, device
	n.pool = newPool(gateway)
	n.pool.reserve(n.gateway)
	if n.bridge, err = bridge.New(device); err != nil {
		return err
	}
	if _, err = n.bridge.AddPort(device, port, bridge.Local(bridge.MAC(mac))); err != nil {
		return err
	}
	index := h.newIndexes(1)
	if err = h.ns.plug(index, device, cable{inside: local, peerRunning: func() bool { return len(n.attached()) > 0 }}); err != nil {
		return err
	}
	n.linkLocal = sync.OnceValue(func() error { return h.ns.stack.AddAddr(index, linkLocal(mac)) })
	return h.ns.stack.AddAddr(index, gateway)
}

// attach plugs a namespace into the bridge as its eth0.
func (n *Network) attach(ns *netns) (*endpoint, error) {
	h := n.host
	h.mu.Lock()
	addr, ok := n.pool.take()
	h.mu.Unlock()
	if !ok {
		return nil, errorf("allocate address", n.name, ErrNoAddress,
			"no available IPv4 addresses on this network's address pools: %s (%s)", n.name, n.id)
	}
	ep := &endpoint{network: n, addr: addr, index: h.newIndexes(2), name: h.random.vethName()}
	err := ep.connect(ns)
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
func (ep *endpoint) connect(ns *netns) (err error) {
	n := ep.network
	seed := n.host.random.seedOf("cable " + ep.name)
	if ep.inside, ep.outside, err = veth.Pair(veth.WithMTU(n.mtu), veth.WithSeed(seed)); err != nil {
		return err
	}
	ep.inside.SetLinkAddress(tcpip.LinkAddress(containerMAC(ep.addr)))
	if err := ns.plug(ep.index, "eth0", cable{inside: ep.inside, peerIndex: ep.index + 1}); err != nil {
		return err
	}
	for _, a := range []netip.Prefix{netip.PrefixFrom(ep.addr, n.subnet.Bits()), linkLocal(containerMAC(ep.addr))} {
		if err := ns.stack.AddAddr(ep.index, a); err != nil {
			return err
		}
	}
	ns.stack.AddDefault(ep.index, n.gateway)
	return ep.addPort()
}

// addPort gives the bridge its end. As dockerd does it draws another name if one is
// taken.
func (ep *endpoint) addPort() error {
	for {
		port, err := ep.network.bridge.AddPort(ep.name, ep.outside)
		if !errors.Is(err, bridge.ErrExists) {
			ep.port = port
			return err
		}
		ep.name = ep.network.host.random.vethName()
	}
}

func (ep *endpoint) impair(a attachment) error {
	if err := ep.inside.Impair(a.send); err != nil {
		return err
	}
	return ep.outside.Impair(a.receive)
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
