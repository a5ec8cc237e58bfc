package nat

import (
	"fmt"
	"net/netip"
)

// A NATRange is what an address, a port or both are chosen from. An invalid MinAddr
// leaves the address, MinPort 0 the port alone where possible.
type NATRange struct {
	MinAddr, MaxAddr netip.Addr // equal for one
	MinPort, MaxPort uint16
	Port0            bool   // MinPort is port 0, and not none
	BasePort         uint16 // of DNAT: this port becomes MinPort, the next one the next; 0: none does
	Random           bool   // --random
	FullyRandom      bool   // --random-fully
	Persistent       bool   // --persistent: one address of the range for each client
}

// check wants an address, ports or both. A family is known by the addresses only, so that
// ":8080" is allowed in both.
func (n NATRange) check(in setting) error {
	switch {
	case n.MinAddr.IsValid() != n.MaxAddr.IsValid():
		return ErrValue
	case n.MinAddr.IsValid() && (n.MinAddr.Is6() != in.v6 || n.MaxAddr.Is6() != in.v6):
		return ErrFamily
	case n.MaxAddr.Less(n.MinAddr):
		return ErrValue
	case !n.MinAddr.IsValid() && !n.hasPorts() && n.MaxPort == 0:
		return ErrValue
	}
	return n.checkPorts(in.proto)
}

// hasPorts reports whether a port is chosen.
func (n NATRange) hasPorts() bool { return n.MinPort != 0 || n.Port0 }

// checkPorts checks the ports that a connection is to get.
func (n NATRange) checkPorts(proto Protocol) error {
	if !n.hasPorts() {
		if n.MaxPort != 0 || n.BasePort != 0 {
			return ErrPortRange
		}
		return nil
	}
	switch {
	case n.MinPort > n.MaxPort, n.Port0 && n.MinPort != 0:
		return ErrPortRange
	case !translatesPorts(proto.Number):
		return ErrPort
	}
	return nil
}

// translatesPorts is true for ICMP too, whose id is a port to translation.
func translatesPorts(proto uint8) bool {
	switch proto {
	case ianaTCP, ianaUDP, ianaSCTP, ianaDCCP, ianaICMP, ianaICMPv6:
		return true
	}
	return false
}

// String returns the addresses and ports as SNAT and DNAT have them:
// "10.0.0.1-10.0.0.9:1024-2047", "[fd00::1]:80", ":8080".
func (r NATRange) String() string {
	addr := ""
	if r.MinAddr.IsValid() {
		addr = r.MinAddr.String()
		if r.MaxAddr.IsValid() && r.MaxAddr != r.MinAddr {
			addr += "-" + r.MaxAddr.String()
		}
	}
	if !r.hasPorts() {
		return addr
	}
	if r.MinAddr.Is6() {
		addr = "[" + addr + "]"
	}
	addr += ":" + natPorts(r.MinPort, r.MaxPort)
	if r.BasePort != 0 {
		addr += fmt.Sprintf("/%d", r.BasePort)
	}
	return addr
}

// toPorts returns " --to-ports 1024-2047", or "" where the port stays.
func (r NATRange) toPorts() string {
	if !r.hasPorts() {
		return ""
	}
	return " --to-ports " + natPorts(r.MinPort, r.MaxPort)
}

// flags returns the options behind the range, each with a blank before it.
func (r NATRange) flags() string { return flagText(r.Random, r.FullyRandom, r.Persistent) }

// natPorts returns "1024-2047", or one port where the range has no end.
func natPorts(lo, hi uint16) string { return portsText(lo, max(lo, hi), "-") }

// flagText is flags for any target of translation.
func flagText(random, fully, persistent bool) string {
	s := ""
	for _, f := range []struct {
		set  bool
		name string
	}{{random, "random"}, {fully, "random-fully"}, {persistent, "persistent"}} {
		if f.set {
			s += " --" + f.name
		}
	}
	return s
}
