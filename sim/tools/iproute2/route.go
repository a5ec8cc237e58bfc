package iproute2

import (
	"cmp"
	"slices"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// showRoutes prints the table main of IPv4, which is what ip route means without -6 and
// "table".
func showRoutes(c *command.Call, m machine, args []string) (status int) {
	if len(args) > 0 {
		return c.Fail(1, "Error: any valid prefix is expected rather than %q.\n", args[0])
	}
	links := make(map[string]sim.Interface)
	for _, i := range m.Interfaces() {
		links[i.Name] = i
	}
	routes := slices.DeleteFunc(slices.Clone(m.Routes()), func(r sim.Route) bool {
		return !r.Dst.Addr().Is4() || links[r.Dev].Loopback // those are in the table "local"
	})
	slices.SortStableFunc(routes, func(a, b sim.Route) int {
		return cmp.Or(a.Dst.Addr().Compare(b.Dst.Addr()), cmp.Compare(b.Dst.Bits(), a.Dst.Bits()))
	})
	for _, r := range routes {
		ipRoute(c, r, links[r.Dev])
	}
	return 0
}

// ipRoute prints a route. One without a gateway is the kernel's own for an address,
// which it names as the source. linkdown is a route by an interface without carrier;
// the kernel still uses it unless net.ipv4.conf.*.ignore_routes_with_linkdown is set.
// Each line ends with a space.
func ipRoute(c *command.Call, r sim.Route, link sim.Interface) {
	dst := r.Dst.String()
	if r.Dst.Bits() == 0 {
		dst = "default"
	}
	c.Printf("%s ", dst)
	if r.Via.IsValid() {
		c.Printf("via %s ", r.Via)
	}
	c.Printf("dev %s ", r.Dev)
	if !r.Via.IsValid() {
		c.Printf("proto kernel scope link ")
		for _, p := range link.Addrs {
			if p.Masked() == r.Dst.Masked() {
				c.Printf("src %s ", p.Addr())
				break
			}
		}
	}
	if !link.Running {
		c.Printf("linkdown ")
	}
	c.Printf("\n")
}
