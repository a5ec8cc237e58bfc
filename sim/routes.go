package sim

import (
	"errors"
	"net/netip"
	"strings"
	"syscall"

	"drydock/sim/internal/netstack"
)

// AddRoute adds a route, as "ip route add DST via VIA" does; 0.0.0.0/0 is the default
// route. VIA must be an address on a network that the machine is connected to; one of
// fe80::/10 needs a zone, the name of the interface. The error is an *Error that wraps
// syscall.EEXIST if there is a route to DST, ENETUNREACH if VIA is on no such network,
// EINVAL if DST has bits beyond its length or VIA is of the other family or the machine's.
func (m *Machine) AddRoute(dst netip.Prefix, via netip.Addr) error {
	return m.route("add route", dst, func(s *netstack.Stack) error { return s.AddRoute(dst, via) })
}

// DeleteRoute deletes the route to dst: "ip route del DST". The error is an *Error that
// wraps syscall.ESRCH if there is none.
func (m *Machine) DeleteRoute(dst netip.Prefix) error {
	return m.route("delete route", dst, func(s *netstack.Stack) error { return s.DelRoute(dst) })
}

func (m *Machine) route(op string, dst netip.Prefix, change func(*netstack.Stack) error) error {
	ns, _, err := m.open(op)
	if err != nil {
		return err
	}
	if err := change(ns.stack); err != nil {
		text := err.Error()
		if errno := syscall.Errno(0); errors.As(err, &errno) {
			text = errno.Error()
			text = strings.ToUpper(text[:1]) + text[1:]
		}
		return &Error{Op: op, Name: dst.String(), Err: err, message: "RTNETLINK answers: " + text}
	}
	return nil
}
