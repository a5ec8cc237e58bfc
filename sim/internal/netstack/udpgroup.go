package netstack

import (
	"net"
	"net/netip"
	"os"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// JoinGroup joins a multicast group on an interface, of which only Index is used,
// or on that of the route to the group if it is nil. The group is a *net.UDPAddr
// or *net.IPAddr; its port does not matter. What the socket itself sends to a
// group comes back to the members on the same stack, as is the default of Linux.
func (c *UDPConn) JoinGroup(ifi *net.Interface, group net.Addr) error {
	nic, addr, err := groupOf(ifi, group)
	if err != nil {
		return c.setError(err)
	}
	return c.membership(&tcpip.AddMembershipOption{NIC: nic, MulticastAddr: addr})
}

// LeaveGroup leaves a group that was joined with the same arguments.
func (c *UDPConn) LeaveGroup(ifi *net.Interface, group net.Addr) error {
	nic, addr, err := groupOf(ifi, group)
	if err != nil {
		return c.setError(err)
	}
	return c.membership(&tcpip.RemoveMembershipOption{NIC: nic, MulticastAddr: addr})
}

func (c *UDPConn) membership(opt tcpip.SettableSocketOption) error {
	if c.shut.Load() {
		return c.setError(net.ErrClosed)
	}
	c.stack.gate.enter()
	defer c.stack.gate.leave()
	if err := c.ep.SetSockOpt(opt); err != nil {
		return c.setError(c.failure("setsockopt", err))
	}
	return nil
}

// groupOf returns the interface, 0 for the route's, and the group.
func groupOf(ifi *net.Interface, group net.Addr) (tcpip.NICID, tcpip.Address, error) {
	var ip net.IP
	switch g := group.(type) {
	case *net.UDPAddr:
		ip = g.IP
	case *net.IPAddr:
		ip = g.IP
	}
	addr, _ := netip.AddrFromSlice(ip)
	if addr = addr.Unmap(); !addr.IsMulticast() {
		return 0, tcpip.Address{}, os.NewSyscallError("setsockopt", syscall.EINVAL)
	}
	var nic tcpip.NICID
	if ifi != nil {
		nic = tcpip.NICID(ifi.Index)
	}
	return nic, toAddress(addr), nil
}
