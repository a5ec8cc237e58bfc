package engine

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"drydock/sim/internal/ports"

	"github.com/stretchr/testify/require"
)

var (
	daemon  = Daemon{UserlandProxy: true, Forwarding: true}
	docker0 = Network{Daemon: daemon, Bridge: "docker0", V4: Family{Subnet: netip.MustParsePrefix("172.17.0.0/16")}, ICC: true, Masquerade: true}
	user    = Network{Daemon: daemon, Bridge: "br-b", V4: Family{Subnet: netip.MustParsePrefix("172.18.0.0/16")}, ICC: true, Masquerade: true}
)

func change(n Network, by func(*Network)) Network {
	by(&n)
	return n
}

// TestNetworkRules has the commands whose effects iptables-save printed on a host with
// Docker Engine 20.10.24. The tests of package sim compare the effects.
func TestNetworkRules(t *testing.T) {
	t.Parallel()
	const isolated = `-I FORWARD -i br-b ! -o br-b -j ACCEPT
-I FORWARD -o br-b -j DOCKER
-I FORWARD -o br-b -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-I DOCKER-ISOLATION-STAGE-1 -i br-b ! -o br-b -j DOCKER-ISOLATION-STAGE-2
-I DOCKER-ISOLATION-STAGE-2 -o br-b -j DROP`
	for name, test := range map[string]struct {
		change func(*Network)
		want   string
	}{
		"usual": {func(*Network) {}, `-t nat -I POSTROUTING -s 172.18.0.0/16 ! -o br-b -j MASQUERADE
-t nat -I DOCKER -i br-b -j RETURN
-I FORWARD -i br-b -o br-b -j ACCEPT
` + isolated},
		"without ICC": {func(n *Network) { n.ICC = false }, `-t nat -I POSTROUTING -s 172.18.0.0/16 ! -o br-b -j MASQUERADE
-t nat -I DOCKER -i br-b -j RETURN
-A FORWARD -i br-b -o br-b -j DROP
` + isolated},
		"without masquerade": {func(n *Network) { n.Masquerade = false }, `-I FORWARD -i br-b -o br-b -j ACCEPT
` + isolated},
		"without proxy": {func(n *Network) { n.Daemon.UserlandProxy = false }, `-t nat -I POSTROUTING -s 172.18.0.0/16 ! -o br-b -j MASQUERADE
-t nat -I POSTROUTING -o br-b -m addrtype --src-type LOCAL -j MASQUERADE
-I FORWARD -i br-b -o br-b -j ACCEPT
` + isolated},
		"internal": {func(n *Network) { n.Internal = true }, `-I FORWARD -i br-b -o br-b -j ACCEPT
-I DOCKER-ISOLATION-STAGE-1 ! -d 172.18.0.0/16 -i br-b -j DROP
-I DOCKER-ISOLATION-STAGE-1 ! -s 172.18.0.0/16 -o br-b -j DROP`},
		"internal without ICC and proxy": {func(n *Network) { n.Internal, n.ICC, n.Daemon.UserlandProxy = true, false, false }, `-A FORWARD -i br-b -o br-b -j DROP
-I DOCKER-ISOLATION-STAGE-1 ! -d 172.18.0.0/16 -i br-b -j DROP
-I DOCKER-ISOLATION-STAGE-1 ! -s 172.18.0.0/16 -o br-b -j DROP`},
	} {
		require.Equal(t, test.want, strings.Join(Docker20.NetworkRules(change(user, test.change), slices.Values([]Network{docker0})), "\n"), name)
	}
}

func TestHostRules(t *testing.T) {
	t.Parallel()
	for d, want := range map[Daemon]string{
		daemon:   "-t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
		Daemon{}: "-t nat -A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER",
	} {
		rules := Docker20.HostRules(d)
		require.Equal(t, want, rules[len(rules)-1])
	}
	require.Equal(t, []string{"-P FORWARD DROP"}, Docker20.ForwardRules(daemon, false))
	require.Empty(t, Docker20.ForwardRules(daemon, true))
}

func TestPortRules(t *testing.T) {
	t.Parallel()
	web := netip.MustParseAddr("172.17.0.5")
	binding := func(host string) ports.Binding {
		return ports.Binding{Port: ports.Port{Number: 80, Proto: ports.TCP}, HostAddr: netip.MustParseAddr(host), HostPort: 8080}
	}
	const rest = `
-A DOCKER -d 172.17.0.5 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-t nat -A POSTROUTING -s 172.17.0.5 -d 172.17.0.5 -p tcp -m tcp --dport 80 -j MASQUERADE`
	noProxy := change(docker0, func(n *Network) { n.Daemon.UserlandProxy = false })
	for _, test := range []struct {
		network    Network
		host, want string
	}{
		{docker0, "0.0.0.0", "-t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.5:80" + rest},
		{docker0, "127.0.0.1", "-t nat -A DOCKER -d 127.0.0.1 ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.5:80" + rest},
		{noProxy, "0.0.0.0", "-t nat -A DOCKER -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.5:80" + rest},
		{docker0, "::", ""},
	} {
		require.Equal(t, test.want, strings.Join(Docker20.PortRules(test.network, web, binding(test.host)), "\n"))
	}
}

func TestLinkRules(t *testing.T) {
	t.Parallel()
	client, target := netip.MustParseAddr("172.17.0.4"), netip.MustParseAddr("172.17.0.3")
	exposed := []ports.Port{{Number: 80, Proto: ports.TCP}, {Number: 53, Proto: ports.UDP}}
	require.Empty(t, Docker20.LinkRules(docker0, client, target, exposed))
	noICC := change(docker0, func(n *Network) { n.ICC = false })
	require.Equal(t, []string{
		"-A DOCKER -s 172.17.0.4 -d 172.17.0.3 -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT",
		"-A DOCKER -s 172.17.0.3 -d 172.17.0.4 -i docker0 -o docker0 -p tcp -m tcp --sport 80 -j ACCEPT",
		"-A DOCKER -s 172.17.0.4 -d 172.17.0.3 -i docker0 -o docker0 -p udp -m udp --dport 53 -j ACCEPT",
		"-A DOCKER -s 172.17.0.3 -d 172.17.0.4 -i docker0 -o docker0 -p udp -m udp --sport 53 -j ACCEPT",
	}, Docker20.LinkRules(noICC, client, target, exposed))
}

func TestDeletion(t *testing.T) {
	t.Parallel()
	for command, want := range map[string][2]string{
		"-t nat -I DOCKER -i docker0 -j RETURN":      {"-t nat -D DOCKER -i docker0 -j RETURN", "-t nat -C DOCKER -i docker0 -j RETURN"},
		"-A FORWARD -i docker0 -o docker0 -j ACCEPT": {"-D FORWARD -i docker0 -o docker0 -j ACCEPT", "-C FORWARD -i docker0 -o docker0 -j ACCEPT"},
		"ip6tables -t raw -A PREROUTING -i -A -j X":  {"ip6tables -t raw -D PREROUTING -i -A -j X", "ip6tables -t raw -C PREROUTING -i -A -j X"},
	} {
		require.Equal(t, want, [2]string{Deletion(command), Check(command)})
	}
}

func TestRequests20(t *testing.T) {
	t.Parallel()
	v4, v6, lan := netip.IPv4Unspecified(), netip.IPv6Unspecified(), netip.MustParseAddr("172.16.80.10")
	for _, test := range []struct {
		daemon Daemon
		want   [][]netip.Addr
	}{
		{daemon, [][]netip.Addr{{v4}, {v6}}},
		{Daemon{}, [][]netip.Addr{{v4}}},
		{Daemon{UserlandProxy: true, PublishAddr: lan}, [][]netip.Addr{{lan}}},
	} {
		require.Equal(t, test.want, requested(Docker20, test.daemon, ports.Publication{}))
	}
}

// requested returns the addresses of the requests for a publication.
func requested(e Engine, d Daemon, p ports.Publication) (addrs [][]netip.Addr) {
	for _, r := range e.Requests(Network{Daemon: d}, Served{V4: true, Proxied: true}, []ports.Publication{p}) {
		addrs = append(addrs, r.Addrs)
	}
	return addrs
}
