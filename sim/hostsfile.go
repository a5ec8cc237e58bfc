package sim

import (
	"iter"
	"net/netip"
	"slices"
	"strings"
)

// An extraHost is a line that --add-host adds to /etc/hosts.
type extraHost struct {
	spec string // as it was asked for
	name string
	addr netip.Addr
	// addr6 is that of IPv6 of a gateway that has one.
	addr6 netip.Addr
}

// hostsLines returns the addresses and names of a /etc/hosts, as glibc reads it: lines with an
// address and names, up to a "#". What is no address makes a line void.
func hostsLines(text string) iter.Seq2[netip.Addr, []string] {
	return func(yield func(netip.Addr, []string) bool) {
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(line, "#")
			fields := strings.Fields(line)
			if len(fields) < 2 {
				continue
			}
			a, err := netip.ParseAddr(fields[0])
			if err == nil && a.Zone() == "" && !yield(a.Unmap(), fields[1:]) {
				return
			}
		}
	}
}

// hostsAddrs returns the addresses that a /etc/hosts has for a name, in its order. The network
// is "ip", "ip4" or "ip6".
func hostsAddrs(text, network, host string) (addrs []netip.Addr) {
	host = strings.TrimSuffix(host, ".")
	for a, names := range hostsLines(text) {
		is := func(name string) bool { return strings.EqualFold(name, host) }
		if (network == "ip" || (network == "ip4") == a.Is4()) && slices.ContainsFunc(names, is) {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// hostsNames returns the names that a /etc/hosts has for an address, each once.
func hostsNames(text string, of netip.Addr) (names []string) {
	for a, list := range hostsLines(text) {
		for _, name := range list {
			if a == of && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
