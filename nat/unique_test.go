package nat

import (
	"fmt"
	"net/netip"
	"testing"

	"drydock/nat/conntrack"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// take confirms a connection of UDP whose replies go to a port of 10.0.0.1.
func take(t *testing.T, tables *Tables, port uint16) {
	t.Helper()
	tuple := conntrack.Tuple{Src: netip.MustParseAddr("172.17.0.99"), Dst: netip.MustParseAddr(peerIP), SrcPort: port, DstPort: 53, Proto: 17}
	c, err := tables.conns.Begin(&tuple, &conntrack.Packet{})
	require.NoError(t, err)
	tuple.Src = netip.MustParseAddr(hostIP)
	reply, _ := tuple.Invert()
	c.SetReply(reply)
	_, err = tables.conns.Confirm(c)
	require.NoError(t, err)
}

// Which source a connection from 172.17.0.2 gets.
func TestSourcePorts(t *testing.T) {
	t.Parallel()
	all := func(lo, hi int) (ports []uint16) {
		for p := lo; p <= hi; p++ {
			ports = append(ports, uint16(p))
		}
		return ports
	}
	host := netip.MustParseAddr(hostIP)
	to := func(lo, hi uint16) NATRange { return NATRange{MinAddr: host, MaxAddr: host, MinPort: lo, MaxPort: hi} }
	tests := []struct {
		name   string
		taken  []uint16
		port   uint16
		r      NATRange
		lo, hi uint16 // what is to be chosen
	}{
		{"its own, if it is free", nil, 5000, to(0, 0), 5000, 5000},
		{"a high one for a high one", []uint16{5000}, 5000, to(0, 0), 1024, 65535},
		{"one below 512 for such a one", []uint16{300}, 300, to(0, 0), 1, 511},
		{"one from 600 for a middle one", []uint16{520}, 520, to(0, 0), 600, 1023},
		{"one of the few that are left", all(1, 200), 22, to(0, 0), 201, 511},
		{"its own, taken or not, if there is none", all(1, 511), 22, to(0, 0), 1, 511},
		{"its own, if that is in the range", []uint16{4000}, 4001, to(4000, 4010), 4001, 4001},
		{"one of the range", []uint16{4001}, 4001, to(4000, 4010), 4000, 4010},
		{"the only free one of the range", all(4000, 4009), 9, to(4000, 4010), 4010, 4010},
		{"a range of one, whether it is free or not", []uint16{4000}, 9, to(4000, 4000), 4000, 4000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tables := New(WithSeed(7))
			for _, p := range tt.taken {
				take(t, tables, p)
			}
			tuple := conntrack.Tuple{Src: netip.MustParseAddr(containerIP), Dst: netip.MustParseAddr(peerIP), SrcPort: tt.port, DstPort: 53, Proto: 17}
			c, err := tables.conns.Begin(&tuple, &conntrack.Packet{})
			require.NoError(t, err)
			got := tables.unique(tuple, tt.r, c, source)
			assert.Equal(t, host, got.Src)
			assert.True(t, tt.lo <= got.SrcPort && got.SrcPort <= tt.hi, got.SrcPort)
			if len(tt.taken) < 511 && tt.r.MinPort != tt.r.MaxPort {
				assert.False(t, tables.taken(&got, c))
			}
			assert.Equal(t, tuple.DstPort, got.DstPort)
		})
	}
}

// --random asks for another port even if that of the connection is free, and does not
// ask for the next one.
func TestRandomPorts(t *testing.T) {
	t.Parallel()
	tables := New(WithSeed(7))
	host := netip.MustParseAddr(hostIP)
	seen := make(map[uint16]bool)
	for _, r := range []NATRange{{MinAddr: host, MaxAddr: host, Random: true}, {MinAddr: host, MaxAddr: host, FullyRandom: true}} {
		for range 20 {
			tuple := conntrack.Tuple{Src: netip.MustParseAddr(containerIP), Dst: netip.MustParseAddr(peerIP), SrcPort: 5000, DstPort: 53, Proto: 17}
			got := tables.unique(tuple, r, nil, source).SrcPort
			assert.GreaterOrEqual(t, got, uint16(1024))
			seen[got] = true
		}
	}
	assert.Greater(t, len(seen), 35)
	assert.Equal(t, New(WithSeed(3)).random(), New(WithSeed(3)).random())
}

// Of destinations only a given range changes the port, and it is searched from its
// beginning. Ids of pings are ports of both ends.
func TestOtherPorts(t *testing.T) {
	t.Parallel()
	tables := New(WithSeed(7))
	box, peer := netip.MustParseAddr(containerIP), netip.MustParseAddr(peerIP)
	tcp := conntrack.Tuple{Src: peer, Dst: netip.MustParseAddr(hostIP), SrcPort: 5000, DstPort: 80, Proto: 6}
	got := tables.unique(tcp, NATRange{MinAddr: box, MaxAddr: box, MinPort: 8000, MaxPort: 8009}, nil, destination)
	assert.Equal(t, conntrack.Tuple{Src: peer, Dst: box, SrcPort: 5000, DstPort: 8000, Proto: 6}, got)
	got = tables.unique(tcp, NATRange{MinPort: 80, MaxPort: 80}, nil, destination)
	assert.Equal(t, tcp, got)

	ping := conntrack.Tuple{Src: box, Dst: peer, SrcPort: 9, DstPort: 9, Proto: 1, Type: 8}
	got = tables.unique(ping, NATRange{MinPort: 100, MaxPort: 100}, nil, source)
	assert.Equal(t, conntrack.Tuple{Src: box, Dst: peer, SrcPort: 100, DstPort: 100, Proto: 1, Type: 8}, got)

	other := conntrack.Tuple{Src: box, Dst: peer, Proto: 47}
	assert.Equal(t, other, tables.unique(other, NATRange{MinPort: 100, MaxPort: 100}, nil, source))
}

// A range of addresses is spread over by source and destination; a source always gets
// the same for one destination, and with --persistent for all.
func TestAddressRanges(t *testing.T) {
	t.Parallel()
	for _, ends := range [][2]string{{"10.0.0.10", "10.0.0.13"}, {"fd00::fffe", "fd00::1:1"}, {"10.255.255.254", "11.0.0.1"}} {
		r := NATRange{MinAddr: netip.MustParseAddr(ends[0]), MaxAddr: netip.MustParseAddr(ends[1])}
		p := r
		p.Persistent = true
		seen, persistent := make(map[netip.Addr]int), make(map[netip.Addr]int)
		for i := range 400 {
			tuple := conntrack.Tuple{Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)})}
			require.Equal(t, r.choose(&tuple), r.choose(&tuple))
			seen[r.choose(&tuple)]++
			persistent[p.choose(&tuple)]++
		}
		assert.Len(t, persistent, 1)
		assert.Len(t, seen, 4, fmt.Sprint(ends))
		for a, n := range seen {
			assert.True(t, r.containsAddr(a), a)
			assert.InDelta(t, 100, n, 40, a)
		}
	}
	huge := NATRange{MinAddr: netip.MustParseAddr("fd00::"), MaxAddr: netip.MustParseAddr("fdff::ffff")}
	tuple := conntrack.Tuple{Src: netip.MustParseAddr("fd99::1"), Dst: netip.MustParseAddr("fd99::2")}
	assert.True(t, huge.containsAddr(huge.choose(&tuple)))
}
