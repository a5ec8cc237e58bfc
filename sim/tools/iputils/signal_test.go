package iputils

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

// A kernel is a machine with a process table, in which ping is the first process.
type kernel struct {
	*sim.Container
	processes command.Processes
}

func (k *kernel) Processes() *command.Processes { return &k.processes }

func oneWay(us time.Duration) veth.Impairment { return veth.Impairment{Delay: us * time.Microsecond} }

// TestPingSignals has ^\ and ^C reach a ping that is process 1, Debian's and that of the
// centos:v1 of the tutorials.
func TestPingSignals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ping command.Func
		want string
	}{
		"debian": {Ping, "2 packets transmitted, 2 received, 0% packet loss, time 1000ms\nrtt min/avg/max/mdev = 0.103/0.121/0.140/0.018 ms\n"},
		"centos": {PingCentOS, "2 packets transmitted, 2 received, 0% packet loss, time 0ms\nrtt min/avg/max/mdev = 0.103/0.121/0.140/0.021 ms\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				n, cli := pingClient(t, 140*time.Microsecond)
				k := &kernel{Container: cli}
				time.AfterFunc(500*time.Millisecond, func() { cli.Link(n).Impair(oneWay(51), oneWay(52)) })
				time.AfterFunc(1500*time.Millisecond, func() { k.processes.Find(1).Signal(command.SIGQUIT) })
				time.AfterFunc(1600*time.Millisecond, func() { k.processes.Find(1).Signal(command.SIGINT) })
				var out bytes.Buffer
				table := command.Table{"ping": tt.ping}
				require.Zero(t, table.Run(t.Context(), &command.Call{Machine: k, Args: []string{"ping", "172.17.0.2"}, Stdout: &out, Stderr: &out}))
				assert.Equal(t, `PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.
64 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=0.140 ms
64 bytes from 172.17.0.2: icmp_seq=2 ttl=64 time=0.103 ms
`+"\r2/2 packets, 0% loss, min/avg/ewma/max = 0.103/0.121/0.135/0.140 ms\n"+`
--- 172.17.0.2 ping statistics ---
`+tt.want, out.String())
			})
		})
	}
}

// TestPingNames has the names by which ping takes one family.
func TestPingNames(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for line, want := range map[string]string{
		"ping6 172.17.0.3": "ping6: 172.17.0.3: Address family for hostname not supported\n",
		"ping4 ::1":        "ping4: ::1: Address family for hostname not supported\n",
		"ping6 -4 ::1":     "ping6: only one -4 or -6 option may be specified\n",
		"ping6 2001::1":    "ping6: connect: Network is unreachable\n",
	} {
		var out bytes.Buffer
		assert.Equal(t, 2, Commands().Run(t.Context(), &command.Call{Machine: h, Args: strings.Fields(line), Stdout: &out, Stderr: &out}), line)
		assert.Equal(t, want, out.String())
	}
}

// TestFormatRTTCentOS has times cut off.
func TestFormatRTTCentOS(t *testing.T) {
	t.Parallel()
	p := &run{centos: true}
	for us, want := range map[time.Duration]string{
		0: "0.000", 999: "0.999", 1235: "1.23", 9999: "9.99", 12399: "12.3", 99999: "99.9", 100000: "100", 1024999: "1024",
	} {
		assert.Equal(t, want, p.formatRTT(us*time.Microsecond))
	}
}
