package dockerd

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
)

// A ListenOption changes what Listen allows.
type ListenOption func(*listenConfig)

type listenConfig struct{ beyondLoopback bool }

// WithBeyondLoopback allows a TCP address that other machines can reach. The API has no
// passwords: who reaches it may do everything to the emulated host.
func WithBeyondLoopback() ListenOption {
	return func(c *listenConfig) { c.beyondLoopback = true }
}

// Listen returns a real listener for Serve, by which other programs reach the API: "unix"
// with a path, whose mode is 0600, or "tcp" with an address of loopback. A socket that
// nobody listens on any more is replaced.
func Listen(network, address string, opts ...ListenOption) (net.Listener, error) {
	var config listenConfig
	for _, o := range opts {
		o(&config)
	}
	switch network {
	case "unix":
		return listenUnix(address)
	case "tcp", "tcp4", "tcp6":
		if !config.beyondLoopback && !isLoopback(address) {
			return nil, fmt.Errorf("dockerd: %s is not an address of loopback", address)
		}
		return net.Listen(network, address)
	}
	return nil, net.UnknownNetworkError(network)
}

// isLoopback reports whether only the real machine itself reaches an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// listenUnix listens on a path, in place of a socket that is left of a process that ended.
// Other files stay.
func listenUnix(path string) (net.Listener, error) {
	l, err := bindUnix(path)
	if errors.Is(err, syscall.EADDRINUSE) && isStale(path) {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
		l, err = bindUnix(path)
	}
	return l, err
}

// isStale reports whether path is a socket on which nobody listens.
func isStale(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != os.ModeSocket {
		return false
	}
	c, err := net.Dial("unix", path)
	if err == nil {
		c.Close()
		return false
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}
