package procps

import (
	"bytes"
	"strings"
	"testing"

	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

func run(t *testing.T, m command.Machine, args ...string) (out string, status int) {
	var b bytes.Buffer
	status = Commands().Run(t.Context(), &command.Call{Machine: m, Args: append([]string{"sysctl"}, args...), Stdout: &b, Stderr: &b})
	return b.String(), status
}

// TestSysctl has what the real one prints.
func TestSysctl(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, tt := range []struct {
		args, want string
		status     int
	}{
		{"net.ipv4.conf.all.forwarding", "net.ipv4.conf.all.forwarding = 1\n", 0},
		{"-n net.ipv4.ip_forward", "1\n", 0},
		{"-N net.ipv4.ip_forward", "net.ipv4.ip_forward\n", 0},
		{"-b net.ipv4.ip_forward", "1", 0},
		{"net/ipv4/ip_forward", "net.ipv4.ip_forward = 1\n", 0},
		{"net.ipv4.nosuch", "sysctl: cannot stat /proc/sys/net/ipv4/nosuch: No such file or directory\n", 1},
		{"-e net.ipv4.nosuch", "", 0},
		{"-w net.ipv4.ip_forward=0", "net.ipv4.ip_forward = 0\n", 0},
		{"net.ipv4.ip_forward net.ipv4.conf.docker0.forwarding", "net.ipv4.ip_forward = 0\nnet.ipv4.conf.docker0.forwarding = 0\n", 0},
		{"net.ipv4.ip_forward=1", "net.ipv4.ip_forward = 1\n", 0},
		{"-qw net.ipv4.ip_forward=1", "", 0},
		{"-w net.ipv4.ip_forward", "sysctl: command line(0): invalid syntax, continuing...\n", 1},
		{"-w net.ipv4.ip_forward=x", "sysctl: setting key \"net.ipv4.ip_forward\": Invalid argument\n", 1},
		{"--dry-run -w net.ipv4.ip_forward=0", "net.ipv4.ip_forward = 0\n", 0},
		{"net.ipv4.ip_local_port_range", "net.ipv4.ip_local_port_range = 32768\t60999\n", 0},
		{"net.bridge", "net.bridge.bridge-nf-call-ip6tables = 1\nnet.bridge.bridge-nf-call-iptables = 1\n", 0},
		{"", sysctlUsage, 1}, {"-h", sysctlUsage, 0}, {"-V", "sysctl from procps-ng 4.0.2\n", 0},
		{"-n", "sysctl: no variables specified\nTry `sysctl --help' for more information.\n", 1},
		{"-Z", "sysctl: invalid option -- 'Z'\n" + sysctlUsage, 1},
	} {
		out, status := run(t, h, strings.Fields(tt.args)...)
		require.Equal(t, tt.want, out, tt.args)
		require.Equal(t, tt.status, status, tt.args)
	}
	out, _ := run(t, h, "-a")
	require.Contains(t, out, "net.ipv4.conf.docker0.rp_filter = 0\n")
	out, status := run(t, simtest.Run(t, h, "web"), "-w", "net.ipv4.ip_forward=0")
	require.Equal(t, "sysctl: permission denied on key \"net.ipv4.ip_forward\"\n", out)
	require.Equal(t, 1, status)
}

// FuzzSysctl has no argument at which sysctl panics.
func FuzzSysctl(f *testing.F) {
	for _, s := range []string{"net/ipv4", "-w a=b", "--load=x", "net.ipv4.conf.*.forwarding", "=", "-p"} {
		f.Add(s)
	}
	m := simtest.NewMachine(f)
	f.Fuzz(func(t *testing.T, line string) {
		if _, status := run(t, m, strings.Fields(line)...); status > 1 {
			t.Errorf("%q: status %d", line, status)
		}
	})
}
