package iputils

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPingArguments checks complaints about arguments. What is not recorded is
// from iputils' documentation and source.
func TestPingArguments(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	tests := []struct {
		args   string
		want   string // "" is the usage
		status int
	}{
		{"", "ping: usage error: Destination address required\n", 1},
		{"-c", "ping: option requires an argument -- 'c'\n", 2},
		{"-x 127.0.0.1", "ping: invalid option -- 'x'\n", 2},
		{"-h", "", 2},
		{"127.0.0.1 127.0.0.2", "", 2},
		{"-4 -6 localhost", "ping: only one -4 or -6 option may be specified\n", 2},
		{"-c 9223372036854775808 127.0.0.1", "ping: invalid argument: '9223372036854775808': Numerical result out of range\n", 1},
		{"-c 1x 127.0.0.1", "ping: invalid argument: '1x'\n", 1},
		{"-s -1 127.0.0.1", "ping: invalid argument: '-1': out of range: 0 <= value <= 2147483647\n", 1},
		{"-w -1 127.0.0.1", "ping: invalid argument: '-1': out of range: 0 <= value <= 2147483647\n", 1},
		{"-t 256 127.0.0.1", "ping: invalid argument: '256': out of range: 0 <= value <= 255\n", 1},
		{"-t 0 127.0.0.1", "ping: cannot set unicast time-to-live: Invalid argument\n", 2},
		{"-i x 127.0.0.1", "ping: option argument contains garbage: x\n", 2},
		{"-i -1 127.0.0.1", "ping: bad timing interval: -1\n", 2},
		{"-i nan 127.0.0.1", "ping: bad timing interval: nan\n", 2},
		{"-i 1e999 127.0.0.1", "ping: bad timing interval: 1e999: Numerical result out of range\n", 2},
		{"-W -1 127.0.0.1", "ping: bad linger time: -1\n", 2},
		{"-M never 127.0.0.1", "ping: invalid -M argument: never\n", 2},
		{"256.1.1.1", "ping: 256.1.1.1: Name or service not known\n", 2},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var out bytes.Buffer
			assert.Equal(t, tt.status, runPing(t.Context(), &out, h, strings.Fields(tt.args)...))
			assert.True(t, strings.HasPrefix(out.String(), tt.want), out.String())
			usage := tt.want == "" || strings.Contains(tt.want, "option r") || strings.Contains(tt.want, "invalid option")
			assert.Equal(t, usage, strings.Contains(out.String(), "\nUsage\n"))
		})
	}
	var out bytes.Buffer
	require.Zero(t, runPing(t.Context(), &out, h, "127.0.0.1", "-qc1", "--"))
	assert.Contains(t, out.String(), "1 packets transmitted, 1 received")
}

func TestFormatRTT(t *testing.T) {
	t.Parallel()
	for us, want := range map[time.Duration]string{
		0: "0.000", 1: "0.001", 857: "0.857", 999: "0.999",
		1000: "1.00", 1234: "1.23", 1235: "1.24", 9994: "9.99", 9995: "10.0",
		12345: "12.3", 99949: "99.9", 99950: "100", 774458: "774", 1024499: "1024", 1024500: "1025",
	} {
		assert.Equal(t, want, formatRTT(us*time.Microsecond), "%d µs", us)
	}
}

// TestPingLoss checks that losses are printed as %g does.
func TestPingLoss(t *testing.T) {
	t.Parallel()
	for counts, want := range map[[2]int]string{
		{8, 3}: "62.5%", {68, 13}: "80.8824%", {3, 2}: "33.3333%", {3, 0}: "100%", {7, 7}: "0%",
		{1000000, 999999}: "0.0001%", {10000000, 9999999}: "1e-05%",
	} {
		var out bytes.Buffer
		p := newRun(t.Context(), &command.Call{Stdout: &out}, nil)
		p.summary(ping.Stats{Sent: counts[0], Received: counts[1]})
		assert.Contains(t, out.String(), ", "+want+" packet loss")
	}
}

// TestPingOddReplies has replies that no recording has.
func TestPingOddReplies(t *testing.T) {
	t.Parallel()
	dst := netip.MustParseAddr("172.17.0.2")
	tests := []struct {
		name  string
		event ping.Event
		want  string
	}{
		{"duplicate", ping.Event{From: dst, Size: 64, Duplicate: true}, " ttl=0 time=0.000 ms (DUP!)\n"},
		{"other address", ping.Event{From: netip.MustParseAddr("172.17.0.9"), Size: 64}, " time=0.000 ms (DIFFERENT ADDRESS!)\n"},
		{"short", ping.Event{From: dst, Size: 63, TTL: 7}, " ttl=7 (truncated)\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			p := newRun(t.Context(), &command.Call{Stdout: &out}, &replay{t: t})
			p.dst, p.numeric = dst, true
			tt.event.Seq = 1
			p.event(tt.event)
			assert.True(t, strings.HasSuffix(out.String(), tt.want), out.String())
		})
	}
}

// FuzzPingOptions checks that no command line makes the parser panic, and that what it takes
// is in the bounds of what the simulation does.
func FuzzPingOptions(f *testing.F) {
	for _, s := range []string{"-c 1 -i 0.2 web", "-qc3 -s65507 --", "-W -1 x", "-i nan x", "-M do x", "-46 x", "-t 256 x", "-w 99999999999 x", "a b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		o := defaults
		hosts, err := o.parse(strings.Fields(line))
		if err != nil {
			return
		}
		if _, err := o.config(nil).Effective(); err != nil && o.ttl != 0 && o.size <= 1<<16 {
			t.Errorf("%q: %+v: %v", line, o, err)
		}
		if len(hosts) == 0 || o.interval < 0 || o.deadline < 0 || o.linger < 0 {
			t.Errorf("%q: %q, %+v", line, hosts, o)
		}
	})
}
