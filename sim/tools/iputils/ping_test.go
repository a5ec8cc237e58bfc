package iputils

import (
	"bytes"
	"context"
	"io"
	"net/netip"
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

// TestPingRecordings has happen what happened when iputils printed the recordings.
func TestPingRecordings(t *testing.T) {
	t.Parallel()
	for _, rec := range readRecordings(t, "testdata/ping.txt") {
		t.Run(strings.Join(rec.args, " "), func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			r := &replay{t: t, recording: rec}
			p := newRun(t.Context(), &command.Call{Args: rec.args, Files: r.files(), Stdout: &out, Stderr: &out}, r)
			assert.Equal(t, rec.status, p.main())
			assert.Equal(t, rec.output, out.String())
		})
	}
}

// runPing runs ping with both of its outputs in one writer.
func runPing(ctx context.Context, w io.Writer, m command.Machine, args ...string) (status int) {
	call := &command.Call{Machine: m, Args: append([]string{"ping"}, args...), Stdout: w, Stderr: w}
	return Commands().Run(ctx, call)
}

// TestPingSimulated runs in virtual time what was recorded of a single packet,
// with cables that take as long as the real ones did, and some more.
func TestPingSimulated(t *testing.T) {
	t.Parallel()
	const us = time.Microsecond
	tests := []struct {
		args   string
		rtt    time.Duration
		want   string
		status int
	}{
		{args: "-c 1 172.17.0.2", rtt: 81 * us},
		{args: "-t 1 -c 1 172.17.0.2", rtt: 88 * us, want: `PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.
64 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=0.088 ms

--- 172.17.0.2 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.088/0.088/0.088/0.000 ms
`},
		{args: "-c 1 -s 65507 172.17.0.2", rtt: 166 * us, want: `PING 172.17.0.2 (172.17.0.2) 65507(65535) bytes of data.
65515 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=0.166 ms

--- 172.17.0.2 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.166/0.166/0.166/0.000 ms
`},
		{args: "-c 1 -s 65508 172.17.0.2", status: 1, want: `PING 172.17.0.2 (172.17.0.2) 65508(65536) bytes of data.
ping: local error: message too long, mtu=1500

--- 172.17.0.2 ping statistics ---
1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms

`},
		{args: "-c 2 -s 1473 -M do 172.17.0.2", status: 1, want: `PING 172.17.0.2 (172.17.0.2) 1473(1501) bytes of data.
ping: local error: message too long, mtu=1500
ping: local error: message too long, mtu=1500

--- 172.17.0.2 ping statistics ---
2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 1000ms

`},
		{args: "-c 2 -s 8 172.17.0.2", want: `PING 172.17.0.2 (172.17.0.2) 8(36) bytes of data.
16 bytes from 172.17.0.2: icmp_seq=1 ttl=64
16 bytes from 172.17.0.2: icmp_seq=2 ttl=64

--- 172.17.0.2 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time 1000ms

`},
		{args: "-w 2 172.17.0.2", rtt: 59 * us, want: `PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.
64 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=0.059 ms
64 bytes from 172.17.0.2: icmp_seq=2 ttl=64 time=0.059 ms

--- 172.17.0.2 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time 1000ms
rtt min/avg/max/mdev = 0.059/0.059/0.059/0.000 ms
`},
		{args: "-c 3 -w 1 172.17.0.2", rtt: 78 * us, status: 1, want: `PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.
64 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=0.078 ms

--- 172.17.0.2 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.078/0.078/0.078/0.000 ms
`},
		// Replies that take longer than the interval: requests overlap.
		{args: "-c 3 -i 0.2 172.17.0.2", rtt: 500 * time.Millisecond, want: `PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.
64 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=500 ms
64 bytes from 172.17.0.2: icmp_seq=2 ttl=64 time=500 ms
64 bytes from 172.17.0.2: icmp_seq=3 ttl=64 time=500 ms

--- 172.17.0.2 ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time 400ms
rtt min/avg/max/mdev = 500.000/500.000/500.000/0.000 ms, pipe 3
`},
		{args: "-c 3 -O -W 1 172.17.0.2", rtt: 1500 * time.Millisecond, want: `PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.
no answer yet for icmp_seq=1
64 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=1500 ms
no answer yet for icmp_seq=2
64 bytes from 172.17.0.2: icmp_seq=2 ttl=64 time=1500 ms
64 bytes from 172.17.0.2: icmp_seq=3 ttl=64 time=1500 ms

--- 172.17.0.2 ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time 2000ms
rtt min/avg/max/mdev = 1500.000/1500.000/1500.000/0.000 ms, pipe 2
`},
		{args: "-f -c 3 172.17.0.2", rtt: 2 * time.Millisecond, want: "PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.\n" +
			".\b \b.\b \b.\b \b" + `
--- 172.17.0.2 ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time 4ms
rtt min/avg/max/mdev = 2.000/2.000/2.000/0.000 ms, ipg/ewma 2.000/2.000 ms
`},
		{args: "-c 1 fe80::42:acff:fe11:2%eth0", rtt: 60 * us, want: `PING fe80::42:acff:fe11:2%eth0(fe80::42:acff:fe11:2%eth0) 56 data bytes
64 bytes from fe80::42:acff:fe11:2%eth0: icmp_seq=1 ttl=64 time=0.060 ms

--- fe80::42:acff:fe11:2%eth0 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.060/0.060/0.060/0.000 ms
`},
		{args: "-6 -c 1 -s 1453 -M do fe80::42:acff:fe11:2%eth0", status: 1, want: `PING fe80::42:acff:fe11:2%eth0(fe80::42:acff:fe11:2%eth0) 1453 data bytes
ping: local error: message too long, mtu: 1500

--- fe80::42:acff:fe11:2%eth0 ping statistics ---
1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms

`},
		{args: "-c 1 ip6-localhost", want: `PING ip6-localhost(localhost (::1)) 56 data bytes
64 bytes from localhost (::1): icmp_seq=1 ttl=64 time=0.000 ms

--- ip6-localhost ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms
`},
		{args: "-4 -c 1 localhost", want: `PING  (127.0.0.1) 56(84) bytes of data.
64 bytes from localhost (127.0.0.1): icmp_seq=1 ttl=64 time=0.000 ms

---  ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms
`},
		{args: "-c 1 0.0.0.0", want: `PING 0.0.0.0 (127.0.0.1) 56(84) bytes of data.
64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.000 ms

--- 0.0.0.0 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms
`},
		{args: "-D -c 1 172.17.0.2", rtt: 67 * us, want: `PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.
[946684801.000067] 64 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=0.067 ms

--- 172.17.0.2 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.067/0.067/0.067/0.000 ms
`},
		{args: "-b -c 2 -W 1 172.17.255.255", status: 1, want: `WARNING: pinging broadcast address
PING 172.17.255.255 (172.17.255.255) 56(84) bytes of data.

--- 172.17.255.255 ping statistics ---
2 packets transmitted, 0 received, 100% packet loss, time 1000ms

`},
		{args: "-c 2 -W 1 172.17.255.255", status: 2,
			want: "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n"},
		{args: "-c 2 -W 1 224.0.0.1", status: 1, want: `PING 224.0.0.1 (224.0.0.1) 56(84) bytes of data.

--- 224.0.0.1 ping statistics ---
2 packets transmitted, 0 received, 100% packet loss, time 1000ms

`},
		{args: "nosuchhost", status: 2, want: "ping: nosuchhost: Name or service not known\n"},
		{args: "fe80::1%eth7", status: 2, want: "ping: fe80::1%eth7: Name or service not known\n"},
		{args: "-c 1 2001:db8::1", status: 1, want: `PING 2001:db8::1(2001:db8::1) 56 data bytes
From fd00::1 icmp_seq=1 Destination unreachable: No route

--- 2001:db8::1 ping statistics ---
1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms

`},
		{args: "-I eth9 172.17.0.2", status: 2, want: "ping: SO_BINDTODEVICE eth9: No such device\n"},
		{args: "-I eth9 ::1", status: 2, want: "ping: unknown iface: eth9\n"},
		{args: "-I ::zz ::1", status: 2, want: "ping: invalid source address: ::zz\n"},
		{args: "-I 1.2.3.4 172.17.0.2", status: 2, want: "ping: bind: Cannot assign requested address\n"},
		{args: "-I lo -c 1 -W 1 172.17.0.2", status: 1, want: `ping: Warning: source address might be selected on device other than: lo
PING 172.17.0.2 (172.17.0.2) from 172.17.0.3 lo: 56(84) bytes of data.

--- 172.17.0.2 ping statistics ---
1 packets transmitted, 0 received, 100% packet loss, time 0ms

`},
		{args: "-I lo -c 1 127.0.0.1", want: `PING 127.0.0.1 (127.0.0.1) from 127.0.0.1 lo: 56(84) bytes of data.
64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.000 ms

--- 127.0.0.1 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms
`},
		{args: "-I 172.17.0.3 -I eth0 -c 1 172.17.0.2", rtt: 60 * us, want: `PING 172.17.0.2 (172.17.0.2) from 172.17.0.3 eth0: 56(84) bytes of data.
64 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=0.060 ms

--- 172.17.0.2 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.060/0.060/0.060/0.000 ms
`},
		{args: "-c 4 -l 3 172.17.0.2", rtt: 60 * us, want: `PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.
64 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=0.060 ms
64 bytes from 172.17.0.2: icmp_seq=2 ttl=64 time=0.060 ms
64 bytes from 172.17.0.2: icmp_seq=3 ttl=64 time=0.060 ms
64 bytes from 172.17.0.2: icmp_seq=4 ttl=64 time=0.060 ms

--- 172.17.0.2 ping statistics ---
4 packets transmitted, 4 received, 0% packet loss, time 1000ms
rtt min/avg/max/mdev = 0.060/0.060/0.060/0.000 ms, pipe 3
`},
		{args: "-c 3 -A 172.17.0.2", rtt: 19900 * time.Microsecond, want: `PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.
64 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=19.9 ms
64 bytes from 172.17.0.2: icmp_seq=2 ttl=64 time=19.9 ms
64 bytes from 172.17.0.2: icmp_seq=3 ttl=64 time=19.9 ms

--- 172.17.0.2 ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time 40ms
rtt min/avg/max/mdev = 19.900/19.900/19.900/0.000 ms, ipg/ewma 20.000/19.900 ms
`},
		{args: "-l 0 172.17.0.2", status: 1, want: "ping: invalid argument: '0': out of range: 1 <= value <= 65536\n"},
		{args: "-p 12g 172.17.0.2", status: 2, want: "ping: patterns must be specified as hex digits: g\n"},
		{args: "-c 1 -p abc 172.17.0.2", rtt: 60 * us, want: `PATTERN: 0xab0c
PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.
64 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=0.060 ms

--- 172.17.0.2 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.060/0.060/0.060/0.000 ms
`},
		{args: "-4 -v -c 1 localhost", want: `ping: sock4.fd: 3 (socktype: SOCK_DGRAM), sock6.fd: -1 (socktype: 0), hints.ai_family: AF_INET

ai->ai_family: AF_INET6, ai->ai_canonname: 'localhost'
ai->ai_family: AF_INET, ai->ai_canonname: ''
PING  (127.0.0.1) 56(84) bytes of data.
64 bytes from localhost (127.0.0.1): icmp_seq=1 ttl=64 time=0.000 ms

---  ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms
`},
		{args: "-V", want: "ping from iputils 20221126\nlibcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes\n"},
		{args: "-4 ::1", status: 2, want: "ping: ::1: Address family for hostname not supported\n"},
		// The recordings of absent neighbours, but for their times.
		{args: "-c 1 -W 1 172.17.0.98", status: 1, want: `PING 172.17.0.98 (172.17.0.98) 56(84) bytes of data.

--- 172.17.0.98 ping statistics ---
1 packets transmitted, 0 received, 100% packet loss, time 0ms

`},
		{args: "-c 1 172.17.0.97", status: 1, want: `PING 172.17.0.97 (172.17.0.97) 56(84) bytes of data.
From 172.17.0.3 icmp_seq=1 Destination Host Unreachable

--- 172.17.0.97 ping statistics ---
1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms

`},
		{args: "-c 4 172.17.0.99", status: 1, want: `PING 172.17.0.99 (172.17.0.99) 56(84) bytes of data.
From 172.17.0.3 icmp_seq=1 Destination Host Unreachable
From 172.17.0.3 icmp_seq=2 Destination Host Unreachable
From 172.17.0.3 icmp_seq=3 Destination Host Unreachable
From 172.17.0.3 icmp_seq=4 Destination Host Unreachable

--- 172.17.0.99 ping statistics ---
4 packets transmitted, 0 received, +4 errors, 100% packet loss, time 3000ms
pipe 3
`},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			if tt.want == "" {
				tt.want = recorded(t, "ping "+tt.args)
			}
			simtest.VirtualTime(t, func(t *testing.T) {
				_, cli := pingClient(t, tt.rtt)
				var out bytes.Buffer
				assert.Equal(t, tt.status, runPing(t.Context(), &out, cli, strings.Fields(tt.args)...))
				assert.Equal(t, tt.want, out.String())
			})
		})
	}
}

// recorded returns the output of the first recording of a command.
func recorded(t *testing.T, command string) string {
	t.Helper()
	for _, r := range readRecordings(t, "testdata/ping.txt") {
		if strings.Join(r.args, " ") == command {
			return r.output
		}
	}
	t.Fatalf("no recording of %q", command)
	return ""
}

// pingClient returns the default bridge, with IPv6, and 172.17.0.3 on it, which has a neighbour
// 172.17.0.2 that it knows already, at that distance. The clock shows one second past 2000.
func pingClient(t *testing.T, rtt time.Duration) (*sim.Network, *sim.Container) {
	t.Helper()
	h := simtest.NewHost(t, sim.WithFixedCIDRv6(netip.MustParsePrefix("fd00::/64")))
	n, _ := h.Network("bridge")
	simtest.Run(t, h, "web")
	cli := simtest.Run(t, h, "cli")
	for _, host := range []string{"172.17.0.2", "fe80::42:acff:fe11:2"} {
		_, err := cli.Ping(t.Context(), host, nil)
		require.NoError(t, err)
	}
	send := veth.Impairment{Delay: rtt / 2}
	receive := veth.Impairment{Delay: rtt - rtt/2}
	require.NoError(t, cli.Link(n).Impair(send, receive))
	time.Sleep(time.Second)
	return n, cli
}

// TestPingRecordedSeries reproduces a series of round trips but for the time from
// first to last, which real timers stretch.
func TestPingRecordedSeries(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		n, cli := pingClient(t, 82*time.Microsecond)
		for i, us := range []time.Duration{79, 97, 96} {
			time.AfterFunc(time.Duration(i)*time.Second+500*time.Millisecond, func() {
				cli.Link(n).Impair(veth.Impairment{Delay: 40 * time.Microsecond}, veth.Impairment{Delay: (us - 40) * time.Microsecond})
			})
		}
		var out bytes.Buffer
		require.Zero(t, runPing(t.Context(), &out, cli, "-c", "4", "172.17.0.2"))
		want := strings.Replace(recorded(t, "ping -c 4 172.17.0.2"), "time 3059ms", "time 3000ms", 1)
		assert.Equal(t, want, out.String())
	})
}

// TestPingPrintsAtOnce looks at the output while ping runs.
func TestPingPrintsAtOnce(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		_, cli := pingClient(t, time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		var out bytes.Buffer
		start := time.Now()
		var when []time.Duration
		w := writerFunc(func(b []byte) (int, error) {
			when = append(when, time.Since(start))
			return out.Write(b)
		})
		require.Zero(t, runPing(ctx, w, cli, "172.17.0.2"))
		assert.Equal(t, `PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.
64 bytes from 172.17.0.2: icmp_seq=1 ttl=64 time=1.00 ms
64 bytes from 172.17.0.2: icmp_seq=2 ttl=64 time=1.00 ms
64 bytes from 172.17.0.2: icmp_seq=3 ttl=64 time=1.00 ms

--- 172.17.0.2 ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time 2000ms
rtt min/avg/max/mdev = 1.000/1.000/1.000/0.000 ms
`, out.String())
		const ms = time.Millisecond
		assert.Equal(t, []time.Duration{0, ms, 1001 * ms, 2001 * ms, 2500 * ms}, when[:5])
	})
}

// TestPingBrokenPipe has nobody read the output: ping ends.
func TestPingBrokenPipe(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		_, cli := pingClient(t, time.Millisecond)
		w := writerFunc(func([]byte) (int, error) { return 0, io.ErrClosedPipe })
		require.Equal(t, command.BrokenPipe, runPing(t.Context(), w, cli, "172.17.0.2"))
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestPingKilled stops the container under ping.
func TestPingKilled(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		_, cli := pingClient(t, time.Millisecond)
		time.AfterFunc(500*time.Millisecond, func() { cli.Kill() })
		var out bytes.Buffer
		assert.Equal(t, command.Killed, runPing(t.Context(), &out, cli, "172.17.0.2"))
		assert.Equal(t, 2, strings.Count(out.String(), "\n"))
		out.Reset()
		assert.Equal(t, 2, runPing(t.Context(), &out, cli, "172.17.0.2"))
		assert.Regexp(t, `^ping: .*Container [0-9a-f]+ is not running\n$`, out.String())
	})
}
