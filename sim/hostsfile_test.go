package sim

import (
	"fmt"
	"net/netip"
	"testing"

	"drydock/sim/internal/engine"

	"github.com/stretchr/testify/require"
)

// TestHostsFile reads what Docker writes, and what users add.
func TestHostsFile(t *testing.T) {
	t.Parallel()
	text := engine.Docker20.JoinHosts(engine.Docker20.Hosts(engine.Hosts{}), engine.Host{Addr: netip.MustParseAddr("172.17.0.2"), Name: "a.b.c"}) +
		"# comment\n10.0.0.1 one two#three\n\t 10.0.0.2\tTwo \n10.0.0.3\nnowhere four\n10.0.0.300 four\n::ffff:10.0.0.4 five\nfe80::1%eth0 six\n10.0.0.5 seven"
	for _, test := range []struct{ network, host, want string }{
		{"ip", "localhost", "[127.0.0.1 ::1]"},
		{"ip4", "localhost", "[127.0.0.1]"},
		{"ip6", "localhost", "[::1]"},
		{"ip", "LocalHost.", "[127.0.0.1 ::1]"},
		{"ip", "a.b.c", "[172.17.0.2]"},
		{"ip", "a", "[172.17.0.2]"},
		{"ip", "ip6-allnodes", "[ff02::1]"},
		{"ip6", "a", "[]"},
		{"ip", "b", "[]"},
		{"ip", "", "[]"},
		{"ip", "one", "[10.0.0.1]"},
		{"ip", "two", "[10.0.0.1 10.0.0.2]"},
		{"ip", "three", "[]"},
		{"ip", "four", "[]"},
		{"ip4", "five", "[10.0.0.4]"},
		{"ip", "six", "[]"},
		{"ip", "seven", "[10.0.0.5]"},
		{"ip", "10.0.0.3", "[]"},
	} {
		require.Equal(t, test.want, fmt.Sprint(hostsAddrs(text, test.network, test.host)), test.host)
	}
	for addr, want := range map[string]string{
		"172.17.0.2": "[a.b.c a]", "fe00::": "[ip6-localnet]", "10.0.0.4": "[five]", "10.0.0.2": "[Two]", "10.0.0.9": "[]",
	} {
		require.Equal(t, want, fmt.Sprint(hostsNames(text, netip.MustParseAddr(addr))), addr)
	}
}

// FuzzHostsFile reads any file. Names that it has are found.
func FuzzHostsFile(f *testing.F) {
	f.Add("127.0.0.1 localhost\n::1\tx y # z\n\n#\n1.2.3.4\n\x00 \xff a")
	f.Fuzz(func(t *testing.T, text string) {
		for a, names := range hostsLines(text) {
			for _, name := range names {
				if name[len(name)-1] != '.' {
					require.Contains(t, hostsAddrs(text, "ip", name), a)
				}
				require.Contains(t, hostsNames(text, a), name)
			}
		}
	})
}
