package sim

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/engine"
	"drydock/veth"
)

const opCreateNetwork = "create network"

// newNetworkConfig checks a spec for what needs no host, and returns what it means. It
// keeps nothing of the spec's.
func newNetworkConfig(e engine.Engine, spec *dockerapi.NetworkCreate) (networkConfig, error) {
	says := e.Messages()
	c := networkConfig{
		engine: e, says: says, newOptions: e.Release().NetworkOptions, mtu: veth.DefaultMTU, internal: spec.Internal, attachable: spec.Attachable,
		options: cloneMap(spec.Options), labels: cloneMap(spec.Labels),
	}
	if spec.ConfigFrom != nil {
		c.configFrom = spec.ConfigFrom.Network
	}
	if err := checkDrivers(says, spec); err != nil {
		return c, err
	}
	for _, key := range slices.Sorted(maps.Keys(spec.Options)) {
		if err := c.setOption(spec.Name, key, spec.Options[key]); err != nil {
			c.byDriver = !slices.ContainsFunc(spec.IPAM.Config, func(asked dockerapi.IPAMConfig) bool { return asked.Subnet != "" })
			return c, err
		}
	}
	if err := e.CheckIPAM(spec.IPAM.Config, spec.EnableIPv6); err != nil {
		return c, newError(opCreateNetwork, spec.Name, ErrAddress, err.Error())
	}
	if v4 := spec.EnableIPv4; v4 != nil && !*v4 {
		switch {
		case !e.SeveralNetworks():
			return c, errorf(opCreateNetwork, spec.Name, errors.ErrUnsupported, "unknown flag: --ipv4")
		case !spec.EnableIPv6:
			return c, newError(opCreateNetwork, spec.Name, ErrConflict, "IPv4 or IPv6 must be enabled")
		}
		c.noIPv4 = true
	}
	for _, config := range spec.IPAM.Config {
		if err := c.addIPAM(spec.Name, config); err != nil {
			return c, err
		}
	}
	switch {
	case (c.v4.mode == engine.Isolated || c.v6.mode == engine.Isolated) && !c.internal:
		return c, newError(opCreateNetwork, spec.Name, ErrConflict, c.says.IsolatedGateway)
	case spec.EnableIPv6 && !c.v6.subnet.IsValid() && e.SeveralNetworks():
		c.pool6 = true
	case spec.EnableIPv6 && !c.v6.subnet.IsValid():
		c.byDriver = true
		return c, newError(opCreateNetwork, spec.Name, ErrNoAddress, c.says.NoPool6)
	case !spec.EnableIPv6 && c.v6.subnet.IsValid():
		c.v6.asked.Subnet = c.v6.subnet.String()
		c.unused6, c.v6 = c.v6.asked, family{mode: c.v6.mode}
	}
	return c, nil
}

// checkDrivers refuses drivers of networks and of IPAM that are not there, in the words that
// dockerd has for plugins that it does not find.
func checkDrivers(says *engine.Messages, spec *dockerapi.NetworkCreate) error {
	switch spec.Driver {
	case "", "bridge":
	case "overlay":
		return newError(opCreateNetwork, spec.Name, ErrConflict, `This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.`)
	case "host", "null":
		return errorf(opCreateNetwork, spec.Name, ErrPredefined, says.SecondPredefined, spec.Driver)
	default:
		return errorf(opCreateNetwork, spec.Name, ErrNotFound, says.NoPlugin, spec.Driver)
	}
	if d := spec.IPAM.Driver; d != "" && d != "default" {
		return errorf(opCreateNetwork, spec.Name, ErrNotFound, says.NoPlugin, d)
	}
	for key := range spec.IPAM.Options {
		return errUnsupported(spec.Name, key)
	}
	for option, asked := range map[string]bool{
		"Ingress":             spec.Ingress,
		"Scope " + spec.Scope: spec.Scope != "" && spec.Scope != "local",
	} {
		if asked {
			return errUnsupported(spec.Name, option)
		}
	}
	return nil
}

// notEmulated are the options that mean something to Docker and nothing here. Others that
// are not known Docker keeps and tells, and does no more with.
var notEmulated = []string{
	"com.docker.network.bridge.default_bridge", "com.docker.network.container_interface_prefix",
}

// setOption sets an option of the driver. They come in the order of their names, so that of two
// bad ones the same is refused each time; dockerd goes through a map.
func (c *networkConfig) setOption(network, key, value string) (err error) {
	switch {
	case key == dockerapi.OptionICC:
		c.noICC, err = parseNot(value)
	case key == dockerapi.OptionMasquerade:
		c.noMasquerade, err = parseNot(value)
	case key == dockerapi.OptionBridgeName:
		c.bridge = value
	case key == dockerapi.OptionHostBinding:
		if c.publishAddr, err = netip.ParseAddr(value); err != nil {
			err = errors.New("nil ip")
		}
	case key == dockerapi.OptionMTU:
		if c.mtu, err = strconv.Atoi(value); err == nil && !validMTU(c.mtu) {
			return errorf(opCreateNetwork, network, ErrMTU, c.says.MTU, c.mtu)
		}
	case slices.Contains(notEmulated, key):
		return errUnsupported(network, key)
	case slices.Contains(c.newOptions, key):
		err = c.setNewOption(key, value)
	}
	if err != nil {
		return errorf(opCreateNetwork, network, ErrConflict, c.says.OptionValue, key, value, err)
	}
	return nil
}

// setNewOption sets one of the options that not all releases know.
func (c *networkConfig) setNewOption(key, value string) (err error) {
	switch key {
	case dockerapi.OptionGatewayMode4:
		c.v4.mode, err = engine.ParseGatewayMode(value)
	case dockerapi.OptionGatewayMode6:
		c.v6.mode, err = engine.ParseGatewayMode(value)
	case dockerapi.OptionHostIPv4:
		c.v4.source, err = parseHostAddr(value)
	case dockerapi.OptionHostIPv6:
		c.v6.source, err = parseHostAddr(value)
	case dockerapi.OptionTrusted:
		c.trusted = strings.FieldsFunc(value, func(r rune) bool { return r == ':' })
	}
	return err
}

func parseHostAddr(value string) (netip.Addr, error) {
	a, err := netip.ParseAddr(value)
	if err != nil {
		return a, errors.New("nil ip")
	}
	return a, nil
}

// parseNot returns the contrary of a truth value: the zero networkConfig is Docker's default,
// so that it notes what is switched off.
func parseNot(value string) (bool, error) {
	is, err := strconv.ParseBool(value)
	return !is, err
}

func errUnsupported(network, option string) error {
	return errorf(opCreateNetwork, network, errors.ErrUnsupported, "option %s is not emulated", option)
}

// addIPAM notes a subnet, of which there is one of each family, and what belongs to it. Whether
// range and gateway lie in it is seen later, when all of them are known: Docker's client may
// send them apart.
func (c *networkConfig) addIPAM(network string, config dockerapi.IPAMConfig) error {
	if s := config.Subnet; s != "" {
		p, err := netip.ParsePrefix(s)
		if err != nil || p.Addr().Is4In6() {
			return errorf(opCreateNetwork, s, ErrAddress, c.says.SubnetFormat, s)
		}
		f := c.of(p.Addr())
		if f.subnet.IsValid() {
			return newError(opCreateNetwork, s, ErrConflict, c.says.SubnetsPerFamily)
		}
		f.subnet, f.given = p, true
	}
	if s := config.IPRange; s != "" {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return errorf(opCreateNetwork, s, ErrAddress, c.says.RangeOutside, s)
		}
		f := c.of(p.Addr())
		f.ipRange, f.asked.IPRange = p, s
	}
	if s := config.Gateway; s != "" {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return errorf(opCreateNetwork, s, ErrAddress, c.says.GatewayOutside, s)
		}
		c.of(a).gateway = a
	}
	return c.addAux(network, config.AuxAddresses)
}

// addAux notes addresses that no container is to be given.
func (c *networkConfig) addAux(network string, addrs map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(addrs)) {
		a, err := netip.ParseAddr(addrs[name])
		if err != nil {
			return errorf(opCreateNetwork, network, ErrAddress, c.says.AuxAddr, name, addrs[name], network)
		}
		f := c.of(a)
		if f.aux == nil {
			f.aux = make(map[string]netip.Addr)
		}
		f.aux[name] = a
	}
	return nil
}

// docker0Options are what dockerd notes of the network "bridge". It tells all of them there,
// whereas it tells of other networks what was asked for alone.
func (n *Network) docker0Options() map[string]string {
	c, d, binding := n.config(), n.host.dockerd(), "0.0.0.0"
	if d.publishAddr.IsValid() {
		binding = d.publishAddr.String()
	}
	return map[string]string{
		"com.docker.network.bridge.default_bridge": "true",
		dockerapi.OptionICC:                        fmt.Sprint(!c.noICC),
		dockerapi.OptionMasquerade:                 fmt.Sprint(!c.noMasquerade && !d.noIPTables),
		dockerapi.OptionHostBinding:                binding,
		dockerapi.OptionBridgeName:                 n.device,
		dockerapi.OptionMTU:                        fmt.Sprint(c.mtu),
	}
}
