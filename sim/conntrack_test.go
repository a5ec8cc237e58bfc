package sim_test

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"drydock/nat/conntrack"
	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// flows returns what "conntrack -L" prints, in order, with ids and ephemeral ports
// masked, each number by a letter of its own within a line.
func flows(h *sim.Host) []string {
	var list []string
	for e := range h.Firewall().Conns() {
		list = append(list, maskNumbers(e.String()))
	}
	slices.Sort(list)
	return list
}

var ephemeral = regexp.MustCompile(`(sport|dport|id)=(\d+)`)

func maskNumbers(line string) string {
	known := map[string]string{}
	return ephemeral.ReplaceAllStringFunc(line, func(s string) string {
		key, number, _ := strings.Cut(s, "=")
		if key != "id" && len(number) < 5 {
			return s
		}
		if known[number] == "" {
			known[number] = string(rune('A' + len(known)))
		}
		return key + "=" + known[number]
	})
}

// TestConntrack repeats the recorded traffic of which "conntrack -L" was taken.
func TestConntrack(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		one, two := simtest.Run(t, l.docker, "nginx_server1"), simtest.Run(t, l.docker, "nginx_server2")
		simtest.Run(t, l.docker, "nginx_server3")
		four := simtest.Run(t, l.docker, "nginx_server4", sim.WithPublish("8080:80"))
		who(t, two, "tcp", "80")
		who(t, four, "tcp", "80")
		who(t, l.peer, "udp", "53")
		pinged(t, one, "172.16.80.47")
		pinged(t, one, "172.17.0.3")
		nc(t, one, "udp", "172.16.80.47:53")
		nc(t, one, "udp", "172.16.80.47:9")
		nc(t, one, "tcp", "172.17.0.3:80")
		nc(t, l.peer, "tcp", "172.16.80.10:8080")
		time.Sleep(time.Second) // for the last acknowledgement
		strip := regexp.MustCompile(`^(\w+ +\d+) \d+ `)
		var got []string
		for _, line := range flows(l.docker) {
			got = append(got, strip.ReplaceAllString(line, "$1 TIMEOUT "))
		}
		require.Equal(t, []string{
			"icmp     1 TIMEOUT src=172.17.0.2 dst=172.16.80.47 type=8 code=0 id=A src=172.16.80.47 dst=172.16.80.10 type=0 code=0 id=A mark=0 use=1",
			"icmp     1 TIMEOUT src=172.17.0.2 dst=172.17.0.3 type=8 code=0 id=A src=172.17.0.3 dst=172.17.0.2 type=0 code=0 id=A mark=0 use=1",
			"tcp      6 TIMEOUT TIME_WAIT src=172.16.80.47 dst=172.16.80.10 sport=A dport=8080 src=172.17.0.5 dst=172.16.80.47 sport=80 dport=A [ASSURED] mark=0 use=1",
			"tcp      6 TIMEOUT TIME_WAIT src=172.17.0.2 dst=172.17.0.3 sport=A dport=80 src=172.17.0.3 dst=172.17.0.2 sport=80 dport=A [ASSURED] mark=0 use=1",
			"udp      17 TIMEOUT src=172.17.0.2 dst=172.16.80.47 sport=A dport=53 src=172.16.80.47 dst=172.16.80.10 sport=53 dport=A mark=0 use=1",
			"udp      17 TIMEOUT src=172.17.0.2 dst=172.16.80.47 sport=A dport=9 [UNREPLIED] src=172.16.80.47 dst=172.16.80.10 sport=9 dport=A mark=0 use=1",
		}, got)

		time.Sleep(3 * time.Minute)
		require.Empty(t, flows(l.docker), "all have timed out")
	})
}

// TestEstablishedOutlivesRule: a rule in DOCKER does not stop what is established.
func TestEstablishedOutlivesRule(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("8080:80"))
		ln, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		c, err := l.peer.DialContext(t.Context(), "tcp", "172.16.80.10:8080")
		require.NoError(t, err)
		defer c.Close()
		in, err := ln.Accept()
		require.NoError(t, err)
		defer in.Close()
		runIptables(t, l.docker, "-I DOCKER -s 172.16.80.47 -d 172.17.0.2 -p TCP --dport 80 -j DROP")
		require.Equal(t, "timed out", nc(t, l.peer, "tcp", "172.16.80.10:8080"))
		echo := func(s string) string {
			_, err := c.Write([]byte(s))
			require.NoError(t, err)
			b := make([]byte, 100)
			in.SetReadDeadline(time.Now().Add(time.Minute))
			n, err := in.Read(b)
			if err != nil {
				return failure(err)
			}
			return string(b[:n])
		}
		require.Equal(t, "still here", echo("still here"))
		require.Equal(t, 1, l.docker.Firewall().Forget(func(e conntrack.Entry) bool {
			return e.Original.Src == netip.MustParseAddr("172.16.80.47") && e.Status&conntrack.Assured != 0
		}))
		runIptables(t, l.docker, "-I FORWARD -m conntrack --ctstate NEW -s 172.16.80.47 -j DROP")
		require.NotEqual(t, "forgotten", echo("forgotten"))
	})
}

// TestMasqueradePorts: the source port stays while it is free on the host's address.
func TestMasqueradePorts(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		who(t, l.peer, "udp", "7777")
		seen := map[string]bool{}
		for i, name := range []string{"nginx_server1", "nginx_server2", "nginx_server3"} {
			c := simtest.Run(t, l.docker, name)
			p, err := c.ListenPacket(t.Context(), "udp", ":40000")
			require.NoError(t, err)
			_, err = p.WriteTo([]byte("hi"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort("172.16.80.47:7777")))
			require.NoError(t, err)
			b := make([]byte, 100)
			p.SetReadDeadline(time.Now().Add(time.Second))
			_, _, err = p.ReadFrom(b)
			require.NoError(t, err)
			for e := range l.docker.Firewall().Conns() {
				if e.Original.Src == c.IP() {
					require.Equal(t, dockerAddr, e.Reply.Dst)
					require.Equal(t, i == 0, e.Reply.DstPort == 40000)
					seen[fmt.Sprint(e.Reply)] = true
				}
			}
			p.Close()
		}
		require.Len(t, seen, 3)
	})
}

// TestTimeWait: a connection that both ends have closed stays for its two minutes, and
// nothing of it is sent any more.
func TestTimeWait(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		web, cli := simtest.Run(t, h, "web"), simtest.Run(t, h, "cli")
		who(t, web, "tcp", "80")
		nc(t, cli, "tcp", "172.17.0.2:80")
		for _, left := range []string{"119", "89", "59", "29"} {
			time.Sleep(time.Second)
			require.Equal(t, []string{"tcp      6 " + left +
				" TIME_WAIT src=172.17.0.3 dst=172.17.0.2 sport=A dport=80 src=172.17.0.2 dst=172.17.0.3 sport=80 dport=A [ASSURED] mark=0 use=1"}, flows(h))
			time.Sleep(29 * time.Second)
		}
		time.Sleep(time.Second)
		require.Empty(t, flows(h))
	})
}
