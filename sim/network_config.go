package sim

import (
	"net/netip"
	"slices"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/engine"
)

// The names of the predefined networks.
const (
	bridgeNetwork = "bridge" // docker0
	hostNetwork   = "host"   // the host's own namespace
	noneNetwork   = "none"   // lo only
)

// A networkConfig is what a dockerapi.NetworkCreate means.
type networkConfig struct {
	engine       engine.Engine
	says         *engine.Messages // of engine
	newOptions   []string         // that the release knows, of those that not all do
	v4, v6       family
	noIPv4       bool
	unused6      dockerapi.IPAMConfig // an IPv6 subnet without IPv6, which dockerd takes and does not use
	pool6        bool                 // v6 is to have one of the host's
	trusted      []string             // interfaces of the host
	byDriver     bool                 // the driver, not the daemon, refuses it
	bridge       string               // the name of the bridge; "" is made of the ID
	publishAddr  netip.Addr           // on which ports are published that say none; invalid: the daemon's
	mtu          int
	internal     bool
	attachable   bool
	noICC        bool
	noMasquerade bool
	configFrom   string                   // the configuration network that the rest is of
	configures   *dockerapi.NetworkCreate // what networks are made with, of a configuration network
	options      map[string]string        // as they were given
	labels       map[string]string
}

// of returns the family that a belongs to.
func (c *networkConfig) of(a netip.Addr) *family {
	if a.Is4() {
		return &c.v4
	}
	return &c.v6
}

// complete takes the host's addresses of a network whose subnets stand.
func (c *networkConfig) complete(name string, inUse []netip.Prefix) error {
	for _, f := range c.families() {
		if slices.ContainsFunc(inUse, f.subnet.Overlaps) {
			return newError("create network", name, ErrOverlap, c.says.SubnetOverlaps)
		}
		if err := f.open(c.engine, name); err != nil {
			return err
		}
	}
	return c.v6.checkBridge(c.says, name)
}

// families returns those that the network has.
func (c *networkConfig) families() []*family {
	switch {
	case c.noIPv4:
		return []*family{&c.v6}
	case !c.v6.subnet.IsValid():
		return []*family{&c.v4}
	}
	return []*family{&c.v4, &c.v6}
}

// checkSubnets sees that each range and gateway is in a subnet that was asked for. These
// are refusals of Docker's client, which sends each subnet with its range and gateway.
func (c *networkConfig) checkSubnets(name string) error {
	const op = "create network"
	var given, ranges, gateways int
	for _, f := range []*family{&c.v4, &c.v6} {
		given += count(f.subnet.IsValid())
		ranges += count(f.ipRange.IsValid())
		gateways += count(f.gateway.IsValid())
	}
	if given < max(ranges, gateways) {
		return newError(op, name, ErrConflict, c.says.SubnetMissing)
	}
	for _, f := range []*family{&c.v4, &c.v6} {
		if f.ipRange.IsValid() && !f.subnet.Contains(f.ipRange.Addr()) {
			return errorf(op, name, ErrAddress, c.says.RangeOutside, f.asked.IPRange)
		}
		if f.gateway.IsValid() && !f.subnet.Contains(f.gateway) {
			return errorf(op, name, ErrAddress, c.says.GatewayOutside, f.gateway)
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
