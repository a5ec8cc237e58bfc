package nettools

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// Ifconfig is ifconfig(8). It does not use getopt: options come first and stand alone.
func Ifconfig(ctx context.Context, c *command.Call) int {
	args, all, short := c.Args[1:], false, false
	for ; len(args) > 0 && strings.HasPrefix(args[0], "-"); args = args[1:] {
		switch args[0] {
		case "-a":
			all = true
		case "-s":
			short = true
		default:
			return c.Fail(1, "ifconfig: option `%s' not recognised.\n"+seeHelp, args[0])
		}
	}
	return withInterfaces(c, func(list []sim.Interface) int {
		switch i := slices.IndexFunc(list, func(i sim.Interface) bool { return len(args) > 0 && i.Name == args[0] }); {
		case len(args) == 0 && short:
			c.Printf("Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n")
			printTable(c, list, all)
		case len(args) == 0:
			showInterfaces(c, list, all, "")
		case i < 0 && len(args) > 1:
			return c.Fail(255, "%s: ERROR while getting interface flags: No such device\n", args[0])
		case i < 0:
			return c.Fail(1, "%s: error fetching interface information: Device not found\n", args[0])
		case len(args) > 1:
			return configure(ctx, c, list[i], args[1:])
		case short:
			c.Printf("Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n")
			printTable(c, list[i:i+1], true)
		default:
			ifconfig(c, list[i])
		}
		return 0
	})
}

// withInterfaces calls show with the interfaces of the machine.
func withInterfaces(c *command.Call, show func([]sim.Interface) int) (status int) {
	m, ok := c.Machine.(interface{ Interfaces() []sim.Interface })
	if !ok {
		return c.Fail(1, "%s: socket: Operation not permitted\n", c.Args[0])
	}
	return show(m.Interfaces())
}

// shown returns the interfaces that are up, or all, in net-tools' order.
func shown(list []sim.Interface, all bool) []sim.Interface {
	list = slices.DeleteFunc(slices.Clone(list), func(i sim.Interface) bool { return !i.Up && !all })
	slices.SortFunc(list, func(a, b sim.Interface) int { return compareNames(a.Name, b.Name) })
	return list
}

func showInterfaces(c *command.Call, list []sim.Interface, all bool, head string) {
	c.Printf("%s", head)
	for _, i := range shown(list, all) {
		ifconfig(c, i)
	}
}

// interfaceTable is the head of netstat -i.
const interfaceTable = "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"

// printTable prints the lines of netstat -i.
func printTable(c *command.Call, list []sim.Interface, all bool) {
	for _, i := range shown(list, all) {
		flags := ""
		for _, f := range []struct {
			letter string
			set    bool
		}{{"B", !i.Loopback}, {"L", i.Loopback}, {"M", !i.Loopback}, {"R", i.Up && i.Running}, {"U", i.Up}} {
			if f.set {
				flags += f.letter
			}
		}
		c.Printf("%-16s%5d %8d %6d %6d %-6d %8d %6d %6d %6d %s\n", i.Name, i.MTU,
			i.RxPackets, i.RxErrors, i.RxDropped, 0, i.TxPackets, 0, i.TxDropped, 0, flags)
	}
}

const seeHelp = "ifconfig: `--help' gives usage information.\n"

// ifconfig prints an interface. Of several IPv4 addresses only the first has its place
// there: the ioctl SIOCGIFADDR returns one. The queue is 1000 frames for lo, Linux's
// default, and none for veth and bridges.
func ifconfig(c *command.Call, i sim.Interface) {
	c.Printf("%s: flags=%s  mtu %d\n", i.Name, interfaceFlags(i), i.MTU)
	if at := slices.IndexFunc(i.Addrs, func(p netip.Prefix) bool { return p.Addr().Is4() }); at >= 0 {
		c.Printf("        inet %s  netmask %s", i.Addrs[at].Addr(), netmask(i.Addrs[at].Bits()))
		switch b := inet.Broadcast(i.Addrs[at]); {
		case !b.IsValid():
		case i.NoBroadcast:
			c.Printf("  broadcast 0.0.0.0")
		default:
			c.Printf("  broadcast %s", b)
		}
		c.Printf("\n")
	}
	for _, p := range i.Addrs {
		if p.Addr().Is6() {
			c.Printf("        inet6 %s  prefixlen %d  scopeid %s\n", p.Addr(), p.Bits(), scopeID(p.Addr()))
		}
	}
	switch {
	case i.Loopback:
		c.Printf("        loop  txqueuelen 1000  (Local Loopback)\n")
	case i.Qdisc != "": // tc has given it one
		c.Printf("        ether %s  txqueuelen 1000  (Ethernet)\n", i.MAC)
	default:
		c.Printf("        ether %s  txqueuelen 0  (Ethernet)\n", i.MAC)
	}
	// Drops are counted as such alone; nothing else goes wrong on a virtual cable.
	c.Printf("        RX packets %d  bytes %d (%s)\n", i.RxPackets, i.RxBytes, formatBytes(i.RxBytes))
	c.Printf("        RX errors %d  dropped %d  overruns 0  frame 0\n", i.RxErrors, i.RxDropped)
	c.Printf("        TX packets %d  bytes %d (%s)\n", i.TxPackets, i.TxBytes, formatBytes(i.TxBytes))
	c.Printf("        TX errors 0  dropped %d overruns 0  carrier 0  collisions 0\n\n", i.TxDropped)
}

// interfaceFlags returns the flags of netdevice(7) as ifconfig has them: their sum with
// the kernel's bits, and the names in net-tools' order. ifconfig knows no NO-CARRIER; a
// bridge without ports is not RUNNING.
func interfaceFlags(i sim.Interface) string {
	flags := []struct {
		bit  int
		name string
		set  bool
	}{
		{1, "UP", i.Up},
		{1 << 1, "BROADCAST", !i.Loopback},
		{1 << 3, "LOOPBACK", i.Loopback},
		{1 << 6, "RUNNING", i.Up && i.Running},
		{1 << 12, "MULTICAST", !i.Loopback},
	}
	sum := 0
	var names []string
	for _, f := range flags {
		if f.set {
			sum |= f.bit
			names = append(names, f.name)
		}
	}
	return fmt.Sprintf("%d<%s>", sum, strings.Join(names, ","))
}

// netmask returns the mask as an address, which is how ifconfig prints it.
func netmask(bits int) netip.Addr {
	mask, _ := netip.AddrFrom4([4]byte{255, 255, 255, 255}).Prefix(bits)
	return mask.Addr()
}

// scopeID returns the scope of an IPv6 address in the numbers of Linux,
// IPV6_ADDR_LOOPBACK and IPV6_ADDR_LINKLOCAL of include/net/ipv6.h, which
// /proc/net/if_inet6 shows.
func scopeID(a netip.Addr) string {
	switch {
	case a.IsLoopback():
		return "0x10<host>"
	case a.IsLinkLocalUnicast():
		return "0x20<link>"
	}
	return "0x0<global>"
}

// formatBytes prints a size with one decimal, cut off and not rounded, in powers of
// 1024. A full 1024 of a unit stays in it.
func formatBytes(n uint64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	unit, shift := 0, 0
	for unit < len(units)-1 && n > 1<<(shift+10) {
		unit++
		shift += 10
	}
	rest := n & (1<<shift - 1)
	return fmt.Sprintf("%d.%d %s", n>>shift, rest*10>>shift, units[unit])
}

// compareNames orders interface names as ifconfig does, "eth2" before "eth10": by the
// text before the digits at the end, and then by their number. More digits are more, so
// zeros in front count.
func compareNames(a, b string) int {
	pa, na := splitName(a)
	pb, nb := splitName(b)
	if c := strings.Compare(pa, pb); c != 0 {
		return c
	}
	if len(na) != len(nb) {
		return len(na) - len(nb)
	}
	return strings.Compare(na, nb)
}

// splitName cuts the digits off the end of a name.
func splitName(s string) (prefix, number string) {
	prefix = strings.TrimRight(s, "0123456789")
	return prefix, s[len(prefix):]
}
