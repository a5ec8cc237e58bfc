package sim

import (
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sockets are of all kinds.
var someSockets = []Socket{
	{Proto: "udp", Local: netip.MustParseAddrPort("127.0.0.11:40053"), Remote: netip.MustParseAddrPort("0.0.0.0:0"), State: SocketClosed},
	{Proto: "udp", IPv6: true, Local: netip.MustParseAddrPort("[::]:53"), Remote: netip.MustParseAddrPort("[::]:0"), State: SocketClosed, RecvQ: 512},
	{Proto: "tcp", Local: netip.MustParseAddrPort("172.17.0.2:8080"), Remote: netip.MustParseAddrPort("172.17.0.3:40000"), State: SocketEstablished, RecvQ: 5},
	{Proto: "tcp", Local: netip.MustParseAddrPort("0.0.0.0:80"), Remote: netip.MustParseAddrPort("0.0.0.0:0"), State: SocketListening, SendQ: 4096},
	{Proto: "tcp", IPv6: true, Local: netip.MustParseAddrPort("172.17.0.2:80"), Remote: netip.MustParseAddrPort("172.17.0.3:40001"), State: SocketCloseWait},
	{Proto: "tcp", IPv6: true, Local: netip.MustParseAddrPort("[::]:80"), Remote: netip.MustParseAddrPort("[::]:0"), State: SocketListening},
}

// TestProcNet has texts as Linux prints them.
func TestProcNet(t *testing.T) {
	t.Parallel()
	pad := func(width int, lines ...string) string {
		for i := range lines {
			lines[i] += strings.Repeat(" ", width-len(lines[i]))
		}
		return strings.Join(lines, "\n") + "\n"
	}
	prefix := netip.MustParsePrefix
	for name, tt := range map[string]struct{ got, want string }{
		"route": {procRoute([]Route{
			{Dst: prefix("127.0.0.0/8"), Dev: "lo"}, {Dst: prefix("172.17.0.0/16"), Dev: "eth0"}, {Dst: prefix("fd00::/64"), Dev: "eth0"},
			{Dst: prefix("10.0.0.1/32"), Via: netip.MustParseAddr("172.17.0.9"), Dev: "eth0"}, {Dst: prefix("0.0.0.0/0"), Via: netip.MustParseAddr("172.17.0.1"), Dev: "eth0"},
		}), pad(127, "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
			"eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0",
			"eth0\t0100000A\t090011AC\t0007\t0\t0\t0\tFFFFFFFF\t0\t0\t0",
			"eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0")},
		"arp": {procARP([]Neighbour{
			{IP: netip.MustParseAddr("172.17.0.1"), MAC: net.HardwareAddr{2, 0x42, 0xac, 0x11, 0, 1}, Dev: "eth0", State: NeighbourReachable},
			{IP: netip.MustParseAddr("172.17.0.2"), MAC: net.HardwareAddr{2, 0x42, 0xac, 0x11, 0, 2}, Dev: "eth0", State: NeighbourPermanent},
			{IP: netip.MustParseAddr("172.17.0.99"), Dev: "eth0", State: NeighbourIncomplete}, {IP: netip.MustParseAddr("fe80::1"), Dev: "eth0"},
		}), "IP address       HW type     Flags       HW address            Mask     Device\n" +
			"172.17.0.1       0x1         0x2         02:42:ac:11:00:01     *        eth0\n" +
			"172.17.0.2       0x1         0x6         02:42:ac:11:00:02     *        eth0\n" +
			"172.17.0.99      0x1         0x0         00:00:00:00:00:00     *        eth0\n"},
		"dev": {procDev([]Interface{{Name: "lo"}, {Name: "eth0", RxBytes: 155721280, RxPackets: 9209, RxErrors: 1, RxDropped: 2, TxBytes: 1021045, TxPackets: 9039, TxDropped: 3}}),
			"Inter-|   Receive                                                |  Transmit\n" +
				" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n" +
				"    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n" +
				"  eth0: 155721280    9209    1    2    0     0          0         0  1021045    9039    0    3    0     0       0          0\n"},
		"if_inet6": {procIfInet6([]Interface{
			{Index: 1, Name: "lo", Addrs: []netip.Prefix{prefix("127.0.0.1/8"), prefix("::1/128")}},
			{Index: 4, Name: "eth0", Addrs: []netip.Prefix{prefix("fd00::2/64"), prefix("fe80::fc:ff:fe00:1/64")}},
		}), "00000000000000000000000000000001 01 80 10 80       lo\n" +
			"fd000000000000000000000000000002 04 40 00 80     eth0\n" +
			"fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n"},
		"tcp": {procTCP(someSockets), pad(149,
			"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
			"   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000 100 0 0 10 0",
			"   1: 020011AC:1F90 030011AC:9C40 01 00000000:00000005 00:00000000 00000000     0        0 0 1 0000000000000000 20 0 0 10 -1")},
		"tcp6": {procTCP6(someSockets),
			"  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
				"   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000 100 0 0 10 0\n" +
				"   1: 0000000000000000FFFF0000020011AC:0050 0000000000000000FFFF0000030011AC:9C41 08 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000 20 0 0 10 -1\n"},
		"udp": {procUDP(someSockets), pad(127,
			"   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops",
			"    0: 0B00007F:9C75 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 0 2 0000000000000000 0")},
		"udp6": {procUDP6(someSockets),
			"  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n" +
				"    0: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 00000000:00000200 00:00000000 00000000     0        0 0 2 0000000000000000 0\n"},
	} {
		require.Equal(t, tt.want, tt.got, name)
	}
}

// TestProcNetLikeReal compares what stands above the lists, and the width of lines, with the
// machine that runs the test.
func TestProcNetLikeReal(t *testing.T) {
	t.Parallel()
	for name, got := range map[string]string{
		"dev": procDev([]Interface{{Name: "lo"}}), "route": procRoute([]Route{{Dst: netip.MustParsePrefix("0.0.0.0/0"), Dev: "eth0"}}),
		"arp": procARP(nil), "tcp": procTCP(someSockets), "tcp6": procTCP6(nil), "udp": procUDP(someSockets), "udp6": procUDP6(nil),
	} {
		real, err := os.ReadFile("/proc/net/" + name)
		if err != nil {
			t.Skip("needs Linux:", err)
		}
		realLines, lines := strings.Split(string(real), "\n"), strings.Split(got, "\n")
		require.Equal(t, realLines[0], lines[0], name)
		if name == "dev" {
			require.Equal(t, realLines[1], lines[1])
			continue
		}
		if len(realLines) > 2 && len(lines) > 2 {
			require.Len(t, lines[1], len(realLines[1]), name)
		}
	}
}
