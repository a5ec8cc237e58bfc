package nat

import (
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	wire "drydock/internal/packet"
	"drydock/nat/conntrack"
	"drydock/nat/ipset"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A host is the machine that tables are of, as far as rules and packets ask about it: its
// stack, its connections, its clock and its dice. It knows no rules.
type host struct {
	stack    atomic.Pointer[stack.Stack] // attached to; nil: to none
	hooks    stack.NFTablesInterface     // the tables, for packets that are sent by hand
	conns    *conntrack.Table
	clock    tcpip.Clock
	logger   *slog.Logger // of LOG, NFLOG and TRACE; nil: slog.Default
	onTrace  func(Traced)
	sets     *ipset.Table
	named    named
	queues   queues
	mappings *mappings
	sources  sources
	answers  atomic.Int32                                // of REJECT that wait to be sent
	mayTell  atomic.Pointer[func(to tcpip.Address) bool] // see [Tables.LimitErrors]; nil: all
	made     atomic.Uint64                               // tables of either kind: the handle of the newest
	still    bool                                        // a clone: nothing leaves, and all is traced

	rngMu sync.Mutex // guards rng and dice
	rng   *rand.Rand
	dice  *rand.Rand // of matches, so that these do not shift the choice of ports
}

// now is the time of limits and fragments, which no change of the date moves.
func (h *host) now() tcpip.MonotonicTime { return h.clock.NowMonotonic() }

// nanoseconds is now as a number.
func (h *host) nanoseconds() int64 { return h.now().Sub(tcpip.MonotonicTime{}).Nanoseconds() }

// chance is random for matches.
func (h *host) chance() uint64 {
	h.rngMu.Lock()
	defer h.rngMu.Unlock()
	return h.dice.Uint64()
}

// random is one sequence for all, so that a seed repeats it.
func (h *host) random() uint64 {
	h.rngMu.Lock()
	defer h.rngMu.Unlock()
	return h.rng.Uint64()
}

// loopback is the interface by which a stack sends packets to itself.
const loopback = "lo"

// nicName returns the name of an interface; packets that came in by none were looped.
func (h *host) nicName(id tcpip.NICID) string {
	if id == 0 {
		return loopback
	}
	if s := h.stack.Load(); s != nil {
		return s.FindNICNameFromID(id)
	}
	return ""
}

// outName returns the name of the interface by which r leaves.
func (h *host) outName(r *stack.Route) string {
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
func (h *host) isLocal(addr netip.Addr) bool {
	s := h.stack.Load()
	return s != nil && s.CheckLocalAddress(0, wire.Network(addr), wire.ToAddress(addr)) != 0
}

// addrType returns what kind of address addr is to the attached stack. Without one,
// everything that does not show by itself is AddrUnicast.
func (h *host) addrType(addr netip.Addr) AddrTypeSet {
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
	s := h.stack.Load()
	switch {
	case s == nil:
		return AddrUnicast
	case addr.Is4() && s.IsSubnetBroadcast(0, header.IPv4ProtocolNumber, wire.ToAddress(addr)):
		return AddrBroadcast
	case h.isLocal(addr):
		return AddrLocal
	}
	return AddrUnicast
}

var (
	broadcast4        = netip.AddrFrom4([4]byte{255, 255, 255, 255})
	loopbackBroadcast = netip.AddrFrom4([4]byte{127, 255, 255, 255})
)

// hasOn reports whether addr is an address of the interface of a name, or the broadcast
// address of a subnet of it.
func (h *host) hasOn(name string, addr netip.Addr) bool {
	if addr.IsLoopback() {
		return name == loopback
	}
	for _, a := range h.addressesOf(0, name) {
		subnet := a.AddressWithPrefix.Subnet()
		if wire.FromAddress(a.AddressWithPrefix.Address) == addr || addr.Is4() && subnet.IsBroadcast(wire.ToAddress(addr)) {
			return true
		}
	}
	return false
}

// addressOf returns the address of an interface that is nearest to peer.
func (h *host) addressOf(nic tcpip.NICID, name string, peer netip.Addr) (netip.Addr, bool) {
	return nearest(h.addressesOf(nic, name), peer)
}

// addressesOf returns the addresses of an interface, which the tables know by name if it is that of
// a frame of a bridge.
func (h *host) addressesOf(nic tcpip.NICID, name string) []tcpip.ProtocolAddress {
	s := h.stack.Load()
	if s == nil {
		return nil
	}
	if info, ok := s.SingleNICInfo(nic); ok {
		return info.ProtocolAddresses
	}
	if info, ok := nicByName(s, name); ok {
		return info.ProtocolAddresses
	}
	return nil
}

// nearest returns the address of an interface in whose subnet peer is, for a network with several
// subnets has the peer in one of them, and is reached from there; or else the first of a scope that
// reaches peer, as Linux' inet_select_addr finds it.
func nearest(addrs []tcpip.ProtocolAddress, peer netip.Addr) (first netip.Addr, ok bool) {
	for _, a := range addrs {
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

// sourceOf returns the address that MASQUERADE gives what leaves by an interface: one of its own, or
// of the first other interface that has any. An address for the machine alone, as lo's, is none.
func (h *host) sourceOf(nic tcpip.NICID, name string, peer netip.Addr) (netip.Addr, bool) {
	if addr, ok := nearest(elsewhere(h.addressesOf(nic, name)), peer); ok {
		return addr, true
	}
	s := h.stack.Load()
	if s == nil {
		return netip.Addr{}, false
	}
	infos := s.NICInfo()
	for _, id := range slices.Sorted(maps.Keys(infos)) {
		if addr, ok := nearest(elsewhere(infos[id].ProtocolAddresses), peer); ok {
			return addr, true
		}
	}
	return netip.Addr{}, false
}

// elsewhere returns the addresses that mean something outside of the machine.
func elsewhere(addrs []tcpip.ProtocolAddress) []tcpip.ProtocolAddress {
	return slices.DeleteFunc(addrs, func(a tcpip.ProtocolAddress) bool {
		return wire.FromAddress(a.AddressWithPrefix.Address).IsLoopback()
	})
}

// nicByName is for interfaces of frames of a bridge, which the tables know by name.
func nicByName(s *stack.Stack, name string) (*stack.NICInfo, bool) {
	for _, info := range s.NICInfo() {
		if info.Name == name {
			return &info, true
		}
	}
	return nil, false
}
