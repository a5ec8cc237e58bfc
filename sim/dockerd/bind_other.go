//go:build !linux

package dockerd

import (
	"net"
	"os"
)

// bindUnix listens on a path that only the user may use, a moment later: see the one for Linux.
func bindUnix(path string) (net.Listener, error) {
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}
