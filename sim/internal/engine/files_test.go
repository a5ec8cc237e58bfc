package engine

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"drydock/sim/internal/linkenv"
)

const id = "49baa0fbb9ab9a8dbc0e5b2f5b5e3a2b4bb1f3a1e8e9c1d0f7a6b5c4d3e2f1a0"

// TestHosts has lines that Docker Engine 20.10.24 wrote.
func TestHosts(t *testing.T) {
	t.Parallel()
	const template = "127.0.0.1\tlocalhost\n" +
		"::1\tlocalhost ip6-localhost ip6-loopback\n" +
		"fe00::0\tip6-localnet\n" +
		"ff00::0\tip6-mcastprefix\n" +
		"ff02::1\tip6-allnodes\n" +
		"ff02::2\tip6-allrouters\n"
	addr := netip.MustParseAddr
	require.Equal(t, template, Docker20.Hosts(Hosts{}))
	require.Equal(t, template+
		"10.1.2.3\tfoo\n"+
		"10.1.2.4\tfoo\n"+
		"172.17.0.2\tdb 49baa0fbb9ab tgt\n"+
		"fd00::2\tdb 49baa0fbb9ab tgt\n"+
		"172.17.0.2\ttgt 49baa0fbb9ab\n",
		Docker20.Hosts(Hosts{
			Extra: []Host{{addr("10.1.2.3"), "foo"}, {addr("10.1.2.4"), "foo"}},
			Links: []LinkedHost{{addrs("172.17.0.2", "fd00::2"), "db", id[:12], "tgt"}, {addrs("172.17.0.2"), "tgt", id[:12], "tgt"}},
		}))
}

// TestEditHosts has what dockerd does to a file in which others have written.
func TestEditHosts(t *testing.T) {
	t.Parallel()
	const text = "# the lab\n\n10.0.0.9\tdb\n10.0.0.9 db\n10.0.0.8\tw5\n10.0.0.7\tzz\nfd00::2\tdb\n10.0.0.6\tdb.local x"
	addr := netip.MustParseAddr
	require.Equal(t, text+"172.17.0.3\ta.b.c a\nfd00::3\th\n",
		Docker20.JoinHosts(text, Host{addr("172.17.0.3"), "a.b.c"}, Host{addr("fd00::3"), "h"}))
	require.Equal(t, "172.17.0.3\ta.b.c\n", Docker113.JoinHosts("", Host{addr("172.17.0.3"), "a.b.c"}, Host{addr("fd00::3"), "h"}))
	known := func(name string) bool { return name == "db" || name == "w5" || name == "w5.net" }
	require.Equal(t, "# the lab\n10.0.0.9 db\n10.0.0.8\tw5\n10.0.0.7\tzz\n10.0.0.6\tdb.local x\n", Docker20.LeaveHosts(text, "w5", nil, known))
	require.Equal(t, "# the lab\n\n172.17.0.9\tdb\n10.0.0.9 db\n10.0.0.8\tw5\n10.0.0.7\tzz\n172.17.0.9\tdb\n172.17.0.9\tdb.local x",
		Docker20.MoveHosts(text, "db", addr("172.17.0.9")))
	require.Equal(t, "1.1.1.1\ta$1 b\n", Docker20.MoveHosts("9.9.9.9\ta$1 b\n", "a$1", addr("1.1.1.1")))
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	link := linkenv.Link{Client: "c1", Alias: "zz", Addr: netip.MustParseAddr("172.17.0.2")}
	require.Equal(t, []string{path, "HOSTNAME=h", "ZZ_NAME=mine", "A=2", "HOME=/root"},
		Docker20.Environment(Environment{Hostname: "h", Links: []linkenv.Link{link}, Env: []string{"ZZ_NAME=mine", "A=2"}, Home: "/root"}))
	for _, test := range []struct{ env, want []string }{
		{[]string{"HOME=/x", "PATH=/bin"}, []string{"PATH=/bin", "HOSTNAME=h", "HOME=/x"}},
		{[]string{"HOME=", "A=1"}, []string{path, "HOSTNAME=h", "HOME=/home/app", "A=1"}},
		{[]string{"A=1", "B=1", "A=2", "C", "B"}, []string{path, "HOSTNAME=h", "A=2", "HOME=/home/app"}},
		{[]string{"PATH", "HOSTNAME"}, []string{"HOME=/home/app"}},
		{[]string{"A", "A=1", "AB=2", "HOME"}, []string{path, "HOSTNAME=h", "A=1", "AB=2", "HOME=/home/app"}},
	} {
		require.Equal(t, test.want, Docker20.Environment(Environment{Hostname: "h", Env: test.env, Home: "/home/app"}), "%v", test.env)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"store", "49baa0fbb9ab", "h"}, Docker20.Aliases([]string{"store"}, id, "h"))
	require.Equal(t, []string{"49baa0fbb9ab"}, Docker20.Aliases(nil, id, ""))
	require.Equal(t, "/var/run/docker/netns/49baa0fbb9ab", Docker20.SandboxKey(id))
	require.Equal(t, "/var/run/docker/netns/default", Docker20.SandboxKey(""))
}
