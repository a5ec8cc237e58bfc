package inetutils

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// linked returns web with a link to db, 172.17.0.2, which is so far away.
func linked(t *testing.T, rtt time.Duration) *sim.Container {
	h := simtest.NewHost(t)
	db := simtest.Run(t, h, "db")
	web := simtest.Run(t, h, "web", sim.WithHostname("web"), sim.WithLink(db, "db"))
	_, err := web.Ping(t.Context(), "db", nil)
	require.NoError(t, err)
	n, _ := h.Network("bridge")
	require.NoError(t, web.Link(n).Impair(veth.Impairment{Delay: rtt / 2}, veth.Impairment{Delay: rtt - rtt/2}))
	return web
}

// TestPing has what inetutils 2.4 printed in a network namespace.
func TestPing(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		web := linked(t, 203*time.Microsecond)
		for _, tt := range []struct {
			line   string
			status int
			want   string
		}{
			{"ping -c 2 db", 0, `PING db (172.17.0.2): 56 data bytes
64 bytes from 172.17.0.2: icmp_seq=0 ttl=64 time=0.203 ms
64 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=0.203 ms
--- db ping statistics ---
2 packets transmitted, 2 packets received, 0% packet loss
round-trip min/avg/max/stddev = 0.203/0.203/0.203/0.000 ms
`},
			{"ping -qc1 --size 10 172.17.0.2", 0, `PING 172.17.0.2 (172.17.0.2): 10 data bytes
--- 172.17.0.2 ping statistics ---
1 packets transmitted, 1 packets received, 0% packet loss
`},
			{"ping -c 1 -s10 172.17.0.2", 0, `PING 172.17.0.2 (172.17.0.2): 10 data bytes
18 bytes from 172.17.0.2: icmp_seq=0 ttl=64
--- 172.17.0.2 ping statistics ---
1 packets transmitted, 1 packets received, 0% packet loss
`},
			{"ping -c 1 172.17.0.9", 1, `PING 172.17.0.9 (172.17.0.9): 56 data bytes
92 bytes from web (172.17.0.3): Destination Host Unreachable
--- 172.17.0.9 ping statistics ---
1 packets transmitted, 0 packets received, 100% packet loss
`},
			{"ping nosuch", 1, "ping: unknown host\n"},
			{"ping -c 1 2001::1", 1, "ping: unknown host\n"},
			{"ping", 64, "ping: missing host operand\nTry 'ping --help' or 'ping --usage' for more information.\n"},
			{"ping -Z", 64, "ping: invalid option -- 'Z'\nTry 'ping --help' or 'ping --usage' for more information.\n"},
			{"ping -c x h", 1, "ping: invalid value (`x' near `x')\n"},
			{"ping -s 70000 172.17.0.2", 1, "ping: option value too big: 70000\n"},
			{"ping -i nan h", 1, "ping: invalid value (`nan' near `nan')\n"},
		} {
			var out bytes.Buffer
			status := Commands().Run(t.Context(), &command.Call{Machine: web, Args: strings.Fields(tt.line), Stdout: &out, Stderr: &out})
			assert.Equal(t, tt.status, status, tt.line)
			assert.Equal(t, tt.want, out.String())
		}
	})
}

// TestHost has IPv6, and no default route.
func TestHost(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		for line, want := range map[string]string{
			"ping 10.0.0.1": "PING 10.0.0.1 (10.0.0.1): 56 data bytes\nping: sending packet: Network is unreachable\n",
			"ping6 -c 1 localhost": `PING localhost (::1): 56 data bytes
64 bytes from ::1: icmp_seq=0 ttl=64 time=0.000 ms
--- localhost ping statistics ---
1 packets transmitted, 1 packets received, 0% packet loss
round-trip min/avg/max/stddev = 0.000/0.000/0.000/0.000 ms
`,
		} {
			var out bytes.Buffer
			Commands().Run(t.Context(), &command.Call{Machine: h, Args: strings.Fields(line), Stdout: &out, Stderr: &out})
			assert.Equal(t, want, out.String(), line)
		}
	})
}

// FuzzOptions checks that no command line makes the parser panic or lets bad values in.
func FuzzOptions(f *testing.F) {
	for _, s := range []string{"-c 1 -i 0.2 web", "-qc3 -s65507 --", "-W -1 x", "-i nan x", "--ttl=256 x", "-w 99999999999 x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r := newRequest("ip4")
		if _, err := command.Getopt(strings.Fields(line), options(r)); err != nil {
			return
		}
		if r.Count < 0 || r.Size < 0 || r.Size > 65507 || r.TTL > 255 || r.Interval < 0 || r.Deadline < 0 || r.Linger < 0 {
			t.Errorf("%q: %+v", line, r)
		}
	})
}
