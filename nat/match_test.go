package nat

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	wire "drydock/internal/packet"
	"drydock/nat/conntrack"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
)

// synSegment is one with the options maximum segment size, two fillers, and timestamps.
func synSegment() []byte {
	return []byte{
		0x9c, 0x40, 0x1f, 0x90, 0, 0, 0, 1, 0, 0, 0, 2, 0x90, 0x02, 0xfa, 0xf0, 0, 0, 0, 0,
		2, 4, 5, 0xb4, 1, 1, 8, 10, 0, 0, 0, 5, 0, 0, 0, 6,
	}
}

// TestMatches has matches and what they say to the packet of samplePacket after a
// change. Matches pass through a rule, so that those that its digest tells are met too.
func TestMatches(t *testing.T) {
	t.Parallel()
	frag := func(p *packet) {
		p.ports, p.layout.Fragment, p.srcPort, p.dstPort, p.l4 = false, wire.Following, 0, 0, nil
	}
	asUDP := func(p *packet) { p.proto = ianaUDP }
	ping := func(p *packet) { p.proto, p.icmpType, p.icmpCode = ianaICMP, 8, 0 }
	unreachable := func(p *packet) { p.proto, p.icmpType, p.icmpCode = ianaICMP, 3, 1 }
	state := func(s StateSet) func(*packet) { return func(p *packet) { p.state = s } }
	bridged := func(p *packet) { p.physIn, p.physOut = "veth0", "veth1" }
	entered := func(p *packet) { p.physIn = "veth0" }
	translated := func(s conntrack.Status) func(*packet) {
		return func(p *packet) {
			c, err := conntrack.NewTable(conntrack.Config{}).Begin(
				&conntrack.Tuple{Src: p.src, Dst: p.dst, SrcPort: 1, DstPort: 2, Proto: ianaUDP}, &conntrack.Packet{})
			require.NoError(t, err)
			c.SetStatus(s)
			p.conn = c
		}
	}
	for _, tt := range []struct {
		rule   string
		change func(*packet)
		want   bool
	}{
		{"-p tcp -m tcp --dport 8080", nil, true},
		{"-p tcp -m tcp --dport 8081", nil, false},
		{"-p tcp -m tcp ! --dport 8080", nil, false},
		{"-p tcp -m tcp ! --dport 8081", nil, true},
		{"-p tcp -m tcp --dport 8000:8080", nil, true},
		{"-p tcp -m tcp --dport 8081:9000", nil, false},
		{"-p tcp -m tcp --sport 40000", nil, true},
		{"-p tcp -m tcp --sport 8080", nil, false},
		{"-p tcp -m tcp --sport 40000 --dport 8080", nil, true},
		{"-p tcp -m tcp --sport 40000 --dport 80", nil, false},
		{"-p tcp -m tcp --dport 8080", asUDP, false},
		{"-p tcp -m tcp --dport 8080", frag, false},
		{"-p tcp -m tcp ! --dport 8080", frag, false},
		{"-p tcp -m tcp ! --sport 1:2", frag, false},
		{"-p tcp -m tcp", frag, false},
		{"-p tcp", frag, true},
		{"-p tcp -m tcp --dport 0", frag, false},
		{"-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN", nil, true},
		{"-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN", nil, false},
		{"-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN", func(p *packet) { p.tcpFlags = 0x12 }, false},
		{"-p tcp -m tcp --tcp-flags SYN SYN", func(p *packet) { p.tcpFlags = 0x12 }, true},
		{"-p tcp -m tcp --tcp-flags ALL NONE", func(p *packet) { p.tcpFlags = 0 }, true},
		{"-p tcp -m tcp ! --tcp-flags ALL NONE", frag, false},
		{"-p tcp -m tcp --tcp-option 2", nil, true},
		{"-p tcp -m tcp --tcp-option 8", nil, true},
		{"-p tcp -m tcp --tcp-option 3", nil, false},
		{"-p tcp -m tcp ! --tcp-option 3", nil, true},
		{"-p tcp -m tcp --tcp-option 5", nil, false},
		{"-p tcp -m tcp --tcp-option 8", func(p *packet) { p.l4 = p.l4[:25] }, false},
		{"-p tcp -m tcp --tcp-option 9", func(p *packet) { p.l4[20], p.l4[21] = 7, 0 }, false},
		{"-p udp -m udp --dport 8080", asUDP, true},
		{"-p udp -m udp ! --dport 8080", asUDP, false},
		{"-p udp -m udp ! --dport 1", func(p *packet) { asUDP(p); frag(p) }, false},

		{"-p tcp -m multiport --dports 1,8080", nil, true},
		{"-p tcp -m multiport --sports 1,8080", nil, false},
		{"-p tcp -m multiport --ports 1,8080", nil, true},
		{"-p tcp -m multiport --ports 39999:40001", nil, true},
		{"-p tcp -m multiport ! --ports 1,8080", nil, false},
		{"-p tcp -m multiport ! --ports 1,2", nil, true},
		{"-p tcp -m multiport ! --ports 1,2", frag, false},
		{"-p sctp -m multiport --dports 8080", func(p *packet) { p.proto, p.ports = ianaSCTP, false }, true},
		{"-p udplite -m multiport --sports 40000", func(p *packet) { p.proto, p.ports = ianaUDPLite, false }, true},
		{"-p dccp -m multiport ! --sports 40000", func(p *packet) { p.proto, p.l4 = ianaDCCP, nil }, false},

		{"-p icmp -m icmp --icmp-type 8", ping, true},
		{"-p icmp -m icmp --icmp-type 0", ping, false},
		{"-p icmp -m icmp ! --icmp-type 8", ping, false},
		{"-p icmp -m icmp ! --icmp-type 0", ping, true},
		{"-p icmp -m icmp --icmp-type any", ping, true},
		{"-p icmp -m icmp --icmp-type 3/1", unreachable, true},
		{"-p icmp -m icmp --icmp-type 3/2", unreachable, false},
		{"-p icmp -m icmp --icmp-type 3", unreachable, true},
		{"-p icmp -m icmp ! --icmp-type 0", func(p *packet) { ping(p); frag(p) }, false},

		{"-m conntrack --ctstate NEW", nil, true},
		{"-m conntrack --ctstate RELATED,ESTABLISHED", nil, false},
		{"-m conntrack --ctstate RELATED,ESTABLISHED", state(StateRelated), true},
		{"-m conntrack ! --ctstate RELATED,ESTABLISHED", state(StateEstablished), false},
		{"-m conntrack ! --ctstate RELATED,ESTABLISHED", state(StateUntracked), true},
		{"-m conntrack --ctstate INVALID", state(StateInvalid), true},
		{"-m conntrack --ctstate NEW -m conntrack ! --ctstate NEW", nil, false},
		{"-m conntrack --ctstate NEW,RELATED -m conntrack ! --ctstate RELATED", nil, true},
		{"-m conntrack --ctstate SNAT", translated(conntrack.SrcNAT), true},
		{"-m conntrack --ctstate SNAT", translated(conntrack.DstNAT), false},
		{"-m conntrack --ctstate DNAT", translated(conntrack.DstNAT), true},
		{"-m conntrack ! --ctstate DNAT", translated(conntrack.DstNAT | conntrack.SrcNAT), false},
		{"-m conntrack --ctstate DNAT", nil, false},
		{"-m conntrack --ctstate NEW,DNAT", translated(conntrack.SrcNAT), true},
		{"-m state --state NEW", nil, true},
		{"-m state ! --state NEW", nil, false},
		{"-m state --state UNTRACKED", state(StateUntracked), true},

		{"-f", frag, true},
		{"-f", nil, false},
		{"! -f", frag, false},
		{"! -f", nil, true},
		{"-f", func(p *packet) { p.layout.Fragment = wire.First }, false},
		{"! -f", func(p *packet) { p.layout.Fragment = wire.First }, true},

		{"-m addrtype --dst-type UNICAST", nil, true},
		{"-m addrtype --src-type LOCAL --limit-iface-in", func(p *packet) { p.src = netip.MustParseAddr("127.0.0.2") }, false},
		{"-m addrtype --src-type UNICAST --limit-iface-in", func(p *packet) { p.src = netip.MustParseAddr("127.0.0.2") }, true},
		{"-m addrtype --dst-type MULTICAST --limit-iface-out", func(p *packet) { p.dst = netip.MustParseAddr("224.0.0.1") }, true},
		{"-m addrtype --dst-type BROADCAST --limit-iface-out", func(p *packet) { p.dst = broadcast4 }, true},
		{"-m addrtype --dst-type LOCAL,UNICAST", nil, true},
		{"-m addrtype ! --dst-type UNICAST", nil, false},
		{"-m addrtype --src-type UNICAST --dst-type LOCAL", nil, false},
		{"-m addrtype --src-type UNICAST ! --dst-type LOCAL", nil, true},
		{"-m addrtype --src-type LOCAL", func(p *packet) { p.src = netip.MustParseAddr("127.0.0.2") }, true},
		{"-m addrtype --dst-type MULTICAST", func(p *packet) { p.dst = netip.MustParseAddr("224.0.0.1") }, true},

		{"-m mark --mark 0x1/0x3", func(p *packet) { p.pkt.Mark = 5 }, true},
		{"-m mark ! --mark 0x1/0x3", func(p *packet) { p.pkt.Mark = 5 }, false},
		{"-m mark --mark 0x5", func(p *packet) { p.pkt.Mark = 13 }, false},
		{"-m comment --comment x", nil, true},

		{"-i eth0 -o docker0", nil, true},
		{"-i eth1", nil, false}, // of the same length, with the same end but for one letter
		{"-i xth0", nil, false},
		{"! -i xth0", nil, true},
		{"-i eth+", nil, true},
		{"! -i eth+", nil, false},
		{"-i eth0+", nil, true},
		{"-i eth00+", nil, false},
		{"! -o docker0", nil, false},
		{"-i eth0", func(p *packet) { p.in = "" }, false},
		{"! -i eth0", func(p *packet) { p.in = "" }, true},
		{"! -i +", nil, false},
		{"-i 0", func(p *packet) { p.in = "1" }, false}, // as short as no digest shows
		{"-i 0", func(p *packet) { p.in = "0" }, true},

		{"-m physdev --physdev-in veth0", bridged, true},
		{"-m physdev --physdev-in veth1", bridged, false},
		{"-m physdev --physdev-in veth+ --physdev-out veth1", bridged, true},
		{"-m physdev ! --physdev-out veth1", bridged, false},
		{"-m physdev --physdev-is-bridged", bridged, true},
		{"-m physdev --physdev-is-bridged", entered, false},
		{"-m physdev ! --physdev-is-bridged", entered, true},
		{"-m physdev --physdev-is-in", entered, true},
		{"-m physdev --physdev-is-out", entered, false},
		{"-m physdev ! --physdev-is-out", entered, true},
		{"-m physdev --physdev-out +", entered, false},
		{"-m physdev ! --physdev-out veth1", entered, false},
		{"-m physdev --physdev-in veth0", nil, false},
		{"-m physdev ! --physdev-in veth0", nil, true},
		{"-m physdev --physdev-is-in", nil, false},
		{"-m physdev ! --physdev-is-bridged", nil, true},
		{"-m physdev ! --physdev-in veth0", bridged, false},
		{"-m physdev --physdev-in veth0", func(p *packet) { p.physOut = "veth1" }, true}, // as xt_physdev has it
	} {
		tables := New()
		require.NoError(t, tables.v4.Append(FilterForward, parsed(t, tt.rule)), tt.rule)
		p := samplePacket(tables)
		p.tcpFlags, p.l4 = 0x02, synSegment()
		if tt.change != nil {
			tt.change(p)
		}
		tables.v4.traverse(filterTable, p)
		assert.Equal(t, tt.want, countersOf(tables.v4, FilterForward)[0].Packets == 1, "%s: %+v", tt.rule, p)
	}
}

// TestNetworks6 tells IPv6 addresses apart by every bit.
func TestNetworks6(t *testing.T) {
	t.Parallel()
	addr := netip.MustParseAddr("2001:db8:1:2:3:4:5:6")
	for _, field := range []string{"-s", "-d"} {
		for bit := range 128 {
			b := addr.As16()
			b[bit/8] ^= 0x80 >> (bit % 8)
			other := netip.AddrFrom16(b)
			tables := New()
			for _, spec := range []string{"%s %v/128", "! %s %v/128", fmt.Sprintf("%%s %%v/%d", bit), fmt.Sprintf("%%s %%v/%d", bit+1)} {
				_, r, err := ParseRule("-6 -A FORWARD " + fmt.Sprintf(spec, field, other))
				if spec[0] == '!' {
					_, r, err = ParseRule(fmt.Sprintf("-6 -A FORWARD ! %s %v/128", field, other))
				}
				require.NoError(t, err)
				require.NoError(t, tables.v6.Append(FilterForward, r))
			}
			p := samplePacket(tables)
			p.v6, p.src, p.dst = true, addr, addr
			tables.v6.traverse(filterTable, p)
			var got []uint64
			for _, n := range countersOf(tables.v6, FilterForward) {
				got = append(got, n.Packets)
			}
			require.Equal(t, []uint64{0, 1, 1, 0}, got, "%s bit %d", field, bit)
		}
	}
}

// TestLimit has the bucket of Linux: full at first, a packet for each interval.
func TestLimit(t *testing.T) {
	t.Parallel()
	clock := faketime.NewManualClock()
	tables := New(WithClock(clock))
	rs := tables.v4
	require.NoError(t, rs.Append(FilterForward, parsed(t, "-m limit --limit 2/sec --limit-burst 3")))
	send := func(n int) uint64 {
		before := countersOf(rs, FilterForward)[0].Packets
		for range n {
			rs.traverse(filterTable, samplePacket(tables))
		}
		return countersOf(rs, FilterForward)[0].Packets - before
	}
	require.EqualValues(t, 3, send(10))
	clock.Advance(499 * time.Millisecond)
	require.EqualValues(t, 0, send(1))
	clock.Advance(time.Millisecond)
	require.EqualValues(t, 1, send(5))

	require.NoError(t, rs.Append(FilterForward, target(nil)))
	require.NoError(t, rs.Insert(FilterForward, 2, target(nil)))
	require.EqualValues(t, 0, send(5), "the bucket outlives other changes")
	clock.Advance(time.Second)
	require.EqualValues(t, 2, send(5))
	clock.Advance(time.Hour)
	require.EqualValues(t, 3, send(10), "it holds no more than its burst")
	require.NoError(t, rs.Replace(FilterForward, 1, parsed(t, "-m limit --limit 2/sec --limit-burst 3")))
	require.EqualValues(t, 3, send(10), "a new rule has a new bucket")
}

// TestLimitCountsInOrder has matches on both sides of a limit, of which only the first
// keep packets from counting.
func TestLimitCountsInOrder(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]uint64{
		"-m conntrack --ctstate NEW -m limit --limit 1/day --limit-burst 2":                        2,
		"-m limit --limit 1/day --limit-burst 2 -m conntrack --ctstate NEW":                        0,
		"-p tcp -m limit --limit 1/day --limit-burst 2 -m tcp --dport 8080":                        0,
		"-p tcp -m tcp --dport 8080 -m limit --limit 1/day --limit-burst 2":                        2,
		"-p tcp -m comment --comment x -m tcp --dport 8080 -m limit --limit 1/day --limit-burst 2": 2,
	} {
		tables := New()
		require.NoError(t, tables.v4.Append(FilterForward, parsed(t, spec)))
		for i := range 10 {
			p := samplePacket(tables)
			if i < 5 {
				p.state, p.dstPort = StateEstablished, 1
			}
			tables.v4.traverse(filterTable, p)
		}
		assert.Equal(t, want, countersOf(tables.v4, FilterForward)[0].Packets, spec)
	}
}

func TestMark(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		target Mark
		want   uint32
	}{
		{Mark{Value: 0x1, Mask: 0xffffffff}, 0x1},
		{Mark{Value: 0x1, Mask: 0xff}, 0xf01},
		{Mark{Value: 0x0f, Mask: 0}, 0xfff},
		{Mark{Value: 0, Mask: 0x0f0}, 0xf00},
	} {
		p := samplePacket(New())
		p.pkt.Mark = 0xff0
		require.Equal(t, carryOn, tt.target.apply(nil, p))
		require.Equal(t, tt.want, p.pkt.Mark)
	}
}

func TestNoTrack(t *testing.T) {
	t.Parallel()
	p := samplePacket(New())
	p.state = StateInvalid
	require.Equal(t, carryOn, NoTrack{}.apply(nil, p))
	require.Equal(t, StateUntracked, p.state)
	require.Same(t, conntrack.Untracked, p.ref())
	for _, ct := range []CT{{NoTrack: true}, {Zone: CTZone{ID: 5}}} {
		p.state = StateInvalid
		require.Equal(t, carryOn, ct.apply(nil, p))
		require.Equal(t, ct.NoTrack, p.state == StateUntracked)
	}
}
