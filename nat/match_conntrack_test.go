package nat

import (
	"net/netip"
	"testing"
	"time"

	"drydock/nat/conntrack"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// published is a connection of a client to port 8080 of the host, which is translated to
// port 80 of a container. Its first packet is at FORWARD.
func published(t *testing.T, tables *Tables) *packet {
	t.Helper()
	p := samplePacket(tables)
	c, err := tables.conns.Begin(&conntrack.Tuple{
		Src: netip.MustParseAddr(peerIP), Dst: netip.MustParseAddr(hostIP), SrcPort: 1000, DstPort: 8080, Proto: ianaTCP,
	}, &conntrack.Packet{Flags: 2})
	require.NoError(t, err)
	c.SetReply(conntrack.Tuple{
		Src: netip.MustParseAddr(containerIP), Dst: netip.MustParseAddr(peerIP), SrcPort: 80, DstPort: 1000, Proto: ianaTCP,
	})
	c.SetStatus(conntrack.DstNAT)
	p.conn, p.dir, p.state = c, conntrack.Original, StateNew
	return p
}

// TestConntrackOptions has what the options say of the first packet of a connection to a
// published port.
func TestConntrackOptions(t *testing.T) {
	t.Parallel()
	reply := func(p *packet) { p.dir, p.state = conntrack.Reply, StateEstablished }
	none := func(p *packet) { p.conn, p.state = nil, StateInvalid }
	confirmed := func(p *packet) {
		_, err := p.host.conns.Confirm(p.conn)
		require.NoError(t, err)
	}
	for _, tt := range []struct {
		options string
		change  func(*packet)
		want    bool
	}{
		{"--ctorigdstport 8080 --ctdir ORIGINAL", nil, true},
		{"--ctorigdstport 8081", nil, false},
		{"! --ctorigdstport 8081", nil, true},
		{"--ctorigdstport 8000:8080", nil, true},
		{"--ctorigdstport 9000:80", nil, false},
		{"! --ctorigdstport 9000:80", nil, true},
		{"--ctorigsrcport 1000 --ctreplsrcport 80 --ctrepldstport 1000", nil, true},
		{"--ctreplsrcport 8080", nil, false},
		{"--ctorigdst 10.0.0.1", nil, true},
		{"--ctorigdst 10.0.0.1", reply, true},
		{"--ctorigdst 172.17.0.2", nil, false},
		{"--ctreplsrc 172.17.0.2 --ctorigsrc 10.0.0.9 --ctrepldst 10.0.0.9", nil, true},
		{"--ctreplsrc 172.17.200.200/16", nil, true},
		{"! --ctreplsrc 172.17.0.0/16", nil, false},
		{"--ctorigsrc 1.2.3.4/0", nil, true},
		{"! --ctorigsrc 1.2.3.4/0", nil, false},
		{"--ctproto 6", nil, true},
		{"! --ctproto 6", nil, false},
		{"--ctproto 0", nil, false},
		{"--ctdir ORIGINAL", nil, true},
		{"--ctdir ORIGINAL", reply, false},
		{"--ctdir REPLY", reply, true},
		{"--ctstate DNAT --ctorigdst 10.0.0.1", nil, true},
		{"--ctstate SNAT --ctorigdst 10.0.0.1", nil, false},
		{"--ctstate ESTABLISHED --ctdir REPLY", reply, true},
		{"--ctstatus NONE", nil, false},
		{"! --ctstatus NONE", nil, true},
		{"--ctstatus CONFIRMED", nil, false},
		{"--ctstatus CONFIRMED", confirmed, true},
		{"--ctstatus ASSURED,CONFIRMED", confirmed, true},
		{"! --ctstatus SEEN_REPLY", confirmed, true},
		{"--ctexpire 0", nil, true}, // before it is confirmed
		{"--ctexpire 1:4294967295", confirmed, true},
		{"! --ctexpire 120", confirmed, false},
		{"--ctexpire 200:100", confirmed, false},
		{"--ctstate INVALID --ctorigdst 1.1.1.1", none, true}, // nothing else is asked of what has no connection
		{"--ctorigdst 10.0.0.1", none, false},
		{"! --ctorigdst 1.1.1.1", none, false},
		{"--ctstate NEW --ctorigdst 10.0.0.1", none, false},
	} {
		tables := newBed(t).tables
		rule := "-m conntrack " + tt.options
		require.NoError(t, tables.v4.Append(FilterForward, parsed(t, rule)), rule)
		p := published(t, tables)
		if tt.change != nil {
			tt.change(p)
		}
		tables.v4.traverse(filterTable, p)
		assert.Equal(t, tt.want, countersOf(tables.v4, FilterForward)[0].Packets == 1, rule)
	}
}

// The type and the code of an echo stand where ports have the destination.
func TestConntrackOfICMP(t *testing.T) {
	t.Parallel()
	b := newBed(t, "-A FORWARD -m conntrack --ctorigsrcport 7 --ctorigdstport 2048 --ctreplsrcport 7 --ctrepldstport 0")
	b.in("docker0", sample{proto: "icmp", kind: echo4, id: 7, src: containerIP, dst: peerIP})
	assert.EqualValues(t, 1, countersOf(b.tables.v4, FilterForward)[0].Packets)
}

// The time left is that of the moment at which the packet comes: UDP begins with 30 s.
func TestConntrackExpire(t *testing.T) {
	t.Parallel()
	b := newBed(t, "-t raw -A PREROUTING", "-A FORWARD -m conntrack --ctstatus CONFIRMED --ctexpire 19:20",
		"-A FORWARD -m conntrack --ctstatus CONFIRMED --ctexpire 29:30")
	out := sample{proto: "udp", src: containerIP + ":9", dst: peerIP + ":53"}
	b.in("docker0", out)
	b.clock.Advance(10 * time.Second)
	b.in("docker0", out) // which prolongs it before FORWARD
	counts := countersOf(b.tables.v4, FilterForward)
	assert.Zero(t, counts[0].Packets)
	assert.EqualValues(t, 1, counts[1].Packets)
}

// TestLimitedAddrType asks on which interface an address is local.
func TestLimitedAddrType(t *testing.T) {
	t.Parallel()
	b := newBed(t,
		"-t mangle -A PREROUTING -m addrtype --dst-type LOCAL",
		"-t mangle -A PREROUTING -m addrtype --dst-type LOCAL --limit-iface-in",
		"-t mangle -A PREROUTING -m addrtype --dst-type BROADCAST --limit-iface-in",
		"-t mangle -A PREROUTING -m addrtype --dst-type UNICAST --limit-iface-in",
		"-t mangle -A PREROUTING -m addrtype ! --dst-type LOCAL --limit-iface-in")
	for _, tt := range []struct {
		dst  string
		want []uint64
	}{
		{hostIP, []uint64{1, 1, 0, 0, 0}},
		{gatewayIP, []uint64{1, 0, 0, 1, 1}},
		{"10.0.0.255", []uint64{0, 0, 1, 0, 1}},
		{"172.17.255.255", []uint64{0, 0, 0, 1, 1}},
		{peerIP, []uint64{0, 0, 0, 1, 1}},
	} {
		require.NoError(t, b.tables.v4.Zero(ManglePrerouting))
		b.in("eth0", sample{proto: "udp", src: peerIP + ":1", dst: tt.dst + ":2"})
		var got []uint64
		for _, n := range countersOf(b.tables.v4, ManglePrerouting) {
			got = append(got, n.Packets)
		}
		assert.Equal(t, tt.want, got, tt.dst)
	}
}

// TestSecurity has the table behind filter at its three hooks.
func TestSecurity(t *testing.T) {
	t.Parallel()
	b := newBed(t, "-t security -A FORWARD -p tcp -j DROP", "-t security -A INPUT -p tcp -j DROP",
		"-A FORWARD -p udp -j DROP", "-t security -A FORWARD -p udp")
	b.in("docker0", sample{src: containerIP + ":9", dst: peerIP + ":80", flags: syn},
		sample{src: containerIP + ":9", dst: gatewayIP + ":80", flags: syn},
		sample{proto: "udp", src: containerIP + ":9", dst: peerIP + ":80"})
	assert.Empty(t, b.out())
	require.Len(t, b.drops, 3)
	assert.Equal(t, SecurityForward, b.drops[0].Chain)
	assert.Equal(t, SecurityInput, b.drops[1].Chain)
	assert.Equal(t, FilterForward, b.drops[2].Chain)
	assert.Zero(t, countersOf(b.tables.v4, SecurityForward)[1].Packets, "filter is asked first")
	assert.Zero(t, b.conns(), "what is dropped leaves no trace")
}
