package sim

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"drydock/dnsd"
	"drydock/sim/dockerapi"
	"drydock/sim/internal/engine"
)

// CreateNetwork makes a network with a bridge of its own, br- and the first 12
// digits of its ID, and Docker's rules for it.
func (h *Host) CreateNetwork(name string, opts ...NetworkOption) (*Network, error) {
	spec := dockerapi.NetworkCreate{Name: name}
	for _, opt := range opts {
		opt.applyNetwork(&spec)
	}
	return h.CreateNetworkSpec(spec)
}

// CreateNetworkSpec is CreateNetwork for what Docker's HTTP API is sent: "docker network
// create" and compose files as data. What means something to Docker and nothing here is
// refused with an *Error that wraps errors.ErrUnsupported.
func (h *Host) CreateNetworkSpec(spec dockerapi.NetworkCreate) (*Network, error) {
	cfg, err := newNetworkConfig(&spec)
	if err != nil {
		return nil, err
	}
	name := spec.Name
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
