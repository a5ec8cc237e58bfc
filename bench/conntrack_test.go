package bench

import (
	"drydock/bench/load"
	"net/netip"
	"testing"

	"drydock/nat/conntrack"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// tracked is how many connections a table holds while it is measured.
const tracked = 1_000_000

// BenchmarkConntrack looks for connections among a million, and adds some while as
// many expire.
func BenchmarkConntrack(b *testing.B) {
	heap, _ := footprint()
	table := establishedTable(b)
	full, _ := footprint()
	b.Run("lookup", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i = nextFlow(i) {
			tuple := flow(i)
			if c, _ := table.Find(&tuple); c == nil {
				b.Fatal("not found: ", tuple)
			}
		}
		load.PerSecond(b, "lookups")
		b.ReportMetric(float64(full-heap)/tracked, "B/connection")
	})
	b.Run("packet", func(b *testing.B) {
		b.ReportAllocs()
		packet := conntrack.Packet{Flags: uint8(header.TCPFlagAck), Size: 1500, Payload: 1460}
		for i := 0; b.Loop(); i = nextFlow(i) {
			tuple := flow(i)
			if c, _, err := table.Track(&tuple, &packet); err != nil || c.State() != conntrack.Established {
				b.Fatal("not established: ", tuple, err)
			}
		}
		load.PerSecond(b, "packets")
	})
	b.Run("new", newConnections)
}

// flow returns one of 2³² connections to a server, 256 from each client.
func flow(i int) conntrack.Tuple {
	return conntrack.Tuple{
		Src: netip.AddrFrom4([4]byte{10, byte(i >> 24), byte(i >> 16), byte(i >> 8)}), SrcPort: 32768 + uint16(byte(i)),
		Dst: netip.AddrFrom4([4]byte{192, 168, 88, 2}), DstPort: 80,
		Proto: uint8(header.TCPProtocolNumber),
	}
}

// nextFlow walks over all tracked flows in steps that caches and prefetching do not
// foresee: 618033 has no factor in common with a million.
func nextFlow(i int) int { return (i + 618033) % tracked }

// establishedTable returns a table of connections after their handshakes.
func establishedTable(b *testing.B) *conntrack.Table {
	table := conntrack.NewTable(conntrack.Config{Max: tracked})
	syn := conntrack.Packet{Flags: uint8(header.TCPFlagSyn), Size: 60}
	synAck := conntrack.Packet{Flags: uint8(header.TCPFlagSyn | header.TCPFlagAck), Size: 60}
	ack := conntrack.Packet{Flags: uint8(header.TCPFlagAck), Size: 52}
	for i := range tracked {
		tuple := flow(i)
		open(b, table, &tuple, &syn)
		reply, _ := tuple.Invert()
		_, _, err := table.Track(&reply, &synAck)
		if err == nil {
			_, _, err = table.Track(&tuple, &ack)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	require.Equal(b, tracked, table.Len())
	return table
}

// newConnections opens connections that live for two minutes without an answer, a
// million in that time, so that for each that is opened one expires.
func newConnections(b *testing.B) {
	// The clock advances now and then, which costs little.
	const batch = 1000
	clock := faketime.NewManualClock()
	// Expired connections stay until the next ones have looked over the table: up to
	// as many again.
	const room = 3 * tracked
	table := conntrack.NewTable(conntrack.Config{Clock: clock, Max: room})
	syn := conntrack.Packet{Flags: uint8(header.TCPFlagSyn), Size: 60}
	lifetime := conntrack.DefaultTimeouts().SynSent
	i := 0
	next := func() {
		tuple := flow(i)
		open(b, table, &tuple, &syn)
		if i++; i%batch == 0 {
			clock.Advance(batch * lifetime / tracked)
		}
	}
	for i < 2*tracked { // until the table has grown for the expired ones, too
		next()
	}
	b.ReportAllocs()
	for b.Loop() {
		next()
	}
	load.PerSecond(b, "connections")
	require.GreaterOrEqual(b, table.Len(), tracked-batch)
	require.Less(b, table.Len(), room)
}

// open lets the first packet of a connection pass.
func open(b *testing.B, table *conntrack.Table, tuple *conntrack.Tuple, p *conntrack.Packet) {
	c, _, err := table.Track(tuple, p)
	if err == nil {
		_, err = table.Confirm(c)
	}
	if err != nil {
		b.Fatal(err)
	}
}
