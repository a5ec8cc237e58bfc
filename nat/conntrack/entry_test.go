package conntrack

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recorded returns what a host with Docker Engine 20.10.24 printed of its connections.
func recorded(t testing.TB) (lines []string) {
	f, err := os.Open("testdata/recorded.txt")
	require.NoError(t, err)
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, recordedLine(s.Text()))
	}
	require.Greater(t, len(lines), 100)
	return lines
}

// recordedLine returns a line of "conntrack -L", given that or one of -o extended, -E
// or /proc/net/nf_conntrack. The number of references, which packets that wait for a
// neighbour raise, is that of a connection at rest.
func recordedLine(line string) string {
	line = prefixes.ReplaceAllString(line, "")
	line = zones.ReplaceAllString(line, "")
	if strings.Contains(line, "use=") {
		return uses.ReplaceAllString(line, "use=1")
	}
	return line + " mark=0 use=1"
}

var (
	prefixes = regexp.MustCompile(`^ *(\[[A-Z]+\] )?(ipv[46] +\d+ )?`)
	zones    = regexp.MustCompile(` zone=0`)
	uses     = regexp.MustCompile(`use=\d+`)
)

// parseEntry reads what Entry.String writes.
func parseEntry(line string) (e Entry, err error) {
	f := strings.Fields(line)
	if len(f) < 4 {
		return e, fmt.Errorf("short line %q", line)
	}
	var proto uint8
	var seconds int
	if _, err = fmt.Sscan(f[1]+" "+f[2], &proto, &seconds); err != nil {
		return e, err
	}
	e.Timeout = time.Duration(seconds) * time.Second
	e.Original.Proto, e.Reply.Proto, e.Status = proto, proto, SeenReply
	if i := slices.Index(stateNames[:], f[3]); i >= 0 {
		e.State = TCPState(i)
	}
	at := &e.Original
	for _, word := range f[3:] {
		key, value, ok := strings.Cut(word, "=")
		switch {
		case word == "[UNREPLIED]":
			e.Status &^= SeenReply
		case word == "[ASSURED]":
			e.Status |= Assured
		case key == "src" && at.Src.IsValid():
			at = &e.Reply
			fallthrough
		case ok:
			err = setField(at, &e.Mark, key, value)
		}
		if err != nil {
			return e, err
		}
	}
	for _, a := range []netip.Addr{e.Original.Src, e.Original.Dst, e.Reply.Src, e.Reply.Dst} {
		if !a.IsValid() {
			return e, fmt.Errorf("an address is missing in %q", line)
		}
	}
	return e, nil
}

func setField(t *Tuple, mark *uint32, key, value string) (err error) {
	switch key {
	case "src":
		t.Src, err = netip.ParseAddr(value)
	case "dst":
		t.Dst, err = netip.ParseAddr(value)
	case "sport":
		_, err = fmt.Sscan(value, &t.SrcPort)
	case "dport":
		_, err = fmt.Sscan(value, &t.DstPort)
	case "type":
		_, err = fmt.Sscan(value, &t.Type)
	case "code":
		_, err = fmt.Sscan(value, &t.Code)
	case "id":
		_, err = fmt.Sscan(value, &t.SrcPort)
		t.DstPort = t.SrcPort
	case "mark":
		_, err = fmt.Sscan(value, mark)
	case "use":
	default:
		err = fmt.Errorf("unknown word %q", key)
	}
	return err
}

func TestRecordedLines(t *testing.T) {
	t.Parallel()
	for _, line := range recorded(t) {
		e, err := parseEntry(line)
		require.NoError(t, err, line)
		assert.Equal(t, line, e.String())
	}
}

// Each recorded connection is had again from its first packet: a table shows it as it
// was, once the packets have passed that lead to its state, and the time has.
func TestRecordedConnections(t *testing.T) {
	t.Parallel()
	paths := map[TCPState][]struct {
		d Dir
		p Packet
	}{
		SynSent: {{Original, syn}},
	}
	next := func(s, from TCPState, d Dir, p Packet) {
		paths[s] = append(slices.Clone(paths[from]), struct {
			d Dir
			p Packet
		}{d, p})
	}
	next(SynRecv, SynSent, Reply, synack)
	next(Established, SynRecv, Original, ack)
	next(FinWait, Established, Original, fin)
	next(LastAck, FinWait, Reply, fin)
	next(TimeWait, LastAck, Original, ack)

	for _, line := range recorded(t) {
		want, err := parseEntry(line)
		require.NoError(t, err)
		b := newBed(t, Config{})
		packets := paths[want.State]
		if want.State == None {
			packets = paths[SynRecv][:1]
			if want.Status&SeenReply != 0 {
				packets = paths[SynRecv]
			}
		}
		require.NotEmpty(t, packets, line)
		c, err := b.Begin(&want.Original, &packets[0].p)
		require.NoError(t, err, line)
		c.SetReply(want.Reply)
		_, err = b.Confirm(c)
		require.NoError(t, err, line)
		for _, s := range packets[1:] {
			require.NoError(t, b.pass(c, s.d, s.p))
		}
		for e := range b.Entries() {
			if age := e.Timeout - want.Timeout; age > 0 {
				b.clock.Advance(age - time.Second/2)
			}
		}
		assert.Equal(t, line, b.line())
	}
}

func TestEntryString(t *testing.T) {
	t.Parallel()
	entry := func(s string, status Status) Entry {
		e := Entry{Original: tuple(s), Timeout: 29*time.Second + 999*time.Millisecond, Status: status}
		e.Reply, _ = e.Original.Invert()
		return e
	}
	marked := entry("udp [2001:db8::1]:1000 [2001:db8::2]:53", SeenReply|Assured)
	marked.Mark = 0xffffffff
	for want, e := range map[string]Entry{
		"udp      17 29 src=2001:db8::1 dst=2001:db8::2 sport=1000 dport=53 src=2001:db8::2 dst=2001:db8::1 sport=53 dport=1000 [ASSURED] mark=4294967295 use=1": marked,
		"icmpv6   58 29 src=fe80::1 dst=fe80::2 type=128 code=0 id=7 [UNREPLIED] src=fe80::2 dst=fe80::1 type=129 code=0 id=7 mark=0 use=1":                      entry("icmpv6 [fe80::1]:7 [fe80::2]:128", 0),
		"unknown  89 29 src=10.0.0.1 dst=10.0.0.2 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 mark=0 use=1":                                                            entry("89 10.0.0.1:0 10.0.0.2:0", 0),
		"sctp     132 29 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1":                                       entry("132 10.0.0.1:1 10.0.0.2:2", SeenReply),
	} {
		assert.Equal(t, want, e.String())
	}
	assert.Equal(t, "UNKNOWN", TCPState(200).String())
}

func FuzzEntryString(f *testing.F) {
	for _, line := range recorded(f)[:20] {
		f.Add(line)
	}
	f.Add("udp      17 29 src=172.18.0.2 dst=172.16.80.53 sport=47373 dport=53 src=172.16.80.53 ddt=172.18.0.2 sport=53 dport=47373 mark=0 use=1")
	f.Fuzz(func(t *testing.T, line string) {
		e, err := parseEntry(line)
		if err != nil || e.Original.Src.Zone() != "" {
			return
		}
		again, err := parseEntry(e.String())
		require.NoError(t, err, "%q", e.String())
		require.Equal(t, e.String(), again.String())
	})
}
