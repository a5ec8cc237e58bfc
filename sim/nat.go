package sim

import (
	"drydock/nat"
)

// A natConfig is a WithNAT.
type natConfig struct {
	outside *LAN
	how     nat.Target
}

// WithNAT makes the machine a router that translates: what leaves by its uplink to a LAN has the
// first IPv4 address that it has there. How is a nat.NAPT, of which package nat has those that have
// names, nat.FullCone for one, or nat.Masquerade or nat.SNAT. It is done by net.ipv4.ip_forward = 1
// and rules, which are in Firewall and can be changed there:
//
//	-t nat -A POSTROUTING -o eth1 -j NAPT --filtering address-dependent
//	-t nat -A PREROUTING -j NAPT
//	-A INPUT -i eth1 -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP
//
// The last one, which routers have, keeps what comes from there unasked from the machine itself. An
// answer to it, a reset say, would end the attempts of who is about to punch a hole.
//
// How long mappings live is set by the sysctls net.netfilter.nf_conntrack_*_timeout*. IPv6 is neither
// forwarded nor translated, but for rules of Firewall().IPv6().
//
// A LAN that is not an uplink fails with ErrNotFound, one on which the machine has no IPv4 address
// with ErrAddress, one that is named twice with ErrConflict, and another target, or one that cannot
// be in such a rule, with ErrFirewall.
func WithNAT(outside *LAN, how nat.Target) MachineOption {
	return machineOption(func(c *machineConfig) error {
		for _, n := range c.nats {
			if n.outside == outside {
				return errorf(c.op, c.name, ErrConflict, "conflicting options: WithNAT names a LAN twice")
			}
		}
		switch how.(type) {
		case nat.NAPT, nat.Masquerade, nat.SNAT:
		default:
			return errorf(c.op, c.name, ErrFirewall, "WithNAT: %v does not translate sources: give it a nat.NAPT, nat.Masquerade or nat.SNAT", how)
		}
		c.nats = append(c.nats, natConfig{outside, how})
		return nil
	})
}

// translate makes the machine a NAT.
func (m *Machine) translate(nats []natConfig) error {
	const op = "set up NAT"
	rules, back := m.tables.IPv4(), false
	add := func(c nat.Chain, r nat.Rule) error {
		if err := rules.Append(c, r); err != nil {
			return errFirewall(op, m.name, "WithNAT: %v", err)
		}
		return nil
	}
	for _, n := range nats {
		l := m.uplinkTo(n.outside)
		switch {
		case l == nil:
			return errorf(op, m.name, ErrNotFound, "WithNAT: %q has no uplink to this LAN", m.name)
		case !l.endpoint().addr.IsValid():
			return errorf(op, m.name, ErrAddress, "WithNAT: %q has no IPv4 address on this LAN", m.name)
		}
		device := nat.Interface{Name: l.endpoint().device}
		if err := add(nat.NATPostrouting, nat.Rule{Out: device, Target: n.how}); err != nil {
			return err
		}
		if _, ok := n.how.(nat.NAPT); ok && !back {
			if err := add(nat.NATPrerouting, nat.Rule{Target: nat.NAPT{}}); err != nil {
				return err
			}
			back = true
		}
		known := nat.Conntrack{States: nat.StateRelated | nat.StateEstablished, Not: true}
		if err := add("filter/INPUT", nat.Rule{In: device, Matches: []nat.Match{known}, Target: nat.Drop{}}); err != nil {
			return err
		}
	}
	if len(nats) == 0 {
		return nil
	}
	return m.SetSysctl(ipForward, "1")
}
