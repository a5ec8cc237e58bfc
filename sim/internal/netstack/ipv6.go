package netstack

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

var loopback6 = netip.MustParsePrefix("::1/128")

// SetIPv6 gives lo ::1/128, or takes it away: the reverse of
// net.ipv6.conf.lo.disable_ipv6. Initially it has none. Other interfaces have IPv6
// while they have an IPv6 address. Without any in the namespace, calls that send to
// IPv6 addresses fail with EADDRNOTAVAIL, as in Linux; sockets of wildcard addresses
// can be had nevertheless. Sockets that are bound to ::1 stay bound when it goes.
func (s *Stack) SetIPv6(on bool) error {
	// Two at once would find each other's half: the address without its route.
	s.loopbackMu.Lock()
	defer s.loopbackMu.Unlock()
	var err error
	var done syscall.Errno
	if on {
		err, done = s.AddAddr(loopbackNIC, loopback6), syscall.EEXIST
	} else {
		err, done = s.RemoveAddr(loopbackNIC, loopback6), syscall.EADDRNOTAVAIL
	}
	if err != nil && !errors.Is(err, done) { // setting it twice is no error, as with the sysctl
		return fmt.Errorf("netstack: IPv6 of lo: %w", errors.Unwrap(err))
	}
	return nil
}
