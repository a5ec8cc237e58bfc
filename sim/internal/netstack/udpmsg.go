package netstack

import (
	"net"
	"net/netip"
	"os"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// SetControlMessage has ReadMsgUDP tell of each datagram where it was sent to, by which
// interface it came and with what time to live: IP_PKTINFO and IP_RECVTTL, IPV6_RECVPKTINFO
// and IPV6_RECVHOPLIMIT.
func (c *UDPConn) SetControlMessage(on bool) error {
	err := c.withOptions(func(opts *tcpip.SocketOptions) {
		opts.SetReceivePacketInfo(on)
		opts.SetReceiveTTL(on)
		opts.SetIPv6ReceivePacketInfo(on)
		opts.SetReceiveHopLimit(on)
	})
	if err == nil {
		c.tells.Store(on)
	}
	return err
}

// ReadMsgUDP reads a datagram and, after SetControlMessage, its control messages, as Linux
// lays them out: ParseControlMessage reads them. Flags are MSG_TRUNC and MSG_CTRUNC of Linux.
func (c *UDPConn) ReadMsgUDP(b, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	n, oobn, flags, from, err := c.ReadMsgUDPAddrPort(b, oob)
	if from.IsValid() {
		addr = net.UDPAddrFromAddrPort(from)
	}
	return n, oobn, flags, addr, err
}

// ReadMsgUDPAddrPort is ReadMsgUDP with the address as a value.
func (c *UDPConn) ReadMsgUDPAddrPort(b, oob []byte) (n, oobn, flags int, addr netip.AddrPort, err error) {
	res, err := c.poll(b, "recvmsg")
	if err != nil {
		return 0, 0, 0, netip.AddrPort{}, c.opError("read", err)
	}
	if res.Count < res.Total {
		flags |= msgTrunc
	}
	var told []byte
	if c.tells.Load() {
		told = c.told(&res.ControlMessages)
	}
	if oobn = copy(oob, told); oobn < len(told) {
		oobn, flags = 0, flags|msgCtrunc // a part of a message is of no use
	}
	return res.Count, oobn, flags, c.peer(res.RemoteAddr), nil
}

// told returns the control messages of a datagram. For IPv4 at an IPv6 socket the address
// is there in both forms, as in Linux.
func (c *UDPConn) told(cm *tcpip.ReceivableControlMessages) []byte {
	if cm.HasIPv6PacketInfo {
		return ControlMessage{
			Dst: fromAddress(cm.IPv6PacketInfo.Addr), IfIndex: int(cm.IPv6PacketInfo.NIC), TTL: int(cm.HopLimit),
		}.Marshal()
	}
	m := ControlMessage{
		Src: fromAddress(cm.PacketInfo.LocalAddr), Dst: fromAddress(cm.PacketInfo.DestinationAddr),
		IfIndex: int(cm.PacketInfo.NIC), TTL: int(cm.TTL),
	}
	if !c.v6 {
		return m.Marshal()
	}
	mapped := ControlMessage{Dst: mappedInto6(m.Dst), IfIndex: m.IfIndex}
	return append(mapped.Marshal(), m.Marshal()...)
}

// WriteMsgUDP sends a datagram with what oob says, which is a ControlMessage's Marshal: the
// address to send from, the interface, the time to live. The address is nil for a
// connected socket.
func (c *UDPConn) WriteMsgUDP(b, oob []byte, addr *net.UDPAddr) (n, oobn int, err error) {
	if addr == nil {
		return c.writeMsg(b, oob, netip.AddrPort{}, nil)
	}
	return c.writeMsg(b, oob, ofUDPAddr(addr), addr)
}

// WriteMsgUDPAddrPort is WriteMsgUDP with the address as a value; the zero AddrPort is that
// of a connected socket.
func (c *UDPConn) WriteMsgUDPAddrPort(b, oob []byte, addr netip.AddrPort) (n, oobn int, err error) {
	if !addr.IsValid() {
		return c.writeMsg(b, oob, addr, nil)
	}
	return c.writeMsg(b, oob, addr, net.UDPAddrFromAddrPort(addr))
}

// writeMsg sends to ap, which errors call addr.
func (c *UDPConn) writeMsg(b, oob []byte, ap netip.AddrPort, addr net.Addr) (n, oobn int, err error) {
	m, err := ParseControlMessage(oob)
	switch {
	case err != nil:
		return 0, 0, c.writeError(addr, os.NewSyscallError("sendmsg", err))
	case addr == nil && c.remote == nil:
		return 0, 0, c.writeError(nil, errMissingAddress)
	case addr != nil && c.remote != nil:
		return 0, 0, c.writeError(addr, net.ErrWriteToConnected)
	case len(oob) == 0 && addr == nil:
		n, err = c.send(b, nil, "sendmsg")
	case len(oob) == 0:
		n, err = c.sendTo(b, ap, "sendmsg")
	default:
		if addr == nil {
			ap = c.remote.(*net.UDPAddr).AddrPort()
		}
		n, err = c.sendMsg(b, ap, m)
	}
	if err != nil {
		return 0, 0, c.writeError(addr, err)
	}
	return n, len(oob), nil
}

// SetTTL sets the time to live or hop limit of what the socket sends to single hosts: 1 to
// 255.
func (c *sock) SetTTL(ttl int) error {
	return c.setHops(ttl, ttlOptions...)
}

// SetMulticastTTL is SetTTL for what goes to groups, which is 1 at first, and may be 0.
func (c *UDPConn) SetMulticastTTL(ttl int) error {
	if ttl == 0 {
		return c.setOption(tcpip.MulticastTTLOption, 0)
	}
	return c.setHops(ttl, tcpip.MulticastTTLOption)
}

// setHops is hops for a socket that is in use.
func (c *sock) setHops(ttl int, options ...tcpip.SockOptInt) error {
	if c.shut.Load() {
		return c.setError(net.ErrClosed)
	}
	c.stack.gate.enter()
	defer c.stack.gate.leave()
	if err := c.hops(ttl, options...); err != nil {
		return c.setError(err)
	}
	return nil
}

func (c *sock) setOption(o tcpip.SockOptInt, v int) error {
	if c.shut.Load() {
		return c.setError(net.ErrClosed)
	}
	c.stack.gate.enter()
	defer c.stack.gate.leave()
	if err := c.ep.SetSockOptInt(o, v); err != nil {
		return c.setError(c.failure("setsockopt", err))
	}
	return nil
}
