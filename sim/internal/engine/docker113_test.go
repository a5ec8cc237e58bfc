package engine

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"drydock/sim/internal/ports"

	"github.com/stretchr/testify/require"
)

// What is expected here is read from the source of Docker 1.13.1.

func TestNetworkRules113(t *testing.T) {
	t.Parallel()
	const nat = `-t nat -I POSTROUTING -s 172.18.0.0/16 ! -o br-b -j MASQUERADE
-t nat -I DOCKER -i br-b -j RETURN
`
	const forward = `-I FORWARD -i br-b ! -o br-b -j ACCEPT
-I FORWARD -o br-b -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-I FORWARD -o br-b -j DOCKER`
	const isolated = `
-I DOCKER-ISOLATION -i br-b -o docker0 -j DROP
-I DOCKER-ISOLATION -i docker0 -o br-b -j DROP`
	internal := change(user, func(n *Network) { n.Internal, n.Bridge = true, "br-i" })
	for _, test := range []struct {
		network Network
		others  []Network
		want    string
	}{
		{user, nil, nat + "-I FORWARD -i br-b -o br-b -j ACCEPT\n" + forward},
		{user, []Network{docker0, internal}, nat + "-I FORWARD -i br-b -o br-b -j ACCEPT\n" + forward + isolated},
		{change(user, func(n *Network) { n.ICC = false }), nil, nat + "-A FORWARD -i br-b -o br-b -j DROP\n" + forward},
		{internal, []Network{docker0}, `-I FORWARD -i br-i -o br-i -j ACCEPT
-I DOCKER-ISOLATION ! -d 172.18.0.0/16 -i br-i -j DROP
-I DOCKER-ISOLATION ! -s 172.18.0.0/16 -o br-i -j DROP`},
	} {
		require.Equal(t, test.want, strings.Join(Docker113.NetworkRules(test.network, slices.Values(test.others)), "\n"))
	}
}

func TestRequests113(t *testing.T) {
	t.Parallel()
	v4, lan := netip.IPv4Unspecified(), netip.MustParseAddr("172.16.80.10")
	for _, test := range []struct {
		daemon Daemon
		asked  netip.Addr
		want   netip.Addr
	}{
		{daemon, netip.Addr{}, v4},
		{Daemon{}, netip.Addr{}, v4},
		{Daemon{PublishAddr: lan}, netip.Addr{}, lan},
		{daemon, netip.IPv6Loopback(), netip.IPv6Loopback()},
	} {
		require.Equal(t, [][]netip.Addr{{test.want}}, requested(Docker113, test.daemon, ports.Publication{Addr: test.asked}))
	}
	require.Equal(t, "udp", Docker113.ProxyNetwork(ports.Binding{Port: ports.Port{Number: 53, Proto: ports.UDP}, HostAddr: v4}))
}

// TestNextPool113: the first free one is taken, whichever was the last.
func TestNextPool113(t *testing.T) {
	t.Parallel()
	pools := prefixes("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24")
	for _, test := range []struct {
		last  int
		inUse []netip.Prefix
		want  int
		ok    bool
	}{
		{-1, nil, 0, true},
		{1, nil, 0, true},
		{0, prefixes("10.0.0.0/24", "10.0.1.128/25"), 2, true},
		{1, prefixes("10.0.0.0/8"), 0, false},
	} {
		index, ok := Docker113.NextPool(pools, test.last, test.inUse)
		require.Equal(t, test.ok, ok)
		require.Equal(t, test.want, index)
	}
}

func TestNames113(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"store", "49baa0fbb9ab"}, Docker113.Aliases([]string{"store"}, id, "h"))
	addr := netip.MustParseAddr
	text := Docker113.Hosts(Hosts{Links: []LinkedHost{{addrs("172.17.0.2", "fd00::2"), "db", "h", "tgt"}}})
	text = Docker113.JoinHosts(text, Host{addr("172.17.0.3"), "a.b.c"}, Host{addr("fd00::3"), "a.b.c"})
	require.True(t, strings.HasSuffix(text, "\nff02::2\tip6-allrouters\n172.17.0.2\tdb h tgt\n172.17.0.3\ta.b.c\n"), text)
	six := Family{Subnet: netip.MustParsePrefix("fd00::/64")}
	networks := []Network{{Name: "a", V6: six}, {Name: "b"}, {Name: "c", V6: six}, {Name: "a", Internal: true}}
	sorted := slices.Clone(networks)
	slices.Reverse(sorted)
	slices.SortFunc(sorted, Docker113.ComparePriority)
	require.Equal(t, networks, sorted)
}

// TestForwarding has what an option ndots makes of resolv.conf and of the embedded resolver, with
// both releases.
func TestForwarding(t *testing.T) {
	t.Parallel()
	const server = "nameserver 127.0.0.11\n"
	for _, test := range []struct {
		options []string
		conf113 string
		keep113 bool
		conf20  string
		keep20  bool
	}{
		{nil, "options ndots:0\n", false, "options ndots:0\n", false},
		{[]string{"ndots:2"}, "options ndots:2 ndots:0\n", true, "options ndots:2\n", true},
		{[]string{"ndots:0"}, "options ndots:0 ndots:0\n", false, "options ndots:0\n", false},
	} {
		conf := Docker20.ResolvConf(ResolvConf{Host: "nameserver 172.16.80.53\n", Options: test.options})
		require.Equal(t, server+test.conf113, Docker113.EmbeddedResolvConf(ResolvConf{}, conf, false))
		require.Equal(t, Forwarding{KeepSingleLabels: test.keep113, FirstReply: true}, Docker113.Forwarding(ResolvConf{}, conf))
		require.Equal(t, server+test.conf20, Docker20.EmbeddedResolvConf(ResolvConf{}, conf, false))
		require.Equal(t, Forwarding{KeepSingleLabels: test.keep20}, Docker20.Forwarding(ResolvConf{}, conf))
	}
}
