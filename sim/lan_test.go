package sim_test

import (
	"crypto/sha256"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/require"
)

// TestTwoSegments is the tutorial's network: a Docker host 192.168.88.2, and a
// machine 172.16.80.47 on another segment behind a router.
func TestTwoSegments(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		inner, outer := simtest.NewLAN(t), simtest.NewLAN(t, sim.WithLANMTU(1400))
		uplink := func(l *sim.LAN, addr string) sim.MachineOption { return sim.WithUplink(l, netip.MustParsePrefix(addr)) }
		docker := simtest.NewHost(t, uplink(inner, "192.168.88.2/24"))
		router := simtest.NewMachine(t, sim.WithName("router"),
			uplink(inner, "192.168.88.1/24"), uplink(outer, "172.16.80.1/24"))
		peer := simtest.NewMachine(t, sim.WithName("peer"), uplink(outer, "172.16.80.47/24"))
		require.NoError(t, router.SetSysctl("net.ipv4.ip_forward", "1"))
		require.NoError(t, docker.AddRoute(everywhere, netip.MustParseAddr("192.168.88.1")))
		require.NoError(t, peer.AddRoute(everywhere, netip.MustParseAddr("172.16.80.1")))

		web := simtest.Run(t, docker, "web", sim.WithPublish("8080:80"))
		who(t, web, "tcp", "80")
		who(t, peer, "tcp", "7777")
		require.Contains(t, nc(t, peer, "tcp", "192.168.88.2:8080"), "you are 172.16.80.47, I am 172.17.0.2:80")
		require.Contains(t, nc(t, web, "tcp", "172.16.80.47:7777"), "you are 192.168.88.2, ")
		require.Equal(t, "172.16.80.47 ttl=62", pinged(t, web, "172.16.80.47"))

		// A transfer learns the MTU of the second segment.
		l, err := web.Listen(t.Context(), "tcp", ":81")
		require.NoError(t, err)
		runIptables(t, docker, "-t nat -A PREROUTING -p tcp --dport 8081 -j DNAT --to-destination 172.17.0.2:81")
		runIptables(t, docker, "-I DOCKER-USER -p tcp --dport 81 -j ACCEPT")
		want := make([]byte, 1<<20)
		for i := range want {
			want[i] = byte(i * i >> 7)
		}
		go func() {
			c, err := l.Accept()
			if err == nil {
				c.Write(want)
				c.Close()
			}
		}()
		c, err := peer.DialContext(t.Context(), "tcp", "192.168.88.2:8081")
		require.NoError(t, err)
		got, err := io.ReadAll(c)
		require.NoError(t, err)
		require.Equal(t, sha256.Sum256(want), sha256.Sum256(got))
		c.Close()
	})
}

// TestDockerHostsOnOneLAN: two hosts with the same addresses inside reach each
// other's published ports, each masqueraded.
func TestDockerHostsOnOneLAN(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		var webs []*sim.Container
		var hosts []*sim.Host
		for _, addr := range []string{"10.0.0.1/24", "10.0.0.2/24", "10.0.0.3/24"} {
			h := simtest.NewHost(t, sim.WithSeed(1), sim.WithUplink(lan, netip.MustParsePrefix(addr)))
			web := simtest.Run(t, h, "web", sim.WithPublish("8080:80"))
			who(t, web, "tcp", "80")
			hosts, webs = append(hosts, h), append(webs, web)
		}
		require.Contains(t, nc(t, webs[0], "tcp", "10.0.0.2:8080"), "you are 10.0.0.1, I am 172.17.0.2:80")
		require.Contains(t, nc(t, webs[1], "tcp", "10.0.0.3:8080"), "you are 10.0.0.2, I am 172.17.0.2:80")
		require.Contains(t, nc(t, hosts[2], "tcp", "10.0.0.1:8080"), "you are 10.0.0.3, I am 172.17.0.2:80")

		require.NoError(t, hosts[1].Uplink(lan).SetCarrier(false))
		require.Equal(t, "timed out", nc(t, webs[0], "tcp", "10.0.0.2:8080"))
		require.NoError(t, hosts[1].Uplink(lan).SetCarrier(true))
		require.NoError(t, hosts[1].Uplink(lan).Impair(veth.Impairment{Delay: 50 * time.Millisecond}, veth.Impairment{}))
		require.Contains(t, nc(t, webs[0], "tcp", "10.0.0.2:8080"), "you are 10.0.0.1")
	})
}

// TestUplinkRefused: what cannot be an address of a host, or is one of its already,
// leaves nothing on the LAN.
func TestUplinkRefused(t *testing.T) {
	t.Parallel()
	lan, closed := simtest.NewLAN(t), simtest.NewLAN(t)
	require.NoError(t, closed.Close())
	for _, test := range []struct {
		name string
		opts []sim.HostOption
		err  error
	}{
		{"no LAN", []sim.HostOption{sim.WithUplink(nil, prefix("10.0.0.1/24"))}, sim.ErrNotFound},
		{"closed LAN", []sim.HostOption{sim.WithUplink(closed, prefix("10.0.0.1/24"))}, sim.ErrNotFound},
		{"no address", []sim.HostOption{sim.WithUplink(lan, prefix(""))}, sim.ErrAddress},
		{"unspecified", []sim.HostOption{sim.WithUplink(lan, prefix("0.0.0.0/8"))}, sim.ErrAddress},
		{"loopback", []sim.HostOption{sim.WithUplink(lan, prefix("127.0.0.2/8"))}, sim.ErrAddress},
		{"multicast", []sim.HostOption{sim.WithUplink(lan, prefix("224.0.0.1/4"))}, sim.ErrAddress},
		{"IPv6 loopback", []sim.HostOption{sim.WithUplink(lan, prefix("::1/128"))}, sim.ErrAddress},
		{"IPv6 multicast", []sim.HostOption{sim.WithUplink(lan, prefix("ff02::1/64"))}, sim.ErrAddress},
		{"IPv4 in IPv6", []sim.HostOption{sim.WithUplink(lan, prefix("::ffff:10.0.0.1/120"))}, sim.ErrAddress},
		{"network address", []sim.HostOption{sim.WithUplink(lan, prefix("10.0.0.0/24"))}, sim.ErrAddress},
		{"broadcast address", []sim.HostOption{sim.WithUplink(lan, prefix("10.0.0.255/24"))}, sim.ErrAddress},
		{"limited broadcast", []sim.HostOption{sim.WithUplink(lan, prefix("255.255.255.255/32"))}, sim.ErrAddress},
		{"twice", []sim.HostOption{sim.WithUplink(lan, prefix("10.0.0.1/24")), sim.WithUplink(lan, prefix("10.0.0.1/24"))}, sim.ErrAddress},
	} {
		h, err := sim.NewHost(test.opts...)
		if err == nil {
			h.Close()
		}
		var e *sim.Error
		require.ErrorAs(t, err, &e, test.name)
		require.ErrorIs(t, err, test.err, test.name)
		require.Empty(t, lan.Bridge().Ports(), test.name)
	}
	for _, addr := range []string{"10.0.0.0/31", "10.0.0.1/32", "fd00::1/64", "fe80::1/64"} {
		simtest.NewHost(t, sim.WithUplink(lan, prefix(addr)))
	}
}

// TestDocker0BesideLAN: like dockerd the host gives docker0 the first default pool
// that no network of it overlaps.
func TestDocker0BesideLAN(t *testing.T) {
	t.Parallel()
	lan := simtest.NewLAN(t)
	h := simtest.NewHost(t, sim.WithUplink(lan, prefix("172.17.0.9/16")), sim.WithUplink(lan, prefix("172.18.9.9/24")))
	bridge, _ := h.Network("bridge")
	require.Equal(t, "172.19.0.1", bridge.Gateway().String())
	require.Equal(t, "172.19.0.2", simtest.Run(t, h, "web").IP().String())
	require.Equal(t, "172.20.0.0/16", simtest.NewNetwork(t, h, "net").Subnets()[0].String())
}

// TestRoutes: routes are added and refused as by ip route.
func TestRoutes(t *testing.T) {
	t.Parallel()
	lan := simtest.NewLAN(t)
	h := simtest.NewMachine(t, sim.WithUplink(lan, netip.MustParsePrefix("10.0.0.1/24")))
	add := func(dst, via string) error {
		return h.AddRoute(netip.MustParsePrefix(dst), netip.MustParseAddr(via))
	}
	require.NoError(t, add("0.0.0.0/0", "10.0.0.2"))
	require.NoError(t, add("172.17.0.0/16", "10.0.0.3"))
	for _, test := range []struct {
		dst, via, message string
		err               error
	}{
		{"10.9.0.0/16", "192.168.1.1", "RTNETLINK answers: Network is unreachable", syscall.ENETUNREACH},
		{"172.17.0.0/16", "10.0.0.3", "RTNETLINK answers: File exists", syscall.EEXIST},
	} {
		err := add(test.dst, test.via)
		require.ErrorIs(t, err, test.err)
		require.EqualError(t, err, test.message)
	}
	require.Len(t, h.Routes(), 6) // lo, ::1, 10.0.0.0/24, fe80::, and those above
	require.NoError(t, h.DeleteRoute(netip.MustParsePrefix("172.17.0.0/16")))
	err := h.DeleteRoute(netip.MustParsePrefix("172.17.0.0/16"))
	require.ErrorIs(t, err, syscall.ESRCH)
}

// TestRPFilter: a packet whose source belongs elsewhere is let in or not, as rp_filter
// says.
func TestRPFilter(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		here, there := simtest.NewLAN(t), simtest.NewLAN(t)
		h := simtest.NewMachine(t,
			sim.WithUplink(here, prefix("10.0.0.1/24")), sim.WithUplink(there, prefix("10.0.1.1/24")))
		// A machine with an address of the other LAN, which the host would not answer
		// by the interface that it came by.
		stray := simtest.NewMachine(t, sim.WithUplink(here, prefix("10.0.0.2/24")), sim.WithUplink(here, prefix("10.0.1.2/24")))
		dial := func(source string) string {
			d := stray.Dialer()
			d.LocalAddr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(source), 4000))
			c, err := d.DialContext(t.Context(), "udp", "10.0.0.1:9")
			require.NoError(t, err)
			defer c.Close()
			c.SetDeadline(time.Now().Add(time.Second))
			c.Write([]byte("hi"))
			_, err = c.Read(make([]byte, 1))
			return failure(err)
		}
		require.NoError(t, h.SetSysctl("net.ipv4.conf.all.rp_filter", "1"))
		require.Equal(t, "Connection refused", dial("10.0.0.2"))
		require.Equal(t, "timed out", dial("10.0.1.2"))
		require.ErrorIs(t, h.SetSysctl("net.ipv4.conf.all.rp_filter", "3"), sim.ErrAddress)
	})
}

// TestDialer chooses the source port, and is refused a foreign address.
func TestDialer(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	web, cli := simtest.Run(t, h, "web"), simtest.Run(t, h, "cli")
	l, err := web.Listen(t.Context(), "tcp", ":80")
	require.NoError(t, err)
	d := cli.Dialer()
	d.LocalAddr = &net.TCPAddr{Port: 40000}
	c, err := d.DialContext(t.Context(), "tcp", "172.17.0.2:80")
	require.NoError(t, err)
	defer c.Close()
	in, err := l.Accept()
	require.NoError(t, err)
	defer in.Close()
	require.Equal(t, "172.17.0.3:40000", in.RemoteAddr().String())
	d.LocalAddr = &net.TCPAddr{IP: net.IPv4(10, 9, 9, 9)}
	_, err = d.DialContext(t.Context(), "tcp", "172.17.0.2:80")
	require.ErrorIs(t, err, syscall.EADDRNOTAVAIL)
}
