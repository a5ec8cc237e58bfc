package dockerd

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// hungUp waits until the other end has closed both directions of a connection of which it had
// closed one, or until this end is closed. Reading does not tell: it is at its end already. Of
// a Unix socket the kernel tells, of TCP only when something is written.
func hungUp(conn net.Conn) bool {
	raw, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	c, err := raw.SyscallConn()
	if err != nil {
		return false
	}
	// The function is called again whenever something happens to the socket.
	err = c.Read(func(fd uintptr) bool {
		fds := []unix.PollFd{{Fd: int32(fd)}}
		n, err := unix.Poll(fds, 0)
		return err == nil && n > 0 && fds[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0
	})
	return err == nil
}
