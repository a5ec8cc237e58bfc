package ports

import (
	"net"
	"net/netip"
	"strings"
)

// A Publication is one port of a container and what the host is asked to publish
// it on. It is comparable.
type Publication struct {
	Port Port
	// Addr is the address of the host; the zero Addr leaves it to HostAddrs.
	Addr netip.Addr
	// First and Last are the range of host ports from which one is to be taken. If
	// they are equal it must be that one, if both are zero it may be any of the
	// ephemeral ones.
	First, Last uint16
}

// String returns the publication as Parse takes it.
func (p Publication) String() string {
	host := ""
	if p.Addr.IsValid() {
		if host = p.Addr.String(); p.Addr.Is6() {
			host = "[" + host + "]"
		}
		host += ":"
	}
	if s := p.span(); s != (span{}) {
		host += s.String() + ":"
	} else if host != "" {
		host += ":"
	}
	return host + p.Port.String()
}

func (p Publication) span() span { return span{p.First, p.Last} }

// HostAddrs returns the addresses to publish on, given the one that the network has
// for publications without: such a publication is on both 0.0.0.0 and :: if that is
// 0.0.0.0, Docker's default, or the zero Addr.
func (p Publication) HostAddrs(network netip.Addr) []netip.Addr {
	switch {
	case p.Addr.IsValid():
		return []netip.Addr{p.Addr}
	case network.IsValid() && network != netip.IPv4Unspecified():
		return []netip.Addr{network}
	}
	return []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}
}

// Parse returns what a "-p" publishes:
//
//	80                    an ephemeral port of the host
//	8080:80/udp           port 8080, of IPv4 and IPv6
//	127.0.0.1:8080:80     of this address only
//	127.0.0.1::80         an ephemeral port of this address
//	[::1]:8080:80         IPv6 addresses have brackets
//	7000-7002:8002-8004   several ports
//	7000-7005:80          the first free one of the range
//
// Port 0 of the host is an ephemeral one. SCTP is parsed; Allocator.Bind refuses it.
// An error is a *SpecError.
func Parse(spec string) ([]Publication, error) {
	addrText, host, container := splitSpec(spec)
	protoName, container := splitProto(container)
	addr, err := parseAddr(spec, addrText)
	if err != nil {
		return nil, err
	}
	if container == "" {
		return nil, specError(spec, "No port specified: %s<empty>", spec)
	}
	to, err := parseSpan(container)
	if err != nil {
		return nil, specError(spec, "Invalid containerPort: %s", container)
	}
	var from span
	if host != "" {
		if from, err = parseSpan(host); err != nil {
			return nil, specError(spec, "Invalid hostPort: %s", host)
		}
		if from.len() != to.len() && to.len() > 1 {
			return nil, specError(spec, "Invalid ranges specified for container and host Ports: %s and %s", container, host)
		}
	}
	proto, err := parseProto(protoName)
	if err != nil {
		return nil, specError(spec, "%s", err)
	}
	if to.len() == 1 {
		return []Publication{{Port{to.first, proto}, addr, from.first, from.last}}, nil
	}
	pubs := make([]Publication, to.len())
	for i := range pubs {
		pubs[i] = Publication{Port: Port{to.first + uint16(i), proto}, Addr: addr}
		if host != "" {
			pubs[i].First = from.first + uint16(i)
			pubs[i].Last = pubs[i].First
		}
	}
	return pubs, nil
}

// splitSpec divides "addr:host:container" at its last two colons.
func splitSpec(s string) (addr, host, container string) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", "", s
	}
	s, container = s[:i], s[i+1:]
	i = strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", s, container
	}
	return s[:i], s[i+1:], container
}

// parseAddr parses an address of the host, with or without brackets. It is an IPv4
// one if it is mapped to IPv6, and has no zone.
func parseAddr(spec, s string) (netip.Addr, error) {
	host, _, err := net.SplitHostPort(s + ":")
	if err != nil {
		return netip.Addr{}, specError(spec, "Invalid ip address %s: %s", s, err)
	}
	if host == "" {
		return netip.Addr{}, nil
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}, specError(spec, "Invalid ip address: %s", host)
	}
	return addr.Unmap(), nil
}
