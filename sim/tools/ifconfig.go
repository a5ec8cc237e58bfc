package tools

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim"
)

// Ifconfig runs ifconfig(8) on m: it prints the interfaces with the given names,
// or all that are up. Of an interface that does not exist it prints that, and the
// *ExitError has status 1.
func Ifconfig(w io.Writer, m Machine, names ...string) error {
	o := &output{w: w}
	interfaces := m.Interfaces()
	if len(names) == 0 {
		up := slices.DeleteFunc(slices.Clone(interfaces), func(i sim.Interface) bool { return !i.Up })
		slices.SortFunc(up, func(a, b sim.Interface) int { return compareNames(a.Name, b.Name) })
		for _, i := range up {
			ifconfig(o, i)
		}
		return o.err
	}
	var missing error
	for _, name := range names {
		if i := slices.IndexFunc(interfaces, func(i sim.Interface) bool { return i.Name == name }); i >= 0 {
			ifconfig(o, interfaces[i])
			continue
		}
		o.printf("%s: error fetching interface information: Device not found\n", name)
		missing = &ExitError{Code: 1}
	}
	if o.err != nil {
		return o.err
	}
	return missing
}

func ifconfig(o *output, i sim.Interface) {
	o.printf("%s: flags=%s  mtu %d\n", i.Name, interfaceFlags(i), i.MTU)
	if at := slices.IndexFunc(i.Addrs, func(p netip.Prefix) bool { return p.Addr().Is4() }); at >= 0 {
		o.printf("        inet %s  netmask %s", i.Addrs[at].Addr(), netmask(i.Addrs[at].Bits()))
		if b := broadcast(i.Addrs[at]); b.IsValid() {
			o.printf("  broadcast %s", b)
		}
		o.printf("\n")
	}
	for _, p := range i.Addrs {
		if p.Addr().Is6() {
			o.printf("        inet6 %s  prefixlen %d  scopeid %s\n", p.Addr(), p.Bits(), scopeID(p.Addr()))
		}
	}
	if i.Loopback {
		o.printf("        loop  txqueuelen 1000  (Local Loopback)\n")
	} else {
		o.printf("        ether %s  txqueuelen 0  (Ethernet)\n", i.MAC)
	}
	// Drops are counted as such alone; nothing else goes wrong on a virtual cable.
	o.printf("        RX packets %d  bytes %d (%s)\n", i.RxPackets, i.RxBytes, formatBytes(i.RxBytes))
	o.printf("        RX errors %d  dropped %d  overruns 0  frame 0\n", i.RxErrors, i.RxDropped)
	o.printf("        TX packets %d  bytes %d (%s)\n", i.TxPackets, i.TxBytes, formatBytes(i.TxBytes))
	o.printf("        TX errors 0  dropped %d overruns 0  carrier 0  collisions 0\n\n", i.TxDropped)
}

// interfaceFlags returns the flags of netdevice(7) as ifconfig has them.
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

func netmask(bits int) netip.Addr {
	mask, _ := netip.AddrFrom4([4]byte{255, 255, 255, 255}).Prefix(bits)
	return mask.Addr()
}

// scopeID returns the scope of an IPv6 address in the numbers of Linux.
func scopeID(a netip.Addr) string {
	switch {
	case a.IsLoopback():
		return "0x10<host>"
	case a.IsLinkLocalUnicast():
		return "0x20<link>"
	}
	return "0x0<global>"
}

// formatBytes prints a size with one decimal, cut off.
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

// compareNames orders interface names as ifconfig does: "eth2" before "eth10".
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

func splitName(s string) (prefix, number string) {
	prefix = strings.TrimRight(s, "0123456789")
	return prefix, s[len(prefix):]
}
