package sim_test

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// describe prints interfaces like "ip addr", one line each.
func describe(list []sim.Interface) (lines []string) {
	for _, i := range list {
		name := i.Name
		if i.Peer != 0 {
			name = fmt.Sprintf("%s@if%d", i.Name, i.Peer)
		}
		lines = append(lines, fmt.Sprintf("%d: %s mtu %d master=%q up=%v running=%v %v %v", i.Index, name, i.MTU, i.Master, i.Up, i.Running, i.MAC, i.Addrs))
	}
	return lines
}

func TestInterfaces(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	mac := h.Interfaces()[1].MAC
	require.Regexp(t, "^02:42(:[0-9a-f]{2}){4}$", mac.String())
	require.Equal(t, []string{
		`1: lo mtu 65536 master="" up=true running=true  [127.0.0.1/8 ::1/128]`,
		`2: docker0 mtu 1500 master="" up=true running=false ` + mac.String() + ` [172.17.0.1/16]`,
	}, describe(h.Interfaces()))

	a := simtest.Run(t, h, "aa")
	b := simtest.Run(t, h, "bb")
	require.Equal(t, []string{
		`1: lo mtu 65536 master="" up=true running=true  [127.0.0.1/8]`,
		`3: eth0@if4 mtu 1500 master="" up=true running=true 02:42:ac:11:00:02 [172.17.0.2/16]`,
	}, describe(a.Interfaces()))
	require.Equal(t, 5, b.Interfaces()[1].Index)

	ports := h.Interfaces()[2:]
	for i, want := range []struct{ index, peer int }{{4, 3}, {6, 5}} {
		require.Equal(t, want.index, ports[i].Index)
		require.Equal(t, want.peer, ports[i].Peer)
		require.Equal(t, "docker0", ports[i].Master)
		require.Regexp(t, "^veth[0-9a-f]{7}$", ports[i].Name)
		require.Zero(t, ports[i].MAC[0]&1)
	}
	// docker0 has its link-local address from the first carrier on.
	require.Equal(t, `2: docker0 mtu 1500 master="" up=true running=true `+mac.String()+` [172.17.0.1/16 `+linkLocal(mac)+`]`,
		describe(h.Interfaces())[1])

	// A restart makes a new pair.
	require.NoError(t, a.Restart(context.Background()))
	require.Equal(t, 7, a.Interfaces()[1].Index)
	require.Equal(t, 8, a.Interfaces()[1].Peer)
	require.Len(t, h.Interfaces(), 4)

	require.Equal(t, []string{"172.17.0.0/16 invalid IP eth0", "0.0.0.0/0 172.17.0.1 eth0"}, routes4(a.Routes()))
	require.Equal(t, []string{"172.17.0.0/16 invalid IP docker0"}, routes4(h.Routes()))
}

// routes4 returns the IPv4 routes but for lo's.
func routes4(list []sim.Route) (lines []string) {
	for _, r := range list {
		if r.Dst.Addr().Is4() && r.Dev != "lo" {
			lines = append(lines, fmt.Sprintf("%v %v %s", r.Dst, r.Via, r.Dev))
		}
	}
	return lines
}

func linkLocal(mac net.HardwareAddr) string {
	ip := net.IP{0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]}
	return ip.String() + "/64"
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	hex := regexp.MustCompile(`^[0-9a-f]{64}$`)
	h := simtest.NewHost(t, sim.WithSeed(7))
	c := simtest.Run(t, h, "web")
	require.Regexp(t, hex, c.ID())
	require.Equal(t, c.ID()[:12], c.Hostname())
	for _, name := range []string{"web", "/web", c.ID(), c.ID()[:12], c.ID()[:4]} {
		got, ok := h.Container(name)
		require.True(t, ok, name)
		require.Same(t, c, got)
	}
	_, ok := h.Container("")
	require.False(t, ok)
	for n := range h.Networks() {
		require.Regexp(t, hex, n.ID())
	}

	// The same seed makes the same names.
	again := simtest.NewHost(t, sim.WithSeed(7))
	require.Equal(t, c.ID(), simtest.Run(t, again, "web").ID())
	require.Equal(t, h.Interfaces()[2].Name, again.Interfaces()[2].Name)
	require.Equal(t, h.Interfaces()[1].MAC, again.Interfaces()[1].MAC)
	require.Equal(t, h.Interfaces()[2].MAC, again.Interfaces()[2].MAC)

	require.Equal(t, "mail", simtest.Run(t, h, "mx", sim.WithHostname("mail")).Hostname())
}
