package engine

import (
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"drydock/nat"
	"drydock/nat/iptables"
	"drydock/sim/internal/ports"

	"github.com/stretchr/testify/require"
)

// A mobyTables are those of both families that rules of the newest release make.
type mobyTables struct {
	t      *testing.T
	v4, v6 *nat.Ruleset
}

func (m mobyTables) run(rules []string) {
	for _, rule := range rules {
		rs, line := m.v4, rule
		if six, ok := strings.CutPrefix(rule, IP6Tables); ok {
			rs, line = m.v6, six
		}
		require.NoError(m.t, iptables.Run(io.Discard, rs, strings.Fields(line)...), rule)
	}
}

// save prints tables as moby's test does, without what dockerd makes elsewhere: the user's chain.
func (m mobyTables) save(six bool) string {
	rs := m.v4
	if six {
		rs = m.v6
	}
	var b strings.Builder
	for _, table := range []string{"raw", "filter", "nat"} {
		require.NoError(m.t, iptables.Save(&b, rs, table))
	}
	lines := strings.Split(b.String(), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "#") || strings.Contains(l, "DOCKER-USER") })
	return strings.Join(lines, "\n")
}

// ofMoby returns the network that the name of a dump stands for: "hairpin=true,icc=false…".
func ofMoby(name string) (n Network, localhost bool) {
	is := make(map[string]string)
	for _, word := range strings.Split(name, ",") {
		key, value, _ := strings.Cut(word, "=")
		is[key] = value
	}
	on := func(key string) bool { return is[key] == "true" }
	mode := GatewayMode(is["gwm"])
	n = Network{
		Daemon: Daemon{UserlandProxy: !on("hairpin")}, Bridge: "br-dummy", Internal: on("internal"), ICC: on("icc"), Masquerade: on("masq"),
		V4: Family{Subnet: netip.MustParsePrefix("192.168.0.0/24"), Mode: mode},
		V6: Family{Subnet: netip.MustParsePrefix("fd49:efd7:54aa::/64"), Mode: mode},
	}
	if on("snat") {
		n.V4.Source, n.V6.Source = netip.MustParseAddr("192.168.123.0"), netip.MustParseAddr("fd34:d0d4:672f::123")
	}
	return n, on("bindlh")
}

// TestLikeMoby compares with the dumps that moby's own tests have, for each combination of options,
// in daemon/libnetwork/drivers/bridge/internal/iptabler/testdata/TestIptabler of its sources.
func TestLikeMoby(t *testing.T) {
	dir := os.Getenv("DRYDOCK_MOBY_GOLDEN")
	if dir == "" {
		t.Skip("DRYDOCK_MOBY_GOLDEN does not say where moby's dumps are")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*__*.golden"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	equal, other := 0, 0
	for _, file := range files {
		name, program, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".golden"), "__")
		if strings.Contains(name, "wsl2mirrored") {
			other++ // Windows
			continue
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		t.Run(name+"__"+program, func(t *testing.T) {
			if got := mobyDump(t, name, program == "ip6tables"); got == string(want) {
				equal++
			} else {
				require.Equal(t, string(want), got)
			}
		})
	}
	t.Logf("%d of %d dumps are equal; %d are of WSL2, which is not emulated", equal, len(files)-other, other)
}

func mobyDump(t *testing.T, name string, six bool) string {
	m := mobyTables{t, nat.New().IPv4(), nat.New().IPv6()}
	if name == "no" {
		return m.save(six)
	}
	shown, cleaned := strings.CutPrefix(name, "cleaned,")
	n, localhost := ofMoby(shown)
	m.run(Docker29.HostRules(n.Daemon))
	if cleaned {
		return m.save(six)
	}
	m.run(Docker29.NetworkRules(n, nil))
	web4, web6 := netip.MustParseAddr("192.168.0.2"), netip.MustParseAddr("fd49:efd7:54aa::1")
	host4, host6 := netip.IPv4Unspecified(), netip.IPv6Unspecified()
	if localhost {
		host4, host6 = netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()
	}
	for container, host := range map[netip.Addr]netip.Addr{web4: host4, web6: host6} {
		m.run(Docker29.EndpointRules(n, container))
		if !n.Internal { // nothing is published there
			m.run(Docker29.PortRules(n, container, ports.Binding{Port: ports.Port{Number: 80, Proto: ports.TCP}, HostAddr: host, HostPort: 8080}))
		}
	}
	return m.save(six)
}
