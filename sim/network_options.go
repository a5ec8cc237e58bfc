package sim

import (
	"net/netip"
	"strconv"
	"strings"

	"drydock/sim/dockerapi"
)

// A NetworkOption sets a property of a new network: it fills in a dockerapi.NetworkCreate.
// An invalid one makes CreateNetwork fail with an *Error.
type NetworkOption interface {
	applyNetwork(*dockerapi.NetworkCreate)
}

type networkOption func(*dockerapi.NetworkCreate)

func (o networkOption) applyNetwork(c *dockerapi.NetworkCreate) { o(c) }

// A BridgeOption sets a property of docker0, given to NewHost, or of a new network, given
// to CreateNetwork.
type BridgeOption interface {
	HostOption
	NetworkOption
}

// A bridgeOption is an option of the driver "bridge".
type bridgeOption struct{ key, value string }

func (o bridgeOption) applyNetwork(c *dockerapi.NetworkCreate) { setOption(c, o.key, o.value) }

func (o bridgeOption) applyHost(c *hostConfig) error {
	c.daemon.flag(map[string]string{dockerapi.OptionICC: "icc", dockerapi.OptionMTU: "mtu"}[o.key], o.value)
	return c.daemon.docker0.setOption(bridgeNetwork, o.key, o.value)
}

func setOption(c *dockerapi.NetworkCreate, key, value string) {
	if c.Options == nil {
		c.Options = make(map[string]string)
	}
	c.Options[key] = value
}

// WithICC sets whether the containers of the network reach each other: dockerd's option
// --icc for docker0, com.docker.network.bridge.enable_icc for other networks. The default
// is true.
func WithICC(icc bool) BridgeOption {
	return bridgeOption{dockerapi.OptionICC, strconv.FormatBool(icc)}
}

// WithMTU sets the MTU of the network and its containers in bytes, 68 to 65535: dockerd's
// option --mtu for docker0, com.docker.network.driver.mtu for other networks. The default
// is 1500.
func WithMTU(mtu int) BridgeOption {
	return bridgeOption{dockerapi.OptionMTU, strconv.Itoa(mtu)}
}

// WithMasquerade sets whether packets leave the host with its address, and not with that
// of their container: com.docker.network.bridge.enable_ip_masquerade. The default is true.
func WithMasquerade(masquerade bool) NetworkOption {
	return networkOption(func(c *dockerapi.NetworkCreate) {
		setOption(c, dockerapi.OptionMasquerade, strconv.FormatBool(masquerade))
	})
}

// WithDriverOption sets an option of the driver "bridge", as -o KEY=VALUE does: see the constants of
// package dockerapi. One that the release does not know is kept, and does nothing.
func WithDriverOption(key, value string) NetworkOption {
	return networkOption(func(c *dockerapi.NetworkCreate) { setOption(c, key, value) })
}

// WithInternal keeps the network from everything but its containers and the host:
// --internal. Ports are not published there. Rules keep it, which Docker makes for IPv4
// alone: by IPv6 containers reach what the host routes to, other networks and LANs, and
// are reached from there, as on any network. Rules of ip6tables of one's own forbid it. Docker28
// and later have rules for both.
func WithInternal() NetworkOption {
	return networkOption(func(c *dockerapi.NetworkCreate) { c.Internal = true })
}

// WithSubnet sets a subnet that no other network of the host overlaps: --subnet. There
// can be an IPv4 one, by default the next of 172.17.0.0/16 to 172.31.0.0/16 and
// 192.168.0.0/20 to 192.168.240.0/20 that is free, and an IPv6 one, with which the
// containers have IPv6: --ipv6. The first such network turns the host's IPv6 forwarding
// on. Docker adds no rules to ip6tables, so IPv6 packets are routed between such networks
// and, where a router knows the way, to the outside; Docker28 and later add those that they have for
// IPv4.
func WithSubnet(p netip.Prefix) NetworkOption {
	return networkOption(func(c *dockerapi.NetworkCreate) {
		c.EnableIPv6 = c.EnableIPv6 || p.Addr().Is6()
		config := ipamOf(c, p.Addr())
		if config.Subnet != "" {
			c.IPAM.Config = append(c.IPAM.Config, dockerapi.IPAMConfig{}) // to be refused
			config = &c.IPAM.Config[len(c.IPAM.Config)-1]
		}
		config.Subnet = p.String()
	})
}

// WithIPv6 gives the containers IPv6: --ipv6. Docker28 and later have a subnet for it if WithSubnet gives
// none, the next 64 bits of an IPv6 prefix that is the host's own.
func WithIPv6() NetworkOption {
	return networkOption(func(c *dockerapi.NetworkCreate) { c.EnableIPv6 = true })
}

// WithoutIPv4 has the network be one of IPv6 alone: --ipv4=false, of Docker28 and later.
func WithoutIPv4() NetworkOption {
	return networkOption(func(c *dockerapi.NetworkCreate) { c.EnableIPv4 = new(bool) })
}

// WithGateway sets the host's address on the network, one for each family: --gateway.
// It needs WithSubnet. By default it is the first address.
func WithGateway(a netip.Addr) NetworkOption {
	return networkOption(func(c *dockerapi.NetworkCreate) { ipamOf(c, a).Gateway = a.String() })
}

// WithIPRange limits the addresses that containers are given to a part of the
// subnet of its family: --ip-range. It needs WithSubnet.
func WithIPRange(p netip.Prefix) NetworkOption {
	return networkOption(func(c *dockerapi.NetworkCreate) { ipamOf(c, p.Addr()).IPRange = p.String() })
}

// ipamOf returns what the spec has of a's family, for options to add to.
func ipamOf(c *dockerapi.NetworkCreate, a netip.Addr) *dockerapi.IPAMConfig {
	for i := range c.IPAM.Config {
		config := &c.IPAM.Config[i]
		if strings.Contains(config.Subnet+config.IPRange+config.Gateway, ":") == a.Is6() {
			return config
		}
	}
	c.IPAM.Config = append(c.IPAM.Config, dockerapi.IPAMConfig{})
	return &c.IPAM.Config[len(c.IPAM.Config)-1]
}
