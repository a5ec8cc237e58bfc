package nat

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"drydock/drop"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	remote1, remote2 = "10.0.0.8", "10.0.0.9"
	inside1, inside2 = "172.17.0.2", "172.17.0.3"
)

// A naptBed is a bed that translates by NAPT towards eth0. Tests with it do not run in parallel: netstack's
// own forwarding reads headers that it has released, which the race detector tells of when others
// take their memory.
type naptBed struct {
	*bed
	proto string
}

func newNAPT(t *testing.T, proto string, how NAPT) *naptBed {
	b := &naptBed{newBed(t), proto}
	for _, rs := range []*Ruleset{b.tables.IPv4(), b.tables.IPv6()} {
		require.NoError(t, rs.Append(NATPostrouting, Rule{Out: Interface{Name: "eth0"}, Target: how}))
		require.NoError(t, rs.Append(NATPrerouting, Rule{Target: NAPT{}}))
	}
	return b
}

// send has the first packet of a connection arrive, and returns where it goes: "src > dst", "" for
// nowhere.
func (b *naptBed) send(nic, src, dst string) string {
	b.t.Helper()
	s := sample{proto: b.proto, src: src, dst: dst}
	if b.proto == "tcp" {
		s.flags = syn
	}
	out := strings.Join(b.in(nic, s).out(), "\n")
	_, out, _ = strings.Cut(out, ": ")
	return strings.TrimPrefix(strings.TrimPrefix(out, b.proto+" "), "S ")
}

// port sends to the outside and returns the source that is seen there, "" if none is.
func (b *naptBed) port(src, dst string) string {
	b.t.Helper()
	from, to, ok := strings.Cut(b.send("docker0", src, dst), " > ")
	if ok {
		require.Equal(b.t, dst, to)
	}
	return from
}

// passes reports whether what comes from outside reaches its destination inside.
func (b *naptBed) passes(src, dst, inside string) bool {
	b.t.Helper()
	before := b.tables.Drops()[drop.NATFilter]
	got := b.send("eth0", src, dst)
	if got == "" {
		require.Equal(b.t, before+1, b.tables.Drops()[drop.NATFilter])
		return false
	}
	require.Equal(b.t, src+" > "+inside, got)
	return true
}

var everyDependence = []Dependence{EndpointIndependent, AddressDependent, AddressAndPortDependent}

// TestNAPT has every mapping with every filtering: by which port flows to other endpoints leave, and
// who may answer.
func TestNAPT(t *testing.T) {
	same := map[Dependence][2]bool{ // as to the first endpoint: another port of it, another address
		EndpointIndependent: {true, true}, AddressDependent: {true, false}, AddressAndPortDependent: {false, false},
	}
	for _, proto := range []string{"udp", "tcp"} {
		for _, mapping := range everyDependence {
			for _, filtering := range everyDependence {
				t.Run(fmt.Sprintf("%s, %v mapping, %v filtering", proto, mapping, filtering), func(t *testing.T) {
					b := newNAPT(t, proto, NAPT{Mapping: mapping, Filtering: filtering})
					first := b.port(inside1+":1000", remote1+":80")
					require.Equal(t, "10.0.0.1:1000", first, "the port is preserved")
					assert.Equal(t, same[mapping][0], b.port(inside1+":1000", remote1+":81") == first)
					assert.Equal(t, same[mapping][1], b.port(inside1+":1000", remote2+":80") == first)

					second := b.port(inside1+":2000", remote1+":80")
					require.Equal(t, "10.0.0.1:2000", second)
					passes := func(src string) bool { return b.passes(src, second, inside1+":2000") }
					assert.True(t, b.send("eth0", remote1+":80", second) != "", "the answer")
					assert.Equal(t, same[filtering][0], passes(remote1+":81"))
					assert.Equal(t, same[filtering][1], passes(remote2+":80"))
				})
			}
		}
	}
}

// TestNAPTClash: two machines inside with the same port get different ones outside, and keep them.
func TestNAPTClash(t *testing.T) {
	b := newNAPT(t, "udp", FullCone)
	require.Equal(t, "10.0.0.1:1000", b.port(inside1+":1000", remote1+":80"))
	second := b.port(inside2+":1000", remote1+":80")
	require.NotEqual(t, "10.0.0.1:1000", second)
	require.Equal(t, second, b.port(inside2+":1000", remote2+":80"))
	require.True(t, b.passes(remote2+":99", second, inside2+":1000"))
	require.True(t, b.passes(remote2+":99", "10.0.0.1:1000", inside1+":1000"))

	// Ports of TCP are others than those of UDP.
	b.proto = "tcp"
	require.Equal(t, "10.0.0.1:1000", b.port(inside2+":1000", remote1+":80"))
}

func TestNAPTPorts(t *testing.T) {
	outside := func(b *naptBed, src, dst string) int {
		at, err := netip.ParseAddrPort(b.port(src, dst))
		require.NoError(t, err)
		return int(at.Port())
	}
	b := newNAPT(t, "udp", NAPT{Random: true})
	preserved := 0
	for i := range 100 {
		src := fmt.Sprintf("%s:%d", inside1, 2000+i)
		port := outside(b, src, remote1+":80")
		require.GreaterOrEqual(t, port, 1024)
		if port == 2000+i {
			preserved++
		}
		require.Equal(t, port, outside(b, src, remote2+":80"), "a random port stays")
	}
	require.Less(t, preserved, 3)
	require.Less(t, outside(b, inside1+":500", remote1+":80"), 512, "ports below 512 stay there")

	b = newNAPT(t, "udp", NAPT{Random: true, Parity: true})
	for i := range 100 {
		require.Equal(t, i&1, outside(b, fmt.Sprintf("%s:%d", inside1, 2000+i), remote1+":80")&1)
	}
	b = newNAPT(t, "udp", NAPT{Parity: true})
	require.Equal(t, 2001, outside(b, inside1+":2001", remote1+":80"))
	require.Equal(t, 1, outside(b, inside2+":2001", remote1+":80")&1)
}

// TestNAPTExhaustion: who comes when no port is left is dropped, until a mapping has ended.
func TestNAPTExhaustion(t *testing.T) {
	b := &naptBed{newBed(t,
		"-t nat -A POSTROUTING -o eth0 -p udp -j NAPT --to-ports 5000-5003",
		"-t nat -A POSTROUTING -o eth0 -p tcp -j NAPT --mapping address-dependent --parity --to-ports 5000-5003",
		"-t nat -A PREROUTING -j NAPT"), "udp"}
	seen := map[string]bool{}
	for i := range 4 {
		seen[b.port(fmt.Sprintf("%s:%d", inside1, 4999+i), remote1+":80")] = true
	}
	require.Len(t, seen, 4)
	require.True(t, seen["10.0.0.1:5000"] && seen["10.0.0.1:5001"] && seen["10.0.0.1:5002"] && seen["10.0.0.1:5003"], seen)
	require.Empty(t, b.port(inside2+":5000", remote1+":80"))
	d := b.drops[len(b.drops)-1]
	require.Equal(t, [3]any{drop.NATPorts, Chain("nat/POSTROUTING"), 1}, [3]any{d.Reason, d.Chain, d.Rule})
	require.Equal(t, 4, b.conns(), "what is dropped leaves no trace")
	b.clock.Advance(31 * time.Second)
	require.Equal(t, "10.0.0.1:5000", b.port(inside2+":5000", remote1+":80"))

	// Of a parity there are two, and each remote address takes one.
	b.proto = "tcp"
	require.Equal(t, "10.0.0.1:5000", b.port(inside1+":5000", remote1+":80"))
	require.Equal(t, "10.0.0.1:5002", b.port(inside1+":5000", remote2+":80"))
	require.Empty(t, b.port(inside1+":5000", "10.0.0.7:80"))
	require.Equal(t, "10.0.0.1:5002", b.port(inside1+":5000", remote2+":81"))
	require.Equal(t, "10.0.0.1:5001", b.port(inside1+":5001", remote1+":80"))
}

// TestNAPTTimeouts: a mapping lives as long as one of its connections.
func TestNAPTTimeouts(t *testing.T) {
	wait := func(b *naptBed, d time.Duration) { b.clock.Advance(d) }
	t.Run("it ends with the connection", func(t *testing.T) {
		b := newNAPT(t, "udp", FullCone)
		at := b.port(inside1+":1000", remote1+":80")
		wait(b, 30*time.Second-1)
		require.Same(t, b.tables.mappings.outside[natPort{17, netip.MustParseAddrPort(at)}], b.tables.mappings.find(&b.tables.host, natPort{17, netip.MustParseAddrPort(at)}))
		wait(b, 1)
		b.send("eth0", remote2+":80", at)
		require.Empty(t, b.tables.mappings.outside, "it is for the machine itself")
		require.Empty(t, b.tables.mappings.inside)
	})
	t.Run("packets to the outside prolong it", func(t *testing.T) {
		b := newNAPT(t, "udp", FullCone)
		at := b.port(inside1+":1000", remote1+":80")
		for range 5 {
			wait(b, 29*time.Second)
			require.Equal(t, at, b.port(inside1+":1000", remote1+":80"))
		}
		require.True(t, b.passes(remote2+":80", at, inside1+":1000"))
	})
	t.Run("packets from outside prolong it", func(t *testing.T) {
		b := newNAPT(t, "udp", FullCone)
		at := b.port(inside1+":1000", remote1+":80")
		for range 5 {
			wait(b, 29*time.Second)
			require.True(t, b.passes(remote2+":80", at, inside1+":1000"))
		}
		require.Equal(t, at, b.port(inside1+":1000", remote1+":80"))
		wait(b, 31*time.Second)
		require.Empty(t, b.tables.mappings.find(&b.tables.host, natPort{17, netip.MustParseAddrPort(at)}))
	})
	t.Run("a filter forgets before the mapping", func(t *testing.T) {
		b := newNAPT(t, "udp", RestrictedCone)
		at := b.port(inside1+":1000", remote1+":80")
		wait(b, 20*time.Second)
		require.Equal(t, at, b.port(inside1+":1000", remote2+":80"))
		require.True(t, b.passes(remote1+":99", at, inside1+":1000"))
		wait(b, 29*time.Second)
		require.Equal(t, at, b.port(inside1+":1000", remote2+":80"))
		wait(b, 2*time.Second) // that of port 99 has ended
		require.False(t, b.passes(remote1+":98", at, inside1+":1000"))
		require.True(t, b.passes(remote2+":98", at, inside1+":1000"))
	})
	t.Run("TCP", func(t *testing.T) {
		b := newNAPT(t, "tcp", FullCone)
		at := b.port(inside1+":1000", remote1+":80")
		b.in("eth0", sample{src: remote1 + ":80", dst: at, flags: synAck}).in("docker0", sample{src: inside1 + ":1000", dst: remote1 + ":80"}).out()
		wait(b, 4*24*time.Hour)
		require.True(t, b.passes(remote2+":80", at, inside1+":1000"))
		b.in("eth0", sample{src: remote1 + ":80", dst: at, flags: rst}).out()
		wait(b, 121*time.Second) // the stranger's SYN
		require.Nil(t, b.tables.mappings.find(&b.tables.host, natPort{6, netip.MustParseAddrPort(at)}))
	})
	t.Run("connections that are deleted", func(t *testing.T) {
		b := newNAPT(t, "udp", NAPT{Random: true})
		at := b.port(inside1+":1000", remote1+":80")
		wait(b, 2*time.Second)
		b.tables.Forget(nil)
		require.NotEqual(t, at, b.port(inside1+":1000", remote1+":80"))
	})
}

// TestNAPTBounded: what has ended does not stay.
func TestNAPTBounded(t *testing.T) {
	b := newNAPT(t, "udp", RestrictedCone)
	for i := range 2000 {
		b.port(fmt.Sprintf("%s:%d", inside1, 2000+i), remote1+":80")
		b.port(inside2+":1000", fmt.Sprintf("10.0.%d.%d:80", 1+i/200, 1+i%200)) // one mapping, always alive
		b.clock.Advance(time.Second)
	}
	require.LessOrEqual(t, len(b.tables.mappings.outside), 128)
	require.Len(t, b.tables.mappings.inside, len(b.tables.mappings.outside))
	m := b.tables.mappings.find(&b.tables.host, natPort{17, netip.MustParseAddrPort("10.0.0.1:1000")})
	require.LessOrEqual(t, m.count, 128)
	n := 0
	for _, list := range m.sessions {
		n += len(list)
	}
	require.Equal(t, n, m.count)
}

// TestNAPTOthers has what is not mapped by ports, or not at all.
func TestNAPTOthers(t *testing.T) {
	b := newNAPT(t, "udp", NAPT{Filtering: AddressAndPortDependent})
	ping := func(src string, id uint16, dst string) sample {
		return sample{proto: "icmp", kind: echo4, id: id, src: src, dst: dst}
	}
	got := b.in("docker0", ping(inside1, 7, remote1), ping(inside1, 7, remote2), ping(inside2, 7, remote1), ping(inside1, 0, remote1)).out()
	require.Len(t, got, 4)
	require.Equal(t, []string{"eth0: icmp 8/0 id 7 10.0.0.1 > 10.0.0.8", "eth0: icmp 8/0 id 7 10.0.0.1 > 10.0.0.9"}, got[:2], "RFC 5508, REQ-1")
	require.NotContains(t, got[2], " id 7 ")
	require.Equal(t, "eth0: icmp 8/0 id 0 10.0.0.1 > 10.0.0.8", got[3])
	require.Equal(t, []string{"docker0: icmp 0/0 id 7 10.0.0.8 > 172.17.0.2"}, b.in("eth0", sample{proto: "icmp", kind: reply4, id: 7, src: remote1, dst: hostIP}).out())
	require.Equal(t, []string{"eth0: icmp 0/0 id 7 10.0.0.1 > 10.0.0.8"}, b.in("eth0", ping(remote1, 7, hostIP)).out(), "the machine itself answers")
	require.Equal(t, []string{"eth0: proto 253 10.0.0.1 > 10.0.0.9"}, b.in("docker0", sample{proto: "other", src: inside1, dst: remote2}).out())

	// An error about a mapped packet, and one about nothing.
	at := b.port(inside1+":1000", remote1+":80")
	about := func(src string) []byte { return sample{proto: "udp", src: src, dst: remote1 + ":80"}.bytes() }
	unreachable := func(src string) sample {
		return sample{proto: "icmp", kind: 3, code: 3, src: remote1, dst: hostIP, data: about(src)}
	}
	require.Equal(t, []string{"docker0: icmp 3/3 10.0.0.8 > 172.17.0.2 [udp 172.17.0.2:1000 > 10.0.0.8:80]"}, b.in("eth0", unreachable(at)).out())
	require.Empty(t, b.in("eth0", unreachable("10.0.0.1:1001")).out())
}

// TestNAPT6 does the same with addresses of IPv6 (NAT66).
func TestNAPT6(t *testing.T) {
	b := newNAPT(t, "udp", RestrictedCone)
	at := b.port("[fd17::2]:1000", "[fd00::8]:80")
	require.Equal(t, "[fd00::1]:1000", at)
	require.Equal(t, at, b.port("[fd17::2]:1000", "[fd00::9]:80"))
	require.True(t, b.passes("[fd00::8]:99", at, "[fd17::2]:1000"))
	require.False(t, b.passes("[fd00::7]:99", at, "[fd17::2]:1000"))
}
