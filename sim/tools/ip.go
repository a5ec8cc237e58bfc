package tools

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim"
)

// IPAddr runs "ip addr" on m, or "ip addr show NAME" for each of names.
func IPAddr(w io.Writer, m Machine, names ...string) error {
	return eachInterface(w, m, names, func(o *output, i sim.Interface, netns int) {
		ipLink(o, i, "", netns)
		for _, p := range i.Addrs {
			ipAddress(o, i, p)
		}
	})
}

// IPLink runs "ip link" on m, or "ip link show NAME" for each of names.
func IPLink(w io.Writer, m Machine, names ...string) error {
	return eachInterface(w, m, names, func(o *output, i sim.Interface, netns int) {
		ipLink(o, i, "mode DEFAULT ", netns)
	})
}

// eachInterface calls show for the interfaces with the given names, or for all.
// The number of the namespace at the other end of a cable, which ip calls
// link-netnsid, counts the cables of a host; those of a container all lead to the
// same one.
func eachInterface(w io.Writer, m Machine, names []string, show func(o *output, i sim.Interface, netns int)) error {
	o := &output{w: w}
	found := 0
	netns := 0
	all := m.Interfaces()
	isHost := slices.ContainsFunc(all, func(i sim.Interface) bool { return i.Master != "" })
	for _, i := range all {
		if len(names) == 0 || slices.Contains(names, i.Name) {
			found++
			show(o, i, netns)
		}
		if i.Peer != 0 && isHost {
			netns++
		}
	}
	if o.err == nil && found < len(names) {
		for _, name := range names {
			if !slices.ContainsFunc(m.Interfaces(), func(i sim.Interface) bool { return i.Name == name }) {
				o.printf("Device %q does not exist.\n", name)
			}
		}
		return cmp.Or(o.err, error(&ExitError{Code: 1}))
	}
	return o.err
}

func ipLink(o *output, i sim.Interface, mode string, netns int) {
	name := i.Name
	if i.Peer != 0 {
		name += fmt.Sprintf("@if%d", i.Peer)
	}
	o.printf("%d: %s: <%s> mtu %d qdisc noqueue ", i.Index, name, linkFlags(i), i.MTU)
	if i.Master != "" {
		o.printf("master %s ", i.Master)
	}
	state := "DOWN"
	switch {
	case i.Loopback:
		state = "UNKNOWN" // lo has no carrier to tell
	case i.Up && i.Running:
		state = "UP"
	}
	o.printf("state %s %sgroup default ", state, mode)
	if i.Loopback {
		o.printf("qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n")
		return
	}
	o.printf("\n    link/ether %s brd ff:ff:ff:ff:ff:ff", i.MAC)
	if i.Peer != 0 {
		o.printf(" link-netnsid %d", netns)
	}
	o.printf("\n")
}

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

func ipAddress(o *output, i sim.Interface, p netip.Prefix) {
	a := p.Addr()
	scope := "global"
	switch {
	case a.IsLoopback():
		scope = "host"
	case a.IsLinkLocalUnicast() && a.Is6():
		scope = "link"
	}
	if a.Is6() {
		o.printf("    inet6 %s scope %s \n", p, scope)
	} else {
		o.printf("    inet %s ", p)
		if b := broadcast(p); b.IsValid() {
			o.printf("brd %s ", b)
		}
		o.printf("scope %s %s\n", scope, i.Name)
	}
	o.printf("       valid_lft forever preferred_lft forever\n")
}

// IPRoute runs "ip route" on m, which prints the IPv4 routes.
func IPRoute(w io.Writer, m Machine) error {
	o := &output{w: w}
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
		ipRoute(o, r, links[r.Dev])
	}
	return o.err
}

func ipRoute(o *output, r sim.Route, link sim.Interface) {
	dst := r.Dst.String()
	if r.Dst.Bits() == 0 {
		dst = "default"
	}
	o.printf("%s ", dst)
	if r.Via.IsValid() {
		o.printf("via %s ", r.Via)
	}
	o.printf("dev %s ", r.Dev)
	if !r.Via.IsValid() {
		o.printf("proto kernel scope link ")
		for _, p := range link.Addrs {
			if p.Masked() == r.Dst.Masked() {
				o.printf("src %s ", p.Addr())
				break
			}
		}
	}
	if !link.Running {
		o.printf("linkdown ")
	}
	o.printf("\n")
}
