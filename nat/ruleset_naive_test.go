package nat

import (
	"fmt"
	"net/netip"
	"strings"
)

func naiveMatch(r *Rule, p *packet) bool {
	if !naiveNetwork(r.Src, p.src) || !naiveNetwork(r.Dst, p.dst) || !naiveName(r.In, p.in) || !naiveName(r.Out, p.out) {
		return false
	}
	if r.Proto.Number > 0 && (p.proto == r.Proto.Number) == r.Proto.Not {
		return false
	}
	for _, m := range r.Matches {
		if !naiveExtension(m, p) {
			return false
		}
	}
	return true
}

func naiveNetwork(n Network, a netip.Addr) bool {
	if !n.Addr.IsValid() {
		return true
	}
	inside := true
	for i, b := range a.AsSlice() {
		inside = inside && b&n.Mask.AsSlice()[i] == n.Addr.AsSlice()[i]
	}
	return inside != n.Not
}

func naiveName(i Interface, name string) bool {
	if i.Name == "" {
		return true
	}
	if begin := strings.TrimSuffix(i.Name, "+"); begin != i.Name {
		return (len(name) >= len(begin) && name[:len(begin)] == begin) != i.Not
	}
	return (i.Name == name) != i.Not
}

func naivePorts(r PortRange, port uint16) bool {
	return !r.Set || (port >= r.Lo && port <= r.Hi) != r.Not
}

// onlyAddr is the only address in the set of the model.
func onlyAddr(v6 bool) netip.Addr {
	if v6 {
		return netip.MustParseAddr("fd00::1")
	}
	return netip.MustParseAddr("172.17.0.1")
}

func naiveExtension(m Match, p *packet) bool {
	switch m := m.(type) {
	case TCP:
		flags := m.Flags.Mask == 0 || (TCPFlagSet(p.tcpFlags)&m.Flags.Mask == m.Flags.Set) != m.Flags.Not
		return p.ports && naivePorts(m.Src, p.srcPort) && naivePorts(m.Dst, p.dstPort) && flags
	case UDP:
		return p.ports && naivePorts(m.Src, p.srcPort) && naivePorts(m.Dst, p.dstPort)
	case Multiport:
		hit := false
		for _, r := range m.Ports {
			src, dst := p.srcPort >= r.Lo && p.srcPort <= r.Hi, p.dstPort >= r.Lo && p.dstPort <= r.Hi
			hit = hit || m.Which == SourcePorts && src || m.Which == DestinationPorts && dst || m.Which == EitherPorts && (src || dst)
		}
		return p.ports && hit != m.Not
	case Conntrack:
		return (m.States&p.state != 0) != m.Not
	case State:
		return (m.States&p.state != 0) != m.Not
	case MarkMatch:
		return (p.pkt.Mark&m.Mask == m.Value) != m.Not
	case Comment:
		return true
	case Length:
		return (p.layout.Size >= int(m.Min) && p.layout.Size <= int(m.Max)) != m.Not
	case IPRange:
		hit := func(r AddrRange, a netip.Addr) bool {
			return !r.Min.IsValid() || (a.Compare(r.Min) >= 0 && a.Compare(r.Max) <= 0) != r.Not
		}
		return hit(m.Src, p.src) && hit(m.Dst, p.dst)
	case ConnMarkMatch: // the model's packets have no connection
		return false
	case Set:
		a := p.src
		if m.Sides.Dst == 1 {
			a = p.dst
		}
		return (a == onlyAddr(p.v6)) != m.Not
	}
	panic(fmt.Sprintf("%T is not in the model", m))
}
