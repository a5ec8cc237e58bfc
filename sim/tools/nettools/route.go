package nettools

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/command"
)

const (
	routeUsage = `Usage: route [-nee] [<AF>]           List kernel routing tables
       route {add|del} ...  Modify routing table for AF.

       route {-h|--help} [<AF>]              Detailed usage syntax for specified AF.
       route {-V|--version}                  Display version/author and exit.

        -n, --numeric            don't resolve names
        -e, --extend             display other/more information

  <AF>=Use -4, -6; default: inet
`
	routeChangeUsage = `Usage: inet_route del {-host|-net} Target[/prefix] [gw Gw] [[dev] If]
       inet_route add {-host|-net} Target[/prefix] [gw Gw] [netmask N] [[dev] If]
`
)

// Route is route(8).
func Route(ctx context.Context, c *command.Call) int {
	args := c.Args[1:]
	for i, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			return changeRoute(ctx, c, arg, args[i+1:])
		}
	}
	var o tableOptions
	var help, version, v4 bool
	extended := 0
	flag := func(names string, is *bool) command.Option {
		return command.Option{Names: names, Set: func(string, string) error { *is = true; return nil }}
	}
	_, err := command.Getopt(args, []command.Option{
		flag("n numeric", &o.numeric), flag("4", &v4), flag("6", &o.v6), flag("h help", &help), flag("V version", &version),
		{Names: "e extend", Set: func(string, string) error { extended++; return nil }},
	})
	switch {
	case err != nil:
		return c.Fail(3, "route: %v\n%s", err, routeUsage)
	case help:
		return c.Fail(3, "%s", routeUsage)
	case version:
		c.Printf("net-tools 2.10\n")
		return 0
	}
	o.mss, o.both = extended == 1, extended > 1
	return showRoutes(c, o)
}

// tableOptions say how a routing table looks.
type tableOptions struct {
	numeric, v6 bool
	mss, both   bool // netstat's columns instead of route's, or all of them
}

// A router is a machine that shows its routes.
type router interface {
	Interfaces() []sim.Interface
	Routes() []sim.Route
}

func showRoutes(c *command.Call, o tableOptions) (status int) {
	m, ok := c.Machine.(router)
	if !ok {
		return c.Fail(1, "INET (IPv4) not configured in this system.\n")
	}
	loopback := make(map[string]bool)
	for _, i := range m.Interfaces() {
		loopback[i.Name] = i.Loopback
	}
	routes := slices.DeleteFunc(slices.Clone(m.Routes()), func(r sim.Route) bool { return r.Dst.Addr().Is6() != o.v6 || loopback[r.Dev] })
	slices.SortStableFunc(routes, func(a, b sim.Route) int {
		return cmp.Or(a.Dst.Addr().Compare(b.Dst.Addr()), cmp.Compare(a.Dst.Bits(), b.Dst.Bits()))
	})
	if o.v6 {
		showRoutes6(c, routes, o.numeric)
		return 0
	}
	c.Printf("Kernel IP routing table\nDestination     Gateway         Genmask         Flags %sIface%s\n",
		map[bool]string{false: "Metric Ref    Use ", true: "  MSS Window  irtt "}[o.mss], map[bool]string{true: "    MSS   Window irtt"}[o.both])
	var hosts names
	if !o.numeric {
		hosts = readNames(c)
	}
	for _, r := range routes {
		flags, gateway := "U", "0.0.0.0"
		if r.Via.IsValid() {
			flags, gateway = "UG", named(hosts, r.Via)
		}
		if r.Dst.Bits() == 32 {
			flags += "H"
		}
		dst := named(hosts, r.Dst.Addr())
		if r.Dst.Bits() == 0 && !o.numeric {
			dst = "default"
		}
		c.Printf("%-15s %-15s %-15s %-5s ", dst, gateway, netmask(r.Dst.Bits()), flags)
		switch {
		case o.mss:
			c.Printf("%5d %-5d %6d %s\n", 0, 0, 0, r.Dev)
		case o.both:
			c.Printf("%-6d %-2d %7d %-8s %-5d %-6d %d\n", 0, 0, 0, r.Dev, 0, 0, 0)
		default:
			c.Printf("%-6d %-2d %7d %s\n", 0, 0, 0, r.Dev)
		}
	}
	return 0
}

func named(n names, a netip.Addr) string {
	if name := n[a]; name != "" && !a.IsUnspecified() {
		return name
	}
	return a.String()
}

// showRoutes6 prints the table of IPv6 without the kernel's own entries for single addresses
// and groups.
func showRoutes6(c *command.Call, routes []sim.Route, numeric bool) {
	c.Printf("Kernel IPv6 routing table\n%-30s %-26s Flag Met Ref  Use If\n", "Destination", "Next Hop")
	for _, r := range routes {
		next, flags, metric := "::", "U", 256
		if r.Via.IsValid() {
			next, flags, metric = r.Via.String(), "UG", 1024
		}
		dst := r.Dst.String()
		if !numeric {
			dst, next = strings.Replace(dst, "::/0", "[::]/0", 1), strings.Replace(next, "::", "[::]", number(next == "::"))
		}
		c.Printf("%-30s %-26s %-4s %-3d %-4d%4d %s\n", dst, next, flags, metric, 1, 0, r.Dev)
	}
}

// A routeChanger is a machine whose routes can be changed.
type routeChanger interface {
	AddRouteSpec(sim.Route) error
	DeleteRouteSpec(sim.Route) error
}

// changeRoute is route add and route del.
func changeRoute(ctx context.Context, c *command.Call, verb string, words []string) (status int) {
	if verb != "add" && verb != "del" {
		return c.Fail(3, "%s", routeUsage)
	}
	if len(words) == 0 {
		return c.Fail(0, "%s", routeChangeUsage)
	}
	r, status := parseRoute(ctx, c, words)
	if status != 0 {
		return status
	}
	m, ok := c.Machine.(routeChanger)
	if !ok {
		return c.Fail(7, "SIOC%sRT: Operation not permitted\n", strings.ToUpper(verb))
	}
	change := m.AddRouteSpec
	if verb == "del" {
		change = m.DeleteRouteSpec
	}
	if err := change(r); err != nil {
		return c.Fail(7, "SIOC%sRT: %s\n", strings.ToUpper(verb), strerror(err))
	}
	return 0
}

var errMask = errors.New("netmask doesn't match route address")

// parseRoute reads the target and what follows it. It says itself what is wrong.
func parseRoute(ctx context.Context, c *command.Call, words []string) (r sim.Route, status int) {
	host, network := false, false
	switch words[0] {
	case "-net":
		network = true
	case "-host":
		host = true
	}
	if host || network {
		words = words[1:]
	}
	if len(words) == 0 {
		return r, c.Fail(3, "%s", routeChangeUsage)
	}
	target, length, hasLength := strings.Cut(words[0], "/")
	if target == "default" {
		target, network = "0.0.0.0", true
	}
	addr, ok := resolve(ctx, c, target)
	if !ok {
		return r, c.Fail(6, "%s: Host name lookup failure\n", words[0])
	}
	bits := 32
	switch {
	case hasLength:
		n, err := strconv.ParseUint(length, 10, 6)
		if err != nil || n > 32 {
			return r, c.Fail(3, "route: bogus netmask %s\n%s", length, routeChangeUsage)
		}
		bits = int(n)
	case network && addr.IsUnspecified():
		bits = 0
	case network:
		bits = classBits(addr)
	}
	for words = words[1:]; len(words) > 0; words = words[1:] {
		word := words[0]
		needs := word == "gw" || word == "netmask" || word == "dev"
		if needs && len(words) < 2 {
			return r, c.Fail(3, "%s", routeChangeUsage)
		}
		switch word {
		case "gw":
			if r.Via, ok = resolve(ctx, c, words[1]); !ok {
				return r, c.Fail(6, "%s: Host name lookup failure\n", words[1])
			}
		case "netmask":
			if bits, ok = prefixOf(words[1]); !ok {
				return r, c.Fail(3, "route: bogus netmask %s\n%s", words[1], routeChangeUsage)
			}
		case "dev":
			r.Dev = words[1]
		default:
			if r.Dev != "" || len(words) > 1 {
				return r, c.Fail(3, "%s", routeChangeUsage)
			}
			r.Dev = word
		}
		if needs {
			words = words[1:]
		}
	}
	if r.Dst = netip.PrefixFrom(addr, bits); r.Dst != r.Dst.Masked() {
		return r, c.Fail(3, "route: %v\n%s", errMask, routeChangeUsage)
	}
	return r, 0
}
