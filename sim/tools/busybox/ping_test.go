package busybox

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

// A session is commands and what BusyBox 1.35 printed for them in a network namespace.
type session []struct {
	line   string
	status int
	want   string
}

func (s session) run(t *testing.T, m command.Machine) {
	t.Helper()
	for _, tt := range s {
		var out bytes.Buffer
		call := &command.Call{Machine: m, Args: append([]string{"busybox"}, strings.Fields(tt.line)...), Stdout: &out, Stderr: &out}
		assert.Equal(t, tt.status, Commands().Run(t.Context(), call), tt.line)
		assert.Equal(t, tt.want, out.String(), tt.line)
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	const usage = banner + "\nUsage: " + pingUsage
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		db := simtest.Run(t, h, "db")
		web := simtest.Run(t, h, "web", sim.WithLink(db, "db"))
		_, err := web.Ping(t.Context(), "db", nil)
		require.NoError(t, err)
		n, _ := h.Network("bridge")
		half := veth.Impairment{Delay: 52500 * time.Nanosecond}
		require.NoError(t, web.Link(n).Impair(half, half))
		session{
			{"ping -c 2 db", 0, `PING db (172.17.0.2): 56 data bytes
64 bytes from 172.17.0.2: seq=0 ttl=64 time=0.105 ms
64 bytes from 172.17.0.2: seq=1 ttl=64 time=0.105 ms

--- db ping statistics ---
2 packets transmitted, 2 packets received, 0% packet loss
round-trip min/avg/max = 0.105/0.105/0.105 ms
`},
			{"ping -c 1 -s 2 172.17.0.2", 0, `PING 172.17.0.2 (172.17.0.2): 2 data bytes
10 bytes from 172.17.0.2: seq=0 ttl=64

--- 172.17.0.2 ping statistics ---
1 packets transmitted, 1 packets received, 0% packet loss
`},
			{"ping -c 1 172.17.0.9", 1, `PING 172.17.0.9 (172.17.0.9): 56 data bytes

--- 172.17.0.9 ping statistics ---
1 packets transmitted, 0 packets received, 100% packet loss
`},
			{"ping nosuch", 1, "ping: bad address 'nosuch'\n"},
			{"ping -c x h", 1, "ping: invalid number 'x'\n"},
			{"ping -s 70000 h", 1, "ping: number 70000 is not in 0..65535 range\n"},
			{"ping", 1, usage},
			{"ping -Z", 1, "ping: invalid option -- 'Z'\n" + usage},
			{"nosuch", 127, "nosuch: applet not found\n"},
		}.run(t, web)
		session{
			{"ping6 -q -c 1 ::1", 0, `PING ::1 (::1): 56 data bytes

--- ::1 ping statistics ---
1 packets transmitted, 1 packets received, 0% packet loss
round-trip min/avg/max = 0.000/0.000/0.000 ms
`},
			{"ping -c 1 2001::1", 1, "PING 2001::1 (2001::1): 56 data bytes\nping: sendto: Network is unreachable\n"},
		}.run(t, h)
	})
}
