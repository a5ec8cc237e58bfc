package engine

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"drydock/nat"
	"drydock/nat/iptables"
	"drydock/nat/nftables"
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

// TestLikeMoby compares with the dumps that moby's own tests have, for each combination of options, in
// daemon/libnetwork/drivers/bridge/internal of its sources: iptabler/testdata/TestIptabler, nftabler/testdata/TestNftabler.
func TestLikeMoby(t *testing.T) {
	for variable, dump := range map[string]func(t *testing.T, name, program string) string{
		"DRYDOCK_MOBY_GOLDEN":     func(t *testing.T, name, program string) string { return mobyDump(t, name, program == "ip6tables") },
		"DRYDOCK_MOBY_NFT_GOLDEN": mobyNftDump,
	} {
		t.Run(variable, func(t *testing.T) {
			dir := os.Getenv(variable)
			if dir == "" {
				t.Skip(variable + " does not say where moby's dumps are")
			}
			likeMoby(t, dir, dump)
		})
	}
}

func likeMoby(t *testing.T, dir string, dump func(t *testing.T, name, program string) string) {
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
			if got := dump(t, name, program); got == string(want) {
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
	m.run(mobyCommands(name, false))
	return m.save(six)
}

// mobyNftDump prints the table as moby's test does, which has a name for the priority of output.
func mobyNftDump(t *testing.T, name, family string) string {
	tables := nat.New().Nft()
	require.NoError(t, tables.Edit(func(tx *nat.NftEdit) error { return runNft(tx, mobyCommands(name, true)) }))
	return strings.Replace(nftTable(t, tables, family), "hook output priority -100", "hook output priority dstnat", 1)
}

// runNft does what package sim does with commands of nft.
func runNft(tx *nat.NftEdit, commands []string) error {
	for _, c := range commands {
		line, before := strings.TrimPrefix(c, Nft), ""
		if rest, has := strings.CutPrefix(c, NftBefore); has {
			before, line, _ = strings.Cut(rest, ": ")
		}
		if strings.HasPrefix(line, "add rule") && nftables.Has(tx, line) {
			continue
		}
		if err := nftables.Do(tx, line, before); err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
	}
	return nil
}

func nftTable(t *testing.T, tables *nat.Nftables, family string) string {
	var b strings.Builder
	require.NoError(t, nftables.Run(&b, tables, nil, "list table "+family+" docker-bridges"))
	return b.String()
}

// mobyCommands are what leads to the dump of that name.
func mobyCommands(name string, nft bool) []string {
	if name == "no" {
		return nil
	}
	shown, cleaned := strings.CutPrefix(name, "cleaned,")
	n, localhost := ofMoby(shown)
	n.Daemon.Nftables = nft
	rules := Docker29.HostRules(n.Daemon)
	if cleaned {
		return rules
	}
	rules = append(rules, Docker29.NetworkRules(n, nil)...)
	host4, host6 := netip.IPv4Unspecified(), netip.IPv6Unspecified()
	if localhost {
		host4, host6 = netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()
	}
	for container, host := range map[netip.Addr]netip.Addr{netip.MustParseAddr("192.168.0.2"): host4, netip.MustParseAddr("fd49:efd7:54aa::1"): host6} {
		rules = append(rules, Docker29.EndpointRules(n, container)...)
		if !n.Internal { // nothing is published there
			rules = append(rules, Docker29.PortRules(n, container, ports.Binding{Port: ports.Port{Number: 80, Proto: ports.TCP}, HostAddr: host, HostPort: 8080})...)
		}
	}
	return rules
}
