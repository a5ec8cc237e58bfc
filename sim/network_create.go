package sim

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"drydock/dnsd"
	"drydock/sim/internal/engine"
	"drydock/veth"
)

// A NetworkOption sets a property of a new network. An invalid one makes
// CreateNetwork fail with an *Error.
type NetworkOption func(*networkConfig) error

type networkConfig struct {
	v4, v6       family
	mtu          int
	mtuGiven     bool
	internal     bool
	noICC        bool
	noMasquerade bool
}

// of returns the family that a belongs to.
func (c *networkConfig) of(a netip.Addr) *family {
	if a.Is4() {
		return &c.v4
	}
	return &c.v6
}

// WithSubnet sets a subnet that no other network of the host overlaps: --subnet. There
// can be an IPv4 one, by default the next of 172.17.0.0/16 to 172.31.0.0/16 and
// 192.168.0.0/20 to 192.168.240.0/20 that is free, and an IPv6 one, with which the
// containers have IPv6: --ipv6. The first such network turns the host's IPv6 forwarding
// on. Docker adds no rules to ip6tables, so IPv6 packets are routed between such networks
// and, where a router knows the way, to the outside.
func WithSubnet(p netip.Prefix) NetworkOption {
	return func(c *networkConfig) error {
		if !p.IsValid() || p.Addr().Is4In6() {
			return errorf("create network", p.String(), ErrAddress, "Invalid subnet %v : invalid CIDR address: %v", p, p)
		}
		f := c.of(p.Addr())
		if f.subnet.IsValid() {
			return errorf("create network", p.String(), ErrConflict, "bridge driver doesn't support multiple subnets")
		}
		f.subnet, f.given = p, true
		return nil
	}
}

// WithGateway sets the host's address on the network, one for each family: --gateway.
// It needs WithSubnet. By default it is the first address.
func WithGateway(a netip.Addr) NetworkOption {
	return func(c *networkConfig) error {
		if !a.IsValid() {
			return errorf("create network", a.String(), ErrAddress, "no matching subnet for gateway %v", a)
		}
		c.of(a).gateway = a
		return nil
	}
}

// WithIPRange limits the addresses that containers are given to a part of the
// subnet of its family: --ip-range. It needs WithSubnet.
func WithIPRange(p netip.Prefix) NetworkOption {
	return func(c *networkConfig) error {
		if !p.IsValid() {
			return errorf("create network", p.String(), ErrAddress, "no matching subnet for range %v", p)
		}
		c.of(p.Addr()).ipRange = p.Masked()
		return nil
	}
}

// WithMTU sets the MTU of the network and its containers in bytes, 68 to 65535: the
// option com.docker.network.driver.mtu. The default is 1500.
func WithMTU(mtu int) NetworkOption {
	return func(c *networkConfig) error {
		if !validMTU(mtu) {
			return errorf("create network", "", ErrMTU, "invalid MTU number: %d", mtu)
		}
		c.mtu, c.mtuGiven = mtu, true
		return nil
	}
}

// WithInternal keeps the network from everything but its containers and the host:
// --internal. Ports are not published there.
func WithInternal() NetworkOption {
	return func(c *networkConfig) error {
		c.internal = true
		return nil
	}
}

// WithoutICC keeps the containers of the network from each other:
// com.docker.network.bridge.enable_icc=false.
func WithoutICC() NetworkOption {
	return func(c *networkConfig) error {
		c.noICC = true
		return nil
	}
}

// WithMasquerade sets whether packets leave the host with its address, and not with that
// of their container: com.docker.network.bridge.enable_ip_masquerade. The default is true.
func WithMasquerade(masquerade bool) NetworkOption {
	return func(c *networkConfig) error {
		c.noMasquerade = !masquerade
		return nil
	}
}

// CreateNetwork makes a network with a bridge of its own, br- and the first 12
// digits of its ID, and Docker's rules for it.
func (h *Host) CreateNetwork(name string, opts ...NetworkOption) (*Network, error) {
	cfg := networkConfig{mtu: veth.DefaultMTU}
	for _, opt := range opts {
		if err := opt(&cfg); err != nil {
			return nil, err
		}
	}
	h.devices <- struct{}{}
	defer func() { <-h.devices }()
	n := &Network{host: h, name: name, id: h.random.id("network id"), driver: "bridge", config: cfg, zone: dnsd.NewZone(name), created: time.Now()}
	if err := h.checkNetwork(n); err != nil {
		return nil, err
	}
	if err := h.labelled(func() error { return n.open("br-" + n.id[:12]) }); err != nil {
		n.close()
		return nil, err
	}
	h.addNetwork(n)
	return n, nil
}

func (h *Host) addNetwork(n *Network) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.networks = append(h.networks, n)
}

// checkNetwork completes the configuration of n and sees that nothing is in its way.
func (h *Host) checkNetwork(n *Network) error {
	onLink := h.onLink()
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.checkNetworkLocked(n); err != nil {
		return err
	}
	inUse := h.subnetsLocked()
	nextPool := func() (netip.Prefix, bool) { return h.nextPoolLocked(append(onLink, inUse...)) }
	return n.config.complete(n.name, inUse, nextPool)
}

func (h *Host) checkNetworkLocked(n *Network) error {
	const op = "create network"
	switch {
	case h.isClosed():
		return errClosed(op, n.name)
	case slices.Contains([]string{bridgeNetwork, hostNetwork, noneNetwork, "default"}, n.name):
		return errorf(op, n.name, ErrPredefined, "operation is not permitted on predefined %s network", n.name)
	case n.name != "" && strings.TrimSpace(n.name) == "":
		return errorf(op, n.name, ErrName, "invalid name: %s", n.name)
	case n.name == "":
		return errorf(op, n.name, ErrName, "network with name %s already exists", n.name) // so dockerd says
	case slices.ContainsFunc(h.networks, func(o *Network) bool { return o.name == n.name }):
		return errorf(op, n.name, ErrExists, "network with name %s already exists", n.name)
	}
	return nil
}

// complete checks the addresses of a network, fills in what was not given, and takes
// those of the host.
func (c *networkConfig) complete(name string, inUse []netip.Prefix, nextPool func() (netip.Prefix, bool)) error {
	if err := c.checkSubnets(name); err != nil {
		return err
	}
	if !c.v4.subnet.IsValid() {
		p, ok := nextPool()
		if !ok {
			return errNoPool(name)
		}
		c.v4.subnet = p
	}
	for _, f := range c.families() {
		if slices.ContainsFunc(inUse, f.subnet.Overlaps) {
			return errorf("create network", name, ErrOverlap, "Pool overlaps with other one on this address space")
		}
		if err := f.open(name); err != nil {
			return err
		}
	}
	return c.v6.checkBridge(name)
}

// checkBridge refuses an IPv6 subnet whose gateway no interface can have.
func (f *family) checkBridge(network string) error {
	if f.gateway.IsMulticast() || f.subnet.IsValid() && f.subnet.Bits() == 0 {
		return errorf("create network", network, ErrAddress,
			"failed to add IPv6 address %v to bridge: cannot assign requested address", f.prefix(f.gateway))
	}
	return nil
}

// families returns those that the network has.
func (c *networkConfig) families() []*family {
	if !c.v6.subnet.IsValid() {
		return []*family{&c.v4}
	}
	return []*family{&c.v4, &c.v6}
}

// checkSubnets sees that each range and gateway is in a subnet that was asked for.
func (c *networkConfig) checkSubnets(name string) error {
	const op = "create network"
	var given, ranges, gateways int
	for _, f := range []*family{&c.v4, &c.v6} {
		given += count(f.subnet.IsValid())
		ranges += count(f.ipRange.IsValid())
		gateways += count(f.gateway.IsValid())
	}
	if given < max(ranges, gateways) {
		return errorf(op, name, ErrConflict, "every ip-range or gateway must have a corresponding subnet")
	}
	for _, f := range []*family{&c.v4, &c.v6} {
		if f.ipRange.IsValid() && !f.ipRange.Overlaps(f.subnet) {
			return errorf(op, name, ErrAddress, "no matching subnet for range %v", f.ipRange)
		}
		if f.gateway.IsValid() && !f.subnet.Contains(f.gateway) {
			return errorf(op, name, ErrAddress, "no matching subnet for gateway %v", f.gateway)
		}
	}
	return nil
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// open makes the pool of a subnet and takes the host's address from it.
func (f *family) open(network string) error {
	f.asked.Subnet = f.subnet.String()
	if f.ipRange.IsValid() {
		f.asked.IPRange = f.ipRange.String()
	}
	if f.gateway.IsValid() {
		f.asked.Gateway = f.gateway.String()
	}
	f.subnet = f.subnet.Masked()
	if !f.ipRange.IsValid() || f.ipRange.Bits() < f.subnet.Bits() {
		f.ipRange = f.subnet
	}
	f.pool = engine.NewPool(f.subnet, f.ipRange)
	if f.gateway.IsValid() {
		if !f.pool.Reserve(f.gateway) {
			return errGatewayTaken(network, f.gateway)
		}
		return nil
	}
	a, ok := f.pool.Take()
	if !ok {
		return errorf("create network", network, ErrNoAddress, "failed to allocate gateway (): No available addresses on this pool")
	}
	f.gateway = a
	if !f.given {
		f.asked.Gateway = a.String()
	}
	return nil
}
