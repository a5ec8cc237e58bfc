package sim_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestDockerRules compares the rules at every stage with what iptables-save printed
// on a host with Docker Engine 20.10.24, but for dates, counters and the IDs in the
// names of bridges.
func TestDockerRules(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		golden string
		opts   []sim.HostOption
		make   func(t *testing.T, h *sim.Host)
	}{
		{golden: "fresh"},
		{golden: "testnet", make: create("testnet")},
		{golden: "net2", make: create("testnet", "net2")},
		{golden: "net2-only", make: func(t *testing.T, h *sim.Host) {
			create("testnet", "net2")(t, h)
			remove(t, h, "testnet")
		}},
		{golden: "fresh", make: func(t *testing.T, h *sim.Host) {
			create("testnet", "net2")(t, h)
			remove(t, h, "testnet")
			remove(t, h, "net2")
		}},
		{golden: "internal", make: func(t *testing.T, h *sim.Host) {
			create("net")(t, h)
			simtest.NewNetwork(t, h, "inet", sim.WithInternal())
		}},
		{golden: "icc-false", opts: []sim.HostOption{sim.WithICC(false)}},
		{golden: "noicc", opts: []sim.HostOption{sim.WithICC(false)}, make: func(t *testing.T, h *sim.Host) {
			simtest.NewNetwork(t, h, "noicc", sim.WithICC(false))
		}},
		{golden: "link", opts: []sim.HostOption{sim.WithICC(false)}, make: func(t *testing.T, h *sim.Host) {
			simtest.Run(t, h, "nginx_server1")
			target := simtest.Run(t, h, "nginx_server2", sim.WithExpose("80"))
			simtest.Run(t, h, "nginx_server3", sim.WithLink(target, "ng2"))
		}},
		{golden: "published", make: func(t *testing.T, h *sim.Host) {
			simtest.Run(t, h, "nginx_server4", sim.WithPublish("8080:80"))
		}},
		{golden: "drop", make: func(t *testing.T, h *sim.Host) {
			for _, name := range []string{"nginx_server1", "nginx_server2", "nginx_server3"} {
				simtest.Run(t, h, name)
			}
			simtest.Run(t, h, "nginx_server4", sim.WithPublish("8080:80"))
			runIptables(t, h, "-I DOCKER -s 172.16.80.47 -d 172.17.0.5 -p TCP --dport 80 -j DROP")
		}},
		{golden: "fresh", make: func(t *testing.T, h *sim.Host) {
			c := simtest.Run(t, h, "nginx_server4", sim.WithPublish("8080:80"))
			require.NoError(t, c.Stop(t.Context()))
		}},
	} {
		t.Run(test.golden, func(t *testing.T) {
			t.Parallel()
			h := simtest.NewHost(t, test.opts...)
			if test.make != nil {
				test.make(t, h)
			}
			want := goldenRules(t, test.golden)
			var tables []string
			if !strings.Contains(want, "*nat") {
				tables = []string{"filter"}
			}
			require.Equal(t, want, save(t, h, tables...))
		})
	}
}

// TestMasqueradeOff: Docker adds neither of the rules that are about masquerading.
func TestMasqueradeOff(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	simtest.NewNetwork(t, h, "nomasq", sim.WithMasquerade(false))
	require.NotContains(t, save(t, h, "nat"), "nomasq")
	require.Contains(t, save(t, h, "filter"), "-A FORWARD -i br-nomasq -o br-nomasq -j ACCEPT\n")
}

// TestManualRulesStay: rules that someone adds survive networks that come and go.
func TestManualRulesStay(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	const rule = "-A DOCKER -s 172.16.80.47/32 -d 172.17.0.5/32 -p tcp -m tcp --dport 80 -j DROP\n"
	runIptables(t, h, "-I DOCKER -s 172.16.80.47 -d 172.17.0.5 -p TCP --dport 80 -j DROP")
	create("tmpn")(t, h)
	require.Contains(t, save(t, h), rule)
	remove(t, h, "tmpn")
	require.Contains(t, save(t, h), rule)
}

// TestNoDockerNoRules: a machine without Docker has empty tables.
func TestNoDockerNoRules(t *testing.T) {
	t.Parallel()
	var rules strings.Builder
	require.NoError(t, iptables.Save(&rules, simtest.NewMachine(t).Firewall().IPv4()))
	require.Empty(t, rules.String())
}

// goldenRules returns what iptables-save printed.
func goldenRules(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "iptables", name+".txt"))
	require.NoError(t, err)
	return string(b)
}

func create(names ...string) func(*testing.T, *sim.Host) {
	return func(t *testing.T, h *sim.Host) {
		for _, name := range names {
			simtest.NewNetwork(t, h, name)
		}
	}
}

func remove(t *testing.T, h *sim.Host, name string) {
	n, ok := h.Network(name)
	require.True(t, ok)
	require.NoError(t, n.Remove())
}

// iptables runs a command and returns what it prints.
func runIptables(t *testing.T, h *sim.Host, command string) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, iptables.Run(&out, h.Firewall().IPv4(), strings.Fields(command)...), command)
	return out.String()
}

var (
	comments = regexp.MustCompile(`(?m)^#.*\n`)
	counters = regexp.MustCompile(`\[\d+:\d+\]`)
)

// save returns what iptables-save prints, with br-NAME for bridges.
func save(t *testing.T, h *sim.Host, tables ...string) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, iptables.Save(&b, h.Firewall().IPv4(), tables...))
	out := counters.ReplaceAllString(comments.ReplaceAllString(b.String(), ""), "[0:0]")
	for n := range h.Networks() {
		if strings.HasPrefix(n.Device(), "br-") {
			out = strings.ReplaceAll(out, n.Device(), "br-"+n.Name())
		}
	}
	return out
}

// TestFlushedRules: when somebody has flushed Docker's chains away, what needs them
// fails as dockerd does, and leaves nothing.
func TestFlushedRules(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	var rules strings.Builder
	require.NoError(t, iptables.Save(&rules, h.Firewall().IPv4()))
	for _, command := range []string{"-t nat -F", "-t nat -X", "-F", "-X"} {
		runIptables(t, h, command)
	}
	flushed := save(t, h)
	_, err := h.Run("web", sim.WithPublish("8080:80"))
	require.ErrorIs(t, err, sim.ErrFirewall)
	require.Contains(t, err.Error(), "(iptables failed: iptables --wait -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 "+
		"-j DNAT --to-destination 172.17.0.2:80: iptables: No chain/target/match by that name.\n (exit status 1))")
	_, err = h.CreateNetwork("net")
	require.ErrorIs(t, err, sim.ErrFirewall)
	require.Equal(t, flushed, save(t, h))

	require.NoError(t, iptables.Restore(h.Firewall().IPv4(), strings.NewReader(rules.String())))
	simtest.Run(t, h, "web", sim.WithPublish("8080:80"))
	simtest.NewNetwork(t, h, "net")
}
