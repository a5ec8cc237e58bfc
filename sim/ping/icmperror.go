package ping

import (
	"fmt"
	"net/netip"
	"syscall"
)

// An ICMPError is an ICMP or ICMPv6 message by which a router, the destination or
// the sender's own stack reports that a packet did not arrive. It unwraps to the
// errno that Linux gives to a socket for it: EHOSTUNREACH, ENETUNREACH,
// ECONNREFUSED (port unreachable), EMSGSIZE (too large), EACCES (prohibited,
// ICMPv6), ENOPROTOOPT and EPROTO.
type ICMPError struct {
	From       netip.Addr // whose family tells ICMP from ICMPv6
	Type, Code uint8
	Info       int // the MTU of the next link if that is too small, or the place of a bad parameter
}

// Error returns the Message and who sent it.
func (e *ICMPError) Error() string { return e.Message() + " from " + e.From.String() }

// Message returns what ping(8) of iputils prints: "Destination Host Unreachable".
func (e *ICMPError) Message() string {
	if e.From.Is4() {
		return e.message4()
	}
	return e.message6()
}

// Types of ICMP (RFC 792) and ICMPv6 (RFC 4443).
const (
	icmp4Unreachable  = 3
	icmp4TimeExceeded = 11
	icmp4Parameter    = 12
	icmp4FragNeeded   = 4 // a code of icmp4Unreachable

	icmp6Unreachable  = 1
	icmp6TooBig       = 2
	icmp6TimeExceeded = 3
	icmp6Parameter    = 4
)

// unreachable4 has what each code of icmp4Unreachable means (RFC 792, RFC 1122,
// RFC 1812).
var unreachable4 = [16]struct {
	message string
	errno   syscall.Errno
}{
	0:  {"Destination Net Unreachable", syscall.ENETUNREACH},
	1:  {"Destination Host Unreachable", syscall.EHOSTUNREACH},
	2:  {"Destination Protocol Unreachable", syscall.ENOPROTOOPT},
	3:  {"Destination Port Unreachable", syscall.ECONNREFUSED},
	4:  {"Frag needed and DF set (mtu = %d)", syscall.EMSGSIZE},
	5:  {"Source Route Failed", syscall.EOPNOTSUPP},
	6:  {"Destination Net Unknown", syscall.ENETUNREACH},
	7:  {"Destination Host Unknown", syscall.EHOSTDOWN},
	8:  {"Source Host Isolated", syscall.EHOSTUNREACH},
	9:  {"Destination Net Prohibited", syscall.ENETUNREACH},
	10: {"Destination Host Prohibited", syscall.EHOSTUNREACH},
	11: {"Destination Net Unreachable for Type of Service", syscall.ENETUNREACH},
	12: {"Destination Host Unreachable for Type of Service", syscall.EHOSTUNREACH},
	13: {"Packet filtered", syscall.EHOSTUNREACH},
	14: {"Precedence Violation", syscall.EHOSTUNREACH},
	15: {"Precedence Cutoff", syscall.EHOSTUNREACH},
}

func (e *ICMPError) message4() string {
	switch e.Type {
	case icmp4Unreachable:
		switch {
		case e.Code == icmp4FragNeeded:
			return fmt.Sprintf(unreachable4[e.Code].message, e.Info)
		case int(e.Code) < len(unreachable4):
			return unreachable4[e.Code].message
		}
		return fmt.Sprintf("Dest Unreachable, Bad Code: %d", e.Code)
	case icmp4TimeExceeded:
		switch e.Code {
		case 0:
			return "Time to live exceeded"
		case 1:
			return "Frag reassembly time exceeded"
		}
		return fmt.Sprintf("Time exceeded, Bad Code: %d", e.Code)
	case icmp4Parameter:
		return fmt.Sprintf("Parameter problem: pointer = %d", e.Info)
	}
	return fmt.Sprintf("Bad ICMP type: %d", e.Type)
}

// unreachable6 has what each code of icmp6Unreachable means (RFC 4443).
var unreachable6 = []struct {
	message string
	errno   syscall.Errno
}{
	0: {"No route", syscall.ENETUNREACH},
	1: {"Administratively prohibited", syscall.EACCES},
	2: {"Beyond scope of source address", syscall.EHOSTUNREACH},
	3: {"Address unreachable", syscall.EHOSTUNREACH},
	4: {"Port unreachable", syscall.ECONNREFUSED},
	5: {"Unknown code 5", syscall.EACCES}, // policy failure
	6: {"Unknown code 6", syscall.EACCES}, // reject route
}

func (e *ICMPError) message6() string {
	switch e.Type {
	case icmp6Unreachable:
		if int(e.Code) < len(unreachable6) {
			return "Destination unreachable: " + unreachable6[e.Code].message
		}
		return fmt.Sprintf("Destination unreachable: Unknown code %d", e.Code)
	case icmp6TooBig:
		return fmt.Sprintf("Packet too big: mtu=%d", e.Info)
	case icmp6TimeExceeded:
		switch e.Code {
		case 0:
			return "Time exceeded: Hop limit"
		case 1:
			return "Time exceeded: Defragmentation failure"
		}
		return fmt.Sprintf("Time exceeded: code %d", e.Code)
	case icmp6Parameter:
		what := fmt.Sprintf("code %d", e.Code)
		switch e.Code {
		case 0:
			what = "Wrong header field"
		case 1:
			what = "Unknown header"
		case 2:
			what = "Unknown option"
		}
		return fmt.Sprintf("Parameter problem: %s at %d", what, e.Info)
	}
	return fmt.Sprintf("unknown icmp type: %d", e.Type)
}

// Unwrap returns the errno.
func (e *ICMPError) Unwrap() error {
	if e.From.Is4() {
		return e.errno4()
	}
	return e.errno6()
}

func (e *ICMPError) errno4() syscall.Errno {
	switch {
	case e.Type == icmp4Unreachable && int(e.Code) < len(unreachable4):
		return unreachable4[e.Code].errno
	case e.Type == icmp4Parameter:
		return syscall.EPROTO
	}
	return syscall.EHOSTUNREACH
}

func (e *ICMPError) errno6() syscall.Errno {
	switch {
	case e.Type == icmp6Unreachable && int(e.Code) < len(unreachable6):
		return unreachable6[e.Code].errno
	case e.Type == icmp6Unreachable, e.Type == icmp6Parameter:
		return syscall.EPROTO
	case e.Type == icmp6TooBig:
		return syscall.EMSGSIZE
	}
	return syscall.EHOSTUNREACH
}
