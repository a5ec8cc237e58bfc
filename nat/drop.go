package nat

import (
	"fmt"
	"net/netip"
	"strings"
)

// A DropReason is why a packet was dropped.
type DropReason uint8

const (
	DropRule        DropReason = iota // a rule said so
	DropPolicy                        // the policy of a chain did
	DropMalformed                     // its IP header is not right
	DropFull                          // the table of connections was full
	DropClash                         // another connection has meanwhile taken its place
	DropFragment                      // the first fragment is missing, was dropped, or lacks a part of the transport header
	DropTranslation                   // an ICMP redirect of a translated connection
	DropRoute                         // translated away from its bridge, and nobody routes it
	numDropReasons
)

var dropReasons = [numDropReasons]string{
	"rule", "policy", "malformed", "connection table full", "clash with another connection",
	"fragment without the header", "redirect of a translated connection", "translated away from its bridge",
}

// String returns the reason in words.
func (r DropReason) String() string {
	if r < numDropReasons {
		return dropReasons[r]
	}
	return fmt.Sprintf("DropReason(%d)", uint8(r))
}

// A Dropped says which packet was dropped, where and why. It is comparable.
type Dropped struct {
	Reason           DropReason
	Hook             string // "PREROUTING", "INPUT", "FORWARD", "OUTPUT" or "POSTROUTING"
	Chain            Chain  // of the rule or the policy that dropped it
	Rule             int    // in Chain, counted from 1; 0: not a rule
	In, Out          string // interfaces
	PhysIn, PhysOut  string // ports of a bridge
	Src, Dst         netip.Addr
	Proto            uint8
	SrcPort, DstPort uint16 // of TCP and UDP
	State            StateSet
	Size             int // bytes of the IP packet
}

// String returns one line: "FORWARD: dropped by filter/DOCKER-USER rule 1: docker0 to
// eth0, 52 bytes of tcp from 172.17.0.2:40000 to 192.0.2.1:80".
func (d Dropped) String() string {
	var b strings.Builder
	switch d.Reason {
	case DropRule:
		fmt.Fprintf(&b, "%s: dropped by %s rule %d", d.Hook, d.Chain, d.Rule)
	case DropPolicy:
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

// Drops returns how many packets were dropped for a reason.
func (t *Tables) Drops(r DropReason) uint64 {
	if r >= numDropReasons {
		return 0
	}
	return t.drops[r].Load()
}

// drop counts a packet that is dropped, and returns false.
func (t *Tables) drop(p *packet, why DropReason) bool {
	t.drops[why].Add(1)
	t.forgetFragments(p)
	if t.onDrop == nil {
		return false
	}
	d := Dropped{
		Reason: why, Hook: hookNames[p.hook],
		In: p.in, Out: p.out, PhysIn: p.physIn, PhysOut: p.physOut,
		Src: p.src, Dst: p.dst, Proto: p.proto, SrcPort: p.srcPort, DstPort: p.dstPort,
		State: p.state, Size: p.layout.Size,
	}
	if why == DropRule || why == DropPolicy {
		d.Chain, d.Rule = p.chain, p.rule
	}
	t.onDrop(d)
	return false
}
