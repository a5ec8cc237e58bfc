package engine

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim/dockerapi"
)

// GlobalPool is what a dockerd makes of its ID: 48 bits of unique local addresses (RFC 4193).
func GlobalPool(id string) netip.Prefix {
	b, sum := [16]byte{0xfd}, sha256.Sum256([]byte(id))
	copy(b[1:6], sum[3:8])
	return netip.PrefixFrom(netip.AddrFrom16(b), 48)
}

// Pool6 is the first of 64 bits that is free.
func (since28) Pool6(global netip.Prefix, inUse []netip.Prefix) (netip.Prefix, bool) {
	b, isTaken := global.Addr().As16(), taken(inUse)
	for i := range 1 << 16 {
		b[6], b[7] = byte(i>>8), byte(i)
		if p := netip.PrefixFrom(netip.AddrFrom16(b), 64); !isTaken(p) {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// SizedPool is the first part of a pool that is free; of 0 bits it is a pool.
func (docker29) SizedPool(asked netip.Prefix, pools, inUse []netip.Prefix) (netip.Prefix, bool) {
	if asked.Addr() != netip.IPv4Unspecified() {
		return netip.Prefix{}, false
	}
	isTaken := taken(inUse)
	for _, pool := range pools {
		bits := asked.Bits()
		if bits == 0 {
			bits = pool.Bits()
		}
		for p := netip.PrefixFrom(pool.Addr(), bits); bits >= pool.Bits() && pool.Contains(p.Addr()); {
			if !isTaken(p) {
				return p, true
			}
			p = netip.PrefixFrom(lastAddr(p).Next(), bits)
		}
	}
	return netip.Prefix{}, false
}

// NewPool gives all addresses of subnets of 31 and 32 bits.
func (since28) NewPool(subnet, ipRange netip.Prefix) *Pool {
	p := NewPool(subnet, ipRange)
	if subnet.Addr().Is4() && subnet.Bits() >= 31 {
		clear(p.used)
	}
	return p
}

func (since28) LinkLocalGateway() bool { return false }

func (since28) FixedCIDRIsSubnet() bool { return true }

// CheckIPAM tells of all faults, each on a line.
func (since28) CheckIPAM(config []dockerapi.IPAMConfig, ipv6 bool) error {
	var faults []string
	add := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, c := range config {
		subnet, err := netip.ParsePrefix(c.Subnet)
		switch {
		case err != nil:
			add("invalid subnet %s: invalid CIDR block notation", c.Subnet)
			continue
		case subnet.Addr().Is6() && !ipv6:
			continue
		case subnet != subnet.Masked():
			add("invalid subnet %s: it should be %s", subnet, subnet.Masked())
		}
		checkIPRange(c.IPRange, subnet, add)
		if why := checkInSubnet(c.Gateway, subnet); why != "" {
			add("invalid gateway %s: %s", c.Gateway, why)
		}
		for _, name := range slices.Sorted(maps.Keys(c.AuxAddresses)) {
			if why := checkInSubnet(c.AuxAddresses[name], subnet); why != "" {
				add("invalid auxiliary address %s: %s", name, why)
			}
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return errors.New("invalid network config:\n" + since28{}.Faults(faults))
}

// Faults are all, each on a line.
func (since28) Faults(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return "* " + strings.Join(list, "\n* ")
}

func checkIPRange(text string, subnet netip.Prefix, add func(format string, args ...any)) {
	if text == "" {
		return
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		add("invalid ip-range %s: invalid CIDR block notation", text)
		return
	case p.Addr().Is4() != subnet.Addr().Is4():
		add("invalid ip-range %s: parent subnet is an %s block", text, version(subnet.Addr()))
		return
	case p.Bits() < subnet.Bits():
		add("invalid ip-range %s: CIDR block is bigger than its parent subnet %s", text, subnet)
	}
	if p != p.Masked() {
		add("invalid ip-range %s: it should be %s", p, p.Masked())
	}
	if !subnet.Overlaps(p) {
		add("invalid ip-range %s: parent subnet %s doesn't contain ip-range", text, subnet)
	}
}

// checkInSubnet returns why an address is none of a subnet.
func checkInSubnet(text string, subnet netip.Prefix) string {
	a, err := netip.ParseAddr(text)
	switch {
	case text == "":
		return ""
	case err != nil:
		return "invalid address"
	case a.Is4() != subnet.Addr().Is4():
		return "parent subnet is an " + version(subnet.Addr()) + " block"
	case !subnet.Contains(a):
		return fmt.Sprintf("parent subnet %s doesn't contain this address", subnet)
	}
	return ""
}

func version(a netip.Addr) string {
	if a.Is4() {
		return "IPv4"
	}
	return "IPv6"
}
