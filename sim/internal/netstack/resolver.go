package netstack

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"drydock/sim/internal/addrselect"
)

// A Resolver looks up the names that the sockets of a Stack are given.
type Resolver interface {
	// LookupNetIP returns the addresses of host in any order. Network is "ip",
	// "ip4" or "ip6". Errors are *net.DNSError.
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// SetResolver sets who looks up the names that the sockets of s are given, from then on. The
// caller is the only one who uses s.
func (s *Stack) SetResolver(r Resolver) { s.resolver = r }

// resolve returns the addresses that a dial tries or a listen chooses from, at
// least one. An address without a host is the invalid Addr.
func (s *Stack) resolve(ctx context.Context, network, address string) ([]netip.AddrPort, error) {
	switch network {
	case "tcp", "tcp4", "tcp6", "udp", "udp4", "udp6":
	default:
		return nil, net.UnknownNetworkError(network)
	}
	if address == "" { // to listen anywhere; a dial refuses it later, as package net
		return []netip.AddrPort{{}}, nil
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := s.lookupPort(ctx, network, service)
	if err != nil {
		return nil, err
	}
	if host == "" { // ":80": no lookup, and the family stays open
		return []netip.AddrPort{netip.AddrPortFrom(netip.Addr{}, uint16(port))}, nil
	}
	addrs, err := s.lookup(ctx, addrselect.Go, family(network), host)
	if err != nil {
		return nil, err
	}
	var list []netip.AddrPort
	for _, a := range addrs {
		list = append(list, netip.AddrPortFrom(a, uint16(port)))
	}
	return list, nil
}

// family returns the network to look names up in.
func family(network string) string {
	switch network[len(network)-1] {
	case '4':
		return "ip4"
	case '6':
		return "ip6"
	}
	return "ip"
}

// LookupNetIP returns the addresses of a name or of a literal address, as
// net.Resolver.LookupNetIP does. The network is "ip", "ip4" or "ip6". Those of a name
// are in the order of RFC 6724, of which the routes and addresses of s are a part, and
// among equals in that of the Resolver.
func (s *Stack) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	return s.lookupIP(ctx, addrselect.Go, network, host)
}

// GetAddrInfo is LookupNetIP with the order of getaddrinfo(3) in glibc, which has RFC
// 3484's precedences: IPv6 comes first, unique local addresses too.
func (s *Stack) GetAddrInfo(ctx context.Context, network, host string) ([]netip.Addr, error) {
	return s.lookupIP(ctx, addrselect.Libc, network, host)
}

func (s *Stack) lookupIP(ctx context.Context, p *addrselect.Policy, network, host string) ([]netip.Addr, error) {
	switch network {
	case "ip", "ip4", "ip6":
	default:
		return nil, net.UnknownNetworkError(network)
	}
	if err := s.AwaitThaw(ctx); err != nil {
		return nil, dnsErr(err, host)
	}
	return s.lookup(ctx, p, network, host)
}

// fitting returns the addresses of a family, at least one.
func fitting(addrs []netip.Addr, family, host string) ([]netip.Addr, error) {
	var list []netip.Addr
	for _, a := range addrs {
		if a = a.Unmap(); family == "ip" || a.Is4() == (family == "ip4") {
			list = append(list, a)
		}
	}
	if list == nil { // the name is known, but not in this family
		return nil, &net.AddrError{Err: noSuitableAddress, Addr: host}
	}
	return list, nil
}

// lookup returns the addresses of a name or of a literal address, at least one. Those of
// a name are in the order of p.
func (s *Stack) lookup(ctx context.Context, p *addrselect.Policy, network, host string) ([]netip.Addr, error) {
	addrs := literal(host)
	if addrs == nil {
		found, err := s.lookupName(ctx, network, host)
		if err != nil {
			return nil, err
		}
		addrs = p.Sort(found, s.sourceFor)
	}
	return fitting(addrs, network, host)
}

// literal returns the addresses that a literal address stands for, nil if host is none.
func literal(host string) []netip.Addr {
	a, err := netip.ParseAddr(host)
	switch {
	case err != nil: // a name, or an IPv4 address with too few dots, which is one too
		return nil
	case a == netip.IPv6Unspecified(): // as package net: the IPv4 wildcard may be the one in use
		return []netip.Addr{a, netip.IPv4Unspecified()}
	}
	return []netip.Addr{a}
}

func (s *Stack) lookupName(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if err := cmp.Or(s.AwaitThaw(ctx), ctx.Err()); err != nil {
		return nil, dnsErr(err, host)
	}
	if s.resolver != nil {
		if err := s.awaitTurn(ctx, func() string { return network + host }); err != nil {
			return nil, contextErr(err)
		}
		addrs, err := s.resolver.LookupNetIP(ctx, network, host)
		// An answer that arrives at a frozen process is seen when it is thawed.
		if err := cmp.Or(s.AwaitThaw(ctx), err); err != nil {
			return nil, dnsErr(err, host)
		}
		if len(addrs) != 0 {
			return addrs, nil
		}
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// services are the names of ports that package net knows without a file.
var services = map[string]map[string]int{
	"tcp": {"domain": 53, "ftp": 21, "ftps": 990, "gopher": 70, "http": 80, "https": 443, "imap2": 143, "imap3": 220, "imaps": 993, "pop3": 110, "pop3s": 995, "smtp": 25, "submissions": 465, "ssh": 22, "telnet": 23},
	"udp": {"domain": 53},
}

// A namer of ports has an /etc/services. A Resolver may be one. The machine's own is not
// read: what a test does must not depend on it.
type namer interface {
	Services() string // the text of the file
}

// lookupPort is net.Resolver.LookupPort with the list of services of s.
func (s *Stack) lookupPort(ctx context.Context, network, service string) (int, error) {
	digits := service
	if digits != "" && (digits[0] == '+' || digits[0] == '-') {
		digits = digits[1:]
	}
	if strings.Trim(digits, "0123456789") == "" { // a number, which package net reads without a lookup
		return net.DefaultResolver.LookupPort(ctx, network, service)
	}
	if n, ok := s.resolver.(namer); ok {
		if port, ok := portNamed(n.Services(), network[:3], service); ok {
			return port, nil
		}
	}
	if port, ok := services[network[:3]][strings.ToLower(service)]; ok {
		return port, nil
	}
	return 0, &net.DNSError{Err: "unknown port", Name: network + "/" + service, IsNotFound: true}
}

// portNamed finds a name or an alias in the text of /etc/services.
func portNamed(text, transport, service string) (int, bool) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) < 2 || !slices.ContainsFunc(slices.Concat(f[:1], f[2:]), func(n string) bool { return strings.EqualFold(n, service) }) {
			continue
		}
		number, proto, _ := strings.Cut(f[1], "/")
		if port, err := strconv.ParseUint(number, 10, 16); err == nil && proto == transport {
			return int(port), true
		}
	}
	return 0, false
}
