package sim

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"drydock/sim/dockerapi"
	"drydock/veth"
)

const opCreateNetwork = "create network"

// newNetworkConfig checks a spec for what needs no host, and returns what it means. It
// keeps nothing of the spec's.
func newNetworkConfig(spec *dockerapi.NetworkCreate) (networkConfig, error) {
	c := networkConfig{
		mtu: veth.DefaultMTU, internal: spec.Internal,
		options: cloneMap(spec.Options), labels: cloneMap(spec.Labels),
	}
	if err := checkDrivers(spec); err != nil {
		return c, err
	}
	for _, key := range slices.Sorted(maps.Keys(spec.Options)) {
		if err := c.setOption(spec.Name, key, spec.Options[key]); err != nil {
			return c, err
		}
	}
	for _, config := range spec.IPAM.Config {
		if err := c.addIPAM(config); err != nil {
			return c, err
		}
	}
	switch {
	case spec.EnableIPv6 && !c.v6.subnet.IsValid():
		return c, errorf(opCreateNetwork, spec.Name, ErrNoAddress,
			"could not find an available, non-overlapping IPv6 address pool among the defaults to assign to the network")
	case !spec.EnableIPv6 && c.v6.subnet.IsValid():
		return c, errorf(opCreateNetwork, spec.Name, ErrConflict, "subnet %v without EnableIPv6", c.v6.subnet)
	}
	return c, nil
}

func checkDrivers(spec *dockerapi.NetworkCreate) error {
	switch spec.Driver {
	case "", "bridge":
	case "host", "null":
		return errorf(opCreateNetwork, spec.Name, ErrPredefined, "only one instance of %q network is allowed", spec.Driver)
	default:
		return errorf(opCreateNetwork, spec.Name, ErrNotFound, "plugin %q not found", spec.Driver)
	}
	if d := spec.IPAM.Driver; d != "" && d != "default" {
		return errorf(opCreateNetwork, spec.Name, ErrNotFound, "plugin %q not found", d)
	}
	for key := range spec.IPAM.Options {
		return errUnsupported(spec.Name, key)
	}
	return nil
}

// notEmulated are the options that mean something to Docker and nothing here. Others that
// are not known Docker keeps and tells, and does no more with.
var notEmulated = []string{
	"com.docker.network.bridge.name", "com.docker.network.bridge.default_bridge", "com.docker.network.bridge.host_binding_ipv4",
	"com.docker.network.container_interface_prefix", "com.docker.network.host_ipv4",
}

// setOption sets an option of the driver.
func (c *networkConfig) setOption(network, key, value string) (err error) {
	switch {
	case key == dockerapi.OptionICC:
		c.noICC, err = parseNot(value)
	case key == dockerapi.OptionMasquerade:
		c.noMasquerade, err = parseNot(value)
	case key == dockerapi.OptionMTU:
		if c.mtu, err = strconv.Atoi(value); err == nil && !validMTU(c.mtu) {
			return errorf(opCreateNetwork, network, ErrMTU, "invalid MTU number: %d", c.mtu)
		}
	case slices.Contains(notEmulated, key):
		return errUnsupported(network, key)
	}
	if err != nil {
		return errorf(opCreateNetwork, network, ErrConflict, "failed to parse %s value: %s (%v)", key, value, err)
	}
	return nil
}

// parseNot returns the contrary of a truth value.
func parseNot(value string) (bool, error) {
	is, err := strconv.ParseBool(value)
	return !is, err
}

func errUnsupported(network, option string) error {
	return errorf(opCreateNetwork, network, errors.ErrUnsupported, "option %s is not emulated", option)
}

// addIPAM notes a subnet, of which there is one of each family, and what belongs to it.
func (c *networkConfig) addIPAM(config dockerapi.IPAMConfig) error {
	if s := config.Subnet; s != "" {
		p, err := netip.ParsePrefix(s)
		if err != nil || p.Addr().Is4In6() {
			return errorf(opCreateNetwork, s, ErrAddress, "Invalid subnet %s : invalid CIDR address: %s", s, s)
		}
		f := c.of(p.Addr())
		if f.subnet.IsValid() {
			return errorf(opCreateNetwork, s, ErrConflict, "bridge driver doesn't support multiple subnets")
		}
		f.subnet, f.given = p, true
	}
	if s := config.IPRange; s != "" {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return errorf(opCreateNetwork, s, ErrAddress, "no matching subnet for range %s", s)
		}
		c.of(p.Addr()).ipRange = p.Masked()
	}
	if s := config.Gateway; s != "" {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return errorf(opCreateNetwork, s, ErrAddress, "no matching subnet for gateway %s", s)
		}
		c.of(a).gateway = a
	}
	return nil
}

// docker0Options are what dockerd notes of the network "bridge".
func (n *Network) docker0Options() map[string]string {
	return map[string]string{
		"com.docker.network.bridge.default_bridge":    "true",
		dockerapi.OptionICC:                           fmt.Sprint(!n.config.noICC),
		dockerapi.OptionMasquerade:                    "true",
		"com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
		"com.docker.network.bridge.name":              n.device,
		dockerapi.OptionMTU:                           fmt.Sprint(n.config.mtu),
	}
}
