package nettools

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"drydock/sim"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

const arpUsage = `Usage:
  arp [-vn]  [-i <if>] [-a] [<hostname>]             <-Display ARP cache
  arp        [-i <if>] -d  <host>                    <-Delete ARP entry
  arp        [-i <if>] -s  <host> <hwaddr>           <-Add entry

        -a                       display (all) hosts in alternative (BSD) style
        -e                       display (all) hosts in default (Linux) style
        -s, --set                set a new ARP entry
        -d, --delete             delete a specified entry
        -v, --verbose            be verbose
        -n, --numeric            don't resolve names
        -i, --device             specify network interface (e.g. eth0)
`

// An arpTable is one run of arp.
type arpTable struct {
	*command.Call
	m                                             neighbourhood
	bsd, linux, set, del, numeric, verbose, usage bool
	dev                                           string
	ctx                                           context.Context
}

// name is what an address is called, "" if names are not wanted. The DNS is asked.
func (a *arpTable) name(addr netip.Addr) string {
	if a.numeric {
		return ""
	}
	if names := inet.Names(a.ctx, a.Machine, addr); len(names) > 0 {
		return names[0]
	}
	return ""
}

type neighbourhood interface{ Neighbours() []sim.Neighbour }

// A neighbourChanger is a machine whose neighbours can be changed.
type neighbourChanger interface {
	Routes() []sim.Route
	AddNeighbour(dev string, ip netip.Addr, mac net.HardwareAddr) error
	DeleteNeighbour(dev string, ip netip.Addr) error
}

// ARP is arp(8).
func ARP(ctx context.Context, c *command.Call) int {
	a := &arpTable{Call: c}
	flag := func(names string, is *bool) command.Option {
		return command.Option{Names: names, Set: func(string, string) error { *is = true; return nil }}
	}
	var version bool
	args, err := command.Getopt(c.Args[1:], []command.Option{
		flag("a", &a.bsd), flag("e", &a.linux), flag("s set", &a.set), flag("d delete", &a.del), flag("n numeric", &a.numeric),
		flag("v verbose", &a.verbose), flag("h help", &a.usage), flag("V version", &version),
		{Names: "i device", Value: true, Set: func(_, dev string) error { a.dev = dev; return nil }},
	})
	switch {
	case err != nil:
		return c.Fail(3, "arp: %v\n%s", err, arpUsage)
	case a.usage:
		return c.Fail(3, "%s", arpUsage)
	case version:
		c.Printf("net-tools 2.10\n")
		return 0
	}
	var ok bool
	if a.m, ok = c.Machine.(neighbourhood); !ok {
		return c.Fail(1, "arp: socket: Operation not permitted\n")
	}
	if a.set || a.del {
		return a.change(ctx, args)
	}
	return a.show(ctx, args)
}

// show prints the entries of IPv4. ARP has no states but whether the address is known.
func (a *arpTable) show(ctx context.Context, args []string) (status int) {
	a.ctx = ctx
	var only netip.Addr
	if len(args) > 0 {
		var ok bool
		if only, ok = resolve(ctx, a.Call, args[0]); !ok {
			return a.Fail(255, "%s: Host name lookup failure\n", args[0])
		}
	}
	all := slices.DeleteFunc(slices.Clone(a.m.Neighbours()), func(n sim.Neighbour) bool { return n.IP.Is6() })
	found := 0
	for _, n := range all {
		if only.IsValid() && n.IP != only || a.dev != "" && n.Dev != a.dev {
			continue
		}
		if found++; found == 1 && !a.bsd {
			a.Printf("Address                  HWtype  HWaddress           Flags Mask            Iface\n")
		}
		if a.bsd {
			a.printBSD(n)
		} else {
			a.printLine(n)
		}
	}
	switch {
	case a.verbose:
		a.Printf("Entries: %d\tSkipped: %d\tFound: %d\n", len(all), len(all)-found, found)
	case found == 0 && only.IsValid():
		a.Printf("%s (%s) -- no entry\n", args[0], only)
	case found == 0 && a.dev != "":
		a.Printf("arp: in %d entries no match found.\n", len(all))
	}
	return 0
}

func (a *arpTable) printLine(n sim.Neighbour) {
	host := n.IP.String()
	if name := a.name(n.IP); name != "" {
		host = name
	}
	if n.MAC == nil || n.State == sim.NeighbourFailed {
		a.Printf("%-23.23s          (incomplete)                              %s\n", host, n.Dev)
		return
	}
	flags := "C"
	if n.State == sim.NeighbourPermanent {
		flags += "M"
	}
	a.Printf("%-23.23s  ether   %-17s   %-6s%-15s %s\n", host, n.MAC, flags, "", n.Dev)
}

func (a *arpTable) printBSD(n sim.Neighbour) {
	host := "?"
	if name := a.name(n.IP); name != "" {
		host = name
	}
	switch {
	case n.MAC == nil || n.State == sim.NeighbourFailed:
		a.Printf("%s (%s) at <incomplete> on %s\n", host, n.IP, n.Dev)
	case n.State == sim.NeighbourPermanent:
		a.Printf("%s (%s) at %s [ether] PERM on %s\n", host, n.IP, n.MAC, n.Dev)
	default:
		a.Printf("%s (%s) at %s [ether] on %s\n", host, n.IP, n.MAC, n.Dev)
	}
}

// change is arp -s and arp -d.
func (a *arpTable) change(ctx context.Context, args []string) (status int) {
	if len(args) == 0 || a.set && len(args) < 2 {
		return a.Fail(255, "arp: need host name\n")
	}
	addr, ok := resolve(ctx, a.Call, args[0])
	if !ok {
		return a.Fail(255, "%s: Host name lookup failure\n", args[0])
	}
	m, ok := a.Machine.(neighbourChanger)
	if !ok {
		return a.Fail(255, "SIOC%sARP: Operation not permitted\n", map[bool]string{true: "S", false: "D"}[a.set])
	}
	if a.set {
		mac, err := net.ParseMAC(args[1])
		if err != nil || len(mac) != 6 {
			return a.Fail(255, "arp: invalid hardware address\n")
		}
		if err := m.AddNeighbour(a.device(m, addr), addr, mac); err != nil {
			return a.Fail(255, "SIOCSARP: %s\n", strerror(err))
		}
		return 0
	}
	err := m.DeleteNeighbour(a.device(m, addr), addr)
	switch {
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENODEV):
		return a.Fail(255, "No ARP entry for %s\n", args[0])
	case err != nil:
		return a.Fail(255, "SIOCDARP(dontpub): %s\n", strerror(err))
	}
	return 0
}

// device is that of -i, or else the one by which the address is reached.
func (a *arpTable) device(m neighbourChanger, addr netip.Addr) string {
	if a.dev != "" {
		return a.dev
	}
	for _, r := range m.Routes() {
		if r.Dst.Contains(addr) {
			return r.Dev
		}
	}
	return ""
}
