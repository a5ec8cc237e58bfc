package nftables_test

import (
	"strings"
	"testing"

	"drydock/nat"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/nftables"

	"github.com/stretchr/testify/require"
)

func run(t testing.TB, m command.Machine, input string, args ...string) (string, int) {
	var out strings.Builder
	call := &command.Call{Machine: m, Args: append([]string{"nft"}, args...), Stdin: strings.NewReader(input), Stdout: &out, Stderr: &out}
	status := nftables.Commands().Run(t.Context(), call)
	return out.String(), status
}

// TestCommands has rules that iptables does not show, and what a container may not do.
func TestCommands(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, tt := range []struct {
		input  string
		args   []string
		want   string
		status int
	}{
		{"", []string{"add", "table", "ip", "mine"}, "", 0},
		{"add chain ip mine ban { type filter hook forward priority filter - 1; policy accept; }\n", []string{"-f", "-"}, "", 0},
		{"", []string{"add rule ip mine ban ip saddr 172.16.80.47 counter drop"}, "", 0},
		{"", []string{"list", "table", "ip", "mine"}, "table ip mine {\n\tchain ban {\n\t\ttype filter hook forward priority filter - 1; policy accept;\n\t\tip saddr 172.16.80.47 counter packets 0 bytes 0 drop\n\t}\n}\n", 0},
		{"", []string{"list chain ip filter DOCKER-ISOLATION-STAGE-2"}, "table ip filter {\n\tchain DOCKER-ISOLATION-STAGE-2 {\n" +
			"\t\toifname \"docker0\" counter packets 0 bytes 0 drop\n\t\tcounter packets 0 bytes 0 return\n\t}\n}\n", 0},
		{"", []string{"list chain ip nat POSTROUTING"}, "# Warning: table ip nat is managed by iptables-nft, do not touch!\ntable ip nat {\n\tchain POSTROUTING {\n" +
			"\t\ttype nat hook postrouting priority srcnat; policy accept;\n" +
			"\t\toifname != \"docker0\" ip saddr 172.17.0.0/16 counter packets 0 bytes 0 masquerade\n\t}\n}\n", 0},
		{"", []string{"-f", "/nosuch"}, "internal:0:0-0: Error: Could not open file \"/nosuch\": No such file or directory\n\n\n", 1},
		{"", []string{"delete", "table", "ip", "nosuch"}, "Error: Could not process rule: No such file or directory\ndelete table ip nosuch\n                ^^^^^^\n", 1},
	} {
		out, status := run(t, h, tt.input, tt.args...)
		require.Equal(t, tt.want, out, tt.args)
		require.Equal(t, tt.status, status)
	}
	long := strings.Repeat("#\n", 8<<20) + "add table ip late\n"
	out, status := run(t, h, long, "-f", "-")
	require.Equal(t, "internal:0:0-0: Error: input too long\n\n\n", out)
	require.Equal(t, 1, status)
	for c := range h.Firewall().IPv4().Chains("filter") {
		require.NotEqual(t, nat.Chain("filter/ban"), c)
	}
	c := simtest.Run(t, h, "web")
	out, status = run(t, c, "", "list", "ruleset")
	require.Equal(t, "Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n", out)
	require.Equal(t, 1, status)
}
