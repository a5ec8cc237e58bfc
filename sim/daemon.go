package sim

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"drydock/nat"
	"drydock/sim/internal/daemonjson"
	"drydock/sim/internal/engine"
)

// A daemonConfig is what dockerd was told by its options. It is not changed once dockerd runs with
// it.
type daemonConfig struct {
	flags       map[string]string // what options of NewHost say, by directive of daemon.json
	bip         netip.Prefix      // invalid: the first address of a pool, or of fixedCIDR
	fixedCIDR   netip.Prefix      // invalid: the subnet of docker0
	fixedCIDR6  netip.Prefix      // invalid: docker0 has no IPv6, or a subnet of the host's own
	ipv6        bool              // docker0 has such a subnet
	docker0     networkConfig     // what BridgeOptions set
	noProxy     bool
	noIPTables  bool
	noForward   bool
	noIP6Tables bool
	keepPolicy  bool
	direct      bool // --allow-direct-routing
	nftables    bool // --firewall-backend
	acceptMark  engine.Mark
	linkEnv     bool       // DOCKER_KEEP_DEPRECATED_LEGACY_LINKS_ENV_VARS
	publishAddr netip.Addr // invalid: all addresses
	pools       []netip.Prefix
	askedPools  []addressPool // what pools are made of; none: they are the release's

	// Told by daemon.json alone.
	gateway               netip.Addr // of docker0's containers; invalid: the host
	dns                   []netip.Addr
	dnsSearch, dnsOptions []string
	debug                 bool
	labels, mirrors       []string
	cgroupDriver          string
}

// flag notes that dockerd's command line has an option.
func (d *daemonConfig) flag(name string, value any) {
	d.flags = maps.Clone(d.flags)
	if d.flags == nil {
		d.flags = make(map[string]string)
	}
	d.flags[name] = fmt.Sprint(value)
}

// dockerd is what the last start of it was told.
func (h *Host) dockerd() *daemonConfig { return h.options.Load() }

// firewall is how dockerd changes rules.
func (h *Host) firewall() firewall {
	if h.dockerd().nftables {
		return firewall{says: h.says, nft: h.tables.Nft(), off: h.dockerd().filtersNot()}
	}
	return h.iptables()
}

// iptables is how dockerd changes the rules of iptables.
func (h *Host) iptables() firewall {
	f := firewall{says: h.says}
	if !h.dockerd().noIPTables {
		f.v4 = h.tables.IPv4()
	}
	if !h.dockerd().noIP6Tables {
		f.v6 = h.tables.IPv6()
	}
	return f
}

// filtersNot returns the families whose rules dockerd leaves alone, with either backend.
func (d *daemonConfig) filtersNot() (off []nat.Family) {
	if d.noIPTables {
		off = append(off, nat.FamilyIP)
	}
	if d.noIP6Tables {
		off = append(off, nat.FamilyIP6)
	}
	return off
}

// forEngine is what the decisions of dockerd depend on.
func (d *daemonConfig) forEngine() engine.Daemon {
	return engine.Daemon{
		UserlandProxy: !d.noProxy, Forwarding: !d.noForward, KeepPolicy: d.keepPolicy, DirectRouting: d.direct, Nftables: d.nftables, AcceptMark: d.acceptMark, PublishAddr: d.publishAddr,
	}
}

// WithBridgeIP sets address and subnet of docker0, as dockerd's option --bip does.
// It must be an IPv4 host address within a subnet of at least two. The default is
// 172.17.0.1/16 or, if the host has an uplink in that, the first address of the next
// default pool (see WithSubnet) that is free.
func WithBridgeIP(p netip.Prefix) HostOption {
	return hostOption(func(c *hostConfig) error {
		if !isHostAddr(p) || !p.Addr().Is4() || p.Bits() > 30 {
			return errorf("create network", bridgeNetwork, ErrAddress, "failed to allocate gateway (%v): not a host address of an IPv4 subnet", p)
		}
		c.daemon.bip = p
		c.daemon.flag("bip", p)
		return nil
	})
}

// WithFixedCIDR limits the addresses of docker0's containers to a part of its
// subnet, as --fixed-cidr does. Without WithBridgeIP docker0 has its first address.
func WithFixedCIDR(p netip.Prefix) HostOption {
	return hostOption(func(c *hostConfig) error {
		if !p.IsValid() || !p.Addr().Is4() {
			return errorf("create network", bridgeNetwork, ErrAddress, "invalid CIDR address: %v", p)
		}
		c.daemon.fixedCIDR = p.Masked()
		c.daemon.flag("fixed-cidr", p)
		return nil
	})
}

// WithFixedCIDRv6 gives docker0 and its containers IPv6, as dockerd's options --ipv6 and
// --fixed-cidr-v6 do. The host has the first address. In a subnet of up to 80 bits the
// containers' addresses end in their MACs, fd00::242:ac11:2; in longer ones they are the
// lowest free ones.
func WithFixedCIDRv6(p netip.Prefix) HostOption {
	return hostOption(func(c *hostConfig) error {
		if !p.IsValid() || !p.Addr().Is6() || p.Addr().Is4In6() {
			return errorf("create network", bridgeNetwork, ErrAddress, "invalid CIDR address: %v", p)
		}
		c.daemon.fixedCIDR6 = p.Masked()
		c.daemon.flag("ipv6", true)
		c.daemon.flag("fixed-cidr-v6", p)
		return nil
	})
}

// WithUserlandProxy sets whether published ports have a userland proxy, as
// --userland-proxy does. Without, rules alone serve 127.0.0.1 and containers too
// (route_localnet and hairpin mode are on), and nothing is published on IPv6. The
// default is true.
func WithUserlandProxy(proxy bool) HostOption {
	return hostOption(func(c *hostConfig) error {
		c.daemon.noProxy = !proxy
		c.daemon.flag("userland-proxy", proxy)
		return nil
	})
}

// WithIPTables sets whether Docker adds rules for IPv4 to Firewall, as --iptables does, with either backend. The
// default is true.
func WithIPTables(iptables bool) HostOption {
	return hostOption(func(c *hostConfig) error {
		c.daemon.noIPTables = !iptables
		c.daemon.flag("iptables", iptables)
		return nil
	})
}

// WithIP6Tables sets whether Docker adds rules for IPv6 to Firewall, as --ip6tables does, with either backend. It is for
// Docker28 and later, whose default is true. Earlier ones add none.
func WithIP6Tables(ip6tables bool) HostOption {
	return hostOption(func(c *hostConfig) error {
		c.daemon.noIP6Tables = !ip6tables
		c.daemon.flag("ip6tables", ip6tables)
		return nil
	})
}

// WithDirectRouting lets other machines that have a route to containers reach their published ports
// there, as --allow-direct-routing does. It is for Docker28 and later.
func WithDirectRouting(allow bool) HostOption {
	return hostOption(func(c *hostConfig) error {
		c.daemon.direct = allow
		c.daemon.flag("allow-direct-routing", allow)
		return nil
	})
}

// WithForwardPolicyKept has Docker leave the policy of FORWARD when it turns forwarding on, as
// --ip-forward-no-drop does. It is for Docker28 and later.
func WithForwardPolicyKept(kept bool) HostOption {
	return hostOption(func(c *hostConfig) error {
		c.daemon.keepPolicy = kept
		c.daemon.flag("ip-forward-no-drop", kept)
		return nil
	})
}

// WithFirewallBackend sets how Docker filters: "iptables" or "", the default, or "nftables", as --firewall-backend does. It is
// for Docker29 and later. With nftables the rules are in the tables docker-bridges of Firewall().Nft(). Docker does not turn
// forwarding on with it, and does not start without: the host has it on from the beginning, as by
// /etc/sysctl.conf.
func WithFirewallBackend(backend string) HostOption {
	return hostOption(func(c *hostConfig) error {
		if err := daemonjson.CheckFirewallBackend(backend); err != nil {
			return errorf("create host", c.name, ErrConflict, "%v", err)
		}
		c.daemon.nftables = backend == "nftables"
		c.daemon.flag("firewall-backend", backend)
		return nil
	})
}

// WithAcceptMark has Docker's rules for forwarded packets accept those that rules of the user have
// marked, for all ports of containers, published or not. What other machines route to containers is
// dropped before, in table raw, unless WithDirectRouting, a trusted interface or a gateway mode lets it
// in. It is --bridge-accept-fwmark: "2" or "0x2/0x3", the mark and its mask; "" is none. It is for
// Docker29 and later.
func WithAcceptMark(mark string) HostOption {
	return hostOption(func(c *hostConfig) (err error) {
		if c.daemon.acceptMark, err = engine.ParseMark(mark); err != nil {
			return errorf("create host", c.name, ErrConflict, "%v", err)
		}
		c.daemon.flag("bridge-accept-fwmark", mark)
		return nil
	})
}

// WithLinkEnvironment has containers get the variables of their links on docker0, as
// DOCKER_KEEP_DEPRECATED_LEGACY_LINKS_ENV_VARS=1 in dockerd's environment does with Docker29. Earlier
// releases have them always.
func WithLinkEnvironment(keep bool) HostOption {
	return hostOption(func(c *hostConfig) error {
		c.daemon.linkEnv = keep
		return nil
	})
}

// newFlags are those of NewHost that not all releases have.
var newFlags = []string{"allow-direct-routing", "bridge-accept-fwmark", "firewall-backend", "ip-forward-no-drop", "ip6tables"}

// checkFlags refuses those that the release does not have, as dockerd does.
func (d *daemonConfig) checkFlags(host string, r engine.Release) error {
	for _, name := range newFlags {
		if _, given := d.flags[name]; given && !slices.Contains(r.Flags, name) {
			return errorf("create host", host, ErrConflict, "unknown flag: --%s", name)
		}
	}
	return nil
}

// WithIPForward sets whether Docker turns ip_forward on, and with it the policy of
// FORWARD to DROP, as --ip-forward does. The default is true.
func WithIPForward(forward bool) HostOption {
	return hostOption(func(c *hostConfig) error {
		c.daemon.noForward = !forward
		c.daemon.flag("ip-forward", forward)
		return nil
	})
}

// WithPublishAddr sets the address of the host on which ports are published that
// name none, as --ip does. By default these are all.
func WithPublishAddr(a netip.Addr) HostOption {
	return hostOption(func(c *hostConfig) error {
		if !a.IsValid() {
			return errorf("create host", c.name, ErrAddress, "invalid IP address: %v", a)
		}
		c.daemon.publishAddr = a
		c.daemon.flag("ip", a)
		return nil
	})
}

// maxPoolBits bounds the number of pools that a base is cut into to 4096, maxPools that of all.
const (
	maxPoolBits = 12
	maxPools    = 1 << 16
)

// WithAddressPools sets the subnets that networks without one are given: each base
// in turn is cut into subnets of size bits, as --default-address-pool does. The
// first is docker0's.
func WithAddressPools(size int, bases ...netip.Prefix) HostOption {
	return hostOption(func(c *hostConfig) error {
		var list []addressPool
		var texts []string
		for _, base := range bases {
			list = append(list, addressPool{base, size})
			texts = append(texts, fmt.Sprintf("%v %d", base, size))
		}
		c.daemon.flag("default-address-pools", strings.Join(texts, ", "))
		return c.setPools(list)
	})
}

// An addressPool is a base that is cut into subnets of size bits.
type addressPool struct {
	base netip.Prefix
	size int
}

func (c *hostConfig) setPools(list []addressPool) error {
	var pools []netip.Prefix
	for _, p := range list {
		if !p.base.IsValid() || !p.base.Addr().Is4() || p.size < p.base.Bits() || p.size > 30 || p.size-p.base.Bits() > maxPoolBits {
			return errorf("create host", c.name, ErrAddress, "invalid address pool base %v, size %d", p.base, p.size)
		}
		pools = append(pools, engine.Subnets(p.base.Masked(), p.size)...)
		if len(pools) > maxPools {
			return errorf("create host", c.name, ErrAddress, "more than %d address pools", maxPools)
		}
	}
	if len(pools) == 0 {
		return errorf("create host", c.name, ErrAddress, "no address pools")
	}
	c.daemon.pools, c.daemon.askedPools = pools, list
	return nil
}
