package nat

import (
	"net/netip"
	"slices"
	"testing"

	wire "drydock/internal/packet"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// host is the network of one address.
func hostOf(a netip.Addr) Network { return Network{Addr: a, Mask: fullMask(a.Is6())} }

// network is a prefix as rules have it.
func network(s string) Network {
	p := netip.MustParsePrefix(s)
	mask := make([]byte, p.Addr().BitLen()/8)
	for i := range p.Bits() {
		mask[i/8] |= 0x80 >> (i % 8)
	}
	m, _ := netip.AddrFromSlice(mask)
	return Network{Addr: p.Addr(), Mask: m}
}

func onePort(n uint16) PortRange { return PortRange{Lo: n, Hi: n, Set: true} }

// samplePacket is a segment on its way from eth0 to docker0.
func samplePacket(t *Tables) *packet {
	return &packet{
		host: &t.host, hook: forward, in: "eth0", out: "docker0",
		src: netip.MustParseAddr("172.16.80.47"), dst: netip.MustParseAddr("172.18.0.5"),
		proto: ianaTCP, ports: true, srcPort: 40000, dstPort: 8080, tcpFlags: 0x10, layout: wire.Layout{Size: 52},
		state: StateNew, pkt: stack.NewPacketBuffer(stack.PacketBufferOptions{}),
	}
}

// rulesetOf returns new tables of a family.
func rulesetOf(v6 bool) *Ruleset {
	if v6 {
		return New().v6
	}
	return New().v4
}

// rulesOf returns the rules of a chain as iptables-save prints them.
func rulesOf(rs *Ruleset, c Chain) []string {
	var all []string
	for r := range rs.Rules(c) {
		all = append(all, r.String())
	}
	return all
}

func countersOf(rs *Ruleset, c Chain) []Counters {
	var all []Counters
	for _, n := range rs.Rules(c) {
		all = append(all, n)
	}
	return all
}

func chainsOf(rs *Ruleset, table string) []Chain { return slices.Collect(rs.Chains(table)) }

// parsed returns the rule that spec, as iptables-save prints it, says.
func parsed(t testing.TB, spec string) Rule {
	t.Helper()
	_, r, err := ParseRule(spec)
	require.NoError(t, err, spec)
	return r
}
