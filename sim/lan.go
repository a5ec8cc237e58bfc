package sim

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"drydock/bridge"
	"drydock/sim/internal/netstack"
	"drydock/veth"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A LAN is an Ethernet segment between hosts: a switch without an address of its
// own. It is the outside world of a Docker host: machines without Docker,
// routers, other Docker hosts. Its methods are safe for concurrent use.
type LAN struct {
	bridge *bridge.Bridge
	mtu    int
}

// A LANOption sets a property of a new LAN. An invalid one makes NewLAN fail with an
// *Error.
type LANOption func(*LAN) error

// WithLANMTU sets the MTU of the interfaces on the LAN in bytes, 68 to 65535. The
// default is 1500.
func WithLANMTU(mtu int) LANOption {
	return func(l *LAN) error {
		if !validMTU(mtu) {
			return errorf("create LAN", "", ErrMTU, "invalid MTU number: %d", mtu)
		}
		l.mtu = mtu
		return nil
	}
}

// NewLAN returns a LAN without hosts. It starts no goroutine; hosts may be closed
// before or after it.
func NewLAN(opts ...LANOption) (*LAN, error) {
	l := &LAN{mtu: veth.DefaultMTU}
	for _, opt := range opts {
		if err := opt(l); err != nil {
			return nil, err
		}
	}
	var err error
	l.bridge, err = bridge.New("lan")
	return l, err
}

// String returns "lan".
func (l *LAN) String() string { return l.bridge.Name() }

// Bridge returns the switch. Ports of one's own may be added to it.
func (l *LAN) Bridge() *bridge.Bridge { return l.bridge }

// Close pulls all cables.
func (l *LAN) Close() error {
	l.bridge.Close()
	return nil
}

// An uplink is an interface of a host on a LAN.
type uplink struct {
	lan             *LAN
	index           int
	port            string // of the LAN
	inside, outside *veth.Endpoint
}

// connect gives the host its address on a LAN and, if it has none there, the
// interface.
func (m *Machine) connect(c uplinkConfig) error {
	u, err := m.uplink("create host", c.lan)
	if err != nil {
		u = &uplink{lan: c.lan, index: m.newIndexes(1)}
		m.uplinks = append(m.uplinks, u)
		if err := u.attach(m, c.addr); err != nil {
			return err
		}
	}
	if err := m.own.stack.AddAddr(u.index, c.addr); err != nil {
		return errorf("create host", m.name, ErrAddress, "%v", err)
	}
	return nil
}

// attach makes the cable. The MAC follows from seed, host and address, so that
// hosts of the same seed differ.
func (u *uplink) attach(m *Machine, addr netip.Prefix) (err error) {
	device := fmt.Sprintf("eth%d", len(m.uplinks)-1)
	id := fmt.Sprintf("uplink %s %s %v", m.name, device, addr)
	if u.inside, u.outside, err = veth.Pair(veth.WithMTU(u.lan.mtu), veth.WithSeed(m.random.seedOf(id))); err != nil {
		return err
	}
	key := m.random.key(id)
	mac := net.HardwareAddr{0x00, 0x0c, 0x29, key[0], key[1], key[2]}
	u.inside.SetLinkAddress(tcpip.LinkAddress(mac))
	if err := m.own.plug(u.index, device, cable{inside: u.inside}); err != nil {
		return err
	}
	if err := m.own.stack.AddAddr(u.index, linkLocal(mac)); err != nil {
		return err
	}
	if err := u.plug(m.name + " " + device); err != nil {
		e := errorf("create host", m.name, ErrNotFound, "LAN not found: it is closed")
		e.cause = err
		return e
	}
	return nil
}

// plug gives the LAN its end; hosts may have the same name.
func (u *uplink) plug(name string) error {
	u.port = name
	for n := 2; ; n++ {
		_, err := u.lan.bridge.AddPort(u.port, u.outside)
		if !errors.Is(err, bridge.ErrExists) {
			return err
		}
		u.port = fmt.Sprintf("%s (%d)", name, n)
	}
}

// detach pulls the cable out of the LAN. The host's end closes with its interface.
func (u *uplink) detach() {
	u.lan.bridge.RemovePort(u.port)
	if u.inside != nil {
		u.inside.Close()
	}
}

// uplink returns the interface of the host on a LAN.
func (m *Machine) uplink(op string, lan *LAN) (*uplink, error) {
	for _, u := range m.uplinks {
		if u.lan == lan {
			return u, nil
		}
	}
	return nil, errorf(op, m.name, ErrNotFound, "host %s is not connected to the LAN", m.name)
}

// Impair degrades the frames that the host sends to a LAN and receives from it,
// until it is called again; the zero Impairment heals. The error is an *Error that
// wraps ErrNotFound if the host has no uplink to the LAN, or a *veth.Error.
func (m *Machine) Impair(lan *LAN, send, receive veth.Impairment) error {
	var a attachment
	if err := WithImpairment(send, receive)(&a); err != nil {
		return err
	}
	u, err := m.uplink("impair", lan)
	if err != nil {
		return err
	}
	if err := u.inside.Impair(send); err != nil {
		return err
	}
	return u.outside.Impair(receive)
}

// SetCarrier pulls the host's cable to a LAN or puts it back. While it is out all
// frames are lost, without an error to anyone.
func (m *Machine) SetCarrier(lan *LAN, up bool) error {
	u, err := m.uplink("set carrier", lan)
	if err != nil {
		return err
	}
	u.inside.SetCarrier(up)
	return nil
}

// AddRoute adds a route, as "ip route add DST via VIA" does; 0.0.0.0/0 is the default
// route. VIA must be an address on a network that the host is connected to; one of
// fe80::/10 needs a zone, the name of the interface. The error is an *Error that wraps
// syscall.EEXIST if there is a route to DST, ENETUNREACH if VIA is on no such network,
// EINVAL if DST has bits beyond its length or VIA is of the other family or the host's.
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
