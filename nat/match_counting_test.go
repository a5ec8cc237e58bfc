package nat

import (
	"drydock/nat/conntrack"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
)

// passes returns how many of n packets a rule of FORWARD matches.
func passes(t *testing.T, tables *Tables, n int, p func() *packet) int {
	before := countersOf(tables.v4, FilterForward)[0].Packets
	for range n {
		tables.v4.traverse(filterTable, p())
	}
	return int(countersOf(tables.v4, FilterForward)[0].Packets - before)
}

func tablesWith(t *testing.T, rule string) (*Tables, *faketime.ManualClock) {
	clock := faketime.NewManualClock()
	tables := New(WithClock(clock), WithSeed(1))
	require.NoError(t, tables.v4.Append(FilterForward, parsed(t, rule)))
	return tables, clock
}

func TestStatistic(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]int{
		"-m statistic --mode nth --every 3 --packet 0":   4,
		"-m statistic --mode nth --every 3 --packet 2":   3,
		"-m statistic --mode nth ! --every 3 --packet 0": 6,
	} {
		tables, _ := tablesWith(t, rule)
		assert.Equal(t, want, passes(t, tables, 10, func() *packet { return samplePacket(tables) }), rule)
	}
	tables, _ := tablesWith(t, "-m statistic --mode random --probability 0.25")
	assert.InDelta(t, 2500, passes(t, tables, 10000, func() *packet { return samplePacket(tables) }), 200)
}

func TestRecent(t *testing.T) {
	t.Parallel()
	from := func(tables *Tables, last byte) func() *packet {
		return func() *packet {
			p := samplePacket(tables)
			p.ip = make([]byte, 20)
			p.src = netip.AddrFrom4([4]byte{10, 0, 0, last})
			return p
		}
	}
	tables, clock := tablesWith(t, "-m recent --update --seconds 60 --hitcount 3 --name S")
	require.NoError(t, tables.v4.Append(FilterForward, parsed(t, "-m recent --set --name S")))
	require.Equal(t, 0, passes(t, tables, 3, from(tables, 1)), "the fourth finds three")
	require.Equal(t, 2, passes(t, tables, 2, from(tables, 1)))
	require.Equal(t, 0, passes(t, tables, 3, from(tables, 2)), "each address for itself")
	clock.Advance(61 * time.Second)
	require.Equal(t, 0, passes(t, tables, 1, from(tables, 1)))
	for last := range 200 { // which pushes out the first
		passes(t, tables, 1, from(tables, byte(last)))
	}
	require.Len(t, tables.named.by[sharedName{"recent", "S", false}].(*recents).by, maxRecent)
	list := tables.named.by[sharedName{"recent", "S", false}].(*recents)
	require.Equal(t, 32, list.keep)
	require.NoError(t, tables.v4.Append(FilterForward, parsed(t, "-m recent --rcheck --hitcount 32 --name S")))
	require.Len(t, list.by, maxRecent)
	require.NoError(t, tables.v4.Append(FilterForward, parsed(t, "-m recent --rcheck --hitcount 999 --name S")))
	require.Equal(t, 1024, list.keep)
	require.Empty(t, list.by, "larger rings begin empty")
	require.NoError(t, tables.v4.DeleteAt(FilterForward, 1))
	passes(t, tables, 1000, from(tables, 1))
	require.EqualValues(t, 2, countersOf(tables.v4, FilterForward)[2].Packets)
	require.Error(t, tables.v4.Append(FilterForward, Rule{Matches: []Match{Recent{Op: RecentCheck, HitCount: 65536}}}))
	require.NoError(t, tables.v4.Flush(FilterForward))
	require.Empty(t, tables.named.by, "with the last rule the list goes")
}

func TestHashLimit(t *testing.T) {
	t.Parallel()
	from := func(tables *Tables, last byte) func() *packet {
		return func() *packet {
			p := samplePacket(tables)
			p.src = netip.AddrFrom4([4]byte{10, 0, 0, last})
			return p
		}
	}
	tables, clock := tablesWith(t, "-m hashlimit --hashlimit-upto 2/sec --hashlimit-burst 3 --hashlimit-mode srcip --hashlimit-name h --hashlimit-htable-max 2")
	require.Equal(t, 3, passes(t, tables, 10, from(tables, 1)))
	require.Equal(t, 3, passes(t, tables, 10, from(tables, 2)))
	clock.Advance(500 * time.Millisecond)
	require.Equal(t, 1, passes(t, tables, 10, from(tables, 1)))
	p := from(tables, 3)()
	require.Equal(t, dropped, tables.v4.traverse(filterTable, p), "there is no room for a third")
	require.Equal(t, 1, p.rule)
	clock.Advance(3 * time.Second)
	require.Equal(t, 3, passes(t, tables, 10, from(tables, 3)))

	tables, clock = tablesWith(t, "-m hashlimit --hashlimit-above 1kb/s --hashlimit-mode srcip --hashlimit-name b")
	require.Equal(t, 4, passes(t, tables, 20, from(tables, 1)), "16 of 52 bytes, which count as 64")
	clock.Advance(time.Second)
	require.Equal(t, 0, passes(t, tables, 15, from(tables, 1)))
}

// TestHashLimitRateMatch has windows: 3 packets in each and 2 more, none after one with too many.
func TestHashLimitRateMatch(t *testing.T) {
	t.Parallel()
	tables, clock := tablesWith(t, "-m hashlimit --hashlimit-upto 3/sec --hashlimit-burst 2 --hashlimit-name w --hashlimit-htable-expire 60000 --hashlimit-rate-match --hashlimit-rate-interval 10")
	next := func() *packet { return samplePacket(tables) }
	require.Equal(t, 5, passes(t, tables, 7, next))
	clock.Advance(9 * time.Second)
	require.Equal(t, 0, passes(t, tables, 1, next), "the window is full")
	clock.Advance(time.Second)
	require.Equal(t, 0, passes(t, tables, 3, next), "the one before had 8")
	clock.Advance(10 * time.Second)
	require.Equal(t, 3, passes(t, tables, 3, next), "the one before had 3")
	require.Equal(t, 2, passes(t, tables, 4, next))
	clock.Advance(30 * time.Second)
	require.Equal(t, 1, passes(t, tables, 1, next), "7 in 30 seconds are not too many")

	// Recorded on Linux 6.18: ten packets at once, ten more after 1.2 seconds, and after 5.
	tables, clock = tablesWith(t, "-m hashlimit --hashlimit-upto 3/sec --hashlimit-burst 2 --hashlimit-rate-match --hashlimit-name a")
	next = func() *packet { return samplePacket(tables) }
	clock.Advance(100 * time.Millisecond)
	require.Equal(t, 5, passes(t, tables, 10, next))
	clock.Advance(1200 * time.Millisecond) // it expires after a second, but is collected by the next whole one
	require.Equal(t, 0, passes(t, tables, 10, next))
	clock.Advance(5 * time.Second)
	require.Equal(t, 5, passes(t, tables, 10, next))

	tables, clock = tablesWith(t, "-m hashlimit --hashlimit-above 1kb/s --hashlimit-name b --hashlimit-rate-match")
	next = func() *packet { return samplePacket(tables) }
	require.Equal(t, 1, passes(t, tables, 20, next), "19 of 52 bytes are within")
	clock.Advance(time.Second)
	require.Equal(t, 1, passes(t, tables, 1, next), "and 20 were too much")
}

func TestConnLimit(t *testing.T) {
	t.Parallel()
	tables, clock := tablesWith(t, "-m connlimit --connlimit-above 2")
	open := func(port uint16) *conntrack.Conn {
		tuple := conntrack.Tuple{Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("10.0.0.2"), SrcPort: port, DstPort: 53, Proto: ianaUDP}
		c, err := tables.conns.Begin(&tuple, &conntrack.Packet{})
		require.NoError(t, err)
		c, err = tables.conns.Confirm(c)
		require.NoError(t, err)
		return c
	}
	of := func(c *conntrack.Conn) func() *packet {
		return func() *packet {
			p := samplePacket(tables)
			p.conn = c
			return p
		}
	}
	first := open(1)
	require.Equal(t, 0, passes(t, tables, 3, of(first)))
	require.Equal(t, 0, passes(t, tables, 3, of(open(2))))
	require.Equal(t, 3, passes(t, tables, 3, of(open(3))))
	clock.Advance(time.Hour)
	require.Equal(t, 0, passes(t, tables, 3, of(open(4))), "the others have ended")
}

func TestConnMark(t *testing.T) {
	t.Parallel()
	tables := New()
	c, err := conntrack.NewTable(conntrack.Config{}).Begin(&conntrack.Tuple{Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("10.0.0.2"), SrcPort: 1, DstPort: 2, Proto: ianaUDP}, &conntrack.Packet{})
	require.NoError(t, err)
	for _, tt := range []struct {
		rule             string
		mark, ct         uint32
		wantMark, wantCT uint32
	}{
		{"-j CONNMARK --set-xmark 0x1/0xffffffff", 0, 7, 0, 1},
		{"-j CONNMARK --set-mark 0x10/0x10", 0, 7, 0, 0x17},
		{"-j CONNMARK --save-mark", 5, 8, 5, 5},
		{"-j CONNMARK --save-mark --nfmask 0xf --ctmask 0xf0", 0x15, 0xff, 0x15, 0xa},
		{"-j CONNMARK --restore-mark", 5, 8, 8, 8},
		{"-j CONNMARK --restore-mark --nfmask 0xf0 --ctmask 0xf", 0x15, 0xff, 0xa, 0xff},
		{"-j CONNMARK --set-xmark 0x1/0x1 --left-shift-mark 4", 0, 6, 0, 0x70},
		{"-j CONNMARK --save-mark --nfmask 0xf --ctmask 0xff --left-shift-mark 4", 0x15, 0x100, 0x15, 0x150},
		{"-j CONNMARK --restore-mark --nfmask 0xf --ctmask 0xf0 --right-shift-mark 4", 0x115, 0x37, 0x113, 0x37},
		// What follows is recorded on Linux 6.18.
		{"-j CONNMARK --set-xmark 0xf0/0xff --left-shift-mark 4", 0xabc, 0x12345, 0xabc, 0x123f00},
		{"-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xffff --left-shift-mark 4", 0xabc, 0x12345, 0xabc, 0x10bc0},
		{"-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xfff --left-shift-mark 4", 0xabc, 0x12345, 0x3e50, 0x12345},
		{"-j CONNMARK --set-xmark 0xf0/0xff --right-shift-mark 4", 0xabc, 0x12345, 0xabc, 0x123f},
		{"-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xffff --right-shift-mark 4", 0xabc, 0x12345, 0xabc, 0x1000b},
		{"-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xfff --right-shift-mark 4", 0xabc, 0x12345, 0xa34, 0x12345},
		{"-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xffff --left-shift-mark 31", 0xabc, 0x12345, 0xabc, 0x10000},
		{"-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xfff --left-shift-mark 31", 0xabc, 0x12345, 0x80000a00, 0x12345},
	} {
		p := samplePacket(tables)
		p.conn, p.pkt.Mark = c, tt.mark
		c.SetMark(tt.ct)
		require.Equal(t, carryOn, parsed(t, tt.rule).Target.(ConnMark).apply(nil, p))
		assert.Equal(t, [2]uint32{tt.wantMark, tt.wantCT}, [2]uint32{p.pkt.Mark, c.Mark()}, tt.rule)
		assert.True(t, ConnMarkMatch{Value: tt.wantCT, Mask: ^uint32(0)}.match(p))
		assert.False(t, ConnMarkMatch{Value: tt.wantCT, Mask: ^uint32(0), Not: true}.match(p))
	}
	require.ErrorIs(t, tables.v4.Append(FilterForward, Rule{Target: ConnMark{CTMask: 1, Shift: 32}}), ErrValue)
	p := samplePacket(tables)
	require.Equal(t, carryOn, ConnMark{Op: SaveConnMark}.apply(nil, p))
	require.False(t, ConnMarkMatch{Not: true}.match(p), "there is no connection")
}
