package dnsd

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/miekg/dns"
)

// A Client looks names up as glibc does: it asks the nameservers in their order, A and
// AAAA at once, and completes names with the search list. Of the options it heeds
// ndots, timeout, attempts and use-vc. It reads no hosts file and remembers nothing.
//
// Errors are *net.DNSError: IsNotFound for names that do not exist or have no such
// record; IsTemporary, with the Err "Temporary failure in name resolution", when no
// nameserver gave an answer, and IsTimeout too when the last was waited for in vain.
// They wrap the context's error if that ended the lookup.
//
// A Client must not be copied or changed once it is used, and is safe for concurrent
// use.
type Client struct {
	Conf ResolvConf
	Dial DialFunc // to the nameservers, from where the names are looked up
	Seed uint64   // what the ids of queries follow from

	asked atomic.Uint64 // questions so far
}

// LookupNetIP returns the addresses of a name, or of a literal address. The network
// is "ip", "ip4" or "ip6". IPv4 addresses come first, otherwise they are in the order
// of the answer: who has routes can do better.
func (c *Client) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	var types []uint16
	switch network {
	case "ip":
		types = []uint16{dns.TypeA, dns.TypeAAAA}
	case "ip4":
		types = []uint16{dns.TypeA}
	case "ip6":
		types = []uint16{dns.TypeAAAA}
	default:
		return nil, net.UnknownNetworkError(network)
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if network != "ip" && a.Unmap().Is4() != (network == "ip4") {
			return nil, &net.AddrError{Err: "no suitable address found", Addr: host}
		}
		return []netip.Addr{a}, nil
	}
	found := c.search(ctx, host, types)
	if err := found.err(host); err != nil {
		return nil, err
	}
	var addrs []netip.Addr
	for _, rr := range found.records {
		switch rr := rr.(type) {
		case *dns.A:
			addrs = appendAddr(addrs, rr.A)
		case *dns.AAAA:
			addrs = appendAddr(addrs, rr.AAAA)
		}
	}
	return addrs, nil
}

// LookupAddr returns the names of an address, without final dots.
func (c *Client) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	name, err := dns.ReverseAddr(addr)
	if err != nil {
		return nil, &net.DNSError{Err: "unrecognized address", Name: addr}
	}
	found := c.query(ctx, name, []uint16{dns.TypePTR})
	if err := found.err(addr); err != nil {
		return nil, err
	}
	var names []string
	for _, rr := range found.records {
		if ptr, ok := rr.(*dns.PTR); ok {
			names = append(names, strings.TrimSuffix(ptr.Ptr, "."))
		}
	}
	return names, nil
}

// appendAddr adds an address once, if it is one.
func appendAddr(addrs []netip.Addr, ip net.IP) []netip.Addr {
	a, ok := netip.AddrFromSlice(ip)
	if !ok || slices.Contains(addrs, a.Unmap()) {
		return addrs
	}
	return append(addrs, a.Unmap())
}
