package engine

import (
	"net/netip"
	"strings"
	"testing"

	"drydock/nat"
	"drydock/sim/internal/ports"

	"github.com/stretchr/testify/require"
)

// TestNftRules has the rules of a chain that no recorded session shows. They are what the sources of 29.7.2 have.
func TestNftRules(t *testing.T) {
	t.Parallel()
	of := func(host string, port uint16) ports.Binding {
		return ports.Binding{Port: ports.Port{Number: 80, Proto: ports.TCP}, HostAddr: netip.MustParseAddr(host), HostPort: port}
	}
	v4, v6 := netip.MustParseAddr("172.18.0.2"), netip.MustParseAddr("fd00::2")
	all := change(user, func(n *Network) { n.Daemon.Nftables, n.V6 = true, Family{Subnet: netip.MustParsePrefix("fd00::/64")} })
	const in, out, natIn, natOut = "filter-forward-in__br-b", "filter-forward-out__br-b", "nat-postrouting-in__br-b", "nat-postrouting-out__br-b"
	const known, inside, other = "ct state established,related accept\n", "iifname br-b accept # ICC\n", "drop # UNPUBLISHED PORT DROP"
	mode := func(m GatewayMode) func(*Network) { return func(n *Network) { n.V4.Mode, n.V6.Mode = m, m } }
	noProxy := func(n *Network) { n.Daemon.UserlandProxy = false }
	snat := func(n *Network) {
		n.V4.Source, n.V6.Source = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("fd01::1")
	}
	quiet := func(n *Network) { n.Internal, n.ICC = true, false }
	for name, test := range map[string]struct {
		change    func(*Network)
		container netip.Addr
		binding   ports.Binding
		chain     string
		want      string
	}{
		"IPv6 to a port":              {nil, v6, of("::", 8080), "nat-prerouting-and-output", "iifname != br-b ip6 saddr != fe80::/10 tcp dport 8080 dnat to [fd00::2]:80 # DNAT"},
		"IPv6 without proxy":          {noProxy, v6, of("fd01::1", 8080), "nat-prerouting-and-output", "ip6 saddr != fe80::/10 ip6 daddr fd01::1 tcp dport 8080 dnat to [fd00::2]:80 # DNAT"},
		"IPv6 of the loopback":        {nil, v6, of("::1", 8080), "raw-PREROUTING", "ip6 daddr fd00::2 iifname != br-b drop # DROP DIRECT ACCESS"},
		"IPv6 to IPv4":                {nil, v4, of("::", 8080), "nat-prerouting-and-output", ""},
		"IPv6 to IPv4 is accepted":    {nil, v4, of("::", 8080), in, known + inside + "ip daddr 172.18.0.2 tcp dport 80 accept\n" + other},
		"loopback":                    {nil, v4, of("127.0.0.1", 8080), "raw-PREROUTING", "ip daddr 172.18.0.2 iifname != br-b drop # DROP DIRECT ACCESS\niifname != lo ip daddr 127.0.0.1 tcp dport 8080 drop # DROP REMOTE LOOPBACK"},
		"trusted":                     {func(n *Network) { n.Trusted = []string{"eth1", "eth0"} }, v4, of("0.0.0.0", 8080), "raw-PREROUTING", "ip daddr 172.18.0.2 iifname != { eth0, eth1, br-b } drop # DROP DIRECT ACCESS"},
		"direct routing":              {func(n *Network) { n.Daemon.DirectRouting = true }, v4, of("0.0.0.0", 8080), "raw-PREROUTING", ""},
		"unprotected":                 {mode(NATUnprotected), v4, of("0.0.0.0", 8080), in, known + inside + "accept # UNPROTECTED"},
		"unprotected: not dropped":    {mode(NATUnprotected), v4, of("0.0.0.0", 8080), "raw-PREROUTING", ""},
		"routed":                      {mode(Routed), v4, of("0.0.0.0", 0), in, known + "ip protocol icmp accept # ICMP\n" + inside + "ip daddr 172.18.0.2 tcp dport 80 accept\n" + other},
		"routed IPv6":                 {mode(Routed), v6, of("::", 0), in, known + "meta l4proto ipv6-icmp accept # ICMP\n" + inside + "ip6 daddr fd00::2 tcp dport 80 accept\n" + other},
		"routed keeps the source":     {mode(Routed), v4, of("0.0.0.0", 0), natOut, ""},
		"source":                      {snat, v4, of("0.0.0.0", 8080), natOut, "oifname != br-b ip saddr 172.18.0.0/16 snat to 192.0.2.1 # SNAT"},
		"source without proxy":        {func(n *Network) { snat(n); noProxy(n) }, v6, of("::", 8080), natIn, "fib saddr type local snat to fd01::1 # SNAT FROM HOST\nip6 saddr fd00::2 ip6 daddr fd00::2 tcp dport 80 masquerade # MASQ TO OWN PORT"},
		"isolated":                    {func(n *Network) { quiet(n); mode(Isolated)(n) }, v4, ports.Binding{}, in, known + "iifname != br-b drop # INTERNAL NETWORK INGRESS\ndrop # ICC"},
		"isolated: nothing leaves":    {func(n *Network) { quiet(n); mode(Isolated)(n) }, v6, ports.Binding{}, out, known + "oifname != br-b drop # INTERNAL NETWORK EGRESS"},
		"internal: nothing from host": {func(n *Network) { quiet(n); noProxy(n) }, v4, ports.Binding{}, natIn, ""},
	} {
		n := all
		if test.change != nil {
			test.change(&n)
		}
		rules := append(Docker29.HostRules(n.Daemon), Docker29.NetworkRules(n, nil)...)
		rules = append(rules, Docker29.EndpointRules(n, test.container)...)
		if test.binding.HostAddr.IsValid() {
			rules = append(rules, Docker29.PortRules(n, test.container, test.binding)...)
		}
		tables := nat.New().Nft()
		require.NoError(t, tables.Edit(func(tx *nat.NftEdit) error { return runNft(tx, rules) }), name)
		require.Equal(t, test.want, ofNftChain(nftTable(t, tables, nftWord(test.container)), test.chain), name)
	}
}

// ofNftChain returns the rules of a chain that is not empty, without counters and quotes, and with comments behind "#".
func ofNftChain(table, chain string) string {
	_, rest, _ := strings.Cut(table, "chain "+chain+" {\n")
	rest, _, _ = strings.Cut(rest, "\t}\n")
	var lines []string
	for line := range strings.Lines(rest) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "type ") {
			lines = append(lines, strings.NewReplacer("counter packets 0 bytes 0 ", "", " comment ", " # ", `"`, "").Replace(line))
		}
	}
	return strings.Join(lines, "\n")
}
