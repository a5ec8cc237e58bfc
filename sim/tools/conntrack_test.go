package tools_test

import (
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools"

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
			err := tools.Conntrack(&b, h.Firewall(), strings.Fields(args)...)
			if exit := new(tools.ExitError); err != nil {
				require.ErrorAs(t, err, &exit)
				require.Equal(t, 2, exit.Code)
			}
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
			{"-C", "3\n"},
			{"-L -p tcp", tcp + head + "1 flow entries have been shown.\n"},
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
			{"-L --dport", head + "unknown argument --dport" + try},
		} {
			require.Equal(t, test.want, run(test.args), test.args)
		}
	})
}
