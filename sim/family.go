package sim

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/engine"
)

// A family is what a network has of IPv4 or of IPv6: a subnet, and who has its
// addresses.
type family struct {
	subnet  netip.Prefix // invalid: none
	given   bool         // that WithSubnet set the subnet
	gateway netip.Addr   // invalid: the host has no address there
	via     netip.Addr   // what containers have for their gateway; invalid: gateway
	ipRange netip.Prefix
	aux     map[string]netip.Addr // that nobody is given, by name
	asked   dockerapi.IPAMConfig  // what Inspect tells of it
	byMAC   bool                  // addresses end in the MAC of their interface
	mode    engine.GatewayMode
	source  netip.Addr   // of what leaves the host; invalid: the interface's
	pool    *engine.Pool // guarded by host.mu
}

// forEngine is what the decisions about a network depend on.
func (f *family) forEngine() engine.Family {
	return engine.Family{Subnet: f.subnet, Mode: f.mode, Source: f.source}
}

// addrOf returns the address that ends in a MAC.
func (f *family) addrOf(mac net.HardwareAddr) netip.Addr {
	b := f.subnet.Addr().As16()
	copy(b[10:], mac)
	return netip.AddrFrom16(b)
}

// router is the gateway of the containers.
func (f *family) router() netip.Addr {
	if f.via.IsValid() {
		return f.via
	}
	return f.gateway
}

// prefix returns an address with the length of the subnet.
func (f *family) prefix(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, f.subnet.Bits()) }

// open makes the pool of a subnet and takes the host's address from it. What Inspect tells is
// noted first, since that is the subnet as it was written, with bits beyond its length, and
// without a gateway that nobody asked for.
func (f *family) open(e engine.Engine, network string) error {
	says := e.Messages()
	f.asked.Subnet = f.subnet.String()
	if f.gateway.IsValid() {
		f.asked.Gateway = f.gateway.String()
	}
	f.subnet = f.subnet.Masked()
	if !f.ipRange.IsValid() || f.ipRange.Bits() < f.subnet.Bits() {
		f.ipRange = f.subnet
	}
	f.pool = e.NewPool(f.subnet, f.ipRange)
	if f.pool.Full() {
		return errorf("create network", network, ErrNoAddress, says.GatewayNone, f.asked.Gateway)
	}
	if f.gateway.IsValid() {
		if !f.pool.Reserve(f.gateway) {
			return errGatewayTaken(says, network, f.gateway)
		}
		return f.reserveAux(says, network)
	}
	if f.mode == engine.Isolated {
		return f.reserveAux(says, network)
	}
	a, ok := f.pool.Take()
	if !ok {
		return errorf("create network", network, ErrNoAddress, says.GatewayNone, "")
	}
	f.gateway = a
	if !f.given {
		f.asked.Gateway = a.String()
	}
	return f.reserveAux(says, network)
}

// reserveAux takes the addresses that no container is to have.
func (f *family) reserveAux(says *engine.Messages, network string) error {
	if len(f.aux) > 0 {
		f.asked.AuxAddresses = make(map[string]string)
	}
	for _, name := range slices.Sorted(maps.Keys(f.aux)) {
		a := f.aux[name]
		f.asked.AuxAddresses[name] = a.String()
		switch {
		case !f.subnet.Contains(a):
			return errorf(opCreateNetwork, network, ErrAddress, says.AuxOutside, name, a, f.subnet)
		case !f.pool.Reserve(a):
			return errAddrInUse(opCreateNetwork, network, fmt.Sprintf(says.AuxTaken, name, a))
		}
	}
	return nil
}

// checkBridge refuses an IPv6 subnet whose gateway no interface can have.
func (f *family) checkBridge(says *engine.Messages, network string) error {
	if f.gateway.IsMulticast() || f.subnet.IsValid() && f.subnet.Bits() == 0 {
		return errorf("create network", network, ErrAddress, says.GatewayNotOfBridge, f.prefix(f.gateway))
	}
	return nil
}
