package nettools

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// Hostname is hostname(1). The last of several options counts. Setting a name needs
// CAP_SYS_ADMIN, which a container's process has not; a host gets its name when it is
// made. The domain is what follows the first dot, of the name or of the one that stands first in
// /etc/hosts, where Docker writes the whole one.
func Hostname(ctx context.Context, c *command.Call) int {
	show := byte(0)
	set := func(name, _ string) error { show = name[len(name)-1]; return nil }
	long := func(letter byte) func(string, string) error {
		return func(string, string) error { show = letter; return nil }
	}
	args, err := command.Getopt(c.Args[1:], []command.Option{
		{Names: "i", Set: set}, {Names: "ip-address", Set: long('i')},
		{Names: "I", Set: set}, {Names: "all-ip-addresses", Set: long('I')},
		{Names: "s", Set: set}, {Names: "short", Set: long('s')},
		{Names: "f", Set: set}, {Names: "fqdn long", Set: long('f')},
		{Names: "d", Set: set}, {Names: "domain", Set: long('d')},
	})
	switch {
	case err != nil:
		return c.Fail(255, "hostname: %v\nUsage: hostname [-i|-I|-s|-f|-d]\n", err)
	case len(args) > 0:
		return c.Fail(1, "hostname: you must be root to change the host name\n")
	}
	name := c.Machine.Hostname()
	short, domain, _ := strings.Cut(name, ".")
	switch show {
	case 'i':
		return addresses(ctx, c, name)
	case 'I':
		return allAddresses(c)
	case 's':
		name = short
	case 'f', 'd':
		if domain == "" {
			name, domain = fullName(ctx, c, name)
		}
		if show == 'd' {
			name = domain
		}
	}
	c.Printf("%s\n", name)
	return 0
}

// fullName returns the first name on the line of /etc/hosts that the host's name is on, and its
// domain. Without one it has none.
func fullName(ctx context.Context, c *command.Call, name string) (full, domain string) {
	addrs, err := c.Machine.LookupNetIP(ctx, "ip", name)
	m, ok := c.Machine.(interface {
		LookupAddr(ctx context.Context, addr string) ([]string, error)
	})
	if err != nil || !ok {
		return name, ""
	}
	names, err := m.LookupAddr(ctx, addrs[0].Unmap().String())
	if err != nil || !slices.Contains(names, name) {
		return name, ""
	}
	_, domain, _ = strings.Cut(names[0], ".")
	return names[0], domain
}

// DNSDomainName is dnsdomainname(1), which is hostname -d.
func DNSDomainName(ctx context.Context, c *command.Call) int {
	d := *c
	d.Args = append([]string{c.Args[0], "-d"}, c.Args[1:]...)
	return Hostname(ctx, &d)
}

// addresses prints what the host name resolves to, those of IPv4 if it has both. In a
// container that is the line of /etc/hosts, with the address on its first network.
func addresses(ctx context.Context, c *command.Call, name string) (status int) {
	addrs, err := c.Machine.LookupNetIP(ctx, "ip4", name)
	if err != nil {
		addrs, err = c.Machine.LookupNetIP(ctx, "ip6", name)
	}
	if err != nil {
		return c.Fail(1, "hostname: %s\n", inet.GAIError(err))
	}
	c.Printf("%s\n", strings.Trim(joinAddrs(addrs), " "))
	return 0
}

// allAddresses prints those of all interfaces but loopback and link-local ones, each
// with a space after it. They come in the order of the interfaces. Names play no part
// in it.
func allAddresses(c *command.Call) (status int) {
	var addrs []netip.Addr
	if m, ok := c.Machine.(interface{ Interfaces() []sim.Interface }); ok {
		for _, i := range m.Interfaces() {
			for _, p := range i.Addrs {
				if !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast() {
					addrs = append(addrs, p.Addr())
				}
			}
		}
	}
	c.Printf("%s\n", joinAddrs(addrs))
	return 0
}

// joinAddrs joins addresses as hostname -I does, with a space after each, the last one
// too.
func joinAddrs(addrs []netip.Addr) string {
	var b strings.Builder
	for _, a := range addrs {
		b.WriteString(a.Unmap().String() + " ")
	}
	return b.String()
}
