package engine

import (
	_ "embed"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

//go:embed testdata/resolvconf29.txt
var resolvConf29 string

// recordedRun returns what a resolv.conf of a recorded command is made of.
func recordedRun(command, files string) (made ResolvConf, network string) {
	words := strings.Fields(command)
	for i := 0; i+1 < len(words); i += 2 {
		switch v := words[i+1]; words[i] {
		case "--network":
			network = v
		case "--dns":
			made.Nameservers = append(made.Nameservers, netip.MustParseAddr(v))
		case "--dns-search":
			made.Search = append(made.Search, v)
		case "--dns-opt":
			made.Options = append(made.Options, v)
		}
	}
	made.Host, made.Systemd, _ = strings.Cut(files, "-- systemd\n")
	made.OnHost = network == "host"
	return made, network
}

// TestResolvConf29 has the files that Docker Engine 29.7.2 was seen to write. Those of 28.5.2 are
// the same.
func TestResolvConf29(t *testing.T) {
	t.Parallel()
	cases := strings.Split(resolvConf29, "== docker run ")[1:]
	require.Greater(t, len(cases), 30)
	for _, c := range cases {
		command, rest, _ := strings.Cut(c, "\n")
		files, want, ok := strings.Cut(rest, "-- \n")
		require.True(t, ok, c)
		t.Run(command, func(t *testing.T) {
			made, network := recordedRun(command, files)
			for _, e := range []Engine{Docker28, Docker29} {
				text := e.ResolvConf(made)
				if !made.given() && !made.OnHost {
					text = e.JoinResolvConf(text, false)
				}
				if network == "net" {
					text = e.EmbeddedResolvConf(made, text, false)
				}
				require.Equal(t, want, text, "%s\n%s", command, files)
				require.Equal(t, "edited", e.EmbeddedResolvConf(made, "edited", true))
			}
		})
	}
}

// TestJoinResolvConf28 has a container with IPv6, and one that loses its only nameserver.
func TestJoinResolvConf28(t *testing.T) {
	t.Parallel()
	made := ResolvConf{Host: "nameserver fd00::53\n"}
	text := Docker29.ResolvConf(made)
	require.Contains(t, text, "\nnameserver fd00::53\n")
	require.Equal(t, text, Docker29.JoinResolvConf(text, true))
	without := Docker29.JoinResolvConf(text, false)
	require.Contains(t, without, "\n\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n\n# Based on host file: '/etc/resolv.conf' (legacy)\n# Used default nameservers.\n# Overrides: []\n")
	require.Contains(t, Docker29.JoinResolvConf(Docker29.ResolvConf(ResolvConf{}), true),
		"\nnameserver 8.8.8.8\nnameserver 8.8.4.4\nnameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844\n")
	require.Equal(t, []Upstream{{Addr: netip.MustParseAddr("fd00::53"), OnHost: true}}, Docker29.Upstreams(made, text))
}

// TestHosts28 has the lines of one network go, and none else.
func TestHosts28(t *testing.T) {
	t.Parallel()
	own := []Host{{netip.MustParseAddr("172.18.0.2"), "c1"}}
	before := Docker28.JoinHosts(Docker28.Hosts(Hosts{Extra: []Host{{netip.MustParseAddr("10.0.0.9"), "c1"}}}), Host{netip.MustParseAddr("172.17.0.2"), "c1"})
	require.Contains(t, before, "fe00::\tip6-localnet\nff00::\tip6-mcastprefix\n")
	for _, known := range []func(string) bool{nil, func(string) bool { return true }} {
		require.Equal(t, before, Docker28.LeaveHosts(Docker28.JoinHosts(before, own...), "c1", own, known))
	}
}
