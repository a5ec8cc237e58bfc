package sim_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// What is compared here was printed by two sessions with Docker 1.13 on CentOS 7. Their
// addresses are met by as many containers as they had.

var nginx113 = sim.Image{Name: "centos_nginx:1.0", Expose: []string{"80"}}

// prints returns what a line prints, without the spaces at the end of lines.
func prints(t *testing.T, m command.Machine, line string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, tools.Run(t.Context(), &out, m, line), &out)
	return regexp.MustCompile(` +\n`).ReplaceAllString(out.String(), "\n")
}

// linked113 returns a host without ICC and its containers nginx_server1 to 3, of which the third
// has a link to the second.
func linked113(t *testing.T) (h *sim.Host, servers [3]*sim.Container) {
	h = simtest.NewHost(t, sim.WithEngine(sim.Docker113), sim.WithICC(false))
	servers[0] = simtest.Run(t, h, "nginx_server1", sim.WithImage(nginx113))
	servers[1] = simtest.Run(t, h, "nginx_server2", sim.WithImage(nginx113))
	servers[2] = simtest.Run(t, h, "nginx_server3", sim.WithImage(nginx113), sim.WithLink(servers[1], "ng2"))
	return h, servers
}

// TestDocker113LinkRules has the listing of such a host. Two rules of FORWARD were firewalld's,
// whose others were cut out of the text, and the DROP with them.
func TestDocker113LinkRules(t *testing.T) {
	t.Parallel()
	h, _ := linked113(t)
	prints(t, h, "iptables -I FORWARD 5 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -I FORWARD 6 -i lo -j ACCEPT")
	require.Equal(t, `Chain FORWARD (policy DROP)
target     prot opt source               destination
DOCKER-ISOLATION  all  --  0.0.0.0/0            0.0.0.0/0
DOCKER     all  --  0.0.0.0/0            0.0.0.0/0
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0            ctstate RELATED,ESTABLISHED
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0            ctstate RELATED,ESTABLISHED
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0
`+"DROP       all  --  0.0.0.0/0            0.0.0.0/0\n", prints(t, h, "iptables -L FORWARD -n"))
	simtest.Run(t, h, "nginx_server4", sim.WithImage(nginx113), sim.WithPublish("8080:80"))
	require.Equal(t, `Chain DOCKER (1 references)
target     prot opt source               destination
ACCEPT     tcp  --  172.17.0.4           172.17.0.3           tcp dpt:80
ACCEPT     tcp  --  172.17.0.3           172.17.0.4           tcp spt:80
ACCEPT     tcp  --  0.0.0.0/0            172.17.0.5           tcp dpt:80
`, prints(t, h, "iptables -t filter -L DOCKER -n"))
	require.Equal(t, "80/tcp -> 0.0.0.0:8080\n", prints(t, h, "docker port nginx_server4"))
}

// TestDocker113Linked has the environment of nginx_server3, of what a shell adds PWD, without
// what a terminal brings, and the lines of its /etc/hosts that were shown.
func TestDocker113Linked(t *testing.T) {
	t.Parallel()
	_, servers := linked113(t)
	id := strings.NewReplacer("5942fb62e2d3", servers[2].ID()[:12], "7ea4342b91b7", servers[1].ID()[:12])
	require.ElementsMatch(t, strings.Fields(id.Replace(`HOSTNAME=5942fb62e2d3
NG2_PORT_80_TCP_PORT=80
NG2_NAME=/nginx_server3/ng2
NG2_PORT_80_TCP=tcp://172.17.0.3:80
NG2_PORT_80_TCP_PROTO=tcp
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PWD=/
HOME=/root
NG2_PORT_80_TCP_ADDR=172.17.0.3
NG2_PORT=tcp://172.17.0.3:80`)), strings.Fields(prints(t, servers[2], "env")))
	hosts := strings.ReplaceAll(prints(t, servers[2], "cat /etc/hosts"), "\t", "       ")
	for line := range strings.Lines(`127.0.0.1       localhost
172.17.0.3       ng2 7ea4342b91b7 nginx_server2
`) {
		require.Contains(t, hosts, id.Replace(line))
	}
}

// TestDocker113Ifconfig has the interfaces of a container, but for the counters, and of docker0.
func TestDocker113Ifconfig(t *testing.T) {
	t.Parallel()
	h, servers := linked113(t)
	counters := regexp.MustCompile(` {8}[RT]X .*\n`)
	require.Equal(t, `eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 172.17.0.2  netmask 255.255.0.0  broadcast 0.0.0.0
        inet6 fe80::42:acff:fe11:2  prefixlen 64  scopeid 0x20<link>
        ether 02:42:ac:11:00:02  txqueuelen 0  (Ethernet)

lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536
        inet 127.0.0.1  netmask 255.0.0.0
        inet6 ::1  prefixlen 128  scopeid 0x10<host>
        loop  txqueuelen 1000  (Local Loopback)

`, counters.ReplaceAllString(prints(t, servers[0], "ifconfig"), ""))
	require.Contains(t, prints(t, h, "ifconfig docker0"), "        inet 172.17.0.1  netmask 255.255.0.0  broadcast 0.0.0.0\n        inet6 fe80::42:")
	require.Contains(t, prints(t, servers[0], "ip addr"), "    inet 172.17.0.2/16 scope global eth0\n")
	alone := simtest.Run(t, h, "alone", sim.WithNoNetwork())
	require.Contains(t, prints(t, alone, "ifconfig"), "        inet6 ::1  prefixlen 128  scopeid 0x10<host>\n")
}

// TestDocker113Names has the names that ping printed, by a link and on a network of one's own.
func TestDocker113Names(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithEngine(sim.Docker113))
		for i := range 5 {
			simtest.Run(t, h, fmt.Sprint("other", i))
		}
		centos1 := simtest.Run(t, h, "centos-1")
		centos2 := simtest.Run(t, h, "centos-2", sim.WithLink(centos1, "centos-1"))
		require.Contains(t, prints(t, centos2, "ping -c 1 centos-1"), `PING centos-1 (172.17.0.7) 56(84) bytes of data.
64 bytes from centos-1 (172.17.0.7): icmp_seq=1 ttl=64 time=`)
		for _, c := range []*sim.Container{centos1, centos2} {
			require.NoError(t, c.ForceRemove())
		}
		simtest.NewNetwork(t, h, "first")
		simtest.NewNetwork(t, h, "second")
		testnet := simtest.NewNetwork(t, h, "testnet")
		simtest.Run(t, h, "centos-1", sim.WithNetwork(testnet, sim.WithAlias("centos-1")))
		centos2 = simtest.Run(t, h, "centos-2", sim.WithNetwork(testnet, sim.WithAlias("centos-2")))
		require.Contains(t, prints(t, centos2, "ping -c 1 centos-1"), `PING centos-1 (172.20.0.2) 56(84) bytes of data.
64 bytes from centos-1.testnet (172.20.0.2): icmp_seq=1 ttl=64 time=`)
	})
}

// TestDocker113Rules has the rules of a fresh host, and how networks are isolated in pairs.
func TestDocker113Rules(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithEngine(sim.Docker113))
	const fresh = `-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N DOCKER
-N DOCKER-ISOLATION
-A FORWARD -j DOCKER-ISOLATION
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i docker0 -o docker0 -j ACCEPT
-A DOCKER-ISOLATION -j RETURN
`
	require.Equal(t, fresh, prints(t, h, "iptables -S"))
	require.Equal(t, `-P PREROUTING ACCEPT
-P INPUT ACCEPT
-P OUTPUT ACCEPT
-P POSTROUTING ACCEPT
-N DOCKER
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
`, prints(t, h, "iptables -t nat -S"))
	one := simtest.NewNetwork(t, h, "one")
	inside := simtest.NewNetwork(t, h, "inside", sim.WithInternal())
	two := simtest.NewNetwork(t, h, "two")
	require.Equal(t, strings.NewReplacer("br-one", one.Device(), "br-two", two.Device(), "br-inside", inside.Device()).Replace(`-N DOCKER-ISOLATION
-A DOCKER-ISOLATION -i br-one -o br-two -j DROP
-A DOCKER-ISOLATION -i br-two -o br-one -j DROP
-A DOCKER-ISOLATION -i docker0 -o br-two -j DROP
-A DOCKER-ISOLATION -i br-two -o docker0 -j DROP
-A DOCKER-ISOLATION ! -s 172.19.0.0/16 -o br-inside -j DROP
-A DOCKER-ISOLATION ! -d 172.19.0.0/16 -i br-inside -j DROP
-A DOCKER-ISOLATION -i docker0 -o br-one -j DROP
-A DOCKER-ISOLATION -i br-one -o docker0 -j DROP
-A DOCKER-ISOLATION -j RETURN
`), prints(t, h, "iptables -S DOCKER-ISOLATION"))
	for _, n := range []*sim.Network{one, inside, two} {
		require.NoError(t, n.Remove())
	}
	require.Equal(t, fresh, prints(t, h, "iptables -S"))
	require.Equal(t, "172.18.0.0/16", simtest.NewNetwork(t, h, "again").Subnets()[0].String())
}

// TestDocker113Published: the one binding serves IPv6 as well.
func TestDocker113Published(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		uplinks := func(v4, v6 string) sim.MachineOption {
			return sim.WithOptions(sim.WithUplink(lan, prefix(v4)), sim.WithUplink(lan, prefix(v6)))
		}
		h := simtest.NewHost(t, sim.WithEngine(sim.Docker113), uplinks("172.16.80.10/24", "fd00:80::10/64"))
		peer := simtest.NewMachine(t, sim.WithName("peer"), uplinks("172.16.80.47/24", "fd00:80::47/64"))
		srv := simtest.Run(t, h, "srv", sim.WithPublish("8080:80"), sim.WithPublish("9090:9000/udp"))
		who(t, srv, "tcp", "80")
		who(t, srv, "udp", "9000")
		require.Len(t, srv.Ports(), 2)
		for _, test := range []struct {
			from     machine
			to, sees string
		}{
			{h, "127.0.0.1", "172.17.0.1"},
			{h, "[::1]", "172.17.0.1"},
			{peer, "172.16.80.10", "172.16.80.47"},
			{peer, "[fd00:80::10]", "172.17.0.1"},
		} {
			require.Contains(t, nc(t, test.from, "tcp", test.to+":8080"), "you are "+test.sees, test.to)
			require.Contains(t, nc(t, test.from, "udp", test.to+":9090"), "you are "+test.sees, test.to)
		}
	})
}

// TestDocker113Refusals has words that are not those of later releases.
func TestDocker113Refusals(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithEngine(sim.Docker113))
	app := simtest.NewNetwork(t, h, "app")
	web := simtest.Run(t, h, "web", sim.WithNetwork(app))
	bridge, _ := h.Network("bridge")
	idle, err := h.Create("idle")
	require.NoError(t, err)
	_, create := h.CreateNetwork("bridge")
	_, again := h.Create("web")
	_, addr := h.Run("addr", sim.WithNetwork(bridge, withAddr("172.17.0.9")))
	for _, test := range []struct {
		err  error
		want string
	}{
		{create, "bridge is a pre-defined network and cannot be created"},
		{again, `Conflict. The container name "/web" is already in use by container WEB. You have to remove (or rename) that container to be able to reuse that name.`},
		{addr, "User specified IP address is supported on user defined networks only"},
		{app.Remove(), "network app has active endpoints"},
		{web.Remove(), "You cannot remove a running container WEB. Stop the container before attempting removal or use -f"},
		{web.Connect(app), "service endpoint with name web already exists"},
		{web.Disconnect(bridge), "container WEB is not connected to the network"},
		{idle.Kill(), "Cannot kill container idle: Container IDLE is not running"},
	} {
		require.EqualError(t, test.err, strings.NewReplacer("WEB", web.ID(), "IDLE", idle.ID()).Replace(test.want))
	}
	require.NoError(t, web.Pause())
	for _, err := range []error{web.Kill(), web.Signal(command.SIGTERM), web.Signal(command.SIGHUP)} {
		require.EqualError(t, err, "Cannot kill container web: Container "+web.ID()+" is paused. Unpause the container before stopping")
		require.ErrorIs(t, err, sim.ErrPaused)
	}
	require.Equal(t, "paused", web.State().Status)
}

// TestWithEngine: the last one counts, and one that is not there is refused.
func TestWithEngine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		opts []sim.HostOption
		want sim.Engine
	}{
		{nil, sim.Engine{Release: sim.Docker20, Version: "20.10.24", APIVersion: "1.41", MinAPIVersion: "1.12"}},
		{[]sim.HostOption{sim.WithEngine(sim.Docker20), sim.WithEngine(sim.Docker113)},
			sim.Engine{Release: sim.Docker113, Version: "1.13.1", APIVersion: "1.26", MinAPIVersion: "1.12"}},
	} {
		require.Equal(t, test.want, simtest.NewHost(t, test.opts...).Engine())
	}
	_, err := sim.NewHost(sim.WithEngine("17.06"))
	require.EqualError(t, err, `no Docker Engine "17.06": there are 1.13, 20.10, 28, 29`)
	require.ErrorIs(t, err, sim.ErrNotFound)
	require.ErrorAs(t, err, new(*sim.Error))
}
