package iptables_test

import (
	"strings"
	"testing"

	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/iptables"

	"github.com/stretchr/testify/require"
)

func run(t testing.TB, m command.Machine, line, input string) (string, int) {
	var out strings.Builder
	call := &command.Call{Machine: m, Args: strings.Fields(line), Stdin: strings.NewReader(input), Stdout: &out, Stderr: &out}
	status := iptables.Commands().Run(t.Context(), call)
	return out.String(), status
}

// TestCommands has the statuses of iptables, and what -save and -restore refuse. Their rules
// are tested at nat/iptables.
func TestCommands(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	const denied = " v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n\n"
	for _, tt := range []struct {
		line, want string
		status     int
	}{
		{"iptables -N test", "", 0},
		{"iptables -A test -j ACCEPT", "", 0},
		{"iptables -D test -j DROP", "iptables: Bad rule (does a matching rule exist in that chain?).\n", 1},
		{"iptables -S test", "-N test\n-A test -j ACCEPT\n", 0},
		{"ip6tables -A FORWARD -s fd00::1 -j DROP", "", 0},
		{"ip6tables -S FORWARD", "-P FORWARD ACCEPT\n-A FORWARD -s fd00::1/128 -j DROP\n", 0},
		{"iptables -t nosuch -L", "iptables v1.8.9 (nf_tables): table 'nosuch' does not exist\nPerhaps iptables or your kernel needs to be upgraded.\n", 3},
		{"iptables-save -x", "iptables-save: invalid option -- 'x'\nLook at manual page `iptables-save.8' for more information.\n", 1},
		{"iptables-save filter", "Unknown arguments found on commandline\n", 1},
		{"ip6tables-restore --noflush", "ip6tables-restore: unrecognized option '--noflush'\nTry `ip6tables-restore -h' for more information.\n", 1},
		{"iptables-restore /etc/rules", "Can't open /etc/rules: No such file or directory\n", 1},
		{"iptables-restore a b", "Unknown arguments found on commandline\n", 1},
	} {
		out, status := run(t, h, tt.line, "")
		require.Equal(t, tt.want, out, tt.line)
		require.Equal(t, tt.status, status, tt.line)
	}
	_, status := run(t, h, "iptables -A", "")
	require.Equal(t, 2, status)

	saved, status := run(t, h, "iptables-save -t filter -c", "")
	require.Zero(t, status)
	require.Contains(t, saved, "[0:0] -A test -j ACCEPT\n")
	_, status = run(t, h, "iptables -F test", "")
	require.Zero(t, status)
	_, status = run(t, h, "iptables-restore --counters", saved)
	require.Zero(t, status)
	out, _ := run(t, h, "iptables -S test", "")
	require.Equal(t, "-N test\n-A test -j ACCEPT\n", out)

	web := simtest.Run(t, h, "web")
	for _, name := range []string{"iptables", "ip6tables"} {
		for _, suffix := range []string{"", "-save", "-restore"} {
			out, status := run(t, web, name+suffix, "")
			require.Equal(t, name+denied, out)
			require.Equal(t, 4, status)
		}
	}
}
