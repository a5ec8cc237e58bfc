package sim

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"drydock/nat"
)

// The texts of /proc/net, with the formats of Linux. What there is no fact for here is as for a
// socket that nobody has used: timers, sizes of windows, inodes, addresses in the kernel.

// procDev is that of net/core/net-procfs.c.
func procDev(list []Interface) string {
	var b strings.Builder
	b.WriteString("Inter-|   Receive                                                |  Transmit\n" +
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n")
	for _, i := range list {
		fmt.Fprintf(&b, "%6s: %7d %7d %4d %4d %4d %5d %10d %9d %8d %7d %4d %4d %4d %5d %7d %10d\n", i.Name,
			i.RxBytes, i.RxPackets, i.RxErrors, i.RxDropped, 0, 0, 0, 0,
			i.TxBytes, i.TxPackets, 0, i.TxDropped, 0, 0, 0, 0)
	}
	return b.String()
}

// hex4 is an IPv4 address as the kernel prints it on machines of low byte first.
func hex4(a netip.Addr) string {
	if !a.Is4() {
		return "00000000"
	}
	b := a.As4()
	return fmt.Sprintf("%08X", binary.LittleEndian.Uint32(b[:]))
}

// hex6 is the same for an IPv6 address, or an IPv4 one in one of IPv6.
func hex6(a netip.Addr) string {
	var text strings.Builder
	b := a.As16()
	for word := range slices.Chunk(b[:], 4) {
		fmt.Fprintf(&text, "%08X", binary.LittleEndian.Uint32(word))
	}
	return text.String()
}

// Flags of routes.
const (
	routeUp      = 1
	routeGateway = 2
	routeHost    = 4
)

// procRoute is that of net/ipv4/fib_trie.c: the main table, which has no routes of lo.
func procRoute(list []Route) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-127s\n", "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT")
	list = slices.DeleteFunc(slices.Clone(list), func(r Route) bool { return !r.Dst.Addr().Is4() || r.Dev == "lo" })
	slices.SortStableFunc(list, func(a, b Route) int {
		return cmp.Or(a.Dst.Addr().Compare(b.Dst.Addr()), cmp.Compare(b.Dst.Bits(), a.Dst.Bits()))
	})
	for _, r := range list {
		flags := routeUp
		if r.Via.IsValid() {
			flags |= routeGateway
		}
		if r.Dst.IsSingleIP() {
			flags |= routeHost
		}
		mask := uint32(0xffffffff) << (32 - r.Dst.Bits())
		dev := fmt.Sprintf("%s\t%s\t%s\t%04X\t0\t0\t0\t%s\t0\t0\t0", r.Dev, hex4(r.Dst.Addr()), hex4(r.Via), flags,
			hex4(netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, mask)))))
		fmt.Fprintf(&b, "%-127s\n", dev)
	}
	return b.String()
}

// procARP is that of net/ipv4/arp.c.
func procARP(list []Neighbour) string {
	var b strings.Builder
	b.WriteString("IP address       HW type     Flags       HW address            Mask     Device\n")
	for _, n := range list {
		if !n.IP.Is4() {
			continue
		}
		flags, mac := 0, "00:00:00:00:00:00"
		if n.MAC != nil {
			flags, mac = 2, n.MAC.String()
		}
		if n.State == NeighbourPermanent {
			flags |= 4
		}
		fmt.Fprintf(&b, "%-16s 0x%-10x0x%-10x%s     *        %s\n", n.IP, 1, flags, mac, n.Dev)
	}
	return b.String()
}

// procIfInet6 is that of net/ipv6/addrconf.c. All addresses are permanent.
func procIfInet6(list []Interface) string {
	var b strings.Builder
	for _, i := range list {
		for _, p := range i.Addrs {
			a := p.Addr()
			if !a.Is6() {
				continue
			}
			scope := 0
			switch {
			case a.IsLoopback():
				scope = 0x10
			case a.IsLinkLocalUnicast():
				scope = 0x20
			}
			fmt.Fprintf(&b, "%x %02x %02x %02x 80 %8s\n", a.As16(), i.Index, p.Bits(), scope, i.Name)
		}
	}
	return b.String()
}

// procConntrack has the connections in the order of their text, the kernel's being random.
func procConntrack(tables *nat.Tables) string {
	var lines []string
	for e := range tables.Conns() {
		lines = append(lines, e.Proc()+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// Headers of lists of sockets, from the column of addresses on.
const (
	socketColumns  = " st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
	datagramColumn = " ref pointer drops"
	header4        = "local_address rem_address  "
	header6        = "local_address                         remote_address                       "
)

// sockets are the lines of those of a protocol and family, listeners first.
func procSockets(list []Socket, proto string, v6 bool, line func(n int, s Socket, pair string) string) string {
	var b strings.Builder
	addr := hex4
	if v6 {
		addr = hex6
	}
	list = slices.DeleteFunc(slices.Clone(list), func(s Socket) bool { return s.Proto != proto || s.IPv6 != v6 })
	slices.SortStableFunc(list, func(a, b Socket) int {
		order := func(s Socket) int { return min(1, int(s.State^SocketListening)) }
		return cmp.Compare(order(a), order(b))
	})
	for n, s := range list {
		b.WriteString(line(n, s, fmt.Sprintf("%s:%04X %s:%04X", addr(s.Local.Addr()), s.Local.Port(), addr(s.Remote.Addr()), s.Remote.Port())))
	}
	return b.String()
}

// tcpLine is that of get_tcp4_sock: state, queues, timer, retransmits, user, timeouts, inode,
// references, address, and figures of the connection.
func tcpLine(n int, s Socket, pair string) string {
	figures := "20 0 0 10 -1"
	if s.State == SocketListening {
		figures = "100 0 0 10 0"
	}
	return fmt.Sprintf("%4d: %s %02X %08X:%08X %02X:%08X %08X %5d %8d %d %d %016x %s",
		n, pair, int(s.State), 0, s.RecvQ, 0, 0, 0, 0, 0, 0, 1, 0, figures)
}

// udpLine is that of udp4_format_sock.
func udpLine(n int, s Socket, pair string) string {
	return fmt.Sprintf("%5d: %s %02X %08X:%08X %02X:%08X %08X %5d %8d %d %d %016x %d",
		n, pair, int(s.State), 0, s.RecvQ, 0, 0, 0, 0, 0, 0, 2, 0, 0)
}

func procTCP(list []Socket) string {
	return fmt.Sprintf("%-149s\n", "  sl  "+header4+socketColumns) +
		procSockets(list, "tcp", false, func(n int, s Socket, pair string) string { return fmt.Sprintf("%-149s\n", tcpLine(n, s, pair)) })
}

func procTCP6(list []Socket) string {
	return "  sl  " + header6 + socketColumns + "\n" +
		procSockets(list, "tcp", true, func(n int, s Socket, pair string) string { return tcpLine(n, s, pair) + "\n" })
}

func procUDP(list []Socket) string {
	return fmt.Sprintf("%-127s\n", "   sl  "+header4+socketColumns+datagramColumn) +
		procSockets(list, "udp", false, func(n int, s Socket, pair string) string { return fmt.Sprintf("%-127s\n", udpLine(n, s, pair)) })
}

func procUDP6(list []Socket) string {
	return "  sl  " + header6 + socketColumns + datagramColumn + "\n" +
		procSockets(list, "udp", true, func(n int, s Socket, pair string) string { return udpLine(n, s, pair) + "\n" })
}
