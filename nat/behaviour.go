package nat

import (
	"fmt"
	"net/netip"
)

// A Dependence says by what of a remote endpoint a NAT tells flows of one inside endpoint
// apart, in the words of RFC 4787: of mappings, which flows leave by the same outside port, and
// of filters, who may answer by it.
type Dependence uint8

const (
	EndpointIndependent     Dependence = iota // not at all
	AddressDependent                          // by its address
	AddressAndPortDependent                   // by its address and port
)

var dependences = [...]string{"endpoint-independent", "address-dependent", "address-and-port-dependent"}

// String returns the words of RFC 4787, which the options of NAPT take.
func (d Dependence) String() string {
	if int(d) < len(dependences) {
		return dependences[d]
	}
	return fmt.Sprintf("Dependence(%d)", uint8(d))
}

// ParseDependence is the reverse of String.
func ParseDependence(s string) (Dependence, bool) {
	for d, name := range dependences {
		if name == s {
			return Dependence(d), true
		}
	}
	return 0, false
}

// of returns the part of a remote endpoint that counts.
func (d Dependence) of(remote netip.AddrPort) netip.AddrPort {
	switch d {
	case EndpointIndependent:
		return netip.AddrPort{}
	case AddressDependent:
		return netip.AddrPortFrom(remote.Addr(), 0)
	}
	return remote
}

// What NATs are called. The first four names are those of RFC 3489, which say nothing of ports
// and hairpins. What iptables' MASQUERADE makes is none of these: a port-restricted cone as long as
// no two machines inside use the same port, and a symmetric NAT for who comes second.
var (
	FullCone           = NAPT{}
	RestrictedCone     = NAPT{Filtering: AddressDependent}
	PortRestrictedCone = NAPT{Filtering: AddressAndPortDependent}
	// Symmetric chooses ports at random, as pf of the BSDs does.
	Symmetric = NAPT{Mapping: AddressAndPortDependent, Filtering: AddressAndPortDependent, Random: true}
	// CarrierGrade is what RFC 6888 asks of the NAT that an Internet provider has, but for its
	// limits for each subscriber.
	CarrierGrade = NAPT{Random: true, Hairpin: true}
)
