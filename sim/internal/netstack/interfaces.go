package netstack

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
)

// An Interface is what a stack knows of one of its interfaces.
type Interface struct {
	Index  int
	Name   string
	MAC    net.HardwareAddr // empty for lo
	MTU    int
	Addrs  []netip.Prefix // IPv4 first, in the order they were added
	Up     bool
	Lo     bool
	Tx, Rx Counters
}

// Counters count packets as the stack sees them: received ones without link
// header.
type Counters struct{ Packets, Bytes uint64 }

// Interfaces returns the interfaces by index.
func (s *Stack) Interfaces() []Interface {
	var list []Interface
	for id, info := range s.stack.NICInfo() {
		i := Interface{
			Index: int(id),
			Name:  info.Name,
			MTU:   int(info.MTU),
			Up:    info.Flags.Up,
			Lo:    info.Flags.Loopback,
			Tx:    Counters{info.Stats.Tx.Packets.Value(), info.Stats.Tx.Bytes.Value()},
			Rx:    Counters{info.Stats.Rx.Packets.Value(), info.Stats.Rx.Bytes.Value()},
		}
		if !i.Lo {
			i.MAC = net.HardwareAddr(info.LinkAddress)
		}
		for _, a := range info.ProtocolAddresses {
			addr := fromAddress(a.AddressWithPrefix.Address)
			if !addr.IsMulticast() {
				i.Addrs = append(i.Addrs, netip.PrefixFrom(addr, a.AddressWithPrefix.PrefixLen))
			}
		}
		slices.SortStableFunc(i.Addrs, func(a, b netip.Prefix) int {
			return cmp.Compare(a.Addr().BitLen(), b.Addr().BitLen())
		})
		list = append(list, i)
	}
	slices.SortFunc(list, func(a, b Interface) int { return cmp.Compare(a.Index, b.Index) })
	return list
}

// A Route is an entry of a routing table.
type Route struct {
	Dst   netip.Prefix
	Via   netip.Addr // invalid: on link
	Index int
}

// Routes returns the routing table, most specific destination first.
func (s *Stack) Routes() []Route {
	var list []Route
	for _, r := range s.stack.GetRouteTable() {
		list = append(list, Route{
			Dst:   netip.PrefixFrom(fromAddress(r.Destination.ID()), r.Destination.Prefix()),
			Via:   fromAddress(r.Gateway),
			Index: int(r.NIC),
		})
	}
	return list
}
