package iproute2

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/tooltest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// run runs a command line with both of its outputs in one text.
func run(m command.Machine, line string) (out string, status int) {
	var b bytes.Buffer
	status = Commands().Run(context.Background(), &command.Call{Machine: m, Args: strings.Fields(line), Stdout: &b, Stderr: &b})
	return b.String(), status
}

// show is run for what does not fail.
func show(t *testing.T, m command.Machine, line string) string {
	t.Helper()
	out, status := run(m, line)
	require.Zero(t, status, out)
	return out
}

func golden(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	return string(text)
}

func TestIPRecordings(t *testing.T) {
	t.Parallel()
	m1 := tooltest.Container()
	m1.Ifs[1].Index, m1.Ifs[1].Peer, m1.Ifs[1].MTU = 2397, 2398, 1400
	m1.Ifs[1].MAC = tooltest.MAC("02:42:ac:13:00:02")
	tests := []struct {
		file, line string
		m          command.Machine
	}{
		{"ip-addr-container.txt", "ip addr", tooltest.Container()},
		{"ip-addr-host.txt", "ip a show", tooltest.Host()},
		{"ip-link-mtu.txt", "ip l s dev eth0", m1},
		{"ip-link-mtu.txt", "ip link list eth0", m1},
		{"ip-route-container.txt", "ip route", tooltest.Container()},
		{"ip-route-host.txt", "ip r lst", tooltest.Host()},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			t.Parallel()
			// Addresses were new when it was recorded, and the LAN's interface
			// had a queue, as those that Docker makes have not.
			want := strings.ReplaceAll(golden(t, tt.file), "tentative ", "")
			want = strings.Replace(want, "state UP group default qlen 1000", "state UP group default ", 1)
			assert.Equal(t, want, show(t, tt.m, tt.line))
		})
	}
}

// TestIPIdle has docker0 without containers, as the recordings have it.
func TestIPIdle(t *testing.T) {
	t.Parallel()
	m := tooltest.Host()
	docker0 := &m.Ifs[2]
	docker0.Running, docker0.Addrs = false, docker0.Addrs[:1]
	assert.Equal(t, `1784: docker0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN group default 
    link/ether 02:42:6b:67:1f:ab brd ff:ff:ff:ff:ff:ff
    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0
       valid_lft forever preferred_lft forever
`, show(t, m, "ip addr show docker0"))
	assert.Contains(t, show(t, m, "ip route"), "172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1 linkdown \n")
}

// TestIPRefuses has what ip says to what is not there, here or in iproute2.
func TestIPRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line, want string
		status     int
	}{
		{"ip addr show nosuch", "Device \"nosuch\" does not exist.\n", 1},
		{"ip link show dev nosuch", "Device \"nosuch\" does not exist.\n", 1},
		{"ip link show dev", "Command line is not complete. Try option \"help\"\n", 255},
		{"ip addr show lo eth0", "Error: either \"dev\" is duplicate, or \"eth0\" is a garbage.\n", 255},
		{"ip -z route", "Option \"-z\" is unknown, try \"ip -help\".\n", 255},
		{"ip maddress", "Object \"maddress\" is unknown, try \"ip help\".\n", 1},
		{"ip route flush cache", "Cannot open \"/proc/sys/net/ipv4/route/flush\": Read-only file system\n", 255},
		{"ip route flush table local", "RTNETLINK answers: Operation not supported\n", 2},
		{"ip addr bla", "Command \"bla\" is unknown, try \"ip address help\".\n", 255},
		{"ip neigh bla", "Command \"bla\" is unknown, try \"ip neigh help\".\n", 255},
		{"ip addr add 10.0.0.1/8 dev lo", "RTNETLINK answers: Operation not permitted\n", 2},
		{"ip addr add 10.0.0.1/33 dev lo", "Error: any valid prefix is expected rather than \"10.0.0.1/33\".\n", 1},
		{"ip addr add 10.0.0.1/8 dev eth9", "Cannot find device \"eth9\"\n", 1},
		{"ip addr add 10.0.0.1/8", "Not enough information: \"dev\" argument is required.\n", 1},
		{"ip addr flush", "Flush requires arguments.\n", 1},
		{"ip route add default via 10.0.0.1", "RTNETLINK answers: Operation not permitted\n", 2},
		{"ip route show foo", "Error: any valid prefix is expected rather than \"foo\".\n", 1},
		{"ip route show table 77", "Error: ipv4: FIB table does not exist.\nDump terminated\n", 2},
		{"ip route show dev eth9", "Cannot find device \"eth9\"\n", 1},
		{"ip route add 10.0.0.0/8 via", "Command line is not complete. Try option \"help\"\n", 255},
		{"ip route get", "need at least a destination address\n", 1},
		{"ip route flush", "\"ip route flush\" requires arguments.\n", 1},
		{"ip link set", "Not enough information: \"dev\" argument is required.\n", 255},
		{"ip link set lo mtu abc", "Error: argument \"abc\" is wrong: Invalid \"mtu\" value\n\n", 255},
		{"ip link set eth9 up", "Cannot find device \"eth9\"\n", 1},
		{"ip neigh add 172.17.0.11 lladdr 02:42:ac:11:00:0a", "Device and destination are required arguments.\n", 255},
		{"ip neigh add 172.17.0.11 lladdr zz dev lo", "\"zz\" is invalid lladdr.\n", 1},
		{"ip neigh flush", "Flush requires arguments.\n", 1},
		{"ip", usage, 255}, {"ip help", usage, 255}, {"ip link help", linkUsage, 255}, {"ip route add", routeUsage, 255},
		{"bridge bla", "Object \"bla\" is unknown, try \"bridge help\".\n", 255},
		{"ss state foo", "ss: wrong state name: foo\n", 255},
		{"ss -Q", "ss: invalid option -- 'Q'\n" + ssUsage, 255},
		{"ss sport = :nosuch", "ss: bison bellows (while parsing filter): \"syntax error!\" Sorry.\n" + ssUsage, 255},
	} {
		out, status := run(tooltest.Host(), tt.line)
		assert.Equal(t, tt.want, out, tt.line)
		assert.Equal(t, tt.status, status, tt.line)
	}
}

// FuzzIP checks that no command line makes ip panic or return what it has not as a status.
func FuzzIP(f *testing.F) {
	for _, s := range []string{
		"a", "addr show dev eth0", "l s lo lo", "r", "-6 r", "help", "link dev", "-j -p -s a", "-br l", "r get 10.0.0.1", "route add default via",
		"n replace 10.0.0.1 lladdr 02:42:ac:11:00:0a dev eth0", "route show match 10.1.1.1 table all", "-o a s to 10.0.0.0/8",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if _, status := run(tooltest.Host(), "ip "+line); status > 2 && status != 255 {
			t.Errorf("%q: status %d", line, status)
		}
	})
}

// TestIPSimulated checks that both ends of a cable name each other.
func TestIPSimulated(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "web")
	eth0 := c.Interfaces()[1]
	inside, outside := show(t, c, "ip addr"), show(t, h, "ip link")
	port := h.Interfaces()[2]
	require.Equal(t, eth0.Peer, port.Index)
	assert.Contains(t, inside, ": eth0@if")
	assert.Contains(t, outside, ": "+port.Name+"@if")
	assert.Contains(t, outside, " master docker0 state UP mode DEFAULT group default \n")
	assert.Equal(t, golden(t, "ip-route-container.txt"), show(t, c, "ip route"))
}
