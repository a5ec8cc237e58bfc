package utillinux_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// run returns what a line prints on a machine or in a container.
func run(t *testing.T, m command.Machine, line string) string {
	var b bytes.Buffer
	if err := tools.Run(t.Context(), &b, m, line); err != nil {
		fmt.Fprintf(&b, "%v\n", err)
	}
	return b.String()
}

// TestResolverRules looks from the host into the network of a container, whose resolver is found by
// rules from then on, as is seen by their counters and connections.
func TestResolverRules(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		web := simtest.Run(t, h, "web", sim.WithNetwork(n))
		plain := simtest.Run(t, h, "plain")
		in := func(c *sim.Container, line string) string {
			return run(t, h, fmt.Sprintf("nsenter -t %d -n %s", c.State().Pid, line))
		}
		const saved = "iptables-save | grep -v '^[#:]' | sed 's/127.0.0.11:[0-9]*/127.0.0.11:N/; s/--sport [0-9]*/--sport N/'"
		require.Equal(t, `*nat
-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT
-A POSTROUTING -d 127.0.0.11/32 -j DOCKER_POSTROUTING
-A DOCKER_OUTPUT -d 127.0.0.11/32 -p tcp -m tcp --dport 53 -j DNAT --to-destination 127.0.0.11:N
-A DOCKER_OUTPUT -d 127.0.0.11/32 -p udp -m udp --dport 53 -j DNAT --to-destination 127.0.0.11:N
-A DOCKER_POSTROUTING -s 127.0.0.11/32 -p tcp -m tcp --sport N -j SNAT --to-source :53
-A DOCKER_POSTROUTING -s 127.0.0.11/32 -p udp -m udp --sport N -j SNAT --to-source :53
COMMIT
`, in(web, saved))
		require.Empty(t, in(plain, "iptables-save"))

		require.Equal(t, "172.18.0.2\n172.18.0.2\n", run(t, web, "dig +short web; dig +tcp +short web"))
		count := in(web, "iptables -t nat -L DOCKER_OUTPUT -n -v -x | tail -n +3 | awk '{print $1, $4}'")
		require.Equal(t, "1 tcp\n1 udp\n", strings.NewReplacer("1 6", "1 tcp", "1 17", "1 udp").Replace(count))
		require.Contains(t, in(web, "conntrack -L -p udp"), "src=127.0.0.1 dst=127.0.0.11")
		require.Contains(t, in(web, "cat /proc/net/nf_conntrack"), "ipv4     2 tcp      6 ")
		require.Empty(t, run(t, h, "conntrack -L 2>/dev/null"), "the host has a table of its own")

		in(web, "iptables -t nat -F DOCKER_OUTPUT")
		require.Contains(t, run(t, web, "dig +short +tries=1 +time=1 web"), "connection refused")
		in(web, "iptables -A OUTPUT -p icmp -j DROP")
		require.Contains(t, run(t, web, "ping -c 1 -W 1 172.18.0.1"), "100% packet loss")
		require.NoError(t, web.Restart(t.Context()))
		require.Equal(t, "172.18.0.2\n", run(t, web, "dig +short web"), "a container that starts has a new network")
	})
}

// TestNsenter has the host's names and rights in the network of a container, and what is refused.
func TestNsenter(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithName("host"))
	web := simtest.Run(t, h, "web")
	pid := web.State().Pid
	require.Equal(t, "host\n", run(t, h, fmt.Sprintf("nsenter -t %d -n hostname", pid)))
	require.Contains(t, run(t, h, fmt.Sprintf("nsenter --target=%d --net ip -4 -o addr show eth0", pid)), "172.17.0.2/16")
	require.Empty(t, run(t, h, fmt.Sprintf("nsenter -t %d -n ip addr add 10.0.0.1/24 dev eth0", pid)))
	require.Contains(t, run(t, web, "ip addr show eth0"), "10.0.0.1/24")
	for line, want := range map[string]string{
		"nsenter -n ls":                                "nsenter: no target PID specified\nexit status 1\n",
		"nsenter -t 1 -n ls":                           "nsenter: cannot open /proc/1/ns/net: No such file or directory\nexit status 1\n",
		"nsenter -t x -n ls":                           "nsenter: failed to parse pid: 'x': Invalid argument\nexit status 1\n",
		fmt.Sprintf("nsenter -t %d -m ls", pid):        "nsenter: only the network of a container can be entered\nexit status 1\n",
		fmt.Sprintf("nsenter -t %d -n nosuchcmd", pid): "",
	} {
		if want != "" {
			require.Equal(t, want, run(t, h, line))
		} else {
			require.Contains(t, run(t, h, line), "127")
		}
	}
	require.Contains(t, run(t, web, "iptables -L"), "you must be root")
}

// TestHostInside has commands of a host use what is the host's in the network of a container.
func TestHostInside(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	web := simtest.Run(t, h, "web")
	for _, options := range []string{"-t %d -n", "-nt %d", "-nt%d", "--target %d --net", "--target=%d -n"} {
		in := "nsenter " + fmt.Sprintf(options, web.State().Pid) + " "
		require.Equal(t, "web\n", run(t, h, in+"docker ps --format '{{.Names}}'"), options)
		require.Equal(t, "OK", run(t, h, in+"curl -sS --unix-socket /var/run/docker.sock http://docker/_ping"))
		require.Equal(t, "active\n", run(t, h, in+"systemctl is-active docker"))
		require.Contains(t, run(t, h, in+"ip -4 -o addr show eth0"), "172.17.0.2/16")
	}
}
