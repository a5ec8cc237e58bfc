package conntracktools_test

import (
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/conntracktools"

	"github.com/stretchr/testify/require"
)

// TestConntrack has the filters of the recordings, over flows of each kind.
func TestConntrack(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		h := simtest.NewHost(t, sim.WithUplink(lan, netip.MustParsePrefix("172.16.80.10/24")))
		peer := simtest.NewMachine(t, sim.WithUplink(lan, netip.MustParsePrefix("172.16.80.47/24")))
		web := simtest.Run(t, h, "web", sim.WithPublish("8080:80"))
		cli := simtest.Run(t, h, "cli")
		l, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		c, err := peer.DialContext(t.Context(), "tcp", "172.16.80.10:8080")
		require.NoError(t, err)
		defer c.Close()
		in, err := l.Accept()
		require.NoError(t, err)
		defer in.Close()
		p, err := cli.ListenPacket(t.Context(), "udp", ":40000")
		require.NoError(t, err)
		_, err = p.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort("172.16.80.47:9")))
		require.NoError(t, err)
		_, err = cli.Ping(t.Context(), web.IP().String(), nil)
		require.NoError(t, err)
		synctest.Wait()

		run := func(args string) string {
			var b strings.Builder
			call := &command.Call{Machine: h, Args: append([]string{"conntrack"}, strings.Fields(args)...), Stdout: &b, Stderr: &b}
			status := conntracktools.Commands().Run(t.Context(), call)
			require.Equal(t, strings.Contains(b.String(), "Try"), status == 2)
			out := regexp.MustCompile(`(sport|dport|id)=[3-6]\d{4}\b`).ReplaceAllString(b.String(), "$1=N")
			return regexp.MustCompile(`id=\d+`).ReplaceAllString(out, "id=N")
		}
		const (
			icmp = "icmp     1 30 src=172.17.0.3 dst=172.17.0.2 type=8 code=0 id=N src=172.17.0.2 dst=172.17.0.3 type=0 code=0 id=N mark=0 use=1\n"
			tcp  = "tcp      6 432000 ESTABLISHED src=172.16.80.47 dst=172.16.80.10 sport=N dport=8080 src=172.17.0.2 dst=172.16.80.47 sport=80 dport=N [ASSURED] mark=0 use=1\n"
			udp  = "udp      17 30 src=172.17.0.3 dst=172.16.80.47 sport=N dport=9 [UNREPLIED] src=172.16.80.47 dst=172.16.80.10 sport=9 dport=N mark=0 use=1\n"
			head = "conntrack v1.4.7 (conntrack-tools): "
			try  = "\nTry `conntrack -h' or 'conntrack --help' for more information.\n"
		)
		for _, test := range []struct{ args, want string }{
			{"-L", icmp + tcp + udp + head + "3 flow entries have been shown.\n"},
			{"-L -o extended -p udp", "ipv4     2 " + udp + head + "1 flow entries have been shown.\n"},
			{"-L -o extended,foo", head + "Bad parameter `foo'" + try},
			{"-C", "3\n"},
			{"-L conntrack -p tcp", tcp + head + "1 flow entries have been shown.\n"},
			{"-L --proto=17", udp + head + "1 flow entries have been shown.\n"},
			{"-L -n", icmp + udp + head + "2 flow entries have been shown.\n"},
			{"-L --dst-nat", icmp + tcp + head + "2 flow entries have been shown.\n"},
			{"-L -j -p udp", udp + head + "1 flow entries have been shown.\n"},
			{"-L -s 172.16.80.47", tcp + head + "1 flow entries have been shown.\n"},
			{"-L -d 172.16.0.0/16", tcp + udp + head + "2 flow entries have been shown.\n"},
			{"-L -q 172.16.80.10", udp + head + "1 flow entries have been shown.\n"},
			{"-L --state ESTABLISHED", tcp + head + "1 flow entries have been shown.\n"},
			{"-L -m 7", head + "0 flow entries have been shown.\n"},
			{"-D -p tcp --dport 8080", tcp + head + "1 flow entries have been deleted.\n"},
			{"-L -p tcp --dport 8080", head + "0 flow entries have been shown.\n"},
			{"-F", head + "connection tracking table has been emptied.\n"},
			{"-C", "0\n"},
			{"", head + "You need to supply at least one command" + try},
			{"-L -D", head + "Can't specify multiple commands" + try},
			{"-L -p xyz", head + "`xyz' unsupported protocol" + try},
			{"-L -s abc", head + "Invalid IP address `abc'" + try},
			{"-L --what x", head + "unknown option `--what'" + try},
			{"-F -p tcp", head + "Illegal option `--protonum' with this command\n" + try},
			{"-C -s 10.0.0.1", head + "Illegal option `--src' with this command\n" + try},
			{"-L -x", head + "unknown option `-x'" + try},
			{"-L expect", head + "unknown option `expect'" + try},
			{"-L --dport", head + "unknown argument --dport" + try},
		} {
			require.Equal(t, test.want, run(test.args), test.args)
		}
	})
}

// TestConntrackInContainer has a container, which may not look at the connections of its host.
func TestConntrackInContainer(t *testing.T) {
	t.Parallel()
	c := simtest.Run(t, simtest.NewHost(t), "web")
	var b strings.Builder
	status := conntracktools.Commands().Run(t.Context(), &command.Call{Machine: c, Args: []string{"conntrack", "-L"}, Stderr: &b})
	require.Equal(t, 1, status)
	require.Equal(t, "conntrack v1.4.7 (conntrack-tools): Operation failed: Operation not permitted\n", b.String())
}

// FuzzConntrack checks that no command line makes conntrack panic or delete a thing that it does
// not refuse.
func FuzzConntrack(f *testing.F) {
	for _, s := range []string{"-L", "-L -p tcp --dport=80", "-D -s 10.0.0.0/8", "-C -m 0x1", "-L --sr 1", "-F -F", "-Lj", "-Lp"} {
		f.Add(s)
	}
	h := simtest.NewHost(f)
	f.Fuzz(func(t *testing.T, line string) {
		call := &command.Call{Machine: h, Args: append([]string{"conntrack"}, strings.Fields(line)...)}
		if status := conntracktools.Commands().Run(t.Context(), call); status != 0 && status != 2 {
			t.Errorf("%q: status %d", line, status)
		}
	})
}
