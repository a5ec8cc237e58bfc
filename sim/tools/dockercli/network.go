package dockercli

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim"

	"github.com/spf13/pflag"
)

// createNetwork is docker network create. What docker checks itself, how gateways and
// ranges go with subnets, is without "Error response from daemon".
func (d *docker) createNetwork(f *pflag.FlagSet) action {
	driver := f.StringP("driver", "d", "bridge", "Driver to manage the Network")
	subnets := multi(f, "subnet", "", "Subnet in CIDR format that represents a network segment", nil)
	gateways := multi(f, "gateway", "", "IPv4 or IPv6 Gateway for the master subnet", nil)
	ranges := multi(f, "ip-range", "", "Allocate container ip from a sub-range", nil)
	internal := f.Bool("internal", false, "Restrict external access to the network")
	ipv6 := f.Bool("ipv6", false, "Enable IPv6 networking")
	return func(args []string) int {
		if err := checkDriver(*driver); err != nil {
			return d.refused(err)
		}
		prefixes, err := parseSubnets(*subnets, *ipv6)
		if err != nil {
			return d.refused(err)
		}
		opts, err := addressOptions(prefixes, *gateways, *ranges)
		if err != nil {
			return d.fail(1, "%v", err) // docker finds these out, not the daemon
		}
		for _, p := range prefixes {
			opts = append(opts, sim.WithSubnet(p))
		}
		if *internal {
			opts = append(opts, sim.WithInternal())
		}
		n, err := d.host.CreateNetwork(args[0], opts...)
		if err != nil {
			return d.refused(err)
		}
		d.Printf("%s\n", n.ID())
		return 0
	}
}

// checkDriver refuses all drivers but bridge. Docker has host and null, too, for one
// network each, which every host has from the start; macvlan, ipvlan and overlay are
// not emulated.
func checkDriver(driver string) error {
	switch driver {
	case "bridge":
		return nil
	case "host", "null":
		return fmt.Errorf("only one instance of %q network is allowed", driver)
	}
	return fmt.Errorf("plugin %q not found", driver)
}

// parseSubnets parses subnets, which say for themselves whether the network has IPv6:
// sim gives it to one with an IPv6 subnet. So --ipv6 has to agree with them. Alone it
// fails in Docker 20.10, too, which has no pools of IPv6 unless it is told some.
func parseSubnets(subnets []string, ipv6 bool) (list []netip.Prefix, err error) {
	for _, s := range subnets {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("Invalid subnet %s : invalid CIDR address: %[1]s", s)
		}
		list = append(list, p)
	}
	is6 := slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Addr().Is6() })
	switch {
	case ipv6 && !is6:
		return nil, errors.New("could not find an available, non-overlapping IPv6 address pool among the defaults to assign to the network")
	case !ipv6 && is6: // Docker keeps the subnet and has the network do without IPv6
		return nil, errors.New("an IPv6 subnet without --ipv6 is not supported")
	}
	return list, nil
}

// addressOptions returns the options for gateways and ranges, each of which is in a
// subnet of its own. docker pairs them with the subnets before it asks the daemon; what
// is no address at all is in no subnet for it.
func addressOptions(subnets []netip.Prefix, gateways, ranges []string) (opts []sim.NetworkOption, err error) {
	if len(gateways) > len(subnets) || len(ranges) > len(subnets) {
		return nil, errors.New("every ip-range or gateway must have a corresponding subnet")
	}
	contained := func(a netip.Addr) bool {
		return slices.ContainsFunc(subnets, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	for _, s := range gateways {
		a, err := netip.ParseAddr(s)
		if err != nil || !contained(a) {
			return nil, fmt.Errorf("no matching subnet for gateway %s", s)
		}
		opts = append(opts, sim.WithGateway(a))
	}
	for _, s := range ranges {
		p, err := netip.ParsePrefix(s)
		if err != nil || !contained(p.Addr()) {
			return nil, fmt.Errorf("no matching subnet for range %s", s)
		}
		opts = append(opts, sim.WithIPRange(p))
	}
	return opts, nil
}

// removeNetworks is docker network rm, which tells of each failure at its place.
func (d *docker) removeNetworks(*pflag.FlagSet) action {
	return func(names []string) int {
		status := 0
		for _, name := range names {
			n, problem := d.findNetwork(name)
			if problem != "" {
				status = d.fail(1, "%s", problem)
				continue
			}
			if err := n.Remove(); err != nil {
				status = d.refused(err)
				continue
			}
			d.Printf("%s\n", name)
		}
		return status
	}
}

// connect is docker network connect. The daemon looks for the network, for the
// container, and then at the addresses; docker has checked the form of links before.
func (d *docker) connect(f *pflag.FlagSet) action {
	ip, ip6 := f.String("ip", "", "IPv4 address (e.g., 172.30.100.104)"), f.String("ip6", "", "IPv6 address (e.g., 2001:db8::33)")
	aliases := multi(f, "alias", "", "Add network-scoped alias for the container", nil)
	links := multi(f, "link", "", "Add link to another container", checkLink)
	return func(args []string) int {
		n, c, err := d.containerAndNetwork(args)
		if err != nil {
			return d.refused(err)
		}
		opts, err := attachOptions(*ip, *ip6, *aliases)
		if err != nil {
			return d.refused(fmt.Errorf("%s)", upperFirst(err.Error()))) // with one parenthesis, as recorded
		}
		for _, link := range *links {
			name, alias, _ := strings.Cut(link, ":")
			target, err := d.container(name)
			if err != nil {
				return d.refused(err)
			}
			opts = append(opts, sim.WithNetworkLink(target, alias))
		}
		if err := c.Connect(n, opts...); err != nil {
			return d.refused(err)
		}
		return 0
	}
}

// attachOptions returns the options for addresses and aliases. Whether an address is in
// a subnet, free and one that may be asked for is the network's business.
func attachOptions(ip, ip6 string, aliases []string) (opts []sim.AttachOption, err error) {
	for _, a := range []struct {
		text, family string
		is           func(netip.Addr) bool
	}{{ip, "IPv4", netip.Addr.Is4}, {ip6, "IPv6", netip.Addr.Is6}} {
		if a.text == "" {
			continue
		}
		addr, err := netip.ParseAddr(a.text)
		if err != nil || !a.is(addr) {
			return nil, fmt.Errorf("invalid %s address: %s", a.family, a.text)
		}
		opts = append(opts, sim.WithAddr(addr))
	}
	if len(aliases) > 0 {
		opts = append(opts, sim.WithAlias(aliases...))
	}
	return opts, nil
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// disconnect is docker network disconnect. -f is for endpoints of containers that a
// daemon has lost, of which there are none here: with it and without it the same
// happens to all others in Docker, too.
func (d *docker) disconnect(f *pflag.FlagSet) action {
	f.BoolP("force", "f", false, "Force the container to disconnect from a network")
	return func(args []string) int {
		n, c, err := d.containerAndNetwork(args)
		if err == nil {
			err = c.Disconnect(n)
		}
		if err != nil {
			return d.refused(err)
		}
		return 0
	}
}
