package nat

import (
	"net/netip"

	wire "drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Attach makes t the netfilter of s. From s the tables learn which addresses are
// local, the names of interfaces and the addresses for MASQUERADE and REDIRECT, and
// what REJECT answers leaves through it. Tables serve one stack: a second Attach
// takes the place of the first. Attach does not take ownership of s.
//
// The name of the loopback interface must be "lo", and no interface may be spoofing,
// since all addresses would be local.
func (t *Tables) Attach(s *stack.Stack) {
	t.stack.Store(s)
	s.SetNFTables(t)
	s.SetNFTablesConfigured(true)
}

// loopback is the interface by which a stack sends packets to itself.
const loopback = "lo"

// nicName returns the name of an interface; packets that came in by none were looped.
func (t *Tables) nicName(id tcpip.NICID) string {
	if id == 0 {
		return loopback
	}
	if s := t.stack.Load(); s != nil {
		return s.FindNICNameFromID(id)
	}
	return ""
}

// outName returns the name of the interface by which r leaves.
func (t *Tables) outName(r *stack.Route) string {
	switch {
	case r == nil:
		return ""
	case loops(r):
		return loopback
	}
	return r.Stack().FindNICNameFromID(r.NICID())
}

// loops reports whether what is sent by r comes back and does not leave as well.
func loops(r *stack.Route) bool { return r != nil && r.Loop() == stack.PacketLoop }

// isLocal reports whether a packet to addr is delivered to the stack's own sockets.
func (t *Tables) isLocal(addr netip.Addr) bool {
	s := t.stack.Load()
	return s != nil && s.CheckLocalAddress(0, wire.Network(addr), wire.ToAddress(addr)) != 0
}

// addrType returns what kind of address addr is to the attached stack. Without one,
// everything that does not show by itself is AddrUnicast.
func (t *Tables) addrType(addr netip.Addr) AddrTypeSet {
	switch {
	case !addr.IsValid() || addr.IsUnspecified():
		return AddrUnspec
	case addr.IsMulticast():
		return AddrMulticast
	case addr == broadcast4:
		return AddrBroadcast
	case addr.IsLoopback() && addr != loopbackBroadcast:
		return AddrLocal
	}
	s := t.stack.Load()
	switch {
	case s == nil:
		return AddrUnicast
	case addr.Is4() && s.IsSubnetBroadcast(0, header.IPv4ProtocolNumber, wire.ToAddress(addr)):
		return AddrBroadcast
	case t.isLocal(addr):
		return AddrLocal
	}
	return AddrUnicast
}

var (
	broadcast4        = netip.AddrFrom4([4]byte{255, 255, 255, 255})
	loopbackBroadcast = netip.AddrFrom4([4]byte{127, 255, 255, 255})
)

// addrType returns what kind of address addr is. Netstack sends IGMP, MLD and
// neighbour discovery with its locks held, so it cannot be asked about those.
func (p *packet) addrType(addr netip.Addr) AddrTypeSet {
	switch {
	case p.tables == nil:
		return AddrUnspec
	case !p.isLocked() || !addr.IsValid() || addr.IsUnspecified() || addr.IsMulticast():
		return p.tables.addrType(addr)
	case addr == p.src:
		return AddrLocal
	}
	return AddrUnicast
}

// addressOf returns the address of an interface that is nearest to peer: one in whose
// subnet peer is, or else the first of a scope that reaches peer, as Linux'
// inet_select_addr finds it.
func (t *Tables) addressOf(nic tcpip.NICID, name string, peer netip.Addr) (netip.Addr, bool) {
	s := t.stack.Load()
	if s == nil {
		return netip.Addr{}, false
	}
	info, ok := s.SingleNICInfo(nic)
	if !ok {
		if info, ok = nicByName(s, name); !ok {
			return netip.Addr{}, false
		}
	}
	var first netip.Addr
	for _, a := range info.ProtocolAddresses {
		addr := wire.FromAddress(a.AddressWithPrefix.Address)
		if addr.Is4() != peer.Is4() {
			continue
		}
		prefix := netip.PrefixFrom(addr, a.AddressWithPrefix.PrefixLen)
		switch {
		case prefix.Contains(peer):
			return addr, true
		case first.IsValid() || addr.Is6() && addr.IsLinkLocalUnicast() != peer.IsLinkLocalUnicast():
		default:
			first = addr
		}
	}
	return first, first.IsValid()
}

func nicByName(s *stack.Stack, name string) (*stack.NICInfo, bool) {
	for _, info := range s.NICInfo() {
		if info.Name == name {
			return &info, true
		}
	}
	return nil, false
}
