package nat

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"drydock/drop"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
)

// TestNAPTHairpin: machines inside reach each other by their ports outside, and each sees the other's
// (RFC 4787, REQ-9), as far as the filter allows.
func TestNAPTHairpin(t *testing.T) {
	const one, two, out1, out2 = inside1 + ":1000", inside2 + ":2000", hostIP + ":1000", hostIP + ":2000"
	for _, proto := range []string{"udp", "tcp"} {
		for _, filtering := range everyDependence {
			t.Run(fmt.Sprintf("%s, %v filtering", proto, filtering), func(t *testing.T) {
				b := newNAPT(t, proto, NAPT{Filtering: filtering, Hairpin: true})
				require.Equal(t, out1, b.port(one, remote1+":80"))
				require.Equal(t, out2, b.port(two, remote1+":80"))
				if filtering == EndpointIndependent {
					require.Equal(t, out1+" > "+two, b.send("docker0", one, out2))
				} else {
					require.Empty(t, b.send("docker0", one, out2), "the second has not sent to the first")
					require.Equal(t, out2+" > "+one, b.send("docker0", two, out1), "the first has to the second")
				}
				require.Equal(t, out2+" > "+one, b.send("docker0", two, out1), "and the way back")
				require.Equal(t, out1+" > "+two, b.send("docker0", one, out2))
				require.Equal(t, 3, b.conns())
			})
		}
	}
	t.Run("a new port of the first", func(t *testing.T) {
		b := newNAPT(t, "udp", NAPT{Hairpin: true})
		require.Equal(t, out2, b.port(two, remote1+":80"))
		require.Equal(t, hostIP+":3000 > "+two, b.send("docker0", inside1+":3000", out2))
		require.True(t, b.passes(remote1+":80", hostIP+":3000", inside1+":3000"), "it is a mapping like others")
	})
	t.Run("what is asked in vain is bounded", func(t *testing.T) {
		b := newNAPT(t, "udp", NAPT{Filtering: AddressAndPortDependent, Hairpin: true})
		for i := range 200 {
			require.NotEmpty(t, b.port(fmt.Sprintf("%s:%d", inside2, 3000+i), remote1+":80"))
		}
		for range 3 {
			for i := range 200 {
				require.Empty(t, b.send("docker0", one, fmt.Sprintf("%s:%d", hostIP, 3000+i)))
			}
		}
		own := b.tables.mappings.outside[natPort{17, netip.MustParseAddrPort(out1)}]
		require.Len(t, own.asked, maxAsked)
		require.Zero(t, own.count)
		require.Equal(t, hostIP+":3063 > "+one, b.send("docker0", inside2+":3063", out1))
		b.clock.Advance(29 * time.Second)
		require.Empty(t, b.send("docker0", inside2+":3150", out1), "for whom was no room")
		b.clock.Advance(2 * time.Second)
		require.Nil(t, b.tables.mappings.find(&b.tables.host, own.outside))
	})
	t.Run("to oneself", func(t *testing.T) {
		b := newNAPT(t, "udp", NAPT{Hairpin: true})
		require.Equal(t, out1, b.port(one, remote1+":80"))
		for range 2 {
			require.Equal(t, out1+" > "+one, b.send("docker0", one, out1))
		}
	})
	t.Run("no hairpins", func(t *testing.T) {
		b := newNAPT(t, "udp", FullCone)
		require.Equal(t, out2, b.port(two, remote1+":80"))
		require.Empty(t, b.send("docker0", one, out2))
		require.Equal(t, drop.NATHairpin, b.drops[0].Reason)
		require.Equal(t, "PREROUTING: dropped by nat/PREROUTING rule 1, NAT without hairpins: docker0, 28 bytes of udp from 172.17.0.2:1000 to 10.0.0.1:2000", b.drops[0].String())
	})
	t.Run("an error about a hairpin", func(t *testing.T) {
		b := newNAPT(t, "udp", NAPT{Hairpin: true})
		require.Equal(t, out2, b.port(two, remote1+":80"))
		require.Equal(t, out1+" > "+two, b.send("docker0", one, out2))
		about := sample{proto: "udp", src: out1, dst: two}.bytes()
		got := b.in("docker0", sample{proto: "icmp", kind: 3, code: 3, src: inside2, dst: hostIP, data: about}).out()
		require.Equal(t, []string{"docker0: icmp 3/3 10.0.0.1 > 172.17.0.2 [udp 172.17.0.2:1000 > 10.0.0.1:2000]"}, got)
	})
}

// TestNAPTConns has what conntrack -L shows.
func TestNAPTConns(t *testing.T) {
	b := newNAPT(t, "udp", NAPT{Hairpin: true})
	b.port(inside1+":1000", remote1+":80")
	require.True(t, b.passes(remote2+":9", hostIP+":1000", inside1+":1000"))
	b.send("docker0", inside2+":2000", hostIP+":1000")
	var lines []string
	for e := range b.tables.Conns() {
		lines = append(lines, e.String())
	}
	slices.Sort(lines)
	assert.Equal(t, []string{
		"udp      17 30 src=10.0.0.9 dst=10.0.0.1 sport=9 dport=1000 [UNREPLIED] src=172.17.0.2 dst=10.0.0.9 sport=1000 dport=9 mark=0 use=1",
		"udp      17 30 src=172.17.0.2 dst=10.0.0.8 sport=1000 dport=80 [UNREPLIED] src=10.0.0.8 dst=10.0.0.1 sport=80 dport=1000 mark=0 use=1",
		"udp      17 30 src=172.17.0.3 dst=10.0.0.1 sport=2000 dport=1000 [UNREPLIED] src=172.17.0.2 dst=10.0.0.1 sport=1000 dport=2000 mark=0 use=1",
	}, lines)
}

// TestNAPTTwoMappings: a remote endpoint that has a mapping of its own comes by another one. Conntrack
// has one connection for its pair of endpoints, so that the port it is seen with changes, as on Linux.
func TestNAPTTwoMappings(t *testing.T) {
	b := newNAPT(t, "udp", NAPT{Mapping: AddressAndPortDependent})
	first := b.port(inside1+":1000", remote1+":80")
	second := b.port(inside1+":1000", remote2+":80")
	require.NotEqual(t, first, second)
	got := b.send("eth0", remote2+":80", first)
	require.Regexp(t, `^10\.0\.0\.9:\d+ > 172\.17\.0\.2:1000$`, got)
	require.NotContains(t, got, ":80 ")
}

// TestNAPTOwn: the machine's own packets keep their ports, and others do not get these while they are
// in use towards the same endpoint.
func TestNAPTOwn(t *testing.T) {
	b := newNAPT(t, "udp", FullCone)
	b.tables.Attach(b.stack)
	own := sample{proto: "udp", src: hostIP + ":1000", dst: remote1 + ":80"}
	pkt := received(own.bytes())
	defer pkt.DecRef()
	route, err := b.stack.FindRoute(0, pkt.Network().SourceAddress(), pkt.Network().DestinationAddress(), pkt.NetworkProtocolNumber, false)
	require.Nil(t, err)
	defer route.Release()
	require.True(t, b.tables.CheckOutput(pkt, route, 0) && b.tables.CheckPostrouting(pkt, route, 0))
	require.Equal(t, "udp 10.0.0.1:1000 > 10.0.0.8:80", dissect(bytesOf(pkt)).String())
	require.Empty(t, b.tables.mappings.outside)
	require.NotEqual(t, hostIP+":1000", b.port(inside1+":1000", remote1+":80"))
}

// TestNAPTClone: a clone has the mappings, and makes none for others.
func TestNAPTClone(t *testing.T) {
	b := newNAPT(t, "udp", NAPT{Random: true, Filtering: AddressDependent})
	at := b.port(inside1+":1000", remote1+":80")
	clone, err := b.tables.Clone()
	require.NoError(t, err)
	tried := *b.bed
	tried.tables = clone
	try := func(nic tcpip.NICID, src, dst string) string {
		out := tried.passed(nic, sample{proto: "udp", src: src, dst: dst}.bytes())
		if out == nil {
			return ""
		}
		return dissect(out).String()
	}
	for range 2 {
		require.Equal(t, "udp "+at+" > 10.0.0.9:80", try(bedDocker0, inside1+":1000", remote2+":80"))
		require.Equal(t, "udp 10.0.0.9:81 > 172.17.0.2:1000", try(bedEth0, remote2+":81", at), "the clone has sent there")
	}
	require.NotEmpty(t, try(bedDocker0, inside2+":1000", remote1+":80"))
	require.False(t, b.passes(remote2+":81", at, inside1+":1000"), "the tables have not")
	require.Len(t, b.tables.mappings.outside, 1)
	require.Len(t, clone.mappings.outside, 2)
	b.clock.Advance(31 * time.Second)
	for _, tables := range []*Tables{b.tables, clone} {
		require.Nil(t, tables.mappings.find(&tables.host, natPort{17, netip.MustParseAddrPort(at)}), "in both the mapping has ended")
	}
}

// TestNAPTRefused has what is no such rule.
func TestNAPTRefused(t *testing.T) {
	t.Parallel()
	rs := New().IPv4()
	for _, tt := range []struct {
		chain  Chain
		target NAPT
		err    error
	}{
		{NATPrerouting, FullCone, nil},
		{NATPrerouting, RestrictedCone, ErrTarget},
		{NATPostrouting, RestrictedCone, nil},
		{NATPostrouting, NAPT{Mapping: 3}, ErrValue},
		{NATPostrouting, NAPT{Filtering: 3}, ErrValue},
		{NATPostrouting, NAPT{MinPort: 9, MaxPort: 10}, ErrPort},
		{NATPostrouting, NAPT{MinPort: 9, MaxPort: 8}, ErrPortRange},
		{NATPostrouting, NAPT{MaxPort: 8}, ErrPortRange},
		{"nat/OUTPUT", FullCone, ErrTarget},
		{"nat/INPUT", FullCone, ErrTarget},
		{"filter/FORWARD", FullCone, ErrTarget},
	} {
		err := rs.Append(tt.chain, Rule{Target: tt.target})
		if tt.err == nil {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, tt.err, "%s %v", tt.chain, tt.target)
		}
	}
}

func TestDependence(t *testing.T) {
	t.Parallel()
	for _, d := range everyDependence {
		got, ok := ParseDependence(d.String())
		require.True(t, ok)
		require.Equal(t, d, got)
	}
	_, ok := ParseDependence("")
	require.False(t, ok)
	require.Equal(t, "Dependence(3)", Dependence(3).String())
}
