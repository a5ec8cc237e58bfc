package dockercli

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim/dockerapi"
)

// ipamConfig puts ranges, gateways and reserved addresses to the subnets that they are in.
// docker does so before it asks the daemon. Until 29 it looked no closer at addresses than that.
func (r *release) ipamConfig(subnets, ranges, gateways []string, reserved map[string]string) ([]dockerapi.IPAMConfig, error) {
	if len(subnets) < len(ranges) || len(subnets) < len(gateways) {
		return nil, errors.New("every ip-range or gateway must have a corresponding subnet")
	}
	all := subnetList{}
	for _, s := range subnets {
		if err := all.add(s); err != nil {
			return nil, err
		}
		if _, err := netip.ParsePrefix(s); r.since29 && err != nil {
			return nil, err
		}
	}
	for _, s := range ranges {
		if _, _, err := net.ParseCIDR(s); r.since28 && err != nil && len(all) > 0 {
			return nil, err
		}
		c, err := all.of(s, "range")
		if err != nil {
			return nil, err
		}
		if c.IPRange != "" {
			return nil, fmt.Errorf("cannot configure multiple ranges (%s, %s) on the same subnet (%s)", s, c.IPRange, c.Subnet)
		}
		c.IPRange = s
	}
	for _, g := range gateways {
		c, err := all.of(g, "gateway")
		if err != nil {
			return nil, err
		}
		if c.Gateway != "" {
			return nil, fmt.Errorf("cannot configure multiple gateways (%s, %s) for the same subnet (%s)", g, c.Gateway, c.Subnet)
		}
		c.Gateway = g
	}
	for _, name := range slices.Sorted(maps.Keys(reserved)) {
		if r.since29 {
			if reserved[name] == "" {
				continue
			}
			if _, err := netip.ParseAddr(reserved[name]); err != nil {
				return nil, err
			}
		}
		c, err := all.of(reserved[name], "aux-address")
		if err != nil {
			return nil, err
		}
		c.AuxAddresses[name] = reserved[name]
	}
	return all, nil
}

// A subnetList is the subnets of a network, in the order that they were given. Docker's order
// is random.
type subnetList []dockerapi.IPAMConfig

// add adds a subnet, which must not overlap the others. One alone docker does not look at.
func (l *subnetList) add(subnet string) error {
	for _, other := range *l {
		inside, err := subnetMatches(subnet, other.Subnet)
		if err != nil {
			return err
		}
		around, err := subnetMatches(other.Subnet, subnet)
		if err != nil {
			return err
		}
		if inside || around {
			return errors.New("multiple overlapping subnet configuration is not supported")
		}
	}
	*l = append(*l, dockerapi.IPAMConfig{Subnet: subnet, AuxAddresses: map[string]string{}})
	return nil
}

// of returns the subnet that an address or a range is in.
func (l subnetList) of(addr, kind string) (*dockerapi.IPAMConfig, error) {
	for i := range l {
		ok, err := subnetMatches(l[i].Subnet, addr)
		if err != nil {
			return nil, err
		}
		if ok {
			return &l[i], nil
		}
	}
	return nil, fmt.Errorf("no matching subnet for %s %s", kind, addr)
}

// subnetMatches tells whether an address, or the first one of a range, is in a subnet. What
// is no address is in none. The words of the errors are those of package net.
func subnetMatches(subnet, data string) (bool, error) {
	_, s, err := net.ParseCIDR(subnet)
	if err != nil {
		return false, fmt.Errorf("invalid subnet: %w", err)
	}
	if !strings.Contains(data, "/") {
		return s.Contains(net.ParseIP(data)), nil
	}
	ip, _, err := net.ParseCIDR(data)
	return err == nil && s.Contains(ip), err
}
