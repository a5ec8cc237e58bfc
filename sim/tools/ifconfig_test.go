package tools

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A still is a Machine that only shows its interfaces and routes.
type still struct {
	Machine
	interfaces []sim.Interface
	routes     []sim.Route
}

func (s *still) Interfaces() []sim.Interface { return s.interfaces }
func (s *still) Routes() []sim.Route         { return s.routes }

func mac(t *testing.T, s string) net.HardwareAddr {
	t.Helper()
	m, err := net.ParseMAC(s)
	require.NoError(t, err)
	return m
}

func prefixes(s ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range s {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}

func golden(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	return string(text)
}

// container is the container of the recordings, where IPv6 was off.
func container(t *testing.T) *still {
	return &still{
		interfaces: []sim.Interface{
			{Index: 1, Name: "lo", MTU: 65536, Addrs: prefixes("127.0.0.1/8"), Up: true, Running: true, Loopback: true},
			{Index: 1785, Peer: 1786, Name: "eth0", MAC: mac(t, "02:42:ac:11:00:02"), MTU: 1500,
				Addrs: prefixes("172.17.0.2/16"), Up: true, Running: true, RxPackets: 3, RxBytes: 294},
		},
		routes: []sim.Route{
			{Dst: netip.MustParsePrefix("172.17.0.0/16"), Dev: "eth0"},
			{Dst: netip.MustParsePrefix("127.0.0.0/8"), Dev: "lo"},
			{Dst: netip.MustParsePrefix("fe80::/64"), Dev: "eth0"},
			{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("172.17.0.1"), Dev: "eth0"},
		},
	}
}

// host is the host of the recordings.
func host(t *testing.T) *still {
	port := func(index int, name, mac6, addr string) sim.Interface {
		return sim.Interface{Index: index, Peer: index - 1, Name: name, Master: "docker0", MAC: mac(t, mac6), MTU: 1500,
			Addrs: prefixes(addr), Up: true, Running: true}
	}
	return &still{
		interfaces: []sim.Interface{
			{Index: 1, Name: "lo", MTU: 65536, Addrs: prefixes("127.0.0.1/8", "::1/128"), Up: true, Running: true, Loopback: true},
			{Index: 2, Peer: 3, Name: "ens33", MAC: mac(t, "00:0c:29:3a:5b:10"), MTU: 1500,
				Addrs: prefixes("172.16.80.10/24", "fe80::20c:29ff:fe3a:5b10/64"), Up: true, Running: true},
			{Index: 1784, Name: "docker0", MAC: mac(t, "02:42:6b:67:1f:ab"), MTU: 1500,
				Addrs: prefixes("172.17.0.1/16", "fe80::42:6bff:fe67:1fab/64"), Up: true, Running: true,
				TxPackets: 4, TxBytes: 400, TxDropped: 1},
			port(1786, "veth25e0e69", "1a:4f:4a:90:57:76", "fe80::184f:4aff:fe90:5776/64"),
			port(1788, "veth6bb2ebe", "ae:16:48:a7:65:59", "fe80::ac16:48ff:fea7:6559/64"),
			port(1790, "vethf707353", "82:3f:df:cf:8e:b1", "fe80::803f:dfff:fecf:8eb1/64"),
		},
		routes: []sim.Route{
			{Dst: netip.MustParsePrefix("172.16.80.0/24"), Dev: "ens33"},
			{Dst: netip.MustParsePrefix("172.17.0.0/16"), Dev: "docker0"},
			{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("172.16.80.1"), Dev: "ens33"},
		},
	}
}

func TestIfconfigRecordings(t *testing.T) {
	t.Parallel()
	idle := host(t)
	docker0 := &idle.interfaces[2]
	docker0.Running, docker0.Addrs, docker0.TxPackets, docker0.TxBytes = false, docker0.Addrs[:1], 0, 0
	tests := []struct {
		file  string
		m     Machine
		names []string
	}{
		{"ifconfig-container.txt", container(t), nil},
		{"ifconfig-docker0-idle.txt", idle, []string{"docker0"}},
		{"ifconfig-docker0-busy.txt", host(t), []string{"docker0"}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			require.NoError(t, Ifconfig(&out, tt.m, tt.names...))
			assert.Equal(t, golden(t, tt.file), out.String())
		})
	}
}

// TestIfconfigTutorial has lo as the tutorials show it, with IPv6.
func TestIfconfigTutorial(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, Ifconfig(&out, host(t), "lo"))
	assert.Equal(t, `lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536
        inet 127.0.0.1  netmask 255.0.0.0
        inet6 ::1  prefixlen 128  scopeid 0x10<host>
        loop  txqueuelen 1000  (Local Loopback)
        RX packets 0  bytes 0 (0.0 B)
        RX errors 0  dropped 0  overruns 0  frame 0
        TX packets 0  bytes 0 (0.0 B)
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0

`, out.String())
}

func TestIfconfigSelection(t *testing.T) {
	t.Parallel()
	m := &still{}
	for _, name := range []string{"lo", "eth10", "eth2", "down", "br-1"} {
		m.interfaces = append(m.interfaces, sim.Interface{Name: name, Up: name != "down"})
	}
	tests := []struct {
		names  []string
		want   string
		status int
	}{
		{nil, "br-1 eth2 eth10 lo", 0},
		{[]string{"lo", "eth2"}, "lo eth2", 0},
		{[]string{"down"}, "down", 0},
		{[]string{"nosuch", "lo"}, "nosuch lo", 1},
	}
	for _, tt := range tests {
		var out bytes.Buffer
		err := Ifconfig(&out, m, tt.names...)
		assertStatus(t, tt.status, err)
		var got []string
		for line := range strings.Lines(out.String()) {
			if name, _, ok := strings.Cut(line, ": "); ok {
				got = append(got, name)
			}
		}
		assert.Equal(t, tt.want, strings.Join(got, " "))
	}
	var out bytes.Buffer
	Ifconfig(&out, m, "nosuch")
	assert.Equal(t, "nosuch: error fetching interface information: Device not found\n", out.String())
}

// TestIfconfigFlags has all combinations. The numbers are those of Linux.
func TestIfconfigFlags(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "4163<UP,BROADCAST,RUNNING,MULTICAST>", interfaceFlags(sim.Interface{Up: true, Running: true}))
	assert.Equal(t, "4099<UP,BROADCAST,MULTICAST>", interfaceFlags(sim.Interface{Up: true}))
	assert.Equal(t, "4098<BROADCAST,MULTICAST>", interfaceFlags(sim.Interface{Running: true}))
	assert.Equal(t, "73<UP,LOOPBACK,RUNNING>", interfaceFlags(sim.Interface{Up: true, Running: true, Loopback: true}))
	assert.Equal(t, "8<LOOPBACK>", interfaceFlags(sim.Interface{Loopback: true}))
}

// TestFormatBytes has the sizes that the tutorials show, and limits.
func TestFormatBytes(t *testing.T) {
	t.Parallel()
	for n, want := range map[uint64]string{
		0: "0.0 B", 648: "648.0 B", 1024: "1024.0 B", 1025: "1.0 KiB", 1296: "1.2 KiB",
		266467: "260.2 KiB", 328347: "320.6 KiB", 33935667: "32.3 MiB", 74499293053: "69.3 GiB",
		1 << 40: "1024.0 GiB", 1<<40 + 1: "1.0 TiB", 1<<50 + 1: "1.0 PiB", 1<<60 + 1: "1.0 EiB", 1<<64 - 1: "15.9 EiB",
	} {
		assert.Equal(t, want, formatBytes(n))
	}
}

// TestIfconfigSimulated looks at containers before and after a ping. A request and
// a reply are 98 bytes, ARP is 42 each way.
func TestIfconfigSimulated(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithFixedCIDRv6(netip.MustParsePrefix("fd00::/64")))
		simtest.Run(t, h, "web")
		cli := simtest.Run(t, h, "cli")
		show := func() string {
			var out bytes.Buffer
			require.NoError(t, Ifconfig(&out, cli))
			return out.String()
		}
		before := show()
		assert.True(t, strings.HasPrefix(before, `eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 172.17.0.3  netmask 255.255.0.0  broadcast 172.17.255.255
        inet6 fd00::242:ac11:3  prefixlen 64  scopeid 0x0<global>
        inet6 fe80::42:acff:fe11:3  prefixlen 64  scopeid 0x20<link>
        ether 02:42:ac:11:00:03  txqueuelen 0  (Ethernet)
`), before)
		was := cli.Interfaces()[1]
		_, err := cli.Ping(context.Background(), "172.17.0.2", &ping.Config{Count: 4})
		require.NoError(t, err)
		is := cli.Interfaces()[1]
		assert.EqualValues(t, 5, is.TxPackets-was.TxPackets)
		assert.EqualValues(t, 4*98+42, is.TxBytes-was.TxBytes)
		assert.EqualValues(t, 4*98+42, is.RxBytes-was.RxBytes)
		assert.NotEqual(t, before, show())
	})
}
