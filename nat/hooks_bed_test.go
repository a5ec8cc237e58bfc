package nat

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	netloop "gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// A bed is a stack that routes between eth0 and docker0, by netstack's own forwarding,
// with tables under test for its netfilter. Packets are put in and taken out as bytes.
type bed struct {
	t      testing.TB
	tables *Tables
	stack  *stack.Stack
	clock  *faketime.ManualClock
	nics   map[string]*channel.Endpoint
	drops  []Dropped
}

const (
	bedEth0, bedDocker0, bedLo = 1, 2, 3

	// Of the bed, and of its neighbours.
	hostIP, gatewayIP   = "10.0.0.1", "172.17.0.1"
	peerIP, containerIP = "10.0.0.9", "172.17.0.2"
	hostIP6, gatewayIP6 = "fd00::1", "fd17::1"
	peerIP6, boxIP6     = "fd00::9", "fd17::2"
)

// newBed makes a bed with rules as iptables-save prints them, "-t nat -A …"; those of
// IPv6 begin with -6.
func newBed(t testing.TB, rules ...string) *bed {
	b := &bed{t: t, clock: faketime.NewManualClock(), nics: make(map[string]*channel.Endpoint)}
	b.tables = New(WithClock(b.clock), WithSeed(1), OnDrop(func(d Dropped) { b.drops = append(b.drops, d) }))
	b.stack = newRouter(b.clock)
	t.Cleanup(func() { b.stack.Destroy() })
	b.tables.Attach(b.stack)
	b.addNIC(bedEth0, "eth0", hostIP+"/24", hostIP6+"/64")
	b.addNIC(bedDocker0, "docker0", gatewayIP+"/16", gatewayIP6+"/64")
	require.Nil(t, b.stack.CreateNICWithOptions(bedLo, netloop.New(), stack.NICOptions{Name: "lo"}))
	addAddresses(t, b.stack, bedLo, "127.0.0.1/8", "::1/128")
	b.stack.AddRoute(tcpip.Route{Destination: header.IPv4EmptySubnet, NIC: bedEth0})
	b.stack.AddRoute(tcpip.Route{Destination: header.IPv6EmptySubnet, NIC: bedEth0})
	b.rules(rules...)
	return b
}

func newRouter(clock tcpip.Clock) *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6},
		Clock:              clock,
		HandleLocal:        true,
		IPTables:           new(stack.IPTables),
	})
	s.SetForwardingDefaultAndAllNICs(ipv4.ProtocolNumber, true)
	s.SetForwardingDefaultAndAllNICs(ipv6.ProtocolNumber, true)
	s.SetICMPLimit(1e9)
	return s
}

func (b *bed) addNIC(id tcpip.NICID, name string, addrs ...string) {
	ep := channel.New(1024, 1500, "")
	b.nics[name] = ep
	require.Nil(b.t, b.stack.CreateNICWithOptions(id, ep, stack.NICOptions{Name: name}))
	addAddresses(b.t, b.stack, id, addrs...)
}

func (b *bed) rules(lines ...string) {
	b.t.Helper()
	for _, line := range lines {
		addRule(b.t, b.tables, line)
	}
}

// addRule appends a rule. "-P" in the place of "-A" sets a policy.
func addRule(t testing.TB, tables *Tables, line string) {
	t.Helper()
	rest, v6 := strings.CutPrefix(line, "-6 ")
	rs := tables.IPv4()
	if v6 {
		rs = tables.IPv6()
	}
	if policy, ok := strings.CutPrefix(rest, "-P "); ok {
		chain, target, _ := strings.Cut(policy, " ")
		require.NoError(t, rs.SetPolicy(Chain("filter/"+chain), map[string]Target{"ACCEPT": Accept{}, "DROP": Drop{}}[target]), line)
		return
	}
	if v6 {
		rest = "-6 " + rest
	}
	c, r, err := ParseRule(rest)
	require.NoError(t, err, line)
	require.NoError(t, rs.Append(c, r), line)
}

// in lets packets arrive at an interface.
func (b *bed) in(nic string, packets ...sample) *bed {
	for _, s := range packets {
		b.inBytes(nic, s.bytes())
	}
	return b
}

func (b *bed) inBytes(nic string, packet []byte) {
	proto := header.IPv4ProtocolNumber
	if packet[0]>>4 == 6 {
		proto = header.IPv6ProtocolNumber
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(packet)})
	b.nics[nic].InjectInbound(proto, pkt)
	pkt.DecRef()
}

// out returns what has left since, as "docker0: tcp S 10.0.0.9:1 > 172.17.0.2:80". All
// checksums must be right. What netstack says to find its neighbours is left out.
func (b *bed) out() []string {
	b.t.Helper()
	var got []string
	for _, nic := range slices.Sorted(maps.Keys(b.nics)) {
		for _, packet := range b.outBytes(nic) {
			got = append(got, nic+": "+dissect(packet).String())
		}
	}
	return got
}

func (b *bed) outBytes(nic string) [][]byte {
	b.t.Helper()
	var got [][]byte
	for pkt := b.nics[nic].Read(); pkt != nil; pkt = b.nics[nic].Read() {
		packet := bytesOf(pkt)
		pkt.DecRef()
		if s := dissect(packet); s.proto == 2 || s.proto == 58 && s.l4[0] > 129 || s.proto == 0 {
			continue
		}
		assertValid(b.t, packet)
		got = append(got, packet)
	}
	return got
}

// conns returns the number of connections.
func (b *bed) conns() int { return b.tables.conns.Len() }
