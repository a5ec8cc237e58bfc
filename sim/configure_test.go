package sim_test

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"drydock/drop"
	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/sim/tools"

	"github.com/stretchr/testify/require"
)

// twoMachines returns machines on a LAN, 10.0.0.1 and 10.0.0.2.
func twoMachines(t *testing.T) (a, b *sim.Machine) {
	lan := simtest.NewLAN(t)
	return simtest.NewMachine(t, sim.WithName("aa"), sim.WithUplink(lan, prefix("10.0.0.1/24"))),
		simtest.NewMachine(t, sim.WithName("bb"), sim.WithUplink(lan, prefix("10.0.0.2/24")))
}

func pings(t *testing.T, m *sim.Machine, to string) bool {
	t.Helper()
	stats, err := m.Ping(t.Context(), to, &ping.Config{Count: 1, Timeout: time.Second})
	return err == nil && stats.Received == 1
}

// TestSetUp takes an interface down and up again, and what Linux forgets meanwhile.
func TestSetUp(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		a, b := twoMachines(t)
		require.NoError(t, a.AddRoute(prefix("0.0.0.0/0"), netip.MustParseAddr("10.0.0.2")))
		require.True(t, pings(t, b, "10.0.0.1"))
		before := a.Interfaces()[1].Addrs
		require.Len(t, before, 2)
		require.NoError(t, a.SetUp("eth0", false))
		require.NoError(t, a.SetUp("eth0", false))
		i := a.Interfaces()[1]
		require.False(t, i.Up || i.Running)
		require.Equal(t, before[:1], i.Addrs)
		require.Empty(t, a.Neighbours())
		require.False(t, pings(t, b, "10.0.0.1"))
		_, err := a.Ping(t.Context(), "10.0.0.2", &ping.Config{Count: 1})
		require.ErrorIs(t, err, syscall.ENETUNREACH)
		require.ErrorIs(t, a.AddRouteSpec(sim.Route{Dst: prefix("10.9.0.0/16"), Dev: "eth0"}), syscall.ENETDOWN)
		require.NoError(t, a.SetUp("eth0", true))
		require.Equal(t, before, a.Interfaces()[1].Addrs)
		require.True(t, pings(t, b, "10.0.0.1"))
		require.True(t, pings(t, a, "10.0.0.2"))
		for _, r := range a.Routes() {
			require.NotEqual(t, prefix("0.0.0.0/0"), r.Dst)
		}
		require.NoError(t, a.SetUp("lo", false))
		require.False(t, pings(t, a, "127.0.0.1"))
		require.NoError(t, a.SetUp("lo", true))
		require.True(t, pings(t, a, "127.0.0.1"))
		require.True(t, pings(t, a, "::1"))
	})
}

// TestAddresses adds and deletes one, with what becomes of routes.
func TestAddresses(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		a, b := twoMachines(t)
		require.NoError(t, a.AddAddr("eth0", prefix("10.1.0.1/16")))
		require.NoError(t, b.AddAddr("eth0", prefix("10.1.0.2/16")))
		require.True(t, pings(t, a, "10.1.0.2"))
		require.ErrorIs(t, a.AddAddr("eth0", prefix("10.1.0.1/16")), syscall.EEXIST)
		require.ErrorIs(t, a.AddAddr("eth9", prefix("10.1.0.9/16")), syscall.ENODEV)
		require.ErrorIs(t, a.AddAddr("eth0", netip.Prefix{}), syscall.EINVAL)
		require.ErrorIs(t, a.AddAddr("eth0", prefix("224.0.0.1/24")), syscall.EINVAL)
		require.NoError(t, b.DeleteAddr("eth0", prefix("10.1.0.2/16")))
		require.EqualError(t, b.DeleteAddr("eth0", prefix("10.1.0.2/16")), "RTNETLINK answers: Cannot assign requested address")
		require.False(t, pings(t, a, "10.1.0.2"))
		require.True(t, pings(t, a, "10.0.0.2"))

		require.NoError(t, a.SetMTU("eth0", 1400))
		require.Equal(t, 1400, a.Interfaces()[1].MTU)
		require.ErrorIs(t, a.SetMTU("eth0", 67), syscall.EINVAL)
		require.NoError(t, a.ReplaceRoute(sim.Route{Dst: prefix("10.5.0.0/16"), Dev: "eth0"}))
		require.NoError(t, a.ReplaceRoute(sim.Route{Dst: prefix("10.5.0.0/16"), Via: netip.MustParseAddr("10.0.0.2"), Src: netip.MustParseAddr("10.1.0.1")}))
		require.Contains(t, a.Routes(), sim.Route{
			Dst: prefix("10.5.0.0/16"), Via: netip.MustParseAddr("10.0.0.2"), Dev: "eth0", Src: netip.MustParseAddr("10.1.0.1"),
		})
		require.ErrorIs(t, a.DeleteRouteSpec(sim.Route{Dst: prefix("10.5.0.0/16"), Dev: "lo"}), syscall.ESRCH)
		require.NoError(t, a.DeleteRouteSpec(sim.Route{Dst: prefix("10.5.0.0/16"), Dev: "eth0"}))
		require.ErrorIs(t, a.AddRouteSpec(sim.Route{Dst: prefix("10.5.0.0/16")}), syscall.ENODEV)
		require.ErrorIs(t, a.AddRouteSpec(sim.Route{Dst: prefix("10.5.0.0/16"), Dev: "eth0", Src: netip.MustParseAddr("10.7.0.1")}), syscall.EINVAL)
		require.ErrorIs(t, a.AddRouteSpec(sim.Route{Dst: prefix("10.5.0.0/16"), Via: netip.MustParseAddr("10.0.0.2"), Dev: "lo"}), syscall.ENETUNREACH)
	})
}

// TestStaticNeighbour sends to a MAC that nobody has.
func TestStaticNeighbour(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		a, _ := twoMachines(t)
		ip, nobody := netip.MustParseAddr("10.0.0.2"), net.HardwareAddr{2, 0, 0, 0, 0, 9}
		require.NoError(t, a.AddNeighbour("eth0", ip, nobody))
		require.False(t, pings(t, a, "10.0.0.2"))
		require.Equal(t, []sim.Neighbour{{IP: ip, MAC: nobody, Dev: "eth0", State: sim.NeighbourPermanent}}, func() []sim.Neighbour {
			list := a.Neighbours()
			for i := range list {
				list[i].Age = 0
			}
			return list
		}())
		require.NoError(t, a.DeleteNeighbour("eth0", ip))
		require.ErrorIs(t, a.DeleteNeighbour("eth0", ip), syscall.ENOENT)
		require.True(t, pings(t, a, "10.0.0.2"))
		require.ErrorIs(t, a.AddNeighbour("eth0", netip.Addr{}, nobody), syscall.EINVAL)
		require.ErrorIs(t, a.AddNeighbour("eth0", ip, nil), syscall.EINVAL)
	})
}

// TestPortDown cuts a container off at the host's end, as "ip link set vethXXXXXXX down".
func TestPortDown(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		web := simtest.Run(t, h, "web")
		port := h.Interfaces()[2]
		require.True(t, pings(t, h.Machine, "172.17.0.2"))
		require.NoError(t, h.SetUp(port.Name, false))
		require.False(t, pings(t, h.Machine, "172.17.0.2"))
		require.False(t, h.Interfaces()[2].Up)
		eth0 := web.Interfaces()[1]
		require.True(t, eth0.Up)
		require.False(t, eth0.Running)
		require.NoError(t, h.SetUp(port.Name, true))
		require.True(t, pings(t, h.Machine, "172.17.0.2"))
		require.ErrorIs(t, h.SetUp("veth1234567", true), syscall.ENODEV)
	})
}

// TestUnprivileged has a container try all that takes CAP_NET_ADMIN, which it has not.
func TestUnprivileged(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	web := simtest.Run(t, h, "web")
	ip := netip.MustParseAddr("172.17.0.9")
	for name, do := range map[string]func() error{
		"add address":      func() error { return web.AddAddr("eth0", prefix("10.0.0.1/8")) },
		"delete address":   func() error { return web.DeleteAddr("eth0", prefix("172.17.0.2/16")) },
		"add route":        func() error { return web.AddRoute(prefix("10.0.0.0/8"), ip) },
		"replace route":    func() error { return web.ReplaceRoute(sim.Route{Dst: prefix("10.0.0.0/8"), Dev: "eth0"}) },
		"delete route":     func() error { return web.DeleteRoute(prefix("172.17.0.0/16")) },
		"set interface":    func() error { return web.SetUp("eth0", false) },
		"set MTU":          func() error { return web.SetMTU("eth0", 1400) },
		"add neighbour":    func() error { return web.AddNeighbour("eth0", ip, net.HardwareAddr{2, 0, 0, 0, 0, 9}) },
		"delete neighbour": func() error { return web.DeleteNeighbour("eth0", ip) },
	} {
		err := do()
		require.EqualError(t, err, "RTNETLINK answers: Operation not permitted", name)
		require.ErrorIs(t, err, sim.ErrPermission)
		require.ErrorIs(t, err, syscall.EPERM)
		require.Equal(t, name, err.(*sim.Error).Op)
	}
	require.ErrorIs(t, web.SetSysctl("net.ipv4.ip_forward", "0"), sim.ErrPermission)
	require.ErrorIs(t, web.SetSysctl("net.ipv4.nosuch", "0"), sim.ErrNotFound)
	require.NoError(t, web.Stop(t.Context()))
	require.ErrorIs(t, web.SetUp("eth0", false), sim.ErrNotRunning)
	require.Nil(t, web.Sysctls())
}

// TestCapabilities has options that let a container change its network.
func TestCapabilities(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for name, tt := range map[string]struct {
		host          dockerapi.HostConfig
		admin, sysctl bool
	}{
		"none":       {dockerapi.HostConfig{CapAdd: dockerapi.Words{"NET_RAW"}}, false, false},
		"admin":      {dockerapi.HostConfig{CapAdd: dockerapi.Words{"NET_ADMIN"}}, true, false},
		"prefix":     {dockerapi.HostConfig{CapAdd: dockerapi.Words{"cap_net_admin"}, CapDrop: dockerapi.Words{"ALL"}}, true, false},
		"all":        {dockerapi.HostConfig{CapAdd: dockerapi.Words{"ALL"}}, true, false},
		"but":        {dockerapi.HostConfig{CapAdd: dockerapi.Words{"ALL"}, CapDrop: dockerapi.Words{"NET_ADMIN"}}, false, false},
		"privileged": {dockerapi.HostConfig{Privileged: true}, true, true},
	} {
		c, err := h.CreateSpec(name, dockerapi.ContainerCreate{Config: dockerapi.Config{Image: "centos"}, HostConfig: tt.host})
		require.NoError(t, err, name)
		require.NoError(t, c.Start())
		require.Equal(t, tt.admin, c.SetUp("eth0", false) == nil, name)
		require.Equal(t, tt.sysctl, c.SetSysctl("net.ipv4.ip_forward", "0") == nil, name)
	}
}

// TestSysctls has what the recordings show of hosts and containers.
func TestSysctls(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	web := simtest.Run(t, h, "web")
	lines := func(list []sim.Sysctl, keep string) (lines []string) {
		for _, s := range list {
			if strings.Contains(s.Key, keep) {
				lines = append(lines, s.Key+" = "+s.Value)
			}
		}
		return lines
	}
	require.Equal(t, []string{
		"net.ipv4.conf.all.forwarding = 1", "net.ipv4.conf.default.forwarding = 1", "net.ipv4.conf.eth0.forwarding = 1", "net.ipv4.conf.lo.forwarding = 1",
		"net.ipv6.conf.all.forwarding = 0", "net.ipv6.conf.default.forwarding = 0", "net.ipv6.conf.eth0.forwarding = 0", "net.ipv6.conf.lo.forwarding = 0",
	}, lines(web.Sysctls(), ".forwarding"))
	require.Equal(t, []string{"net.ipv4.ip_local_port_range = 32768\t60999"}, lines(web.Sysctls(), "port_range"))
	require.Equal(t, []string{
		"net.ipv6.conf.all.disable_ipv6 = 1", "net.ipv6.conf.default.disable_ipv6 = 1", "net.ipv6.conf.eth0.disable_ipv6 = 1", "net.ipv6.conf.lo.disable_ipv6 = 1",
	}, lines(web.Sysctls(), "disable_ipv6"))
	require.Equal(t, []string{"net.bridge.bridge-nf-call-ip6tables = 1", "net.bridge.bridge-nf-call-iptables = 1"}, lines(h.Sysctls(), "bridge"))
	require.Empty(t, lines(web.Sysctls(), "bridge"))
	require.ErrorIs(t, web.SetSysctl("net.bridge.bridge-nf-call-iptables", "0"), sim.ErrNotFound)
	require.NoError(t, h.SetSysctl("net.ipv4.conf.docker0.rp_filter", "2"))
	require.Equal(t, []string{
		"net.ipv4.conf.all.rp_filter = 0", "net.ipv4.conf.default.rp_filter = 0", "net.ipv4.conf.docker0.rp_filter = 2", "net.ipv4.conf.lo.rp_filter = 0",
	}, lines(h.Sysctls(), ".rp_filter")[:4])
	for _, s := range h.Sysctls() { // what is listed can be read
		v, err := h.Sysctl(s.Key)
		require.NoError(t, err)
		require.Equal(t, s.Value, v)
	}
	for key, value := range map[string]string{
		"net.ipv4.ip_local_port_range": "60000 1", "net.ipv4.ip_default_ttl": "0", "net.ipv4.icmp_echo_ignore_all": "x", "net.ipv4.conf.docker0.route_localnet": "2",
	} {
		require.ErrorIs(t, h.SetSysctl(key, value), sim.ErrAddress, key)
	}
	for _, key := range []string{"net.core.somaxconn", "net.ipv4.conf.docker0.forwarding", "net.ipv4.conf.default.rp_filter", "net.ipv6.conf.all.disable_ipv6"} {
		require.ErrorIs(t, h.SetSysctl(key, "1"), sim.ErrPermission, key)
	}
	for _, key := range []string{"net.ipv4.conf.eth7.forwarding", "net.ipv4.conf..forwarding", "net.ipv4.conf.forwarding", "", "*", "net.ipv4.conf.*.forwarding"} {
		_, err := h.Sysctl(key)
		require.ErrorIs(t, err, sim.ErrNotFound, key)
	}
}

// TestSysctlEffects has the settings do something.
func TestSysctlEffects(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		a, b := twoMachines(t)
		require.NoError(t, b.SetSysctl("net.ipv4.icmp_echo_ignore_all", "1"))
		require.False(t, pings(t, a, "10.0.0.2"))
		require.NoError(t, b.SetSysctl("net.ipv4.icmp_echo_ignore_all", "0"))
		require.True(t, pings(t, a, "10.0.0.2"))

		require.NoError(t, a.SetSysctl("net.ipv4.ip_local_port_range", "5000\t5001"))
		c, err := a.ListenPacket(t.Context(), "udp", ":0")
		require.NoError(t, err)
		require.Contains(t, []int{5000, 5001}, c.LocalAddr().(*net.UDPAddr).Port)

		require.NoError(t, b.SetSysctl("net.ipv4.ip_default_ttl", "7"))
		ttl := 0
		_, err = a.Ping(t.Context(), "10.0.0.2", &ping.Config{Count: 1, Observe: func(e ping.Event) {
			if e.TTL != 0 {
				ttl = e.TTL
			}
		}})
		require.NoError(t, err)
		require.Equal(t, 7, ttl)
	})
}

// TestExecPrivileged has what only --privileged of exec lets a container change that has no rights.
func TestExecPrivileged(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := recordedHost(t, []sim.Image{{Name: "centos:v1", Cmd: []string{"sh"}, Main: sleeper, Commands: tools.Default()}})
		cli := newSession(h)
		cli.sh(t, "docker run -d --name cc centos:v1")
		for command, want := range map[string]string{
			"ip link set eth0 mtu 1400":                         "RTNETLINK answers: Operation not permitted\n(exit status 2)\n",
			"tc qdisc add dev eth0 root netem delay 1ms":        "RTNETLINK answers: Operation not permitted\n(exit status 2)\n",
			"iptables -A INPUT -p tcp --dport 81 -j DROP":       "iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n\n(exit status 4)\n",
			"sh -c 'ip addr add 10.9.0.1/24 dev eth0; echo $?'": "RTNETLINK answers: Operation not permitted\n2\n",
		} {
			require.Equal(t, want, cli.sh(t, "docker exec cc "+command))
			require.Equal(t, strings.Repeat("0\n", strings.Count(command, "echo")), cli.sh(t, "docker exec --privileged cc "+command), command)
		}
		require.Contains(t, cli.sh(t, "docker exec --privileged cc tcpdump -c 1 -i eth0 -n icmp & sleep 1; ping -c 1 172.17.0.2 >/dev/null; wait"), "ICMP echo request")
		require.Contains(t, cli.sh(t, "docker exec cc ip addr show eth0"), "mtu 1400 qdisc netem")
		require.Contains(t, cli.sh(t, "docker exec cc ip addr show eth0"), "10.9.0.1/24")
		require.Equal(t, "-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 81 -j DROP\n", cli.sh(t, "docker exec --privileged cc iptables -S INPUT"))
		require.Equal(t, "sysctl: permission denied on key \"net.ipv4.ip_forward\"\n(exit status 1)\n", cli.sh(t, "docker exec --privileged cc sysctl -w net.ipv4.ip_forward=0"))
	})
}

// TestEntered has who enters a container's network, leaves it twice, and may not enter others.
func TestEntered(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h, other := simtest.NewHost(t), simtest.NewHost(t)
		web, cli := simtest.Run(t, h, "web"), simtest.Run(t, h, "cli")
		_, err := other.Enter(web)
		require.ErrorIs(t, err, sim.ErrNotFound)
		_, err = h.Enter(nil)
		require.ErrorIs(t, err, sim.ErrNotFound)
		e, err := h.Enter(web)
		require.NoError(t, err)
		listen(t, web, ":80")
		listen(t, web, ":81")
		require.NoError(t, iptables.Run(io.Discard, e.Firewall().IPv4(), "-A", "INPUT", "-p", "tcp", "--dport", "81", "-j", "DROP"))
		var mu sync.Mutex
		var told []sim.Drop
		h.OnDrop(func(d sim.Drop) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, d)
		})
		require.Equal(t, sim.Dropped, explainedOn(t, &cli.Netns, "tcp", "172.17.0.2:81").Verdict)
		mu.Lock()
		require.NotEmpty(t, told)
		require.Equal(t, "web eth0: rule in INPUT: -A INPUT -p tcp -m tcp --dport 81 -j DROP", told[0].Place.String()+": "+told[0].Why())
		require.EqualValues(t, len(told), h.DropsByPlace()[sim.Place{Owner: "web"}][drop.Rule])
		mu.Unlock()
		e.Close()
		e.Close()
		require.Equal(t, sim.Answered, explainedOn(t, &cli.Netns, "tcp", "172.17.0.2:80").Verdict)
		require.NoError(t, web.Stop(t.Context()))
	})
}

// TestEnteredWhileConnecting enters a network while the embedded resolver comes to it: either finds the other.
func TestEnteredWhileConnecting(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	n := simtest.NewNetwork(t, h, "net")
	for range 30 {
		c := simtest.Run(t, h, "web")
		var all sync.WaitGroup
		all.Go(func() {
			e, err := h.Enter(c)
			require.NoError(t, err)
			e.Firewall()
			e.Close()
		})
		require.NoError(t, c.Connect(n))
		all.Wait()
		addrs, err := c.LookupNetIP(t.Context(), "ip4", "web")
		require.NoError(t, err)
		require.Len(t, addrs, 1)
		require.NoError(t, c.ForceRemove())
	}
}
