package engine

import (
	"net/netip"
	"strings"
	"testing"

	"drydock/sim/internal/ports"

	"github.com/stretchr/testify/require"
)

// dual is a network of both families. The tests of package sim compare with recordings; what is
// here has not been recorded and is read from Docker's source.
var dual = change(user, func(n *Network) { n.V6.Subnet = netip.MustParsePrefix("fd00:9::/64") })

// rulesOf6 returns those of IPv6.
func rulesOf6(rules []string) string {
	var list []string
	for _, r := range rules {
		if six, ok := strings.CutPrefix(r, IP6Tables); ok {
			list = append(list, six)
		}
	}
	return strings.Join(list, "\n")
}

// TestGlobalPool has IDs and pools of recorded hosts.
func TestGlobalPool(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"8647f7ca-2009-417b-aafd-76e715d1d2e3": "fd7a:4213:c0a7::/48",
		"20c001ad-dfac-4be0-a2c2-0d6d766511db": "fd0d:1901:4207::/48",
	} {
		require.Equal(t, want, GlobalPool(id).String(), id)
	}
	require.Equal(t, "00010203-0405-4607-8809-0a0b0c0d0e0f", Docker29.DaemonID([32]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}))
	require.Equal(t, "AAAQ:EAYE:", Docker20.DaemonID([32]byte{0, 1, 2, 3, 4})[:10])
}

func TestNetworkRules6(t *testing.T) {
	t.Parallel()
	const forward = `-A DOCKER-FORWARD -i br-b -j ACCEPT
-A DOCKER ! -i br-b -o br-b -j DROP
-A DOCKER-CT -o br-b -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-BRIDGE -o br-b -j DOCKER`
	for name, test := range map[string]struct {
		change func(*Network)
		want   string
	}{
		"usual": {func(*Network) {}, "-t nat -I POSTROUTING -s fd00:9::/64 ! -o br-b -j MASQUERADE\n" + forward},
		"with an address of the host": {func(n *Network) { n.V6.Source = netip.MustParseAddr("fd00:80::1") },
			"-t nat -I POSTROUTING -s fd00:9::/64 ! -o br-b -j SNAT --to-source fd00:80::1\n" + forward},
		"without proxy": {func(n *Network) { n.Daemon.UserlandProxy = false }, `-t nat -I POSTROUTING -s fd00:9::/64 ! -o br-b -j MASQUERADE
-t nat -I POSTROUTING -o br-b -m addrtype --src-type LOCAL -j MASQUERADE
` + forward},
		"routed": {func(n *Network) { n.V6.Mode = Routed }, "-A DOCKER -o br-b -p icmpv6 -j ACCEPT\n" + forward},
		"internal": {func(n *Network) { n.Internal = true }, `-I DOCKER-INTERNAL ! -d fd00:9::/64 -i br-b ! -o br-b -j DROP
-I DOCKER-INTERNAL ! -s fd00:9::/64 ! -i br-b -o br-b -j DROP
-A DOCKER-FORWARD -i br-b -o br-b -j ACCEPT`},
	} {
		require.Equal(t, test.want, rulesOf6(Docker29.NetworkRules(change(dual, test.change), nil)), name)
	}
}

func TestPortRules6(t *testing.T) {
	t.Parallel()
	web4, web6 := netip.MustParseAddr("172.18.0.2"), netip.MustParseAddr("fd00:9::2")
	binding := func(host string, port uint16) ports.Binding {
		return ports.Binding{Port: ports.Port{Number: 80, Proto: ports.TCP}, HostAddr: netip.MustParseAddr(host), HostPort: port}
	}
	const accept = "-I DOCKER -d fd00:9::2 ! -i br-b -o br-b -p tcp -m tcp --dport 80 -j ACCEPT"
	const dnat = "-t nat -A DOCKER ! -s fe80::/10 ! -i br-b -p tcp -m tcp --dport 8080 -j DNAT --to-destination [fd00:9::2]:80\n"
	require.Equal(t, dnat+accept, rulesOf6(Docker29.PortRules(dual, web6, binding("::", 8080))))
	require.Equal(t, dnat, rulesOf6(Docker29.PortRules(change(dual, func(n *Network) { n.V6.Mode = NATUnprotected }), web6, binding("::", 8080)))+"\n")
	require.Equal(t, accept, rulesOf6(Docker29.PortRules(dual, web6, binding("::", 0))), "routed")
	require.Empty(t, Docker29.PortRules(dual, web4, binding("::", 8080)), "the proxy's")
}

func TestEndpointRules(t *testing.T) {
	t.Parallel()
	web4, web6 := netip.MustParseAddr("172.18.0.2"), netip.MustParseAddr("fd00:9::2")
	drop4 := []string{"-t raw -A PREROUTING -d 172.18.0.2 ! -i br-b -j DROP"}
	for _, e := range []Engine{Docker113, Docker20} {
		require.Empty(t, e.EndpointRules(dual, web4))
	}
	require.Equal(t, drop4, Docker28.EndpointRules(dual, web4))
	require.Equal(t, []string{"ip6tables -t raw -A PREROUTING -d fd00:9::2 ! -i br-b -j DROP"}, Docker29.EndpointRules(dual, web6))
	mixed := change(dual, func(n *Network) { n.V6.Mode = Routed })
	require.Equal(t, drop4, Docker29.EndpointRules(mixed, web4))
	require.Empty(t, Docker29.EndpointRules(mixed, web6))
	require.Empty(t, Docker29.EndpointRules(change(dual, func(n *Network) { n.Internal = true }), web4))
	require.Empty(t, Docker29.EndpointRules(change(dual, func(n *Network) { n.Daemon.DirectRouting = true }), web4))
}

// TestRequests28: which addresses of the host lead to a container depends on what it has itself.
func TestRequests28(t *testing.T) {
	t.Parallel()
	v4, v6 := netip.IPv4Unspecified(), netip.IPv6Unspecified()
	type request struct {
		addrs  []netip.Addr
		routed bool
	}
	for name, test := range map[string]struct {
		network Network
		to      Served
		want    []request
	}{
		"both":                {dual, Served{V4: true, V6: true}, []request{{[]netip.Addr{v4, v6}, false}}},
		"IPv4, by the proxy":  {dual, Served{V4: true, Proxied: true}, []request{{[]netip.Addr{v4, v6}, false}}},
		"IPv4, without proxy": {change(dual, func(n *Network) { n.Daemon.UserlandProxy = false }), Served{V4: true, Proxied: true}, []request{{[]netip.Addr{v4}, false}}},
		"another has IPv6":    {dual, Served{V4: true}, []request{{[]netip.Addr{v4}, false}}},
		"IPv6 alone":          {dual, Served{V6: true}, []request{{[]netip.Addr{v6}, false}}},
		"IPv4 routed":         {change(dual, func(n *Network) { n.V4.Mode = Routed }), Served{V4: true, V6: true}, []request{{[]netip.Addr{v6}, false}, {[]netip.Addr{v4}, true}}},
	} {
		var got []request
		for _, r := range Docker29.Requests(test.network, test.to, []ports.Publication{{Port: ports.Port{Number: 80}}}) {
			got = append(got, request{r.Addrs, r.Routed})
		}
		require.Equal(t, test.want, got, name)
	}
}
