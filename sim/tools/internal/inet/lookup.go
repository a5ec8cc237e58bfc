package inet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"

	"drydock/sim/tools/command"
)

// errFamily is EAI_ADDRFAMILY.
var errFamily = errors.New("address family for hostname not supported")

// GetAddrInfo returns the addresses of a name as getaddrinfo(3) does for programs in C:
// numbers are read by ParseAddr, names by the machine's GetAddrInfo. Network is "ip",
// "ip4" or "ip6".
func GetAddrInfo(ctx context.Context, m command.Machine, network, host string) ([]netip.Addr, error) {
	fits := func(a netip.Addr) bool { return network == "ip" || (network == "ip4") == a.Is4() }
	if a, ok := ParseAddr(host); ok {
		if a = a.Unmap(); !fits(a) {
			return nil, errFamily
		}
		return []netip.Addr{a}, nil
	}
	lookup := m.LookupNetIP
	if c, ok := m.(interface {
		GetAddrInfo(ctx context.Context, network, host string) ([]netip.Addr, error)
	}); ok {
		lookup = c.GetAddrInfo
	}
	addrs, err := lookup(ctx, network, host)
	for i, a := range addrs {
		addrs[i] = a.Unmap()
	}
	return addrs, err
}

// GAIError returns gai_strerror(3)'s words for an error of GetAddrInfo: EAI_AGAIN if a
// server was not there or refused, else EAI_NONAME.
func GAIError(err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, errFamily):
		return "Address family for hostname not supported"
	case errors.As(err, &dns) && !dns.IsTemporary && !dns.IsTimeout:
		return "Name or service not known"
	}
	return "Temporary failure in name resolution"
}

// Names returns the names of an address, none if there are none.
func Names(ctx context.Context, m command.Machine, a netip.Addr) []string {
	c, ok := m.(interface {
		LookupAddr(ctx context.Context, addr string) ([]string, error)
	})
	if !ok {
		return nil
	}
	names, _ := c.LookupAddr(ctx, a.WithZone("").String())
	for i, n := range names {
		names[i] = strings.TrimSuffix(n, ".")
	}
	return names
}

// Canonical returns the first name on the line of /etc/hosts that host is on, which is
// what glibc takes for canonical, or host: the embedded resolver has no CNAME.
func Canonical(c *command.Call, host string) string {
	text, _ := c.ReadFile("/etc/hosts")
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) > 1 && slices.ContainsFunc(fields[1:], func(n string) bool { return strings.EqualFold(n, host) }) {
			return fields[1]
		}
	}
	return host
}

// Errno returns the errno in an error of the network, ETIMEDOUT for time that is up.
func Errno(err error) (errno syscall.Errno, ok bool) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return syscall.ETIMEDOUT, true
	}
	return errno, errors.As(err, &errno)
}

// Reason returns strerror(3)'s words for an error of the network.
func Reason(err error) string {
	if errno, ok := Errno(err); ok {
		return Strerror(errno)
	}
	return err.Error()
}
