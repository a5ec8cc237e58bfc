package iproute2

import (
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"

	"net/netip"
)

// TestIPChanges has a machine configured by ip, with what the real one says to it.
func TestIPChanges(t *testing.T) {
	t.Parallel()
	m := simtest.NewMachine(t, sim.WithUplink(simtest.NewLAN(t), netip.MustParsePrefix("172.17.0.2/16")))
	for _, tt := range []struct {
		line, want string
		status     int
	}{
		{"ip route add 10.0.0.0/8 via 9.9.9.9", "Error: Nexthop has invalid gateway.\n", 2},
		{"ip route add 10.0.0.0/8 via 172.17.0.1", "", 0},
		{"ip route add 10.0.0.0/8 via 172.17.0.1", "RTNETLINK answers: File exists\n", 2},
		{"ip route add 10.0.0.1/8 via 172.17.0.1", "Error: Invalid prefix for given prefix length.\n", 2},
		{"ip route del 12.0.0.0/8", "RTNETLINK answers: No such process\n", 2},
		{"ip route add 12.0.0.0/8 dev eth9", "Cannot find device \"eth9\"\n", 1},
		{"ip route add 12.0.0.0/8 dev eth0", "", 0},
		{"ip route add 13.0.0.0/8 dev eth0 src 1.2.3.4", "Error: Invalid prefsrc address.\n", 2},
		{"ip route add 13.0.0.0/8", "RTNETLINK answers: No such device\n", 2},
		{"ip route add 13.0.0.0/8 via 172.17.0.1 dev lo", "Error: Nexthop has invalid gateway.\n", 2},
		{"ip route replace 10.0.0.0/8 via 172.17.0.9", "", 0},
		{"ip route change 14.0.0.0/8 via 172.17.0.9", "RTNETLINK answers: No such file or directory\n", 2},
		{"ip route", "10.0.0.0/8 via 172.17.0.9 dev eth0 \n12.0.0.0/8 dev eth0 scope link \n172.17.0.0/16 dev eth0 proto kernel scope link src 172.17.0.2 \n", 0},
		{"ip route del 10.0.0.0/8 via 172.17.0.77", "RTNETLINK answers: No such process\n", 2},
		{"ip route get 10.1.2.3", "10.1.2.3 via 172.17.0.9 dev eth0 src 172.17.0.2 uid 0 \n    cache \n", 0},
		{"ip route get 8.8.8.8", "RTNETLINK answers: Network is unreachable\n", 2},
		{"ip -6 route add default via fe80::1", "Error: Egress device not specified.\n", 2},
		{"ip -6 route add default via fe80::1 dev eth0", "", 0},
		{"ip -6 route", "fe80::/64 dev eth0 proto kernel metric 256 pref medium\ndefault via fe80::1 dev eth0 metric 1024 pref medium\n", 0},
		{"ip route flush 10.0.0.0/8", "", 0},
		{"ip route flush cache", "", 0},
		{"ip addr add 172.17.0.2/16 dev eth0", "RTNETLINK answers: File exists\n", 2},
		{"ip addr add 172.17.0.4/16 brd + dev eth0", "", 0},
		{"ip addr del 172.17.0.9/16 dev eth0", "RTNETLINK answers: Cannot assign requested address\n", 2},
		{"ip -br -4 addr show eth0", "eth0             UP             172.17.0.2/16 172.17.0.4/16 \n", 0},
		{"ip addr del 172.17.0.4/16 dev eth0", "", 0},
		{"ip link set eth0 mtu 60", "Error: mtu less than device minimum.\n", 2},
		{"ip link set dev eth0 mtu 1400 down", "", 0},
		{"ip route add 12.0.0.0/8 dev eth0", "Error: Device for nexthop is not up.\n", 2},
		{"ip route", "", 0},
		{"ip link set eth0 up", "", 0},
		{"ip route", "172.17.0.0/16 dev eth0 proto kernel scope link src 172.17.0.2 \n", 0},
		{"ip neigh add 172.17.0.9 lladdr 02:42:ac:11:00:09 dev eth0", "", 0},
		{"ip neigh add 172.17.0.9 lladdr 02:42:ac:11:00:09 dev eth0", "RTNETLINK answers: File exists\n", 2},
		{"ip neigh replace 172.17.0.9 lladdr 02:42:ac:11:00:0a dev eth0", "", 0},
		{"ip neigh change 172.17.0.10 lladdr 02:42:ac:11:00:0a dev eth0", "RTNETLINK answers: No such file or directory\n", 2},
		{"ip neigh add 172.17.0.11 dev eth0", "Error: No link layer address given.\n", 2},
		{"ip neigh", "172.17.0.9 dev eth0 lladdr 02:42:ac:11:00:0a PERMANENT \n", 0},
		{"ip neigh flush dev eth0", "", 0},
		{"ip neigh del 172.17.0.9 dev eth0", "", 0},
		{"ip neigh del 172.17.0.9 dev eth0", "RTNETLINK answers: No such file or directory\n", 2},
		{"ip link add dummy0 type dummy", "Error: Unknown device type.\n", 2},
		{"ip addr flush dev eth0", "", 0},
		{"ip -br addr show eth0", "eth0             UP             \n", 0},
	} {
		out, status := run(m, tt.line)
		require.Equal(t, tt.want, out, tt.line)
		require.Equal(t, tt.status, status, tt.line)
	}
}

// TestIPUnprivileged has a container, which may look.
func TestIPUnprivileged(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "web")
	for _, line := range []string{
		"ip link set eth0 down", "ip link set eth0 mtu 1400", "ip route del default", "ip route add 10.0.0.0/8 via 172.17.0.1", "ip addr add 10.0.0.1/8 dev eth0",
		"ip neigh add 172.17.0.9 lladdr 02:42:ac:11:00:09 dev eth0", "ip neigh del 172.17.0.9 dev eth0", "ip link add x type dummy", "ip link del eth0",
		"ip route change 14.0.0.0/8 via 172.17.0.9", "ip addr replace 172.17.0.2/16 dev eth0",
	} {
		out, status := run(c, line)
		require.Equal(t, "RTNETLINK answers: Operation not permitted\n", out, line)
		require.Equal(t, 2, status, line)
	}
}

// TestBridge shows what docker0 has learned.
func TestBridge(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "web")
	_, err := h.DialContext(t.Context(), "tcp", "172.17.0.2:80")
	require.Error(t, err)
	docker0, port := h.Interfaces()[1], h.Interfaces()[2]
	require.Equal(t, docker0.MAC.String()+" dev docker0 master docker0 permanent\n"+
		c.MAC().String()+" dev "+port.Name+" master docker0 \n"+port.MAC.String()+" dev "+port.Name+" master docker0 permanent\n",
		show(t, h, "bridge fdb show br docker0"))
	require.Equal(t, 1, strings.Count(show(t, h, "bridge link"), "\n"))
	require.Empty(t, show(t, c, "bridge fdb"))
}
