package sim

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"drydock/bridge"
	"drydock/dnsd"
	"drydock/sim/internal/engine"
	"drydock/veth"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A Network is what containers are attached to. Every host with Docker has three:
// "bridge", which is docker0 and the default, "host" and "none"; CreateNetwork
// makes more. Its methods are safe for concurrent use.
type Network struct {
	host   *Host
	name   string
	driver string
	birth  atomic.Pointer[birth]
	// dockerd has started anew since it was made, and tells of gateways that nobody asked for.
	restored atomic.Bool

	common common // what impairs all cables

	// What it was made with. That of "bridge" is another one when dockerd has read other options.
	configured atomic.Pointer[networkConfig]

	// The rest is for bridges.
	device    string // docker0
	index     int    // of the device; 0 until there is one
	bridge    *bridge.Bridge
	mac       net.HardwareAddr
	zone      *dnsd.Zone   // its names; nil on docker0
	linkLocal func() error // gives the bridge device its fe80:: address, once
	removed   bool         // guarded by host.mu
}

// A birth is what a network gets when it is made: "bridge" whenever dockerd starts.
type birth struct {
	id   string
	time time.Time
}

// beBorn gives the network an ID.
func (n *Network) beBorn() { n.birth.Store(&birth{n.host.random.id("network id"), time.Now()}) }

// newNetwork returns a network that is yet to be opened.
func (h *Host) newNetwork(name, driver string, config networkConfig) *Network {
	n := &Network{host: h, name: name, driver: driver}
	n.configured.Store(&config)
	n.beBorn()
	return n
}

func (n *Network) config() *networkConfig { return n.configured.Load() }

// Name returns the name, "bridge".
func (n *Network) Name() string { return n.name }

// String returns the name.
func (n *Network) String() string { return n.name }

// ID returns 64 hex digits. That of "bridge" is another one when dockerd has started anew.
func (n *Network) ID() string { return n.birth.Load().id }

// Subnets returns the subnets that addresses are taken from; none for "host" and
// "none".
func (n *Network) Subnets() []netip.Prefix { return n.appendSubnets(nil) }

func (n *Network) appendSubnets(list []netip.Prefix) []netip.Prefix {
	if n.bridge == nil {
		return list
	}
	c := n.config()
	for _, p := range [2]netip.Prefix{c.v4.subnet, c.v6.subnet} {
		if p.IsValid() {
			list = append(list, p)
		}
	}
	return list
}

// Gateway returns the IPv4 address of the host on the network; the zero Addr for "host"
// and "none", and where the gateway mode is isolated.
func (n *Network) Gateway() netip.Addr { return n.config().v4.gateway }

// Gateway6 returns the IPv6 address of the host on the network; the zero Addr if it has
// no IPv6 subnet.
func (n *Network) Gateway6() netip.Addr { return n.config().v6.gateway }

// Host returns the host that the network was made on.
func (n *Network) Host() *Host { return n.host }

// Device returns the name of the bridge: "docker0", or what dockerapi.OptionBridgeName says, or "br-"
// and the first 12 digits of the ID. It is empty for "host" and "none".
func (n *Network) Device() string { return n.device }

// Bridge returns the bridge; nil for "host" and "none". It is closed with the
// network. Ports of one's own may be added to it.
func (n *Network) Bridge() *bridge.Bridge { return n.bridge }

// predefined reports whether dockerd made the network itself. Those have no names, no addresses
// to ask for, and cannot be removed.
func (n *Network) predefined() bool {
	return n.name == bridgeNetwork || n.name == hostNetwork || n.name == noneNetwork
}

// forEngine is what the decisions about a network depend on.
func (n *Network) forEngine() engine.Network {
	c, d := n.config(), n.host.dockerd().forEngine()
	if c.publishAddr.IsValid() {
		d.PublishAddr = c.publishAddr
	}
	return engine.Network{
		Daemon: d, Name: n.name, Bridge: n.device, V4: c.v4.forEngine(), V6: c.v6.forEngine(),
		Internal: c.internal, ICC: !c.noICC, Masquerade: !c.noMasquerade, Trusted: c.trusted,
	}
}

// open makes the bridge device, the interface of the host on it, and the rules. The order is
// dockerd's and shows: a gateway that another interface has is refused with the bridge there,
// which close takes away, and before any rule.
func (n *Network) open(device string) (err error) {
	h := n.host
	n.mac = h.engine.BridgeMAC(h.random.stream("bridge mac"))
	local, port, err := h.newCable(n.config().mtu, h.random.seedOf("cable "+device))
	if err != nil {
		return err
	}
	local.SetLinkAddress(tcpip.LinkAddress(n.mac))
	local.TakeAnySize()
	n.device = device
	n.bridge, err = bridge.New(device, bridge.OnDrop(func(d bridge.Dropped) { h.watch.bridgeDropped(h.name, d) }))
	if err != nil {
		return err
	}
	h.watch.addBridge(h.name, n.bridge)
	port.OnDrop(func(d veth.Dropped) { h.watch.cableDropped(h.own.place(device), d) }) // it is no place of its own
	n.bridge.SetFilter(h.own.filter)
	if _, err = n.bridge.AddPort(device, port, bridge.Local(bridge.MAC(n.mac)), bridge.WithOwner(h.Machine)); err != nil {
		return err
	}
	index := h.newIndexes(1)
	if err = h.own.plug(index, device, cable{inside: local, bridge: n.bridge, noBroadcast: !h.engine.Broadcast(), mtuOfPorts: !h.engine.SetsBridgeMTU()}); err != nil {
		return err
	}
	n.index = index
	n.setLocalnet()
	n.linkLocal = sync.OnceValue(func() error { return h.own.stack.AddAddr(index, linkLocal(n.mac)) })
	for _, p := range n.config().gateways() {
		if err := h.own.stack.AddAddr(index, p); err != nil {
			return err
		}
	}
	if h.engine.ForwardsAgain() {
		if err := h.forward(ipForward); err != nil {
			return err
		}
	}
	if err := n.open6(); err != nil {
		return err
	}
	return n.addRules(firewall.add)
}

// addRules has the rules of the network added, and what comes before those of all networks.
func (n *Network) addRules(add func(f firewall, commands []string) error) error {
	h := n.host
	rules := h.engine.NetworkRules(n.forEngine(), h.otherBridges(n))
	err := h.firewall().edit(func(in firewall) error {
		if _, err := in.ensure(h.engine.SharedRules(n.forEngine())); err != nil {
			return err
		}
		if err := add(in, rules); err != nil {
			return err
		}
		return in.raise(h.engine.TopRules())
	})
	if err != nil {
		return errFirewall("create network", n.name, h.says.NetworkRules, err)
	}
	return n.filterBridged()
}

// setLocalnet has 127.0.0.0/8 routed there if no proxy serves it.
func (n *Network) setLocalnet() {
	n.host.own.stack.SetRouteLocalnet(n.index, n.host.dockerd().noProxy)
	n.host.own.settings.noteLocalnet(n.index, n.host.dockerd().noProxy)
}

// open6 does what dockerd does for a network with IPv6: the bridge may have fe80::1 as well,
// and the host forwards.
func (n *Network) open6() error {
	if !n.config().v6.subnet.IsValid() {
		return nil
	}
	if n.host.engine.LinkLocalGateway() {
		err := n.host.own.stack.AddAddr(n.index, netip.MustParsePrefix("fe80::1/64"))
		if err != nil && !errors.Is(err, syscall.EEXIST) { // the gateway of fe80::/64
			return err
		}
	}
	return n.host.forward(ipForward6)
}

// close undoes open, also where it failed half-way. Deleting rules that are not there does
// nothing, so that it need not know how far open came.
func (n *Network) close() {
	n.host.firewall().delete(n.host.engine.NetworkRules(n.forEngine(), n.host.otherBridges(n)))
	if n.bridge != nil {
		n.bridge.Close()
		n.host.watch.removeBridge(n.bridge)
	}
	if n.index != 0 {
		n.host.own.unplug(n.index)
	}
	n.forget()
}

// forget takes the network from the list of the host.
func (n *Network) forget() {
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
		return errorf(op, n.name, ErrPredefined, n.host.says.RemovePredefined, n.name)
	}
	n.host.devices <- struct{}{}
	defer func() { <-n.host.devices }()
	if err := n.retire(op); err != nil {
		return err
	}
	if n.configOnly() {
		n.forget()
		return nil
	}
	n.close()
	n.event("destroy")
	return nil
}

// retire keeps containers from a network that is being removed.
func (n *Network) retire(op string) error {
	n.host.mu.Lock()
	defer n.host.mu.Unlock()
	if err := n.host.away(op, n.name); err != nil {
		return err
	}
	switch {
	case n.removed:
		return errorf(op, n.name, ErrNotFound, n.host.says.NoNetwork, n.name)
	case n.configuresLocked():
		return errorf(op, n.name, ErrInUse, "error while removing network: configuration network %q is in use", n.name)
	case n.heldLocked():
		return errorf(op, n.name, ErrInUse, n.host.says.HasEndpoints, n.name, n.ID(), n.endpointsLocked())
	}
	n.removed = true
	return nil
}

// checkHas refuses networks that are not of the host, or not any more.
func (h *Host) checkHas(op string, n *Network) error {
	switch {
	case n == nil:
		return errorf(op, "", ErrNotFound, "network not found: nil")
	case n.host != h:
		return errorf(op, n.name, ErrNotFound, h.says.NetworkNotFound, n.ID())
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if n.removed {
		return errorf(op, n.name, ErrNotFound, h.says.NetworkNotFound, n.name)
	}
	return nil
}

// heldLocked reports whether containers have addresses of the network. Asking each container
// makes a removal cost what they are in number; a count would be a second place to keep right.
//
// +checklocks:n.host.mu
func (n *Network) heldLocked() bool {
	for _, c := range n.host.containers {
		if l := c.linkTo(n); l != nil && l.holds {
			return true
		}
	}
	return false
}

// endpointsLocked tells who has addresses of the network: name:"c1" id:"9a01e7c3d9f2".
//
// +checklocks:n.host.mu
func (n *Network) endpointsLocked() string {
	var list []string
	for _, c := range n.host.containers {
		l := c.linkTo(n)
		if l == nil || !l.holds {
			continue
		}
		if ep := l.endpoint(); ep != nil {
			list = append(list, fmt.Sprintf("name:%q id:%q", c.Name(), ep.id[:12]))
		}
	}
	return strings.Join(list, ", ")
}

// takeAddr4Locked returns the zero Addr if the network has no IPv4.
func (n *Network) takeAddr4Locked(asked netip.Addr) (netip.Addr, error) {
	if f := &n.config().v4; f.pool != nil {
		return n.takeAddrLocked(f, asked, "IPv4")
	}
	return netip.Addr{}, nil
}

func (n *Network) takeAddrLocked(f *family, asked netip.Addr, version string) (netip.Addr, error) {
	if asked.IsValid() {
		if f.pool.Full() {
			return netip.Addr{}, newError("allocate address", n.name, ErrNoAddress, n.host.says.PoolFull)
		}
		if !f.pool.Reserve(asked) {
			return netip.Addr{}, errAddrInUse("allocate address", n.name, n.host.says.AddrInUse)
		}
		return asked, nil
	}
	addr, ok := f.pool.Take()
	if !ok {
		return netip.Addr{}, errorf("allocate address", n.name, ErrNoAddress, n.host.says.AddrsExhausted, version, n.name, n.ID())
	}
	return addr, nil
}

// takeAddr6Locked returns the zero Addr if the network has no IPv6.
func (n *Network) takeAddr6Locked(mac net.HardwareAddr, asked netip.Addr) (netip.Addr, error) {
	f := &n.config().v6
	if f.pool == nil {
		return netip.Addr{}, nil
	}
	if f.byMAC {
		asked = f.addrOf(mac)
	}
	return n.takeAddrLocked(f, asked, "IPv6")
}
