package sim

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"drydock/dnsd"
	"drydock/veth"
)

// A NetworkOption sets a property of a new network. An invalid one makes
// CreateNetwork fail with an *Error.
type NetworkOption func(*networkConfig) error

type networkConfig struct {
	subnet       netip.Prefix
	given        bool // that WithSubnet set the subnet
	gateway      netip.Addr
	ipRange      netip.Prefix
	mtu          int
	mtuGiven     bool
	internal     bool
	noICC        bool
	noMasquerade bool
	asked        IPAMConfig // what Inspect tells of the addresses
}

// WithSubnet sets the subnet, an IPv4 one that no other network of the host
// overlaps: --subnet. By default it is the next of 172.17.0.0/16 to 172.31.0.0/16 and
// 192.168.0.0/20 to 192.168.240.0/20 that is free.
func WithSubnet(p netip.Prefix) NetworkOption {
	return func(c *networkConfig) error {
		if !p.IsValid() || !p.Addr().Is4() {
			return errorf("create network", p.String(), ErrAddress, "invalid subnet %v: only IPv4 subnets are supported", p)
		}
		if c.subnet.IsValid() {
			return errorf("create network", p.String(), ErrConflict, "bridge driver doesn't support multiple subnets")
		}
		c.subnet, c.given = p, true
		return nil
	}
}

// WithGateway sets the host's address on the network: --gateway. It needs
// WithSubnet. By default it is the first address.
func WithGateway(a netip.Addr) NetworkOption {
	return func(c *networkConfig) error {
		c.gateway = a
		return nil
	}
}

// WithIPRange limits the addresses that containers are given to a part of the
// subnet: --ip-range. It needs WithSubnet.
func WithIPRange(p netip.Prefix) NetworkOption {
	return func(c *networkConfig) error {
		if !p.IsValid() || !p.Addr().Is4() {
			return errorf("create network", p.String(), ErrAddress, "no matching subnet for range %v", p)
		}
		c.ipRange = p.Masked()
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

func validMTU(mtu int) bool { return mtu >= 68 && mtu <= 65535 }

// Internal keeps the network from everything but its containers and the host:
// --internal. Ports are not published there.
func Internal() NetworkOption {
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

// WithoutMasquerade lets packets leave the host with the containers' addresses:
// com.docker.network.bridge.enable_ip_masquerade=false.
func WithoutMasquerade() NetworkOption {
	return func(c *networkConfig) error {
		c.noMasquerade = true
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
	h.networking <- struct{}{}
	defer func() { <-h.networking }()
	n := &Network{host: h, name: name, id: h.random.id("network id"), driver: "bridge", config: cfg, zone: dnsd.NewZone(name), created: time.Now()}
	if err := h.checkNetwork(n); err != nil {
		return nil, err
	}
	if err := h.labelled(func() error { return n.open("br-" + n.id[:12]) }); err != nil {
		n.close()
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.networks = append(h.networks, n)
	return n, nil
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
	if err := n.config.complete(n.name, inUse, nextPool); err != nil {
		return err
	}
	n.pool = newPool(n.config.subnet, n.config.ipRange)
	return n.takeGateway()
}

func (h *Host) checkNetworkLocked(n *Network) error {
	const op = "create network"
	switch {
	case h.closed:
		return errClosed(op, n.name)
	case !h.docker:
		return errNoDocker(op, n.name)
	case slices.Contains([]string{bridgeNetwork, hostNetwork, noneNetwork, "default"}, n.name):
		return errorf(op, n.name, ErrPredefined, "operation is not permitted on predefined %s network", n.name)
	case n.name != "" && strings.TrimSpace(n.name) == "":
		return errorf(op, n.name, ErrName, "invalid name: %s", n.name)
	case n.name == "" || slices.ContainsFunc(h.networks, func(o *Network) bool { return o.name == n.name }):
		return errorf(op, n.name, ErrExists, "network with name %s already exists", n.name)
	}
	return nil
}

// complete checks the addresses of a network and fills in what was not given.
func (c *networkConfig) complete(name string, inUse []netip.Prefix, nextPool func() (netip.Prefix, bool)) error {
	const op = "create network"
	if !c.subnet.IsValid() {
		if c.gateway.IsValid() || c.ipRange.IsValid() {
			return errorf(op, name, ErrConflict, "every ip-range or gateway must have a corresponding subnet")
		}
		p, ok := nextPool()
		if !ok {
			return errNoPool(name)
		}
		c.subnet = p
	}
	c.asked.Subnet = c.subnet.String()
	if c.ipRange.IsValid() {
		c.asked.IPRange = c.ipRange.String()
	}
	if c.gateway.IsValid() {
		c.asked.Gateway = c.gateway.String()
	}
	c.subnet = c.subnet.Masked()
	if !c.ipRange.IsValid() {
		c.ipRange = c.subnet
	}
	switch {
	case !c.ipRange.Overlaps(c.subnet):
		return errorf(op, name, ErrAddress, "no matching subnet for range %v", c.ipRange)
	case c.gateway.IsValid() && !c.subnet.Contains(c.gateway):
		return errorf(op, name, ErrAddress, "no matching subnet for gateway %v", c.gateway)
	case overlaps(c.subnet, inUse):
		return errorf(op, name, ErrOverlap, "Pool overlaps with other one on this address space")
	case c.ipRange.Bits() < c.subnet.Bits():
		c.ipRange = c.subnet
	}
	return nil
}

// takeGateway takes the address of the host from the pool.
func (n *Network) takeGateway() error {
	c := &n.config
	if !c.gateway.IsValid() {
		a, ok := n.pool.take()
		if !ok {
			return errorf("create network", n.name, ErrNoAddress, "failed to allocate gateway (): No available addresses on this pool")
		}
		c.gateway = a
		if !c.given {
			c.asked.Gateway = a.String()
		}
		return nil
	}
	if !n.pool.reserve(c.gateway) {
		return errGatewayTaken(n.name, c.gateway)
	}
	return nil
}
