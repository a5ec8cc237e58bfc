package sim

import (
	"errors"
	"net"
	"net/netip"
	"strings"

	"drydock/sim/internal/slirp"
)

// tapFor returns the other end of tap0, which it makes if there is none.
func (m *Machine) tapFor(op string) (*slirp.Net, error) {
	m.devices <- struct{}{}
	defer func() { <-m.devices }()
	if m.isClosed() {
		return nil, errClosed(op, m.name)
	}
	if m.tap == nil {
		if err := m.labelled(func() error { return m.plugTap(false) }); err != nil {
			return nil, err
		}
	}
	return m.tap, nil
}

// An Exposure is a real socket that leads to a published port. Its methods are safe
// for concurrent use.
type Exposure struct{ exposure *slirp.Exposure }

// Addr returns the real address that is listened on.
func (e *Exposure) Addr() net.Addr { return e.exposure.Addr() }

// Close closes the real socket and the connections that came through it.
func (e *Exposure) Close() error {
	e.exposure.Close()
	return nil
}

// An ExposeOption sets a property of an Exposure.
type ExposeOption func(*exposeConfig)

type exposeConfig struct{ beyondLoopback bool }

// WithBeyondLoopback allows an address that other machines can reach.
func WithBeyondLoopback() ExposeOption {
	return func(c *exposeConfig) { c.beyondLoopback = true }
}

// Expose makes a port of the emulated machine, on a Host usually one that a container
// publishes, reachable from the real machine, for a real browser, curl or iperf3. It
// listens on address, a real one such as "127.0.0.1:0", which must be a loopback address
// unless WithBeyondLoopback is given. Network is "tcp" or "udp". The listening ends with
// Close of the Exposure or of the emulated machine.
//
// Clients come from outside, by tap0 (see WithRealUplink), and are seen with their own
// address and port. Those on the real loopback, whose address would be that of whoever sees
// it, come from 10.0.2.2. Answers need a way back: the default route by tap0, which the
// emulated machine gets unless it has another. In virtual time nothing can be exposed.
//
// The error is an *Error or, of the address that is listened on, a *net.OpError.
func (m *Machine) Expose(network, address string, port uint16, opts ...ExposeOption) (*Exposure, error) {
	const op = "expose"
	var cfg exposeConfig
	for _, opt := range opts {
		opt(&cfg)
	}
	if _, _, err := m.open(op); err != nil {
		return nil, err
	}
	at, err := checkExposed(network, address, cfg.beyondLoopback)
	if err != nil {
		return nil, err
	}
	if port == 0 {
		return nil, errorf(op, address, ErrPort, "invalid port: 0")
	}
	tap, err := m.tapFor(op)
	if err != nil {
		return nil, err
	}
	var e *slirp.Exposure
	err = m.labelled(func() (err error) {
		e, err = tap.Expose(network, at.String(), netip.AddrPortFrom(tapAddr.Addr(), port))
		return err
	})
	switch {
	case errors.Is(err, net.ErrClosed):
		return nil, errClosed(op, m.name)
	case err != nil:
		return nil, err
	}
	return &Exposure{e}, nil
}

// checkExposed returns an address that may be listened on. It is no name, whose meaning
// could change, but "localhost".
func checkExposed(network, address string, beyondLoopback bool) (netip.AddrPort, error) {
	if network != "tcp" && network != "udp" {
		return netip.AddrPort{}, &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
	}
	a, err := netip.ParseAddrPort(strings.Replace(address, "localhost:", "127.0.0.1:", 1))
	if err != nil {
		return netip.AddrPort{}, &net.OpError{Op: "listen", Net: network, Err: &net.AddrError{Err: "not an IP address and port", Addr: address}}
	}
	if !a.Addr().IsLoopback() && !beyondLoopback {
		return netip.AddrPort{}, errorf("expose", address, ErrAddress, "%s is not an address of the loopback, and WithBeyondLoopback is not given", address)
	}
	return a, nil
}
