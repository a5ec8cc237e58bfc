package ping_test

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"

	"drydock/sim/ping"

	"github.com/stretchr/testify/assert"
)

// TestICMPErrors checks messages against iputils and errnos against Linux.
func TestICMPErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from       string
		kind, code uint8
		info       int
		text       string
		errno      error
	}{
		{"10.0.0.1", 3, 0, 0, "Destination Net Unreachable", syscall.ENETUNREACH},
		{"10.0.0.1", 3, 1, 0, "Destination Host Unreachable", syscall.EHOSTUNREACH},
		{"10.0.0.1", 3, 2, 0, "Destination Protocol Unreachable", syscall.ENOPROTOOPT},
		{"10.0.0.1", 3, 3, 0, "Destination Port Unreachable", syscall.ECONNREFUSED},
		{"10.0.0.1", 3, 4, 1400, "Frag needed and DF set (mtu = 1400)", syscall.EMSGSIZE},
		{"10.0.0.1", 3, 10, 0, "Destination Host Prohibited", syscall.EHOSTUNREACH},
		{"10.0.0.1", 3, 13, 0, "Packet filtered", syscall.EHOSTUNREACH},
		{"10.0.0.1", 3, 16, 0, "Dest Unreachable, Bad Code: 16", syscall.EHOSTUNREACH},
		{"10.0.0.1", 11, 0, 0, "Time to live exceeded", syscall.EHOSTUNREACH},
		{"10.0.0.1", 11, 1, 0, "Frag reassembly time exceeded", syscall.EHOSTUNREACH},
		{"10.0.0.1", 11, 2, 0, "Time exceeded, Bad Code: 2", syscall.EHOSTUNREACH},
		{"10.0.0.1", 12, 0, 20, "Parameter problem: pointer = 20", syscall.EPROTO},
		{"10.0.0.1", 99, 0, 0, "Bad ICMP type: 99", syscall.EHOSTUNREACH},
		{"fd00::1", 1, 0, 0, "Destination unreachable: No route", syscall.ENETUNREACH},
		{"fd00::1", 1, 1, 0, "Destination unreachable: Administratively prohibited", syscall.EACCES},
		{"fd00::1", 1, 3, 0, "Destination unreachable: Address unreachable", syscall.EHOSTUNREACH},
		{"fd00::1", 1, 4, 0, "Destination unreachable: Port unreachable", syscall.ECONNREFUSED},
		{"fd00::1", 1, 9, 0, "Destination unreachable: Unknown code 9", syscall.EPROTO},
		{"fd00::1", 2, 0, 1400, "Packet too big: mtu=1400", syscall.EMSGSIZE},
		{"fd00::1", 3, 0, 0, "Time exceeded: Hop limit", syscall.EHOSTUNREACH},
		{"fd00::1", 3, 1, 0, "Time exceeded: Defragmentation failure", syscall.EHOSTUNREACH},
		{"fd00::1", 4, 1, 6, "Parameter problem: Unknown header at 6", syscall.EPROTO},
		{"fd00::1", 99, 0, 0, "unknown icmp type: 99", syscall.EHOSTUNREACH},
	}
	for _, tt := range tests {
		err := &ping.ICMPError{From: netip.MustParseAddr(tt.from), Type: tt.kind, Code: tt.code, Info: tt.info}
		assert.Equal(t, tt.text, err.Message())
		assert.Equal(t, tt.text+" from "+tt.from, err.Error())
		assert.True(t, errors.Is(err, tt.errno), "%v is not %v", err, tt.errno)
	}
	for kind := range 256 { // every code has words and an errno
		for code := range 256 {
			for _, from := range []string{"10.0.0.1", "fd00::1"} {
				err := &ping.ICMPError{From: netip.MustParseAddr(from), Type: uint8(kind), Code: uint8(code)}
				assert.NotEmpty(t, err.Message())
				assert.NotZero(t, errors.Unwrap(err))
			}
		}
	}
}
