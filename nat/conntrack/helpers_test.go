package conntrack

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A bed is a table whose time stands still until it is told to advance.
type bed struct {
	*Table
	t     testing.TB
	clock *faketime.ManualClock
}

func newBed(t testing.TB, cfg Config) *bed {
	b := &bed{t: t, clock: faketime.NewManualClock()}
	cfg.Clock = b.clock
	cfg.Random = newRandom(t)
	b.Table = NewTable(cfg)
	return b
}

// newRandom returns a generator with a seed that is logged, or that of SEED.
func newRandom(t testing.TB) func() uint64 {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("SEED"); s != "" {
		n, err := strconv.ParseUint(s, 0, 64)
		require.NoError(t, err)
		seed = n
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("SEED=%d", seed)
		}
	})
	return func() uint64 { // splitmix64
		seed += 0x9e3779b97f4a7c15
		z := seed
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return z ^ z>>31
	}
}

// begin tracks and confirms the first packet of a connection.
func (b *bed) begin(tuple Tuple, p Packet) *Conn {
	b.t.Helper()
	c, d, err := b.Track(&tuple, &p)
	require.NoError(b.t, err)
	require.Equal(b.t, Original, d)
	winner, err := b.Confirm(c)
	require.NoError(b.t, err)
	require.Same(b.t, c, winner)
	return c
}

// pass tracks a packet of c in direction d.
func (b *bed) pass(c *Conn, d Dir, p Packet) error {
	b.t.Helper()
	tuple := c.Tuple(d)
	found, dir, err := b.Track(&tuple, &p)
	if err == nil {
		require.Same(b.t, c, found)
		require.Equal(b.t, d, dir)
	}
	return err
}

// lines returns what "conntrack -L" prints.
func (b *bed) lines() (lines []string) {
	for e := range b.Entries() {
		lines = append(lines, e.String())
	}
	return lines
}

// line is the only line of lines.
func (b *bed) line() string {
	b.t.Helper()
	lines := b.lines()
	require.Len(b.t, lines, 1)
	return lines[0]
}

// tuple reads "tcp 10.0.0.1:1000 10.0.0.2:80", "icmp 10.0.0.1:7 10.0.0.2:8" (id and
// type) and, of other protocols, "89 10.0.0.1:0 10.0.0.2:0".
func tuple(s string) Tuple {
	f := strings.Fields(s)
	src, dst := netip.MustParseAddrPort(f[1]), netip.MustParseAddrPort(f[2])
	t := Tuple{Src: src.Addr(), Dst: dst.Addr(), SrcPort: src.Port(), DstPort: dst.Port()}
	switch f[0] {
	case "tcp":
		t.Proto = 6
	case "udp":
		t.Proto = 17
	case "icmp", "icmpv6":
		t.Proto, t.DstPort, t.Type = 1, src.Port(), uint8(dst.Port())
		if f[0] == "icmpv6" {
			t.Proto = 58
		}
	default:
		n, err := strconv.Atoi(f[0])
		if err != nil {
			panic(fmt.Sprintf("tuple(%q)", s))
		}
		t.Proto = uint8(n)
	}
	return t
}

// nth returns a UDP or TCP tuple that no other n below 2^32 has.
func nth(proto uint8, n int) Tuple {
	return Tuple{
		Src: netip.AddrFrom4([4]byte{10, byte(n >> 24), byte(n >> 16), 1}), Dst: netip.AddrFrom4([4]byte{192, 0, 2, 1}),
		SrcPort: uint16(n), DstPort: 53, Proto: proto,
	}
}

// Segments by their flags.
var (
	syn    = Packet{Flags: flagSYN, Size: 60}
	synack = Packet{Flags: flagSYN | flagACK, Size: 60}
	ack    = Packet{Flags: flagACK, Size: 52}
	fin    = Packet{Flags: flagFIN | flagACK, Size: 52}
	rst    = Packet{Flags: flagRST, Size: 40}
	any20  = Packet{Size: 20}
)
