package dockerd

import (
	"context"
	"net"
	"syscall"
)

// bindUnix listens on a path that only the user may use. Linux takes the mode of a socket that
// is bound from the socket itself, so there is no moment at which others may.
func bindUnix(path string) (net.Listener, error) {
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if failed := c.Control(func(fd uintptr) { err = syscall.Fchmod(int(fd), 0o600) }); failed != nil {
			return failed
		}
		return err
	}}
	return config.Listen(context.Background(), "unix", path)
}
