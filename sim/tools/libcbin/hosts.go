package libcbin

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"

	"drydock/dnsd"
	"drydock/sim/tools/internal/inet"
)

// hosts prints what gethostbyaddr(3) has for an address, and for a name gethostbyname2(3),
// of IPv6 if there is such, else of IPv4.
func (l lookup) hosts(key string) bool {
	lines := l.entries("/etc/hosts", blanks)
	if key == "" {
		l.list(lines)
		return true
	}
	if a, ok := inet.ParseAddr(key); ok {
		names := inet.Names(l.ctx, l.Machine, a)
		if len(names) > 0 {
			l.host(a.String(), names)
		}
		return len(names) > 0
	}
	for _, v6 := range []bool{true, false} {
		if l.inHosts(lines, key, v6) {
			return true
		}
		if addrs, name := l.byDNS(network(v6), key); len(addrs) > 0 {
			for _, a := range addrs {
				l.host(a.String(), []string{name})
			}
			return true
		}
	}
	return false
}

// list prints the lines of /etc/hosts as gethostent(3) has them: those of IPv4, and ::1,
// which it takes for 127.0.0.1.
func (l lookup) list(lines [][]string) {
	for _, f := range lines {
		a, err := netip.ParseAddr(f[0])
		switch {
		case err != nil:
		case a.Is4():
			l.host(f[0], f[1:])
		case a.IsLoopback():
			l.host("127.0.0.1", f[1:])
		}
	}
}

func network(v6 bool) string {
	if v6 {
		return "ip6"
	}
	return "ip4"
}

func (l lookup) host(addr string, names []string) {
	l.Printf("%-15s %s\n", addr, strings.Join(names, " "))
}

// inHosts prints the lines of /etc/hosts with a name, of one family. The first has the
// names of all: nss_files merges them, and an entry has its canonical name once.
func (l lookup) inHosts(lines [][]string, key string, v6 bool) bool {
	var addrs, names []string
	for _, f := range lines {
		a, err := netip.ParseAddr(f[0])
		if err != nil || a.Is6() != v6 || !slices.ContainsFunc(f[1:], func(n string) bool { return strings.EqualFold(n, key) }) {
			continue
		}
		addrs = append(addrs, f[0])
		for _, n := range f[1:] {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	for _, a := range addrs {
		l.host(a, names)
	}
	return len(addrs) > 0
}

// byDNS looks a name up as the resolver completes it by resolv.conf, and returns what it
// was then.
func (l lookup) byDNS(network, key string) ([]netip.Addr, string) {
	text, _ := l.ReadFile("/etc/resolv.conf")
	for _, name := range dnsd.ParseResolvConf(string(text)).Candidates(key) {
		addrs, err := l.Machine.LookupNetIP(l.ctx, network, name)
		if err == nil && len(addrs) > 0 {
			for i, a := range addrs {
				addrs[i] = a.Unmap()
			}
			return addrs, strings.TrimSuffix(name, ".")
		}
		var dns *net.DNSError
		if !errors.As(err, &dns) || !dns.IsNotFound {
			break
		}
	}
	return nil, ""
}

// ahosts prints the addresses of getaddrinfo(3), each once for each kind of socket. Those
// of IPv4 are mapped if there are none of IPv6 (AI_V4MAPPED).
func (l lookup) ahosts(network, key string) bool {
	if key == "" {
		return l.hosts(key)
	}
	addrs, err := inet.GetAddrInfo(l.ctx, l.Machine, network, key)
	if err != nil && network == "ip6" {
		addrs, err = inet.GetAddrInfo(l.ctx, l.Machine, "ip4", key)
		for i, a := range addrs {
			addrs[i] = netip.AddrFrom16(a.As16())
		}
	}
	if err != nil || len(addrs) == 0 {
		return false
	}
	canonical := l.canonical(key, addrs[0].Unmap())
	for _, a := range addrs {
		l.Printf("%-15s %-6s %s\n", a, "STREAM", canonical)
		l.Printf("%-15s %-6s \n%-15s %-6s \n", a, "DGRAM", a, "RAW")
		canonical = ""
	}
	return true
}

// canonical returns what getaddrinfo(3) calls the canonical name.
func (l lookup) canonical(key string, a netip.Addr) string {
	if _, numeric := inet.ParseAddr(key); numeric {
		return key
	}
	if name := inet.Canonical(l.Call, key); name != key {
		return name
	}
	if _, name := l.byDNS(network(a.Is6()), key); name != "" {
		return name
	}
	return key
}
