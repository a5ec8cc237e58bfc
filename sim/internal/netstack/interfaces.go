package netstack

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"drydock/sim/internal/errno"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// AddLoopback adds lo, interface 1, with 127.0.0.1/8. SetIPv6 gives it ::1/128.
func (s *Stack) AddLoopback() error {
	if err := s.AddNIC(loopbackNIC, "lo", roomy{loopback.New()}); err != nil {
		return err
	}
	return s.AddAddr(loopbackNIC, netip.MustParsePrefix("127.0.0.1/8"))
}

// A roomy is lo with room for the header of a link, as Linux's has it: what a program sends to an
// address of its own, of a published port say, rules may send elsewhere.
type roomy struct{ stack.LinkEndpoint }

func (roomy) MaxHeaderLength() uint16 { return header.EthernetMinimumSize }

// AddNIC adds an interface and brings it up. The stack does not own ep: it closes
// it with the interface, in RemoveNIC or Close.
func (s *Stack) AddNIC(index int, name string, ep stack.LinkEndpoint) error {
	opts := stack.NICOptions{Name: name}
	if w, ok := ep.(packetWriter); ok { // or gVisor makes a list of each packet
		opts.QDisc = qdisc{w}
	}
	// What travels over lo has passed the gate when it was sent.
	s.addingMu.Lock()
	defer s.addingMu.Unlock()
	s.adding = nil
	if ep.Capabilities()&stack.CapabilityResolutionRequired != 0 {
		s.adding = s.newNIC(index)
	}
	if ep.Capabilities()&stack.CapabilityLoopback == 0 {
		ep = s.newLink(index, ep, s.adding)
	}
	s.gate.enter()
	defer s.gate.leave()
	// Attaches ep: frames arrive from here on, before there are addresses for them.
	if err := s.stack.CreateNICWithOptions(tcpip.NICID(index), ep, opts); err != nil {
		return fmt.Errorf("netstack: add %s: %w", name, errno.Of(err))
	}
	s.changed(tcpip.NICID(index))
	return nil
}

// RemoveNIC removes an interface with its addresses and routes and closes its
// endpoint.
func (s *Stack) RemoveNIC(index int) error {
	s.gate.enter()
	defer s.gate.leave()
	id := tcpip.NICID(index)
	if err := s.stack.RemoveNIC(id); err != nil {
		return fmt.Errorf("netstack: remove interface %d: %w", index, errno.Of(err))
	}
	s.changed(id)
	return nil
}

// AddAddr adds an address to an interface and a route to its subnet. Another interface may have it,
// too. The error wraps EEXIST if this one has.
func (s *Stack) AddAddr(index int, addr netip.Prefix) error {
	s.gate.enter()
	defer s.gate.leave()
	id := tcpip.NICID(index)
	pa := tcpip.ProtocolAddress{Protocol: protocolOf(addr.Addr()), AddressWithPrefix: toPrefix(addr)}
	if s.router != nil {
		s.router.Reclaim(id, pa.AddressWithPrefix.Address)
	}
	if err := s.stack.AddProtocolAddress(id, pa, stack.AddressProperties{}); err != nil {
		return fmt.Errorf("netstack: add address %v: %w", addr, errno.Of(err))
	}
	s.stack.AddRoute(tcpip.Route{Destination: pa.AddressWithPrefix.Subnet(), NIC: id})
	s.changed(id)
	return nil
}

// HasAddr reports whether an interface has an address.
func (s *Stack) HasAddr(a netip.Addr) bool {
	return slices.ContainsFunc(s.Interfaces(), func(i Interface) bool {
		return slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Addr() == a })
	})
}

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
			Up:    info.Flags.Running, // gVisor's Up is always set
			Lo:    info.Flags.Loopback,
			Tx:    Counters{info.Stats.Tx.Packets.Value(), info.Stats.Tx.Bytes.Value()},
			Rx:    Counters{info.Stats.Rx.Packets.Value(), info.Stats.Rx.Bytes.Value()},
		}
		if !i.Lo {
			i.MAC = net.HardwareAddr(info.LinkAddress)
		}
		for _, a := range info.ProtocolAddresses {
			// gVisor lists the groups that it has joined as addresses.
			if addr := fromPrefix(a.AddressWithPrefix); !addr.Addr().IsMulticast() {
				i.Addrs = append(i.Addrs, addr)
			}
		}
		slices.SortStableFunc(i.Addrs, func(a, b netip.Prefix) int {
			return cmp.Or(cmp.Compare(a.Addr().BitLen(), b.Addr().BitLen()), cmp.Compare(scope6(a.Addr()), scope6(b.Addr())))
		})
		list = append(list, i)
	}
	slices.SortFunc(list, func(a, b Interface) int { return cmp.Compare(a.Index, b.Index) })
	return list
}

// scope6 is by what Linux sorts the IPv6 addresses of an interface: link-local ones come last.
func scope6(a netip.Addr) int {
	if a.Is6() && a.IsLinkLocalUnicast() {
		return 1
	}
	return 0
}
