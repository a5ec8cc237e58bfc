package nettools

import (
	"bytes"
	"context"
	"net/netip"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/tooltest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// runLine runs a command line with both of its outputs in one text.
func runLine(m command.Machine, line string) (out string, status int) {
	var b bytes.Buffer
	status = Commands().Run(context.Background(), &command.Call{Machine: m, Args: strings.Fields(line), Stdout: &b, Stderr: &b})
	return b.String(), status
}

// sample is a machine of which the real programs showed these tables.
func sample() *tooltest.Still {
	ap, addr, net := netip.MustParseAddrPort, netip.MustParseAddr, netip.MustParsePrefix
	none4, none6 := ap("0.0.0.0:0"), ap("[::]:0")
	return &tooltest.Still{
		Ifs: []sim.Interface{
			{Index: 1, Name: "lo", MTU: 65536, Up: true, Running: true, Loopback: true, RxPackets: 30, TxPackets: 30},
			{Index: 3, Name: "eth0", MTU: 1500, Up: true, Running: true, RxPackets: 10, TxPackets: 100},
		},
		Rts: []sim.Route{
			{Dst: net("0.0.0.0/0"), Via: addr("172.17.0.1"), Dev: "eth0"}, {Dst: net("10.1.2.3/32"), Dev: "eth0"},
			{Dst: net("10.5.0.0/16"), Via: addr("172.17.0.1"), Dev: "eth0"}, {Dst: net("172.17.0.0/16"), Dev: "eth0"},
			{Dst: net("fe80::/64"), Dev: "eth0"},
		},
		Ngs: []sim.Neighbour{
			{IP: addr("172.17.0.1"), Dev: "eth0", State: sim.NeighbourFailed},
			{IP: addr("172.17.0.9"), MAC: tooltest.MAC("02:42:ac:11:00:09"), Dev: "eth0", State: sim.NeighbourPermanent},
			{IP: addr("172.17.0.4"), MAC: tooltest.MAC("02:42:ac:11:00:04"), Dev: "eth0", State: sim.NeighbourStale},
		},
		Socks: []sim.Socket{
			{Proto: "udp", Local: ap("127.0.0.1:53"), Remote: none4, State: sim.SocketClosed, Program: "python3", PID: 2080},
			{Proto: "udp", Local: ap("127.0.0.1:36062"), Remote: ap("127.0.0.1:53"), State: sim.SocketEstablished},
			{Proto: "tcp", Local: ap("0.0.0.0:8080"), Remote: none4, State: sim.SocketListening, SendQ: 128, Program: "python3", PID: 2080},
			{Proto: "tcp", IPv6: true, Local: ap("[::]:80"), Remote: none6, State: sim.SocketListening, SendQ: 511},
			{Proto: "tcp", Local: ap("127.0.0.1:8080"), Remote: ap("127.0.0.1:48298"), State: sim.SocketTimeWait},
			{Proto: "tcp", IPv6: true, Local: ap("127.0.0.1:80"), Remote: ap("127.0.0.1:45928"), State: sim.SocketEstablished, RecvQ: 5},
		},
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	const (
		head    = "Proto Recv-Q Send-Q Local Address           Foreign Address         State       \n"
		address = "Address                  HWtype  HWaddress           Flags Mask            Iface\n"
	)
	for line, want := range map[string]string{
		"route -n": `Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
0.0.0.0         172.17.0.1      0.0.0.0         UG    0      0        0 eth0
10.1.2.3        0.0.0.0         255.255.255.255 UH    0      0        0 eth0
10.5.0.0        172.17.0.1      255.255.0.0     UG    0      0        0 eth0
172.17.0.0      0.0.0.0         255.255.0.0     U     0      0        0 eth0
`,
		"route -e": `Kernel IP routing table
Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface
default         172.17.0.1      0.0.0.0         UG        0 0          0 eth0
10.1.2.3        0.0.0.0         255.255.255.255 UH        0 0          0 eth0
10.5.0.0        172.17.0.1      255.255.0.0     UG        0 0          0 eth0
172.17.0.0      0.0.0.0         255.255.0.0     U         0 0          0 eth0
`,
		"netstat -rnee": `Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface    MSS   Window irtt
0.0.0.0         172.17.0.1      0.0.0.0         UG    0      0        0 eth0     0     0      0
10.1.2.3        0.0.0.0         255.255.255.255 UH    0      0        0 eth0     0     0      0
10.5.0.0        172.17.0.1      255.255.0.0     UG    0      0        0 eth0     0     0      0
172.17.0.0      0.0.0.0         255.255.0.0     U     0      0        0 eth0     0     0      0
`,
		"netstat -rn6": "Kernel IPv6 routing table\nDestination                    Next Hop                   Flag Met Ref  Use If\n" +
			"fe80::/64                      ::                         U    256 1      0 eth0\n",
		"netstat -i": `Kernel Interface table
Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg
eth0             1500       10      0      0 0           100      0      0      0 BMRU
lo              65536       30      0      0 0            30      0      0      0 LRU
`,
		"netstat -tlnp": `Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name    
tcp        0      0 0.0.0.0:8080            0.0.0.0:*               LISTEN      2080/python3        
tcp6       0      0 :::80                   :::*                    LISTEN      -                   
`,
		"netstat -tan": "Active Internet connections (servers and established)\n" + head +
			`tcp        0      0 0.0.0.0:8080            0.0.0.0:*               LISTEN     
tcp        0      0 127.0.0.1:8080          127.0.0.1:48298         TIME_WAIT  
tcp6       0      0 :::80                   :::*                    LISTEN     
tcp6       5      0 127.0.0.1:80            127.0.0.1:45928         ESTABLISHED
`,
		"netstat -ln": "Active Internet connections (only servers)\n" + head +
			`tcp        0      0 0.0.0.0:8080            0.0.0.0:*               LISTEN     
tcp6       0      0 :::80                   :::*                    LISTEN     
udp        0      0 127.0.0.1:53            0.0.0.0:*                          
Active UNIX domain sockets (only servers)
Proto RefCnt Flags       Type       State         I-Node   Path
`,
		"netstat -un": "Active Internet connections (w/o servers)\n" + head + "udp        0      0 127.0.0.1:36062         127.0.0.1:53            ESTABLISHED\n",
		"arp -n": address + `172.17.0.1                       (incomplete)                              eth0
172.17.0.9               ether   02:42:ac:11:00:09   CM                    eth0
172.17.0.4               ether   02:42:ac:11:00:04   C                     eth0
`,
		"arp -an": `? (172.17.0.1) at <incomplete> on eth0
? (172.17.0.9) at 02:42:ac:11:00:09 [ether] PERM on eth0
? (172.17.0.4) at 02:42:ac:11:00:04 [ether] on eth0
`,
		"arp 172.17.0.4":  address + "172.17.0.4               ether   02:42:ac:11:00:04   C                     eth0\n",
		"arp 172.17.0.99": "172.17.0.99 (172.17.0.99) -- no entry\n",
		"arp -i eth9":     "arp: in 3 entries no match found.\n",
	} {
		out, status := runLine(sample(), line)
		// What stands behind the last column is not the same everywhere.
		assert.Equal(t, trimmed(want), trimmed(out), line)
		assert.Zero(t, status, line)
	}
}

func trimmed(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

// TestChanges has a machine whose network the programs change.
func TestChanges(t *testing.T) {
	t.Parallel()
	m := simtest.NewMachine(t, sim.WithUplink(simtest.NewLAN(t), netip.MustParsePrefix("172.17.0.2/16")))
	for _, tt := range []struct {
		line, want string
		status     int
	}{
		{"route add -net 10.9.0.0 netmask 255.255.0.0 gw 172.17.0.1", "", 0},
		{"route add -net 10.9.0.0 netmask 255.255.0.0 gw 172.17.0.1", "SIOCADDRT: File exists\n", 7},
		{"route add -net 10.8.0.0/16 dev eth0", "", 0},
		{"route add default gw 9.9.9.9", "SIOCADDRT: Network is unreachable\n", 7},
		{"route add -net 10.8.0.1/16 dev eth0", "route: netmask doesn't match route address\n" + routeChangeUsage, 3},
		{"route add -host 10.7.0.1 gw 172.17.0.5", "", 0},
		{"route add foo", "foo: Host name lookup failure\n", 6},
		{"route bla", routeUsage, 3},
		{"route del -net 10.9.0.0/16", "", 0},
		{"route del -net 10.9.0.0/16", "SIOCDELRT: No such process\n", 7},
		{"route -n", `Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
10.7.0.1        172.17.0.5      255.255.255.255 UGH   0      0        0 eth0
10.8.0.0        0.0.0.0         255.255.0.0     U     0      0        0 eth0
172.17.0.0      0.0.0.0         255.255.0.0     U     0      0        0 eth0
`, 0},
		{"arp -s 172.17.0.10 02:42:ac:11:00:0a", "", 0},
		{"arp -an", "? (172.17.0.10) at 02:42:ac:11:00:0a [ether] PERM on eth0\n", 0},
		{"arp -d 172.17.0.10", "", 0},
		{"arp -d 172.17.0.10", "No ARP entry for 172.17.0.10\n", 255},
		{"ifconfig eth0 mtu 1400", "", 0},
		{"ifconfig eth0 down", "", 0},
		{"ifconfig eth0 10.0.0.1 netmask 255.255.255.0", "", 0},
		{"ifconfig eth9 up", "eth9: ERROR while getting interface flags: No such device\n", 255},
	} {
		out, status := runLine(m, tt.line)
		require.Equal(t, tt.want, out, tt.line)
		require.Equal(t, tt.status, status, tt.line)
	}
	out, _ := runLine(m, "ifconfig eth0")
	require.Contains(t, out, "mtu 1400\n        inet 10.0.0.1  netmask 255.255.255.0  broadcast 10.0.0.255\n")
}

// TestUnprivileged has a container, in which all of that is refused.
func TestUnprivileged(t *testing.T) {
	t.Parallel()
	c := simtest.Run(t, simtest.NewHost(t), "web")
	for line, want := range map[string]string{
		"route add -net 10.0.0.0/8 gw 172.17.0.1": "SIOCADDRT: Operation not permitted\n", "route del default": "SIOCDELRT: Operation not permitted\n",
		"arp -s 172.17.0.9 02:42:ac:11:00:0a": "SIOCSARP: Operation not permitted\n", "ifconfig eth0 down": "SIOCSIFFLAGS: Operation not permitted\n",
		"ifconfig eth0 mtu 1400": "SIOCSIFMTU: Operation not permitted\n",
	} {
		out, status := runLine(c, line)
		assert.Equal(t, want, out, line)
		assert.NotZero(t, status, line)
	}
}

// TestDockerProxy has the published ports of a host.
func TestDockerProxy(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	simtest.Run(t, h, "web", sim.WithPublish("8080:80"))
	out, _ := runLine(h, "netstat -tlnp")
	require.Regexp(t, `(?s)tcp        0      0 0\.0\.0\.0:8080            0\.0\.0\.0:\*               LISTEN      \d+/docker-proxy.*
tcp6       0      0 :::8080                 :::\*                    LISTEN      \d+/docker-proxy`, out)
}

// FuzzTables has no line at which a program panics.
func FuzzTables(f *testing.F) {
	for _, s := range []string{"route add -net 10.0.0.0/8 gw 1.2.3.4 dev", "netstat -tulpn", "arp -s a b", "ifconfig eth0 10.0.0.1/24 netmask 255.0.0.0 up", "route -6 -e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) { runLine(sample(), line) })
}
