package iproute2

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// showAddresses is ip address show.
func showAddresses(c *command.Call, m machine, args []string) (status int) {
	return eachInterface(c, m, args, func(i sim.Interface, netns int) {
		ipLink(c, i, "", netns)
		for _, p := range i.Addrs {
			ipAddress(c, i, p)
		}
	})
}

// showLinks is ip link show. "mode DEFAULT" is what it alone prints: the link mode of
// RFC 2863, which is not dormant.
func showLinks(c *command.Call, m machine, args []string) (status int) {
	return eachInterface(c, m, args, func(i sim.Interface, netns int) { ipLink(c, i, "mode DEFAULT ", netns) })
}

// eachInterface calls show for the interface that args name, "[dev] NAME", or for all.
// netns is the number of the namespace at the other end of a cable, which ip calls
// link-netnsid: it counts the cables of a host, while those of a container all lead to
// the same one.
func eachInterface(c *command.Call, m machine, args []string, show func(i sim.Interface, netns int)) (status int) {
	name, problem := device(args)
	if problem != "" {
		return c.Fail(failed, "%s\n", problem)
	}
	found, netns := name == "", 0
	all := m.Interfaces()
	isHost := slices.ContainsFunc(all, func(i sim.Interface) bool { return i.Master != "" })
	for _, i := range all {
		if name == "" || i.Name == name {
			found = true
			show(i, netns)
		}
		if i.Peer != 0 && isHost {
			netns++
		}
	}
	if !found {
		return c.Fail(1, "Device %q does not exist.\n", name)
	}
	return 0
}

// device returns the name in "[dev] NAME", "" if there is none.
func device(args []string) (name, problem string) {
	for i := 0; i < len(args); i++ {
		if args[i] == "dev" {
			if i++; i == len(args) {
				return "", "Command line is not complete. Try option \"help\""
			}
		}
		if name != "" {
			return "", fmt.Sprintf("Error: either \"dev\" is duplicate, or %q is a garbage.", args[i])
		}
		name = args[i]
	}
	return name, ""
}

// ipLink prints an interface without its addresses. A veth has the index of its other
// end after its name, which may be in another namespace, where the name would say
// nothing. qdisc noqueue is the kernel's for veth, bridges and lo; those have no queue
// of their own.
func ipLink(c *command.Call, i sim.Interface, mode string, netns int) {
	name := i.Name
	if i.Peer != 0 {
		name += fmt.Sprintf("@if%d", i.Peer)
	}
	c.Printf("%d: %s: <%s> mtu %d qdisc noqueue ", i.Index, name, linkFlags(i), i.MTU)
	if i.Master != "" {
		c.Printf("master %s ", i.Master)
	}
	state := "DOWN"
	switch {
	case i.Loopback:
		state = "UNKNOWN" // lo has no carrier to tell
	case i.Up && i.Running:
		state = "UP"
	}
	c.Printf("state %s %sgroup default ", state, mode)
	if i.Loopback {
		c.Printf("qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n")
		return
	}
	c.Printf("\n    link/ether %s brd ff:ff:ff:ff:ff:ff", i.MAC)
	if i.Peer != 0 {
		c.Printf(" link-netnsid %d", netns)
	}
	c.Printf("\n")
}

// linkFlags returns the flags in iproute2's order. LOWER_UP is the carrier; an
// interface that is up and has none has NO-CARRIER in front, which is no flag of the
// kernel.
func linkFlags(i sim.Interface) string {
	var flags []string
	if i.Up && !i.Running {
		flags = append(flags, "NO-CARRIER")
	}
	if i.Loopback {
		flags = append(flags, "LOOPBACK")
	} else {
		flags = append(flags, "BROADCAST", "MULTICAST")
	}
	if i.Up {
		flags = append(flags, "UP")
	}
	if i.Up && i.Running {
		flags = append(flags, "LOWER_UP")
	}
	return strings.Join(flags, ",")
}

// ipAddress prints an address. Scopes are those of rtnetlink(7): of IPv4 only loopback
// ones have another than global, as 169.254.0.0/16 is what its network is. The lines of
// IPv6 end with a space, as there is no label to follow. Nothing here has a lifetime.
func ipAddress(c *command.Call, i sim.Interface, p netip.Prefix) {
	a := p.Addr()
	scope := "global"
	switch {
	case a.IsLoopback():
		scope = "host"
	case a.IsLinkLocalUnicast() && a.Is6():
		scope = "link"
	}
	if a.Is6() {
		c.Printf("    inet6 %s scope %s \n", p, scope)
	} else {
		c.Printf("    inet %s ", p)
		if b := inet.Broadcast(p); b.IsValid() && !i.NoBroadcast {
			c.Printf("brd %s ", b)
		}
		c.Printf("scope %s %s\n", scope, i.Name)
	}
	c.Printf("       valid_lft forever preferred_lft forever\n")
}
