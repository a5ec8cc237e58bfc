package recorded

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// A hidden is what the recorded script did before a step without printing it.
type hidden struct {
	session string         // its number, "" for all
	before  *regexp.Regexp // of the step as String has it
	// which of these steps it is; 0 is each.
	which int
	do    action
}

// An action is given the step that follows.
type action func(ctx context.Context, l *lab, s step)

// String is the section, the note right before the step if there is one, and the command.
func (s step) String() string {
	if s.note != "" {
		return s.section + " | " + s.note + " | " + s.command
	}
	return s.section + " | " + s.command
}

func (h hidden) matches(session string, s step) bool {
	return (h.session == "" || h.session == number(session)) && h.before.MatchString(s.String())
}

var hiddens = []hidden{
	{"01", re(`.`), 1, restart28},
	{"03a", re(`\| the start index is in-memory`), 0, restart},
	{"", re(`\| ip link add (dummy0|hbr) type bridge`), 0, restart},
	{"", re(`ip link del (dummy0|hbr)`), 0, shell("ip addr del 172.18.5.1/24 dev eth0")},
	{"03c", re(`^(no nameserver|search \+|loopback|unreachable|nameserver with).*\| cat /etc/resolv.conf$`), 0, newHost()},
	{"03c", re(`\| cat /etc/resolv.conf$|host resolv.conf now`), 0, resolvConf},
	{"03c", re(`\| docker run --rm --network net centos`), 0, shell("docker network create net")},
	{"03c", re(`\| dig \+short t2`), 0, shell("docker run -d --name t1 --network net centos:v1; docker run -d --name t2 --network net centos:v1; docker run -d --name b1 centos:v1")},
	{"03c", re(`^back to normal.*\| docker network create net`), 0, newHost()},
	{"03c", re(`^several upstream servers.*\| docker network create net`), 0, newHost()},
	{"", re(`\| docker (run|create|network create) .*`), 0, removeFormer},
	{"03e", re(`\| cat /etc/resolv.conf$`), 0, resolvConf},
	{"03e", re(`\| cat /etc/resolv.conf$`), 1, shell("docker network create net")},
	{"03e", re(`^127.0.0.1 only, a DNS server.*\| cat /etc/resolv.conf$`), 0, stub},
	{"03e", re(`^127.0.0.53.*\| cat /etc/resolv.conf$`), 0, shell("mkdir -p /run/systemd/resolve; printf 'nameserver 172.16.80.53\nsearch lan.test\n' >/run/systemd/resolve/resolv.conf")},
	{"03e", re(`^five nameservers.*\| cat /etc/resolv.conf$`), 0, shell("rm -r /run/systemd")},
	{"03e", re(`^per container options`), 1, shell("printf 'nameserver 172.16.80.53\nsearch lan.test\n' >/etc/resolv.conf")},
	{"03e", re(`^user edits`), 1, shell("docker run -d --name b1 centos:v1; docker run -d --name b2 centos:v1; docker run -d --name u1 --network net centos:v1")},
	{"05", re(`^host.*\| docker ps -a`), 1, untilSaid},
	{"06b", re(`\| docker run -d --name r1`), 1, shell("docker rm -f pp")},
	{"06", re(`\| a host process listening inside the range`), 0, listen("0.0.0.0:32793")},
	{"06", re(`^conflicts`), 1, stopListening},
	{"06", re(`\| host process already listening`), 0, listen("127.0.0.1:8080")},
	{"06", re(`^published, nothing listening`), 1, stopListening},
	{"07a", re(`\| (second )?restart (of )?dockerd`), 0, restart},
	{"07b", re(`\| cat /etc/docker/daemon.json`), 0, daemonJSON},
	{"07b", re(`\| systemctl restart docker \|`), 0, restart},
	{"07b", re(`^back to icc=true`), 1, shell("rm /etc/docker/daemon.json; systemctl restart docker")},
	{"07c", re(`iptables-save -t filter . grep -- '-A DOCKER '`), 2, restart},
	{"07c", re(`\| iptables -F DOCKER-USER`), 1, restart},
	{"07c", re(`^conntrack formats.*\| conntrack -L$`), 1, dial("172.16.80.10:8080")},
	{"07c", re(`\| half-open states`), 0, hangUp},
	{"07c", re(`^ip_forward already 1`), 1, newHost()},
	{"07c", re(`^ip_forward already 1`), 1, shell("iptables -P FORWARD ACCEPT; systemctl restart docker")},
	{"07c", re(`\| dockerd --userland-proxy=false \|`), 0, newHost(sim.WithUserlandProxy(false))},
	{"07c", re(`\| dockerd --iptables=false \|`), 0, newHost(sim.WithIPTables(false))},
	{"07c", re(`\| dockerd --iptables=false \|`), 0, begins(time.Second)},
	{"07c", re(`\| dockerd --ip-forward=false \|`), 0, begins(0)},
	{"07c", re(`\| dockerd --ip-forward=false \|`), 0, newHost(sim.WithIPForward(false))},
	{"07c", re(`\| dockerd --bip `), 0, newHost(sim.WithBridgeIP(netip.MustParsePrefix("10.200.0.1/24")))},
	{"07c", re(`\| dockerd --default-address-pool `), 0, newHost(sim.WithAddressPools(24, netip.MustParsePrefix("10.77.0.0/16")))},
	{"07c", re(`\| dockerd --ip 172`), 0, newHost(sim.WithPublishAddr(netip.MustParseAddr("172.16.80.10")))},
	{"07c", re(`\| dockerd --fixed-cidr `), 0, newHost(sim.WithFixedCIDR(netip.MustParsePrefix("172.17.5.0/24")))},
	{"07d", re(`bridge-nf-call-iptables`), 1, shell("mkdir -p /etc/docker; echo '{\"icc\": false}' >/etc/docker/daemon.json; systemctl restart docker")},
	{"07d", re(`\| dockerd start sets it back`), 0, restart},
	{"07d", re(`\| icc=true: dockerd start`), 0, shell("sysctl -w net.bridge.bridge-nf-call-iptables=0; rm /etc/docker/daemon.json; systemctl restart docker")},
	{"08b", re(`\| docker network ls`), 0, shell("for n in Zed alpha Alpha beta n10 n9 n1 _x 9z; do docker network create $n; done")},
	{"08b", re(`\| after a dockerd restart`), 0, restart},
	{"08b", re(`\| iptables-save . grep -E 'dport.DOCKER'`), 0, shell("systemctl stop docker")},
	{"08b", re(`\| ip -4 -o addr show docker0`), 0, shell("systemctl start docker")},
	{"13", routed6, 0, newHost()},
	{"13", routed6, 0, shell(forward6)},
	{"07e", re(`\| docker start web$`), 0, restart},
	{"12", re(`^dockerd --allow-direct-routing`), 1, shell("mkdir -p /etc/docker; echo '{\"allow-direct-routing\": true}' >/etc/docker/daemon.json; systemctl restart docker")},
	{"13", re(`^docker0 with IPv6`), 1, shell("mkdir -p /etc/docker; echo '{\"ipv6\": true}' >/etc/docker/daemon.json; systemctl restart docker")},
	{"13r", routed6, 0, newHost()},
	{"13r", routed6, 0, shell(forward6)},
	{"13r", re(`^docker0 with IPv6`), 1, shell("mkdir -p /etc/docker; echo '{\"ipv6\": true}' >/etc/docker/daemon.json; systemctl restart docker")},
	{"13b", re(`^hosts file`), 1, newHost()},
	{"13b", re(`^hosts file`), 1, shell(forward6)},
	{"13b", re(`^hosts file`), 1, shell("printf '127.0.0.1 localhost\n::1 localhost\n127.0.1.1 docker\n' >/etc/hosts")},
	{"13b", re(`\| after a restart of dockerd`), 0, restart},
	{"13b", re(`\| \(timeout 5 tcpdump`), 0, shell("sleep 5")},
	{"14", re(`\| \(timeout 4 tcpdump`), 0, shell("sleep 5")},
	{"14b", re(`\| docker rm -f s1`), 0, shell("docker run -d --name s1 centos:v1")},
	{"14b", re(`\| dig \+short e2`), 0, named("docker run -d --name e2 --network cc --network-alias al1 centos:v1", "e2", "docker run -d --name e3 --network cc centos:v1")},
	{"14b", re(`^ethN.*\| docker network disconnect aa s1`), 1, shell("docker run -d --name s1 --network cc centos:v1; docker network connect aa s1; docker network connect bb s1")},
	{"18", re(`\| docker network create net`), 1, restart},
	{"03a2", re(`^errors`), 1, restart},
	{"15", re(`\| dockerd started with DOCKER_KEEP`), 0, newHost(sim.WithLinkEnvironment(true))},
	{"15", re(`\| dockerd started without it`), 0, newHost()},
	{"15", re(`\| dockerd started without it`), 0, shell("docker run -d --name db training/postgres; docker run -d --name web --link db:db centos:v1")},
	{"16", re(`\| docker version -f`), 0, newHost(sim.WithFirewallBackend("nftables"))},
	{"16", re(`^legacy link with icc=false.*\| docker run -d --name db`), 1, nftDaemon(`"icc": false`)},
	{"16", re(`^userland-proxy=false.*\| docker run`), 1, nftDaemon(`"userland-proxy": false`)},
	{"16", re(`^back to iptables.*\| nft list ruleset`), 1, newHost()},
	{"16", re(`^back to iptables.*\| nft list ruleset`), 1, shell("iptables -P FORWARD ACCEPT")},
	{"16b", re(`docker info -f`), 1, shell("systemctl stop docker; nft flush ruleset")},
	{"16b", re(`docker info -f`), 1, nftDaemon(`"firewall-backend": "nftables"`)},
	{"16b", re(`^(published|ban).*\| docker start web`), 0, restart},
	{"16b", re(`^back to the iptables backend.*\| nft list tables`), 1, shell("rm /etc/docker/daemon.json; systemctl restart docker")},
	{"16b", re(`^back to the iptables backend.*\| nft list tables`), 2, nftDaemon(`"firewall-backend": "nftables"`)},
	{"08", re(`^address re-use.*\| docker ps -a`), 0, restart},
}

// forward6 is a host that forwards IPv6 before dockerd starts.
const forward6 = "ip6tables -P FORWARD ACCEPT; sysctl -w net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.forwarding=1; systemctl restart docker"

// routed6 is the first step where the lab's host forwarded IPv6 before dockerd started.
var routed6 = re(`^IPv4-only network.*\| docker run -d --name b0`)

// named runs lines, of which the first makes a container whose short ID the step has.
func named(first, name string, more ...string) action {
	return func(ctx context.Context, l *lab, s step) {
		for _, line := range append([]string{first}, more...) {
			l.run(ctx, "docker", line)
		}
		c, ok := l.docker.Container(name)
		require.True(l.t, ok)
		l.same.learn([]word{{names: idNames, text: re(`[0-9a-f]{12}`).FindString(s.command)}}, []word{{names: idNames, text: c.ID()[:12]}})
	}
}

// An also is what the script printed of itself, with the step before: what a line prints.
type also struct {
	session string
	after   *regexp.Regexp
	line    string
}

// interfacesOf is the script's function that shows a container's networks.
const interfacesOf = `docker exec s1 sh -c "ip -4 -o addr show | grep -v ' lo ' | awk '{printf \"%s=%s \", \$2, \$4}'; printf '| '; ip route | head -1 | tr '\n' ' '; tail -n +7 /etc/hosts | awk '{printf \"%s \", \$1}'; echo"`

var alsos = []also{
	{"14b", re(`^ethN.*\| docker network (disconnect aa|connect cc) s1$`), interfacesOf},
	{"14b", re(`^ethN.*\| docker network connect aa s1$`), "test $(docker inspect -f '{{len .NetworkSettings.Networks}}' s1) = 2 || " + interfacesOf},
}

// timesRE is what a script printed instead of the loop that it ran, which counted the rules of a line.
var timesRE = re(`^(docker run -d --name pp .*)   \(12 times\)$`)

// manyTimes is the loop.
func manyTimes(command string) string {
	if m := timesRE.FindStringSubmatch(command); m != nil {
		return "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do " + m[1] + ` >/dev/null; iptables-save -t nat | ` +
			`sed -n -E 's/.*-A DOCKER .*-p (tcp|udp) .*--dport ([0-9]+) .*:([0-9]+)$/\2>\3\/\1/p' | sed -E 's/^(3[2-9]|[456].)[0-9][0-9][0-9]>/eph>/' | tr '\n' ' '; echo; docker rm -f pp >/dev/null; done | sort | uniq -c`
	}
	return command
}

// seeds are those with which what is random came out as recorded: how long a neighbour counts as reachable.
var seeds = map[string]uint64{"09b": 30}

// nftDaemon has dockerd use nft, with more of daemon.json.
func nftDaemon(more string) action {
	return shell("mkdir -p /etc/docker; echo '{" + more + "}' >/etc/docker/daemon.json; systemctl restart docker")
}

func shell(line string) action {
	return func(ctx context.Context, l *lab, _ step) { l.run(ctx, "docker", line) }
}

// removeFormer removes the container or network whose name a command gives again: scripts removed those
// of a former run without a word.
func removeFormer(ctx context.Context, l *lab, s step) {
	if len(s.printed) == 0 || !re(`^[0-9a-f]{64}$`).MatchString(s.printed[0]) {
		return
	}
	if m := re(`--name[ =](\S+)`).FindStringSubmatch(s.command); m != nil {
		if c, ok := l.docker.Container(m[1]); ok && c.Name() == m[1] {
			l.run(ctx, "docker", "docker rm -f "+m[1])
		}
	} else if m := re(`network create .*?(\S+)$`).FindStringSubmatch(s.command); m != nil {
		if n, ok := l.docker.Network(m[1]); ok && n.Name() == m[1] { // not one whose ID begins so
			l.run(ctx, "docker", "docker network rm "+m[1])
		}
	}
}

var restart = shell("systemctl restart docker")

// restart28 has dockerd find docker0, as where 28 was recorded.
func restart28(ctx context.Context, l *lab, s step) {
	if l.release == sim.Docker28 {
		restart(ctx, l, s)
	}
}

// begins is how long servers take to begin from here on: the lab's was asked before it listened.
func begins(d time.Duration) action {
	return func(_ context.Context, l *lab, _ step) { l.begins.Store(int64(d)) }
}

// untilSaid is how long a container had tried to bind: five times at most, with half a second in between.
func untilSaid(_ context.Context, l *lab, _ step) {
	time.Sleep(map[sim.Release]time.Duration{sim.Docker20: 1200, sim.Docker28: 2200, sim.Docker29: 1200}[l.release] * time.Millisecond)
}

// newHost is a lab with a host that runs dockerd for the first time.
func newHost(opts ...sim.HostOption) action {
	return func(_ context.Context, l *lab, _ step) { l.renew(opts...) }
}

// resolvConf writes the file that the step prints.
func resolvConf(ctx context.Context, l *lab, s step) { l.write(ctx, "/etc/resolv.conf", s.printed) }

func daemonJSON(ctx context.Context, l *lab, s step) {
	l.write(ctx, "/etc/docker/daemon.json", s.printed)
}

func (l *lab) write(ctx context.Context, file string, lines []string) {
	var text strings.Builder
	for _, line := range lines {
		text.WriteString(line + "\n")
	}
	l.run(ctx, "docker", fmt.Sprintf("mkdir -p /etc/docker; cat >%s <<'END'\n%sEND\n", file, text.String()))
}

// listen has another process of the host listen.
func listen(addr string) action {
	return func(ctx context.Context, l *lab, _ step) {
		listener, err := l.docker.Listen(ctx, "tcp4", addr)
		require.NoError(l.t, err)
		l.listener = listener
	}
}

// stub has a name server of the host listen on 127.0.0.1.
func stub(_ context.Context, l *lab, _ step) { l.dns.serve(l.t, l.docker, "127.0.0.1") }

func stopListening(_ context.Context, l *lab, _ step) { l.listener.Close() }

// dial has the peer keep a connection open until hangUp.
func dial(addr string) action {
	return func(ctx context.Context, l *lab, _ step) {
		conn, err := l.outside.DialContext(ctx, "tcp", addr)
		require.NoError(l.t, err)
		l.conn = conn
		time.Sleep(time.Millisecond) // until the other end has heard of it
	}
}

func hangUp(_ context.Context, l *lab, _ step) { l.conn.Close() }

// number is "03a" of "03a-network-create".
func number(session string) string { return re(`^[0-9a-z]+`).FindString(session) }

// TestHiddens finds entries that are for no step.
func TestHiddens(t *testing.T) {
	t.Parallel()
	used := make([]bool, len(hiddens))
	for _, r := range releases {
		for _, session := range sessions(t, string(r)) {
			for _, s := range readSession(t, file(r, session)) {
				for i, h := range hiddens {
					used[i] = used[i] || h.matches(session, s)
				}
			}
		}
	}
	for i, h := range hiddens {
		require.True(t, used[i], "%s %s", h.session, h.before)
	}
}
