package nat

import (
	"net/netip"
	"testing"

	"drydock/drop"
	"drydock/nat/conntrack"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

func TestDroppedString(t *testing.T) {
	t.Parallel()
	src, dst := netip.MustParseAddr("172.17.0.2"), netip.MustParseAddr("192.0.2.1")
	tests := []struct {
		d    Dropped
		want string
	}{
		{Dropped{Reason: drop.Rule, Hook: "FORWARD", Chain: "filter/DOCKER-USER", Rule: 1, In: "docker0", Out: "eth0", Src: src, Dst: dst, Proto: 6, SrcPort: 40000, DstPort: 80, Size: 52},
			"FORWARD: dropped by filter/DOCKER-USER rule 1: docker0 to eth0, 52 bytes of tcp from 172.17.0.2:40000 to 192.0.2.1:80"},
		{Dropped{Reason: drop.Policy, Hook: "INPUT", Chain: "filter/INPUT", In: "eth0", Src: src, Dst: dst, Proto: 1, Size: 84},
			"INPUT: dropped by the policy of filter/INPUT: eth0, 84 bytes of icmp from 172.17.0.2 to 192.0.2.1"},
		{Dropped{Reason: drop.ConntrackFull, Hook: "OUTPUT", Out: "eth0", Src: src, Dst: dst, Proto: 200, Size: 84},
			"OUTPUT: dropped: connection table full: to eth0, 84 bytes of 200 from 172.17.0.2 to 192.0.2.1"},
		{Dropped{Reason: drop.Malformed, Hook: "PREROUTING", In: "br0", PhysIn: "p1"}, "PREROUTING: dropped: malformed: br0 (p1)"},
		{Dropped{Reason: 99, Hook: "PREROUTING"}, "PREROUTING: dropped: Reason(99)"},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, tt.d.String())
	}
}

// A full table drops what would begin a connection, and says so.
func TestTableFull(t *testing.T) {
	t.Parallel()
	var drops []Dropped
	tables := New(WithConntrack(conntrack.Config{Max: 1}), OnDrop(func(d Dropped) { drops = append(drops, d) }))
	passes := func(s sample) bool {
		pkt := framed(s.bytes(), 0)
		defer pkt.DecRef()
		return tables.FilterBridged("br0", "p1", "p2", pkt) != nil
	}
	require.True(t, passes(sample{src: "10.0.0.9:1", dst: "10.0.0.1:2", flags: syn}))
	require.True(t, passes(sample{src: "10.0.0.1:2", dst: "10.0.0.9:1", flags: synAck}))
	require.True(t, passes(sample{src: "10.0.0.9:1", dst: "10.0.0.1:2"})) // assured: early drop spares it
	assert.False(t, passes(sample{src: "10.0.0.9:3", dst: "10.0.0.1:2", flags: syn}))
	require.Len(t, drops, 1)
	assert.Equal(t, drop.ConntrackFull, drops[0].Reason)
	assert.Equal(t, 1, tables.Forget(func(conntrack.Entry) bool { return true }))
	assert.True(t, passes(sample{src: "10.0.0.9:3", dst: "10.0.0.1:2", flags: syn}))
	for e := range tables.Conns() {
		assert.EqualValues(t, 3, e.Original.SrcPort)
	}
}

// Two connections that come to look alike while neither is confirmed: the later one is
// lost.
func TestClash(t *testing.T) {
	t.Parallel()
	b := newBed(t, "-t nat -A POSTROUTING -o eth0 -p tcp -j SNAT --to-source 10.0.0.1:4000")
	for i, want := range []bool{true, false} {
		pkt := received(sample{src: []string{"172.17.0.2:1", "172.17.0.3:1"}[i], dst: "10.0.0.9:80", flags: syn}.bytes())
		assert.Equal(t, want, b.pass(bedDocker0, pkt))
		pkt.DecRef()
	}
	require.Len(t, b.drops, 1)
	assert.Equal(t, drop.ConntrackClash, b.drops[0].Reason)
	assert.Equal(t, "POSTROUTING", b.drops[0].Hook)
}

func TestAddrType(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	for addr, want := range map[string]AddrTypeSet{
		"0.0.0.0": AddrUnspec, "::": AddrUnspec,
		"224.0.0.1": AddrMulticast, "ff02::1": AddrMulticast,
		"255.255.255.255": AddrBroadcast, "10.0.0.255": AddrBroadcast, "172.17.255.255": AddrBroadcast, "127.255.255.255": AddrBroadcast,
		"10.0.0.1": AddrLocal, "172.17.0.1": AddrLocal, "127.0.0.11": AddrLocal, "::1": AddrLocal, "fd00::1": AddrLocal,
		"10.0.0.9": AddrUnicast, "fd00::9": AddrUnicast, "10.255.255.255": AddrUnicast,
	} {
		assert.Equal(t, want, b.tables.addrType(netip.MustParseAddr(addr)), addr)
	}
	assert.Equal(t, AddrUnspec, b.tables.addrType(netip.Addr{}))
	assert.Equal(t, AddrUnicast, New().addrType(netip.MustParseAddr("10.0.0.1")))
	require.Nil(t, b.stack.RemoveAddress(bedEth0, tcpip.AddrFrom4([4]byte{10, 0, 0, 1})))
	assert.Equal(t, AddrUnicast, b.tables.addrType(netip.MustParseAddr("10.0.0.1")))
}

// MASQUERADE takes the address that is on the subnet of the next hop. What leaves by an interface
// without any has that of another one, and nobody has one of lo.
func TestMasqueradeAddress(t *testing.T) {
	t.Parallel()
	b := newBed(t, "-t nat -A POSTROUTING -j MASQUERADE")
	addAddresses(t, b.stack, bedEth0, "192.0.2.1/24")
	b.addNIC(7, "eth1")
	b.stack.AddRoute(tcpip.Route{Destination: tcpip.AddressWithPrefix{Address: tcpip.AddrFrom4([4]byte{198, 51, 100, 0}), PrefixLen: 24}.Subnet(), NIC: 7})
	b.stack.SetRouteTable(append(b.stack.GetRouteTable()[len(b.stack.GetRouteTable())-1:], b.stack.GetRouteTable()...))
	assert.Equal(t, []string{"eth0: udp 192.0.2.1:1 > 192.0.2.9:2"}, b.in("docker0", sample{proto: "udp", src: "172.17.0.2:1", dst: "192.0.2.9:2"}).out())
	assert.Equal(t, []string{"eth0: udp 10.0.0.1:1 > 203.0.113.9:2"}, b.in("docker0", sample{proto: "udp", src: "172.17.0.2:1", dst: "203.0.113.9:2"}).out())
	assert.Equal(t, []string{"eth1: udp 10.0.0.1:1 > 198.51.100.9:2"}, b.in("docker0", sample{proto: "udp", src: "172.17.0.2:1", dst: "198.51.100.9:2"}).out())
	for _, nic := range []tcpip.NICID{bedEth0, bedDocker0} {
		for _, a := range b.stack.NICInfo()[nic].ProtocolAddresses {
			require.Nil(t, b.stack.RemoveAddress(nic, a.AddressWithPrefix.Address))
		}
	}
	assert.Empty(t, b.in("docker0", sample{proto: "udp", src: "172.17.0.3:1", dst: "198.51.100.9:2"}).out())
	require.NotEmpty(t, b.drops)
	assert.Equal(t, "eth1", b.drops[0].Out)
}

// An error that the host itself sends about a packet whose connection is not confirmed
// yet is of that connection, if one says so.
func TestRelate(t *testing.T) {
	t.Parallel()
	b := newBed(t, "-t nat -A PREROUTING -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.2:5353")
	pkt := received(sample{proto: "udp", src: "10.0.0.9:7", dst: "10.0.0.1:53"}.bytes())
	defer pkt.DecRef()
	pkt.InputNICID = bedEth0
	require.True(t, b.tables.CheckPrerouting(pkt, nil, stack.IP))
	answer := received(sample{proto: "icmp", kind: 11, src: "10.0.0.1", dst: "10.0.0.9", data: bytesOf(pkt)}.bytes())
	defer answer.DecRef()
	b.tables.Relate(answer, pkt)
	route, err := b.stack.FindRoute(0, tcpip.Address{}, tcpip.AddrFrom4([4]byte{10, 0, 0, 9}), header.IPv4ProtocolNumber, false)
	require.Nil(t, err)
	defer route.Release()
	require.True(t, b.tables.CheckOutput(answer, route, stack.IP))
	require.True(t, b.tables.CheckPostrouting(answer, route, stack.IP))
	assert.Equal(t, "icmp 11/0 10.0.0.1 > 10.0.0.9 [udp 10.0.0.9:7 > 10.0.0.1:53]", dissect(bytesOf(answer)).String())
	assertValid(t, bytesOf(answer))
	b.tables.Relate(answer, received(sample{src: "10.0.0.9:7", dst: "10.0.0.1:53"}.bytes()))
	assert.Zero(t, b.conns())
}
