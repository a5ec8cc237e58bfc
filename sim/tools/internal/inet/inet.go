// Package inet is what programs take from libc: addresses as inet_aton(3) reads them, names
// as getaddrinfo(3) finds them, services of /etc/services and errors as strerror(3) names
// them, all in glibc's way whatever the system below.
package inet

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// ParseAddr parses an address as programs do on Linux: IPv4 with inet_aton(3), which
// takes "1.2.3" for 1.2.0.3 and numbers in other bases, and IPv6.
func ParseAddr(s string) (netip.Addr, bool) {
	if strings.Contains(s, ":") {
		a, err := netip.ParseAddr(s)
		return a, err == nil
	}
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, part := range parts {
		n, ok := parsePart(part)
		bits := 8
		if i == len(parts)-1 { // the last one is for all bytes that are left
			bits = 8 * (5 - len(parts))
		}
		if !ok || n >= 1<<bits {
			return netip.Addr{}, false
		}
		value = value<<bits | n
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(value))
	return netip.AddrFrom4(b), true
}

// parsePart parses a number as C does: 0x is hexadecimal, 0 is octal.
func parsePart(s string) (uint64, bool) {
	base := 10
	switch {
	case len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'):
		s, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		s, base = s[1:], 8
	}
	n, err := strconv.ParseUint(s, base, 32)
	return n, err == nil
}

// Broadcast returns the broadcast address of an interface with that address and prefix,
// invalid if it has none: those of 31 and 32 bits (RFC 3021), loopback ones and those
// of IPv6.
func Broadcast(p netip.Prefix) netip.Addr {
	if !p.Addr().Is4() || p.Addr().IsLoopback() || p.Bits() > 30 {
		return netip.Addr{}
	}
	b := p.Addr().As4()
	binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(b[:])|^uint32(0)>>p.Bits())
	return netip.AddrFrom4(b)
}

// messages are glibc's, for the errors that sockets have.
var messages = map[syscall.Errno]string{
	syscall.EACCES:        "Permission denied",
	syscall.EADDRINUSE:    "Address already in use",
	syscall.EADDRNOTAVAIL: "Cannot assign requested address",
	syscall.EEXIST:        "File exists",
	syscall.ECONNABORTED:  "Software caused connection abort",
	syscall.ECONNREFUSED:  "Connection refused",
	syscall.ECONNRESET:    "Connection reset by peer",
	syscall.EHOSTUNREACH:  "No route to host",
	syscall.EINVAL:        "Invalid argument",
	syscall.EMSGSIZE:      "Message too long",
	syscall.ENETUNREACH:   "Network is unreachable",
	syscall.ENOBUFS:       "No buffer space available",
	syscall.ENETDOWN:      "Network is down",
	syscall.ENODEV:        "No such device",
	syscall.ENOENT:        "No such file or directory",
	syscall.EOPNOTSUPP:    "Operation not supported",
	syscall.ESRCH:         "No such process",
	syscall.EPERM:         "Operation not permitted",
	syscall.EPIPE:         "Broken pipe",
	syscall.ETIMEDOUT:     "Connection timed out",
}

// Strerror returns the words of glibc, which are not those of every system.
func Strerror(errno syscall.Errno) string {
	if s, ok := messages[errno]; ok {
		return s
	}
	return errno.Error()
}
