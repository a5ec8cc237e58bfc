package iproute2

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/tools/internal/tooltest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestIPOptions has what options make of the machines of the recordings.
func TestIPOptions(t *testing.T) {
	t.Parallel()
	host := tooltest.Host()
	host.Ifs[1].Addrs = append(host.Ifs[1].Addrs, netip.MustParsePrefix("172.16.80.11/24"))
	host.Rts = append(host.Rts, sim.Route{Dst: netip.MustParsePrefix("fe80::/64"), Dev: "docker0"},
		sim.Route{Dst: netip.MustParsePrefix("::/0"), Via: netip.MustParseAddr("fe80::1"), Dev: "ens33"},
		sim.Route{Dst: netip.MustParsePrefix("10.1.2.3/32"), Dev: "ens33"})
	host.Ngs = []sim.Neighbour{
		{IP: netip.MustParseAddr("172.17.0.2"), MAC: tooltest.MAC("02:42:ac:11:00:02"), Dev: "docker0", State: sim.NeighbourReachable},
		{IP: netip.MustParseAddr("172.17.0.91"), Dev: "docker0", State: sim.NeighbourFailed},
	}
	for line, want := range map[string]string{
		"ip -br a show docker0":        "docker0          UP             172.17.0.1/16 fe80::42:6bff:fe67:1fab/64 \n",
		"ip -br -4 a show dev docker0": "docker0          UP             172.17.0.1/16 \n",
		"ip -br l show lo":             "lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP> \n",
		"ip -4 -o addr show ens33": `2: ens33    inet 172.16.80.10/24 brd 172.16.80.255 scope global ens33\       valid_lft forever preferred_lft forever
2: ens33    inet 172.16.80.11/24 brd 172.16.80.255 scope global secondary ens33\       valid_lft forever preferred_lft forever
`,
		"ip -o link show docker0": `1784: docker0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default \    link/ether 02:42:6b:67:1f:ab brd ff:ff:ff:ff:ff:ff
`,
		"ip -6 addr show dev lo": `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    inet6 ::1/128 scope host 
       valid_lft forever preferred_lft forever
`,
		"ip -s link show docker0": `1784: docker0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default 
    link/ether 02:42:6b:67:1f:ab brd ff:ff:ff:ff:ff:ff
    RX:  bytes packets errors dropped  missed   mcast           
             0       0      0       0       0       0 
    TX:  bytes packets errors dropped carrier collsns           
           400       4      0       1       0       0 
`,
		"ip rule":    "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n",
		"ip -6 rule": "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n",
		"ip route show table local dev docker0": `local 172.17.0.1 proto kernel scope host src 172.17.0.1 
broadcast 172.17.255.255 proto kernel scope link src 172.17.0.1 
`,
		"ip route show table all dev docker0": `172.17.0.0/16 proto kernel scope link src 172.17.0.1 
local 172.17.0.1 table local proto kernel scope host src 172.17.0.1 
broadcast 172.17.255.255 table local proto kernel scope link src 172.17.0.1 
fe80::/64 proto kernel metric 256 pref medium
local fe80::42:6bff:fe67:1fab table local proto kernel metric 0 pref medium
multicast ff00::/8 table local proto kernel metric 256 pref medium
`,
		"ip -6 -j route show table all dev docker0 ff00::/8": `[{"type":"multicast","dst":"ff00::/8","table":"local","protocol":"kernel","metric":256,"flags":[],"pref":"medium"}]` + "\n",
		"ip route show table all scope link 172.17.255.255":  "broadcast 172.17.255.255 dev docker0 table local proto kernel src 172.17.0.1 \n",
		"ip -6 route show table 255 dev docker0":             "local fe80::42:6bff:fe67:1fab proto kernel metric 0 pref medium\nmulticast ff00::/8 proto kernel metric 256 pref medium\n",
		"ip route show table local dev lo": `local 127.0.0.0/8 proto kernel scope host src 127.0.0.1 
local 127.0.0.1 proto kernel scope host src 127.0.0.1 
broadcast 127.255.255.255 proto kernel scope link src 127.0.0.1 
`,
		"ip route show cache":                   "",
		"ip -6 route":                           "fe80::/64 dev docker0 proto kernel metric 256 pref medium\ndefault via fe80::1 dev ens33 metric 1024 pref medium\n",
		"ip route show dev docker0":             "172.17.0.0/16 proto kernel scope link src 172.17.0.1 \n",
		"ip route show default":                 "default via 172.16.80.1 dev ens33 \n",
		"ip route show match 10.1.2.3":          "default via 172.16.80.1 dev ens33 \n10.1.2.3 dev ens33 scope link \n",
		"ip route show scope link proto kernel": "172.16.80.0/24 dev ens33 src 172.16.80.10 \n172.17.0.0/16 dev docker0 src 172.17.0.1 \n",
		"ip route get 8.8.8.8":                  "8.8.8.8 via 172.16.80.1 dev ens33 src 172.16.80.10 uid 0 \n    cache \n",
		"ip route get 8.8.8.8 from 172.17.0.1":  "8.8.8.8 from 172.17.0.1 via 172.16.80.1 dev ens33 uid 0 \n    cache \n",
		"ip route get 127.0.0.11":               "local 127.0.0.11 dev lo src 127.0.0.1 uid 0 \n    cache <local> \n",
		"ip route get 172.17.0.1":               "local 172.17.0.1 dev lo src 172.17.0.1 uid 0 \n    cache <local> \n",
		"ip route get 172.17.255.255":           "broadcast 172.17.255.255 dev docker0 src 172.17.0.1 uid 0 \n    cache <local,brd> \n",
		"ip -j route get 172.17.0.5":            `[{"dst":"172.17.0.5","dev":"docker0","prefsrc":"172.17.0.1","flags":[],"uid":0,"cache":[]}]` + "\n",
		"ip -j route show 172.17.0.0/16":        `[{"dst":"172.17.0.0/16","dev":"docker0","protocol":"kernel","scope":"link","prefsrc":"172.17.0.1","flags":[]}]` + "\n",
		"ip n":                                  "172.17.0.2 dev docker0 lladdr 02:42:ac:11:00:02 REACHABLE \n172.17.0.91 dev docker0 FAILED \n",
		"ip neigh show dev docker0 nud failed":  "172.17.0.91 FAILED \n",
		"ip neigh show 172.17.0.2":              "172.17.0.2 dev docker0 lladdr 02:42:ac:11:00:02 REACHABLE \n",
		"ip -j neigh":                           `[{"dst":"172.17.0.2","dev":"docker0","lladdr":"02:42:ac:11:00:02","state":["REACHABLE"]},{"dst":"172.17.0.91","dev":"docker0","state":["FAILED"]}]` + "\n",
		"ip -j addr show lo":                    `[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"mtu":65536,"qdisc":"noqueue","operstate":"UNKNOWN","group":"default","txqlen":1000,"link_type":"loopback","address":"00:00:00:00:00:00","broadcast":"00:00:00:00:00:00","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host","label":"lo","valid_life_time":4294967295,"preferred_life_time":4294967295},{"family":"inet6","local":"::1","prefixlen":128,"scope":"host","valid_life_time":4294967295,"preferred_life_time":4294967295}]}]` + "\n",
		"ip -j -p route get 172.17.0.5": `[ {
        "dst": "172.17.0.5",
        "dev": "docker0",
        "prefsrc": "172.17.0.1",
        "flags": [ ],
        "uid": 0,
        "cache": [ ]
    } ]
`,
		"ip -V": "ip utility, iproute2-6.1.0, libbpf 1.1.2\n",
		"bridge link": `1786: veth25e0e69@if1785: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master docker0 state forwarding priority 32 cost 2 
1788: veth6bb2ebe@if1787: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master docker0 state forwarding priority 32 cost 2 
1790: vethf707353@if1789: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master docker0 state forwarding priority 32 cost 2 
`,
	} {
		assert.Equal(t, want, show(t, host, line), line)
	}
	for _, line := range []string{"ip -j a", "ip -j -s l", "ip -j -br a", "ip -j -br l", "ip -j -6 r", "ip -j n", "ip -j -p -s a"} {
		require.True(t, json.Valid([]byte(show(t, host, line))), line)
	}
	assert.Equal(t, 3, strings.Count(show(t, host, "ip link show master docker0 type veth"), "docker0"))
}

// sockets are those of which the real ss showed its lines.
func sockets() *tooltest.Still {
	ap := netip.MustParseAddrPort
	none4, none6 := ap("0.0.0.0:0"), ap("[::]:0")
	return &tooltest.Still{Socks: []sim.Socket{
		{Proto: "udp", Local: ap("127.0.0.1:53"), Remote: none4, State: sim.SocketClosed, Program: "python3", PID: 2080, FD: 6},
		{Proto: "udp", Local: ap("127.0.0.1:36062"), Remote: ap("127.0.0.1:53"), State: sim.SocketEstablished},
		{Proto: "tcp", IPv6: true, IPv6Only: true, Local: ap("[::]:8443"), Remote: none6, State: sim.SocketListening, SendQ: 10, Program: "python3", PID: 2080, FD: 5},
		{Proto: "tcp", IPv6: true, Local: ap("[::]:80"), Remote: none6, State: sim.SocketListening, SendQ: 511, Program: "python3", PID: 2080, FD: 4},
		{Proto: "tcp", Local: ap("127.0.0.1:8080"), Remote: ap("127.0.0.1:48298"), State: sim.SocketTimeWait},
		{Proto: "tcp", Local: ap("0.0.0.0:8080"), Remote: none4, State: sim.SocketListening, SendQ: 128, Program: "python3", PID: 2080, FD: 3},
		{Proto: "tcp", Local: ap("127.0.0.1:45928"), Remote: ap("127.0.0.1:80"), State: sim.SocketEstablished},
		{Proto: "tcp", IPv6: true, Local: ap("127.0.0.1:80"), Remote: ap("127.0.0.1:45928"), State: sim.SocketEstablished},
	}}
}

// TestSS has lines of the real one, of iproute2 6.1.
func TestSS(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"ss -lntup": `Netid State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess                           
udp   UNCONN 0      0          127.0.0.1:53        0.0.0.0:*    users:(("python3",pid=2080,fd=6))
tcp   LISTEN 0      128          0.0.0.0:8080      0.0.0.0:*    users:(("python3",pid=2080,fd=3))
tcp   LISTEN 0      10              [::]:8443         [::]:*    users:(("python3",pid=2080,fd=5))
tcp   LISTEN 0      511                *:80              *:*    users:(("python3",pid=2080,fd=4))
`,
		"ss -tan -6": `State  Recv-Q Send-Q      Local Address:Port       Peer Address:Port Process
LISTEN 0      10                   [::]:8443               [::]:*           
LISTEN 0      511                     *:80                    *:*           
ESTAB  0      0      [::ffff:127.0.0.1]:80   [::ffff:127.0.0.1]:45928       
`,
		"ss -un": `Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess
0      0          127.0.0.1:36062    127.0.0.1:53         
`,
		"ss -tan state listening": `Recv-Q Send-Q Local Address:Port Peer Address:PortProcess
0      128          0.0.0.0:8080      0.0.0.0:*          
0      10              [::]:8443         [::]:*          
0      511                *:80              *:*          
`,
		"ss -tan sport = :80": `State  Recv-Q Send-Q      Local Address:Port       Peer Address:Port Process
LISTEN 0      511                     *:80                    *:*           
ESTAB  0      0      [::ffff:127.0.0.1]:80   [::ffff:127.0.0.1]:45928       
`,
		"ss -tan ( dport = :48298 or sport eq 8443 )": `State     Recv-Q Send-Q Local Address:Port Peer Address:Port Process
TIME-WAIT 0      0          127.0.0.1:8080    127.0.0.1:48298       
LISTEN    0      10              [::]:8443         [::]:*           
`,
		"ss -tanH not dst 127.0.0.1 and sport > 8080": "LISTEN 0 10 [::]:8443 [::]:*\n",
		"ss -s": "Total: 7\nTCP:   6 (estab 2, closed 1, orphaned 0, timewait 1)\n\nTransport Total     IP        IPv6\n" +
			"RAW\t  0         0         0        \nUDP\t  2         2         0        \nTCP\t  5         2         3        \n" +
			"INET\t  7         4         3        \nFRAG\t  0         0         0        \n\n",
		"ss -V": "ss utility, iproute2-6.1.0\n",
	} {
		assert.Equal(t, want, show(t, sockets(), line), line)
	}
}

// FuzzSS has no filter of which ss does not return.
func FuzzSS(f *testing.F) {
	for _, s := range []string{"-tan sport = :80", "( ( dst 10.0.0.0/8 ) or not src [::1]:22 )", "state all exclude listening", "-tlp", "((((("} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if _, status := run(sockets(), "ss "+line); status != 0 && status != 255 {
			t.Errorf("%q: status %d", line, status)
		}
	})
}
