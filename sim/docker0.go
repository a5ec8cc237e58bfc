package sim

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
)

// defaultGateway is the name under which dockerd keeps the address of --default-gateway.
const defaultGateway = "DefaultGatewayIPv4"

// docker0 is what the options say of the network "bridge". Once it is there, now is what it is
// until then: docker0 keeps its address unless the options give it one or a pool to take one from.
func (h *Host) docker0(d *daemonConfig, now *networkConfig) (networkConfig, error) {
	n := d.docker0
	f := &n.v4
	f.subnet, f.gateway = d.bip.Masked(), d.bip.Addr()
	h.mu.Lock()
	h.lastPool = -1 // default pools are given out from the first on
	h.mu.Unlock()
	switch {
	case d.bip.IsValid():
	case now == nil && d.fixedCIDR.IsValid() && h.engine.FixedCIDRIsSubnet():
		f.subnet, f.gateway = d.fixedCIDR.Masked(), d.fixedCIDR.Masked().Addr().Next()
	case now != nil && len(d.askedPools) == 0:
		f.subnet, f.gateway = now.v4.subnet, now.v4.gateway
	default:
		pool, ok := h.firstPool(d, now)
		if !ok {
			return n, newError("create network", bridgeNetwork, ErrNoAddress, h.says.NoPool)
		}
		f.subnet, f.gateway = pool, pool.Addr().Next()
		if d.fixedCIDR.IsValid() {
			f.gateway = d.fixedCIDR.Addr()
		}
	}
	f.asked.Subnet = f.subnet.String()
	f.ipRange = f.subnet
	if d.fixedCIDR.IsValid() {
		f.asked.IPRange = d.fixedCIDR.String()
		if !f.subnet.Contains(d.fixedCIDR.Addr()) || d.fixedCIDR.Bits() < f.subnet.Bits() {
			return n, errorf("create network", bridgeNetwork, ErrAddress, h.says.RangeOutside, d.fixedCIDR)
		}
		f.ipRange = d.fixedCIDR
	}
	f.pool = h.engine.NewPool(f.subnet, f.ipRange)
	f.pool.Reserve(f.gateway)
	if d.gateway.IsValid() {
		f.via, f.aux = d.gateway, map[string]netip.Addr{defaultGateway: d.gateway}
	}
	if err := f.reserveAux(h.says, bridgeNetwork); err != nil {
		return n, err
	}
	if d.ipv6 {
		pool, err := h.docker0Pool6(now)
		if err != nil {
			return n, err
		}
		n.v6 = family{subnet: pool}
		return n, n.v6.open(h.engine, bridgeNetwork)
	}
	if d.fixedCIDR6.IsValid() {
		n.v6 = family{subnet: d.fixedCIDR6, byMAC: h.engine.ByMAC(d.fixedCIDR6)}
		return n, cmp.Or(n.v6.open(h.engine, bridgeNetwork), n.v6.checkBridge(h.says, bridgeNetwork))
	}
	return n, nil
}

// docker0Pool6 is the IPv6 subnet that docker0 has, or the first one of the host's own.
func (h *Host) docker0Pool6(now *networkConfig) (netip.Prefix, error) {
	if now != nil && now.v6.subnet.IsValid() {
		return now.v6.subnet, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	pool, ok := h.pool6(append(h.own.stack.OnLink(nil), h.otherSubnetsLocked()...))
	if !ok {
		return pool, newError("create network", bridgeNetwork, ErrNoAddress, h.says.NoPool6)
	}
	return pool, nil
}

// firstPool is the first default pool that nobody has but docker0 itself.
func (h *Host) firstPool(d *daemonConfig, now *networkConfig) (netip.Prefix, bool) {
	inUse := h.own.stack.OnLink(nil)
	h.mu.Lock()
	defer h.mu.Unlock()
	if now != nil {
		inUse = append(slices.DeleteFunc(inUse, func(p netip.Prefix) bool { return p == now.v4.subnet }), h.otherSubnetsLocked()...)
	}
	return h.nextPoolLocked(d.pools, inUse)
}

// otherSubnetsLocked returns the subnets of all networks but docker0.
//
// +checklocks:h.mu
func (h *Host) otherSubnetsLocked() (list []netip.Prefix) {
	for _, n := range h.networks {
		if n.name != bridgeNetwork {
			list = append(list, n.Subnets()...)
		}
	}
	return list
}

// checkDocker0 refuses subnets that other networks have.
func (h *Host) checkDocker0(n *networkConfig) error {
	h.mu.Lock()
	inUse := h.otherSubnetsLocked()
	h.mu.Unlock()
	for _, f := range n.families() {
		if slices.ContainsFunc(inUse, f.subnet.Overlaps) {
			return newError("create network", bridgeNetwork, ErrOverlap, h.says.SubnetOverlaps)
		}
	}
	return nil
}

// reconfigure gives docker0 what dockerd has been told at another start. The rules of what it was
// before go as far as dockerd, as it is now, would have made them.
func (n *Network) reconfigure(next *networkConfig) error {
	h, s, old := n.host, n.host.own.stack, n.config()
	h.firewall().delete(h.engine.NetworkRules(n.forEngine(), h.otherBridges(n)))
	h.mu.Lock()
	n.configured.Store(next)
	h.mu.Unlock()
	if old.mtu != next.mtu {
		if err := s.SetMTU(n.index, uint32(next.mtu)); err != nil {
			return err
		}
	}
	have, want := old.gateways(), next.gateways()
	for _, p := range have {
		if !slices.Contains(want, p) {
			s.RemoveAddr(n.index, p) // somebody else may have
		}
	}
	for _, p := range want {
		if !slices.Contains(have, p) {
			if err := s.AddAddr(n.index, p); err != nil {
				return fmt.Errorf("failed to add %v to %s: %w", p, n.device, err)
			}
		}
	}
	return n.open6()
}

// gateways are the host's addresses on the network.
func (c *networkConfig) gateways() (list []netip.Prefix) {
	for _, f := range c.families() {
		if f.gateway.IsValid() {
			list = append(list, f.prefix(f.gateway))
		}
	}
	return list
}
