package nat

import (
	"encoding/binary"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	wire "drydock/internal/packet"
	"drydock/nat/conntrack"
	"drydock/nat/ipset"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// bytesPacket is samplePacket with bytes: an IP packet from a bridge or, with an Ethernet
// header of its own, from a link.
func bytesPacket(t testing.TB, tables *Tables, ip []byte) *packet {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: header.EthernetMinimumSize, Payload: buffer.MakeWithData(ip),
	})
	t.Cleanup(pkt.DecRef)
	copy(pkt.LinkHeader().Push(header.EthernetMinimumSize), []byte{2, 0x42, 0xac, 17, 0, 2, 2, 0x42, 0xac, 17, 0, 3, 8, 0})
	size := header.IPv6MinimumSize
	if ip[0]>>4 == 4 {
		size = header.IPv4MinimumSize
	}
	_, ok := pkt.NetworkHeader().Consume(size)
	require.True(t, ok)
	p := &packet{host: &tables.host, room: new([roomSize]byte), hook: forward, in: "eth0", out: "docker0", pkt: pkt, state: StateNew}
	require.True(t, p.parse())
	return p
}

// synPacket is a SYN of 64 bytes with TTL 64, TOS 0x10 and MSS 1460 behind a filler, so that
// it lies at an odd offset.
func synPacket(t testing.TB, tables *Tables) *packet {
	b := unhex(t, "45 10 00 40 1c 46 40 00 40 06 00 00 ac 11 00 02 ac 10 50 2f"+
		"9c 40 1f 90 00 00 00 01 00 00 00 02 80 02 fa f0 00 00 00 00 01 02 04 05 b4 01 01 01 01 01 01 01"+"48 65 6c 6c 6f 20 57 6f 72 6c 64 21")
	header.IPv4(b).SetChecksum(^header.IPv4(b).CalculateChecksum())
	tcp := header.TCP(b[20:])
	sum := header.PseudoHeaderChecksum(6, header.IPv4(b).SourceAddress(), header.IPv4(b).DestinationAddress(), 44)
	tcp.SetChecksum(^tcp.CalculateChecksum(checksum.Checksum(tcp.Payload(), sum)))
	return bytesPacket(t, tables, b)
}

// routed6 is a packet of IPv6 with a routing header of type 0 that has one of two addresses
// left, and hop limit 7.
func routed6(t testing.TB, tables *Tables) *packet {
	b := unhex(t, "6e 00 00 00 00 30 2b 07"+"fd000000000000000000000000000001"+"fd000000000000000000000000000002"+
		"11 04 00 01 00000000"+"fd00000000000000000000000000000a"+"fd00000000000000000000000000000b"+
		"0035 0035 0008 0000")
	return bytesPacket(t, tables, b)
}

// TestMoreMatches has matches of the bytes of a packet.
func TestMoreMatches(t *testing.T) {
	t.Parallel()
	clock := faketime.NewManualClock()
	clock.Advance(24*time.Hour + 8*time.Hour) // Friday, the 2nd, 8:00
	tables := New(WithClock(clock))
	for _, tt := range []struct {
		rule string
		v6   bool
		want bool
	}{
		{"-m ttl --ttl-eq 64", false, true},
		{"-m ttl ! --ttl-eq 64", false, false},
		{"-m ttl --ttl-lt 64", false, false},
		{"-m ttl --ttl-lt 65", false, true},
		{"-m ttl --ttl-gt 63", false, true},
		{"-m hl --hl-eq 7", true, true},
		{"-m hl --hl-gt 7", true, false},
		{"-m length --length 64", false, true},
		{"-m length --length 65:", false, false},
		{"-m length ! --length 65:", false, true},
		{"-m length --length 88", true, true},
		{"-m dscp --dscp 4", false, true},
		{"-m dscp ! --dscp 4", false, false},
		{"-m dscp --dscp 0x38", true, true},
		{"-m tos --tos 0x10/0x3f", false, true},
		{"-m tos --tos 0x08/0xff", false, false},
		{"-m iprange --src-range 172.17.0.1-172.17.0.2", false, true},
		{"-m iprange --src-range 172.17.0.3-172.17.0.9", false, false},
		{"-m iprange ! --src-range 172.17.0.3-172.17.0.9 --dst-range 172.16.80.47-172.16.80.47", false, true},
		{"-m iprange --src-range 172.17.0.9-172.17.0.1", false, false},
		{"-m iprange --dst-range fd00::1-fd00::3", true, true},
		{"-p tcp -m tcpmss --mss 1460", false, true},
		{"-p tcp -m tcpmss --mss 1:1459", false, false},
		{"-p tcp -m tcpmss ! --mss 1:1459", false, true},
		{"-m mac --mac-source 02:42:ac:11:00:03", false, true},
		{"-m mac ! --mac-source 02:42:ac:11:00:03", false, false},
		{"-m pkttype --pkt-type unicast", false, true},
		{"-m pkttype ! --pkt-type multicast", false, true},
		{`-m string --string "World" --algo bm`, false, true},
		{`-m string --string "world" --algo kmp`, false, false},
		{`-m string --string "world" --algo kmp --icase`, false, true},
		{`-m string ! --string "World" --algo bm`, false, false},
		{`-m string --string "World" --algo bm --from 58`, false, true},
		{`-m string --string "World" --algo bm --from 59`, false, false},
		{`-m string --string "World" --algo bm --to 63`, false, true},
		{`-m string --string "World" --algo bm --to 62`, false, false},
		{`-m string --hex-string "|48656c6c|" --algo bm`, false, true},
		{`-m u32 --u32 "6&0xff=6"`, false, true},
		{`-m u32 --u32 "0>>22&0x3c@0>>16=0x9c40"`, false, true},
		{`-m u32 --u32 "0>>22&0x3c@0&0xffff=1:80,8080&&8>>24=64"`, false, true},
		{`-m u32 --u32 "0>>22&0x3c@0&0xffff=8081"`, false, false},
		{`-m u32 ! --u32 "61=0:0xffffffff"`, false, true},
		{`-m u32 --u32 "60=0x726c6421"`, false, true},
		{`-m u32 --u32 "0@0=0:0xffffffff"`, false, false},
		{"-m rt --rt-type 0 --rt-segsleft 1 --rt-len 40", true, true},
		{"-m rt ! --rt-type 0", true, false},
		{"-m rt --rt-segsleft 2:3", true, false},
		{"-m rt --rt-type 0 --rt-0-res --rt-0-addrs fd00::a,fd00::b", true, true},
		{"-m rt --rt-type 0 --rt-0-addrs fd00::b", true, false},
		{"-m rt --rt-type 0 --rt-0-addrs fd00::b --rt-0-not-strict", true, true},
		{"-m time --timestart 8:00 --timestop 9:00", false, true},
		{"-m time --timestart 8:01 --timestop 9:00", false, false},
		{"-m time --timestart 22:00 --timestop 8:30", false, true},
		{"-m time --weekdays Fri", false, true},
		{"-m time ! --weekdays Fri", false, false},
		{"-m time --timestart 22:00 --timestop 8:30 --contiguous --weekdays Thu", false, true},
		{"-m time --monthdays 2", false, true},
		{"-m time --datestart 1970-01-02T08:00:01", false, false},
		{"-m time --datestop 1970-01-02T08:00:00", false, true},
		{"-m statistic --mode random --probability 1", false, true},
		{"-m statistic --mode random --probability 0", false, false},
		{"-m connmark --mark 0", false, false},
	} {
		rs, p := tables.v4, synPacket
		if tt.v6 {
			rs, p = tables.v6, routed6
		}
		const chain = MangleForward
		require.NoError(t, rs.Flush(chain))
		require.NoError(t, rs.Append(chain, parsed(t, tt.rule)), tt.rule)
		q := p(t, tables)
		rs.traverse(mangleTable, q)
		assert.Equal(t, tt.want, countersOf(rs, chain)[0].Packets == 1, tt.rule)
	}
}

// TestChanges has targets that change headers: the checksums stay right.
func TestChanges(t *testing.T) {
	t.Parallel()
	tables := New()
	for _, tt := range []struct {
		rule string
		v6   bool
		want func(p *packet) bool
	}{
		{"-j TTL --ttl-set 9", false, func(p *packet) bool { return *p.ttl() == 9 }},
		{"-j TTL --ttl-dec 70", false, func(p *packet) bool { return *p.ttl() == 0 }},
		{"-j TTL --ttl-inc 200", false, func(p *packet) bool { return *p.ttl() == 255 }},
		{"-j HL --hl-dec 2", true, func(p *packet) bool { return *p.ttl() == 5 }},
		{"-j DSCP --set-dscp 0x2e", false, func(p *packet) bool { return p.tos() == 0xb8 }},
		{"-j DSCP --set-dscp 0x2e", true, func(p *packet) bool { return p.tos() == 0xb8 }},
		{"-j TOS --set-tos 0x03/0x0f", false, func(p *packet) bool { return p.tos() == 0x13 }},
		{"-p tcp -j TCPMSS --set-mss 1000", false, func(p *packet) bool { return binary.BigEndian.Uint16(p.l4[23:]) == 1000 }},
		{"-p tcp -j TCPMSS --set-mss 1500", false, func(p *packet) bool { return binary.BigEndian.Uint16(p.l4[23:]) == 1460 }},
		{"-j CHECKSUM --checksum-fill", false, func(*packet) bool { return true }},
	} {
		rs, newPacket := tables.v4, synPacket
		if tt.v6 {
			rs, newPacket = tables.v6, routed6
		}
		for _, borrowed := range []bool{false, true} {
			require.NoError(t, rs.Flush(MangleForward))
			require.NoError(t, rs.Append(MangleForward, parsed(t, tt.rule)), tt.rule)
			p := newPacket(t, tables)
			p.borrowed = borrowed && tt.rule != "-j CHECKSUM --checksum-fill"
			if p.borrowed {
				frame := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(append([]byte(nil), wire.Bytes(p.pkt)...))})
				t.Cleanup(frame.DecRef)
				p = &packet{host: &tables.host, room: new([roomSize]byte), hook: forward, pkt: frame, borrowed: true}
				require.True(t, p.parseFrame())
			}
			before := wire.Bytes(p.pkt)
			was := p.pkt
			rs.traverse(mangleTable, p)
			assert.True(t, tt.want(p), tt.rule)
			if !tt.v6 {
				assert.True(t, header.IPv4(p.ip).IsChecksumValid(), tt.rule)
				assert.True(t, p.layout.Intact(p.pkt, p.at, p.ip, p.l4), tt.rule)
			}
			if borrowed {
				assert.Equal(t, before, wire.Bytes(was), "what is another's stays: %s", tt.rule)
			}
		}
	}
}

// TestSets has rules about sets of each type, and what adds to them.
func TestSets(t *testing.T) {
	t.Parallel()
	clock := faketime.NewManualClock()
	tables := New(WithClock(clock))
	create := func(name string, spec ipset.Spec, keys ...ipset.Key) *ipset.Set {
		s, err := tables.Sets().Create(name, spec)
		require.NoError(t, err)
		for _, k := range keys {
			require.NoError(t, s.Add(ipset.Entry{Key: k}, false))
		}
		return s
	}
	src, dst := netip.MustParsePrefix("172.16.80.47/32"), netip.MustParsePrefix("172.18.0.5/32")
	ip := create("ip", ipset.Spec{Type: ipset.HashIP, Counters: true}, ipset.Key{Net: src})
	create("net", ipset.Spec{Type: ipset.HashNet}, ipset.Key{Net: netip.MustParsePrefix("172.16.0.0/12")})
	create("ports", ipset.Spec{Type: ipset.BitmapPort, From: 1, To: 9000}, ipset.Key{Port: 8080})
	create("ipport", ipset.Spec{Type: ipset.HashIPPort}, ipset.Key{Net: dst, Proto: ianaTCP, Port: 8080})
	create("netport", ipset.Spec{Type: ipset.HashNetPort}, ipset.Key{Net: netip.MustParsePrefix("172.18.0.0/16"), Proto: ianaTCP, Port: 8080})
	create("list", ipset.Spec{Type: ipset.ListSet}, ipset.Key{Set: "ports"}, ipset.Key{Set: "ip"})
	added := create("added", ipset.Spec{Type: ipset.HashIPPort, Timeouts: true, Timeout: time.Minute})
	create("six", ipset.Spec{Type: ipset.HashIP, V6: true})
	for rule, want := range map[string]bool{
		"-m set --match-set ip src":                   true,
		"-m set --match-set ip dst":                   false,
		"-m set ! --match-set ip dst":                 true,
		"-m set --match-set net src":                  true,
		"-m set --match-set net src --return-nomatch": false,
		"-m set --match-set ports dst":                true,
		"-m set --match-set ports src":                false,
		"-m set --match-set ipport dst,dst":           true,
		"-m set --match-set ipport dst,src":           false,
		"-m set --match-set ipport dst":               false,
		"-m set --match-set netport dst,dst":          true,
		"-m set --match-set list src":                 true,
		"-m set --match-set ip src --packets-gt 1":    true,
		"-m set --match-set ip src --packets-lt 1":    false,
	} {
		require.NoError(t, tables.v4.Flush(FilterForward))
		require.NoError(t, tables.v4.Append(FilterForward, parsed(t, rule)))
		ip.Add(ipset.Entry{Key: ipset.Key{Net: src}, Packets: 5}, true)
		require.Equal(t, want, passes(t, tables, 1, func() *packet { return samplePacket(tables) }) == 1, rule)
	}
	require.NoError(t, tables.v4.Flush(FilterForward))
	require.NoError(t, tables.v4.Append(FilterForward, parsed(t, "-j SET --add-set added src,dst --del-set ip src")))
	passes(t, tables, 2, func() *packet { return samplePacket(tables) })
	require.Equal(t, []ipset.Entry{{Key: ipset.Key{Net: src, Proto: ianaTCP, Port: 8080}, Timeout: time.Minute}}, added.Entries())
	require.Empty(t, ip.Entries())
	clock.Advance(time.Minute)
	require.Empty(t, added.Entries())

	require.Equal(t, 1, tables.SetReferences(added))
	require.ErrorIs(t, tables.DestroySets(added), ipset.ErrDestroy)
	require.ErrorIs(t, tables.RenameSet(added, "other"), ipset.ErrRename)
	require.NoError(t, tables.v4.Flush(FilterForward))
	require.NoError(t, tables.DestroySets(added))
	require.ErrorIs(t, tables.v4.Append(FilterForward, Rule{Matches: []Match{Set{Name: "added", Sides: SetSides{N: 1}}}}), ErrNoSet)
	require.ErrorIs(t, tables.v4.Append(FilterForward, Rule{Matches: []Match{Set{Name: "six", Sides: SetSides{N: 1}}}}), ErrSetFamily)
}

// TestQueue has the verdicts of functions, and what becomes of packets without one.
func TestQueue(t *testing.T) {
	t.Parallel()
	tables := New()
	queue := func(rule string) verdict {
		require.NoError(t, tables.v4.Flush(MangleForward))
		require.NoError(t, tables.v4.Append(MangleForward, parsed(t, rule)))
		return tables.v4.traverse(mangleTable, synPacket(t, tables))
	}
	require.Equal(t, dropped, queue("-j NFQUEUE --queue-num 2"))
	require.Equal(t, accept, queue("-j NFQUEUE --queue-num 2 --queue-bypass"))
	var seen []byte
	tables.Queue(2, func(q *Queued) bool {
		seen = q.Packet
		return q.Hook == "FORWARD" && q.In == "eth0"
	})
	require.Equal(t, accept, queue("-j NFQUEUE --queue-num 2"))
	require.Len(t, seen, 64)
	tables.Queue(2, func(*Queued) bool { return false })
	require.Equal(t, dropped, queue("-j NFQUEUE --queue-num 2"))
	require.Equal(t, dropped, queue("-j NFQUEUE --queue-balance 3:5"))
	tables.Queue(2, nil)
	require.Equal(t, dropped, queue("-j NFQUEUE --queue-num 2"))
}

// TestTrace has the steps of a packet, and NFLOG.
func TestTrace(t *testing.T) {
	t.Parallel()
	var steps []string
	tables := New(WithLogger(slog.New(slog.DiscardHandler)), OnTrace(func(s Traced) {
		steps = append(steps, s.Verdict+" "+string(s.Chain))
		assert.Contains(t, s.Packet, "SRC=172.17.0.2 DST=172.16.80.47")
	}))
	require.NoError(t, tables.v4.Append(RawPrerouting, parsed(t, "-p tcp -j TRACE")))
	require.NoError(t, tables.v4.Append(FilterForward, parsed(t, "-p udp -j DROP"), parsed(t, "-p tcp"), parsed(t, "-j NFLOG --nflog-prefix x --nflog-group 3"), parsed(t, "-j RETURN")))
	p := synPacket(t, tables)
	p.hook = prerouting
	tables.v4.traverse(rawTable, p)
	p.pkt.Owner = p.ref()
	q := synPacket(t, tables)
	q.setRef(p.pkt.Owner.(*conntrack.Ref))
	tables.v4.traverse(filterTable, q)
	require.Equal(t, []string{
		"policy raw/PREROUTING", "rule filter/FORWARD", "rule filter/FORWARD", "nflog ", "return filter/FORWARD", "policy filter/FORWARD",
	}, steps)
}

func TestNetmap(t *testing.T) {
	t.Parallel()
	target := parsed(t, "-j NETMAP --to 192.168.5.0/24").Target.(Netmap)
	require.Equal(t, "192.168.5.77", target.of(netip.MustParseAddr("10.0.0.77")).String())
	target = parsed(t, "-j NETMAP --to fd01::/64").Target.(Netmap)
	require.Equal(t, "fd01::5:1", target.of(netip.MustParseAddr("fd00::5:1")).String())
}

// TestLinkType has who a frame is for.
func TestLinkType(t *testing.T) {
	t.Parallel()
	tables := New()
	for _, tt := range []struct {
		change func(*packet)
		want   LinkType
	}{
		{func(*packet) {}, Unicast},
		{func(p *packet) { p.pkt.PktType = tcpip.PacketBroadcast }, Broadcast},
		{func(p *packet) { p.pkt.PktType = tcpip.PacketMulticast }, Multicast},
		{func(p *packet) { p.pkt.PktType = tcpip.PacketOtherHost }, OtherHost},
		{func(p *packet) { copy(p.linkHeader(), []byte{255, 255, 255, 255, 255, 255}) }, Broadcast},
		{func(p *packet) { copy(p.linkHeader(), []byte{1, 0, 0x5e, 0, 0, 1}) }, Multicast},
		{func(p *packet) { p.hook = output }, Unicast},
		{func(p *packet) { p.in = "lo"; p.dst = netip.MustParseAddr("224.0.0.1") }, Multicast},
	} {
		p := synPacket(t, tables)
		tt.change(p)
		assert.Equal(t, tt.want, p.linkType())
	}
}

// FuzzMatches gives packets of any bytes to matches that read them.
func FuzzMatches(f *testing.F) {
	f.Add(unhex(f, ipTCP+tcpSyn))
	f.Add(unhex(f, "6e 00 00 00 00 08 2b 07"+"fd000000000000000000000000000001"+"fd000000000000000000000000000002"+"3b 00 00 00 00 00 00 00"))
	f.Fuzz(func(t *testing.T, ip []byte) {
		p, ok := logged(t, "eth0", ip)
		if !ok || p.layout.Fragment == wire.Following {
			return
		}
		p.host = &New().host
		for _, m := range []Match{
			TTLMatch{V6: p.v6}, DSCPMatch{}, Length{Max: 9}, PktType{Type: Unicast}, MAC{}, U32{Tests: "0@0>>3=0&&40=3"},
			String{Pattern: "ab", Algo: "bm", To: 0xffff}, &RT{HasAddrs: true, MaxSegs: 9, NAddrs: 1}, TCPMSSMatch{Max: 9},
		} {
			switch m := m.(type) {
			case *RT:
				if p.v6 {
					m.match(p)
				}
			default:
				m.compile(&asking{}).match(p)
			}
		}
		TTL{V6: p.v6, Value: 3}.apply(p.host, p)
		DSCP{Value: 3}.apply(p.host, p)
		TCPMSS{Size: 3}.apply(p.host, p)
		if !p.v6 && len(p.ip) >= 20 {
			_ = header.IPv4(p.ip).IsChecksumValid()
		}
	})
}
