package nat

import (
	"fmt"
	"net/netip"
	"strings"

	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Dropped says which packet was dropped, where and why. It is comparable.
type Dropped struct {
	Reason           drop.Reason
	Hook             string // "PREROUTING", "INPUT", "FORWARD", "OUTPUT" or "POSTROUTING"
	Chain            Chain  // of the rule or the policy that dropped it
	Rule             int    // in Chain, counted from 1; 0: not a rule
	In, Out          string // interfaces
	PhysIn, PhysOut  string // ports of a bridge
	Src, Dst         netip.Addr
	Proto            uint8
	SrcPort, DstPort uint16 // of TCP and UDP
	State            StateSet
	Size             int                 // bytes of the IP packet
	Packet           *stack.PacketBuffer // borrowed while it is told
}

// String returns one line: "FORWARD: dropped by filter/DOCKER-USER rule 1: docker0 to
// eth0, 52 bytes of tcp from 172.17.0.2:40000 to 192.0.2.1:80".
func (d Dropped) String() string {
	var b strings.Builder
	switch {
	case d.Reason == drop.Rule:
		fmt.Fprintf(&b, "%s: dropped by %s rule %d", d.Hook, d.Chain, d.Rule)
	case d.Rule > 0:
		fmt.Fprintf(&b, "%s: dropped by %s rule %d, %v", d.Hook, d.Chain, d.Rule, d.Reason)
	case d.Reason == drop.Policy:
		fmt.Fprintf(&b, "%s: dropped by the policy of %s", d.Hook, d.Chain)
	default:
		fmt.Fprintf(&b, "%s: dropped: %v", d.Hook, d.Reason)
	}
	if way := way(d.In, d.PhysIn) + " to " + way(d.Out, d.PhysOut); way != " to " {
		b.WriteString(": " + strings.TrimSuffix(strings.TrimPrefix(way, " "), " to "))
	}
	if d.Src.IsValid() {
		fmt.Fprintf(&b, ", %d bytes of %s from %s to %s", d.Size, protocolName(d.Proto), d.end(d.Src, d.SrcPort), d.end(d.Dst, d.DstPort))
	}
	return b.String()
}

// way returns an interface and the port of it.
func way(nic, port string) string {
	if port == "" {
		return nic
	}
	return nic + " (" + port + ")"
}

// end returns one end of the packet, with its port where the protocol has ports.
func (d Dropped) end(addr netip.Addr, port uint16) string {
	if d.SrcPort == 0 && d.DstPort == 0 {
		return addr.String()
	}
	return netip.AddrPortFrom(addr, port).String()
}

// Drops returns how many packets were dropped.
func (t *Tables) Drops() drop.Counts { return t.drops.Load() }

// drop counts a packet that is dropped, and returns false.
func (t *Tables) drop(p *packet, why drop.Reason) bool {
	t.drops.Add(why, 1)
	t.forgetFragments(p)
	if t.onDrop == nil {
		return false
	}
	d := Dropped{
		Reason: why, Hook: hookNames[p.hook],
		In: p.in, Out: p.out, PhysIn: p.physIn, PhysOut: p.physOut,
		Src: p.src, Dst: p.dst, Proto: p.proto, SrcPort: p.srcPort, DstPort: p.dstPort,
		State: p.state, Size: p.layout.Size, Packet: p.pkt,
	}
	if why == drop.Rule || why == drop.Policy || why == p.why {
		d.Chain, d.Rule = p.chain, p.rule
	}
	t.onDrop(d)
	return false
}
