package iputils

import (
	"context"
	"net"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/tools/internal/tooltest"

	"github.com/stretchr/testify/require"
)

// A recording is a command and what it printed on a real machine.
type recording struct {
	args   []string
	output string
	status int
}

var promptRE = regexp.MustCompile(`^\[root@\S+\]# (.*)$`)

// readRecordings reads a transcript: a line with prompt and command, the output,
// and the exit status if it was not 0.
func readRecordings(t *testing.T, file string) []recording {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var list []recording
	for line := range strings.Lines(string(text)) {
		if m := promptRE.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
			list = append(list, recording{args: strings.Fields(m[1])})
			continue
		}
		r := &list[len(list)-1]
		if status, ok := strings.CutPrefix(line, "(exit status "); ok {
			r.status, err = strconv.Atoi(strings.TrimSuffix(status, ")\n"))
			require.NoError(t, err)
			continue
		}
		r.output += line
	}
	return list
}

// A replay is a machine on which happens what a recording of ping says.
type replay struct {
	t *testing.T
	recording
}

var (
	headerRE  = regexp.MustCompile(`(?m)^PING (\S+) \((\S+)\) `)
	replyRE   = regexp.MustCompile(`^(\d+) bytes from (?:\S+ \()?([0-9.]+)\)?: icmp_seq=(\d+) ttl=(\d+)(?: time=([0-9.]+) ms)?$`)
	icmpRE    = regexp.MustCompile(`^From (?:\S+ \()?([0-9.]+)\)? icmp_seq=(\d+) (.*)$`)
	localRE   = regexp.MustCompile(`^ping: local error: message too long, mtu=(\d+)$`)
	countsRE  = regexp.MustCompile(`(\d+) packets transmitted, (\d+) received(?:, \+(\d+) duplicates)?(?:, \+(\d+) errors)?.* time (\d+)ms`)
	rttRE     = regexp.MustCompile(`rtt min/avg/max/mdev = (\S+)/(\S+)/(\S+)/(\S+) ms`)
	pipeRE    = regexp.MustCompile(`pipe (\d+)`)
	nameRE    = regexp.MustCompile(`[Ff]rom (\S+) \(([0-9.]+)\)`)
	connectRE = regexp.MustCompile(`^ping: connect: (.*)\n`)
)

func (r *replay) Interfaces() []sim.Interface {
	return []sim.Interface{{Name: "eth0", Addrs: []netip.Prefix{netip.MustParsePrefix("172.17.0.2/16")}}}
}

func (r *replay) GetAddrInfo(_ context.Context, _, host string) ([]netip.Addr, error) {
	switch {
	case strings.Contains(r.output, "Temporary failure"):
		return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
	case !headerRE.MatchString(r.output):
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return []netip.Addr{netip.MustParseAddr(headerRE.FindStringSubmatch(r.output)[2])}, nil
}

// files are an /etc/hosts: if the first line has another name than the command, they are on one line there.
func (r *replay) files() tooltest.Files {
	if m := headerRE.FindStringSubmatch(r.output); m != nil && !slices.Contains(r.args, m[1]) {
		return tooltest.Files{"etc/hosts": strings.Join(append([]string{m[2], m[1]}, r.args...), " ") + "\n"}
	}
	return tooltest.Files{}
}

// LookupAddr knows the names that replies and errors came from; an address named
// by itself has none.
func (r *replay) LookupAddr(_ context.Context, addr string) ([]string, error) {
	for _, m := range nameRE.FindAllStringSubmatch(r.output, -1) {
		if m[2] == addr && m[1] != addr {
			return []string{m[1]}, nil
		}
	}
	return nil, &net.DNSError{Err: "no such host", Name: addr, IsNotFound: true}
}

func (r *replay) Ping(_ context.Context, _ string, cfg *ping.Config) (ping.Stats, error) {
	if m := connectRE.FindStringSubmatch(r.output); m != nil {
		errno := map[string]syscall.Errno{
			"Network is unreachable":          syscall.ENETUNREACH,
			"Cannot assign requested address": syscall.EADDRNOTAVAIL,
		}[m[1]]
		return ping.Stats{}, &net.OpError{Op: "ping", Err: os.NewSyscallError("connect", errno)}
	}
	if strings.Contains(r.output, "Do you want to ping broadcast?") {
		return ping.Stats{}, &net.OpError{Op: "ping", Err: os.NewSyscallError("connect", syscall.EACCES)}
	}
	cfg.Observe(ping.Event{Seq: 1})
	seen := make(map[int]bool)
	for line := range strings.Lines(r.output) {
		if e, ok := r.event(strings.TrimSuffix(line, "\n")); ok {
			e.Duplicate = e.Err == nil && seen[e.Seq]
			seen[e.Seq] = true
			cfg.Observe(e)
		}
	}
	return r.stats(), nil
}

// event returns what made ping print a line.
func (r *replay) event(line string) (ping.Event, bool) {
	if m := replyRE.FindStringSubmatch(line); m != nil {
		return ping.Event{
			Size: r.int(m[1]), From: netip.MustParseAddr(m[2]), Seq: r.int(m[3]), TTL: r.int(m[4]), RTT: r.ms(m[5]),
		}, true
	}
	if m := icmpRE.FindStringSubmatch(line); m != nil {
		from := netip.MustParseAddr(m[1])
		return ping.Event{From: from, Seq: r.int(m[2]), Err: r.icmpError(from, m[3])}, true
	}
	if m := localRE.FindStringSubmatch(line); m != nil {
		return ping.Event{Err: os.NewSyscallError("sendmsg", syscall.EMSGSIZE), MTU: r.int(m[1])}, true
	}
	if line == "ping: sendmsg: No route to host" {
		return ping.Event{Err: os.NewSyscallError("sendmsg", syscall.EHOSTUNREACH)}, true
	}
	return ping.Event{}, false
}

func (r *replay) icmpError(from netip.Addr, message string) error {
	codes := map[string][2]uint8{
		"Destination Net Unreachable":         {3, 0},
		"Destination Host Unreachable":        {3, 1},
		"Destination Protocol Unreachable":    {3, 2},
		"Destination Port Unreachable":        {3, 3},
		"Frag needed and DF set (mtu = 1400)": {3, 4},
		"Destination Host Prohibited":         {3, 10},
		"Packet filtered":                     {3, 13},
		"Time to live exceeded":               {11, 0},
	}
	code, ok := codes[message]
	require.True(r.t, ok, message)
	return &ping.ICMPError{From: from, Type: code[0], Code: code[1], Info: 1400}
}

func (r *replay) stats() ping.Stats {
	var s ping.Stats
	m := countsRE.FindStringSubmatch(r.output)
	require.NotNil(r.t, m, r.output)
	s.Sent, s.Received, s.Duplicates, s.Errors = r.int(m[1]), r.int(m[2]), r.int(m[3]), r.int(m[4])
	s.Time = time.Duration(r.int(m[5])) * time.Millisecond
	if m := rttRE.FindStringSubmatch(r.output); m != nil {
		s.Min, s.Avg, s.Max, s.MDev = r.ms(m[1]), r.ms(m[2]), r.ms(m[3]), r.ms(m[4])
	}
	if m := pipeRE.FindStringSubmatch(r.output); m != nil {
		s.Pipe = r.int(m[1])
	}
	return s
}

func (r *replay) int(s string) int {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	require.NoError(r.t, err)
	return n
}

func (r *replay) ms(s string) time.Duration {
	if s == "" {
		return 0
	}
	d, err := time.ParseDuration(s + "ms")
	require.NoError(r.t, err)
	return d
}
