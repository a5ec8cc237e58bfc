package nettools

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/tooltest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func golden(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	return string(text)
}

// run runs ifconfig with both of its outputs in one text.
func run(m command.Machine, args ...string) (out string, status int) {
	var b bytes.Buffer
	status = Commands().Run(context.Background(), &command.Call{Machine: m, Args: append([]string{"ifconfig"}, args...), Stdout: &b, Stderr: &b})
	return b.String(), status
}

// show is run for what does not fail.
func show(t *testing.T, m command.Machine, args ...string) string {
	t.Helper()
	out, status := run(m, args...)
	require.Zero(t, status, out)
	return out
}

func TestIfconfigRecordings(t *testing.T) {
	t.Parallel()
	idle := tooltest.Host()
	docker0 := &idle.Ifs[2]
	docker0.Running, docker0.Addrs, docker0.TxPackets, docker0.TxBytes = false, docker0.Addrs[:1], 0, 0
	tests := []struct {
		file  string
		m     command.Machine
		names []string
	}{
		{"ifconfig-container.txt", tooltest.Container(), nil},
		{"ifconfig-docker0-idle.txt", idle, []string{"docker0"}},
		{"ifconfig-docker0-busy.txt", tooltest.Host(), []string{"docker0"}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, golden(t, tt.file), show(t, tt.m, tt.names...))
		})
	}
}

// TestIfconfigTutorial has lo as the tutorials show it, with IPv6.
func TestIfconfigTutorial(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536
        inet 127.0.0.1  netmask 255.0.0.0
        inet6 ::1  prefixlen 128  scopeid 0x10<host>
        loop  txqueuelen 1000  (Local Loopback)
        RX packets 0  bytes 0 (0.0 B)
        RX errors 0  dropped 0  overruns 0  frame 0
        TX packets 0  bytes 0 (0.0 B)
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0

`, show(t, tooltest.Host(), "lo"))
}

func TestIfconfigSelection(t *testing.T) {
	t.Parallel()
	m := &tooltest.Still{}
	for _, name := range []string{"lo", "eth10", "eth2", "down", "br-1"} {
		m.Ifs = append(m.Ifs, sim.Interface{Name: name, Up: name != "down"})
	}
	for args, want := range map[string]string{
		"": "br-1 eth2 eth10 lo", "lo": "lo", "down": "down", "-a": "br-1 down eth2 eth10 lo", "-a lo": "lo",
	} {
		var got []string
		for line := range strings.Lines(show(t, m, strings.Fields(args)...)) {
			if name, _, ok := strings.Cut(line, ": "); ok {
				got = append(got, name)
			}
		}
		assert.Equal(t, want, strings.Join(got, " "), args)
	}
	const help = "ifconfig: `--help' gives usage information.\n"
	for _, tt := range []struct {
		args, want string
		status     int
	}{
		{"nosuch", "nosuch: error fetching interface information: Device not found\n", 1},
		{"-x", "ifconfig: option `-x' not recognised.\n" + help, 1},
		{"-aa", "ifconfig: option `-aa' not recognised.\n" + help, 1},
		{"lo down", "SIOCSIFFLAGS: Operation not permitted\n", 255},
		{"lo 10.0.0.1", "SIOCSIFADDR: Operation not permitted\n", 255},
		{"lo eth2", "eth2: Unknown host\n" + help, 1},
	} {
		out, status := run(m, strings.Fields(tt.args)...)
		assert.Equal(t, tt.want, out, tt.args)
		assert.Equal(t, tt.status, status, tt.args)
	}
}

// TestHostname has a host name with a domain.
func TestHostname(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "web", sim.WithHostname("web.example.com"))
	for _, tt := range []struct {
		args, want string
		status     int
	}{
		{"", "web.example.com\n", 0}, {"-s", "web\n", 0}, {"--short", "web\n", 0}, {"-d", "example.com\n", 0}, {"-f", "web.example.com\n", 0},
		{"-i", "172.17.0.2\n", 0}, {"-I", "172.17.0.2 \n", 0},
		{"new", "hostname: you must be root to change the host name\n", 1},
		{"-x", "hostname: invalid option -- 'x'\nUsage: hostname [-i|-I|-s|-f|-d]\n", 255},
	} {
		var out bytes.Buffer
		status := Commands().Run(t.Context(), &command.Call{Machine: c, Args: append([]string{"hostname"}, strings.Fields(tt.args)...), Stdout: &out, Stderr: &out})
		assert.Equal(t, tt.want, out.String(), tt.args)
		assert.Equal(t, tt.status, status, tt.args)
	}
}

// TestIfconfigFlags has all combinations. The numbers are those of Linux.
func TestIfconfigFlags(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "4163<UP,BROADCAST,RUNNING,MULTICAST>", interfaceFlags(sim.Interface{Up: true, Running: true}))
	assert.Equal(t, "4099<UP,BROADCAST,MULTICAST>", interfaceFlags(sim.Interface{Up: true}))
	assert.Equal(t, "4098<BROADCAST,MULTICAST>", interfaceFlags(sim.Interface{Running: true}))
	assert.Equal(t, "73<UP,LOOPBACK,RUNNING>", interfaceFlags(sim.Interface{Up: true, Running: true, Loopback: true}))
	assert.Equal(t, "8<LOOPBACK>", interfaceFlags(sim.Interface{Loopback: true}))
}

// TestFormatBytes has the sizes that the tutorials show, and limits.
func TestFormatBytes(t *testing.T) {
	t.Parallel()
	for n, want := range map[uint64]string{
		0: "0.0 B", 648: "648.0 B", 1024: "1024.0 B", 1025: "1.0 KiB", 1296: "1.2 KiB",
		266467: "260.2 KiB", 328347: "320.6 KiB", 33935667: "32.3 MiB", 74499293053: "69.3 GiB",
		1 << 40: "1024.0 GiB", 1<<40 + 1: "1.0 TiB", 1<<50 + 1: "1.0 PiB", 1<<60 + 1: "1.0 EiB", 1<<64 - 1: "15.9 EiB",
	} {
		assert.Equal(t, want, formatBytes(n))
	}
}

// TestIfconfigSimulated looks at containers before and after a ping. A request and
// a reply are 98 bytes, ARP is 42 each way.
func TestIfconfigSimulated(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithFixedCIDRv6(netip.MustParsePrefix("fd00::/64")))
		simtest.Run(t, h, "web")
		cli := simtest.Run(t, h, "cli")
		before := show(t, cli)
		assert.True(t, strings.HasPrefix(before, `eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 172.17.0.3  netmask 255.255.0.0  broadcast 172.17.255.255
        inet6 fd00::242:ac11:3  prefixlen 64  scopeid 0x0<global>
        inet6 fe80::42:acff:fe11:3  prefixlen 64  scopeid 0x20<link>
        ether 02:42:ac:11:00:03  txqueuelen 0  (Ethernet)
`), before)
		time.Sleep(3 * time.Hour) // until they ask for no routers any more
		was := cli.Interfaces()[1]
		_, err := cli.Ping(context.Background(), "172.17.0.2", &ping.Config{Count: 4})
		require.NoError(t, err)
		is := cli.Interfaces()[1]
		assert.EqualValues(t, 5, is.TxPackets-was.TxPackets)
		assert.EqualValues(t, 4*98+42, is.TxBytes-was.TxBytes)
		assert.EqualValues(t, 4*98+42, is.RxBytes-was.RxBytes)
		assert.NotEqual(t, before, show(t, cli))
		assert.Contains(t, show(t, h, "docker0"), "txqueuelen 0  (Ethernet)")
		require.NoError(t, h.SetQdiscs("docker0", []sim.Qdisc{{Kind: "netem"}}))
		assert.Contains(t, show(t, h, "docker0"), "txqueuelen 1000  (Ethernet)") // and ip link says qlen 1000
	})
}

// TestFullHostname has the domain that --domainname gives a container, and what has no network.
func TestFullHostname(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	spec := dockerapi.ContainerCreate{Config: dockerapi.Config{Hostname: "my", Domainname: "dom.example"}}
	c, err := h.CreateSpec("full", spec)
	require.NoError(t, err)
	require.NoError(t, c.Start())
	for line, want := range map[string]string{"hostname": "my\n", "hostname -f": "my.dom.example\n", "hostname -d": "dom.example\n", "dnsdomainname": "dom.example\n"} {
		var out strings.Builder
		require.Zero(t, Commands().Run(t.Context(), &command.Call{Machine: c, Args: strings.Fields(line), Stdout: &out, Stderr: &out}), line)
		require.Equal(t, want, out.String(), line)
	}
}
