package netstack

import (
	"net"
	"net/netip"
	"os"
	"syscall"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// GVisor's UDP takes no source address with a datagram of IPv4, and none for a socket of
// both families. So what has one is sent here, with the port of the socket.

// sendMsg sends a datagram as m says. The address in m is the one to send from.
func (c *UDPConn) sendMsg(b []byte, ap netip.AddrPort, m ControlMessage) (int, error) {
	to, err := c.destination(ap, "sendmsg")
	if err != nil {
		return 0, err
	}
	source := m.Src
	if m.Dst.IsValid() && !m.Dst.Is4() { // IPV6_PKTINFO has one address, in either direction
		source = m.Dst
	}
	if to.NIC == 0 {
		to.NIC = tcpip.NICID(m.IfIndex)
	}
	return c.sendFrom(b, to, source.Unmap(), m.TTL, "sendmsg")
}

// sendFrom sends a datagram from an address, with a time to live unless that is 0.
func (c *UDPConn) sendFrom(b []byte, to tcpip.FullAddress, source netip.Addr, ttl int, call string) (int, error) {
	if err := c.write.begin(&c.sock); err != nil {
		return 0, err
	}
	defer c.write.end()
	s := c.stack
	s.gate.enter()
	defer s.gate.leave()
	local := c.local.(*net.UDPAddr).AddrPort()
	if !source.IsValid() && !wildcard(local.Addr()) {
		source = local.Addr()
	}
	switch {
	case ttl < 0 || ttl > 255 || to.Port == 0:
		return 0, os.NewSyscallError(call, syscall.EINVAL)
	case source.IsValid() && (source.BitLen() != to.Addr.BitLen() || s.stack.CheckLocalAddress(0, protocolOf(source), toAddress(source)) == 0):
		return 0, os.NewSyscallError(call, syscall.EINVAL)
	case len(b) > header.UDPMaximumPacketSize:
		return 0, os.NewSyscallError(call, syscall.EMSGSIZE)
	}
	if nic := s.reach(source, to); to.NIC == 0 {
		to.NIC = nic
	}
	return c.outcomeOf(len(b), call, to, c.writeDatagram(b, to, toAddress(source), uint16(local.Port()), uint8(ttl)))
}

func (c *UDPConn) outcomeOf(n int, call string, to tcpip.FullAddress, err tcpip.Error) (int, error) {
	if err := c.outcome(call, c.stack.noWay(err, to.Addr)); err != nil {
		return 0, err
	}
	return n, nil
}

// writeDatagram makes the datagram and gives it to IP.
func (c *UDPConn) writeDatagram(b []byte, to tcpip.FullAddress, source tcpip.Address, port uint16, ttl uint8) tcpip.Error {
	proto := tcpip.NetworkProtocolNumber(ipv4.ProtocolNumber)
	if to.Addr.Len() == header.IPv6AddressSize {
		proto = ipv6.ProtocolNumber
	}
	r, err := c.stack.stack.FindRoute(to.NIC, source, to.Addr, proto, c.ep.SocketOptions().GetMulticastLoop())
	if err != nil {
		return err
	}
	defer r.Release()
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: header.UDPMinimumSize + int(r.MaxHeaderLength()),
		Payload:            buffer.MakeWithData(b),
	})
	defer pkt.DecRef()
	h := header.UDP(pkt.TransportHeader().Push(header.UDPMinimumSize))
	pkt.TransportProtocolNumber = udp.ProtocolNumber
	length := uint16(pkt.Size())
	h.Encode(&header.UDPFields{SrcPort: port, DstPort: to.Port, Length: length})
	if r.RequiresTXTransportChecksum() {
		sum := header.PseudoHeaderChecksum(udp.ProtocolNumber, r.LocalAddress(), r.RemoteAddress(), length)
		sum = ^h.CalculateChecksum(checksum.Combine(sum, pkt.Data().Checksum()))
		if sum == 0 { // which says that there is none, RFC 768
			sum = 0xffff
		}
		h.SetChecksum(sum)
	}
	if ttl == 0 {
		ttl = c.hops(r)
	}
	if err := r.WritePacket(stack.NetworkHeaderParams{Protocol: udp.ProtocolNumber, TTL: ttl}, pkt); err != nil {
		return err
	}
	c.stack.stack.Stats().UDP.PacketsSent.Increment()
	return nil
}

// hops returns the time to live that the socket gives what it sends on a route.
func (c *UDPConn) hops(r *stack.Route) uint8 {
	dst := r.RemoteAddress()
	option, unset := tcpip.IPv4TTLOption, tcpip.UseDefaultIPv4TTL
	switch {
	case header.IsV4MulticastAddress(dst) || header.IsV6MulticastAddress(dst):
		option, unset = tcpip.MulticastTTLOption, -1
	case dst.Len() == header.IPv6AddressSize:
		option, unset = tcpip.IPv6HopLimitOption, tcpip.UseDefaultIPv6HopLimit
	}
	v, err := c.ep.GetSockOptInt(option)
	if err != nil || v == unset {
		return r.DefaultTTL()
	}
	return uint8(v)
}
