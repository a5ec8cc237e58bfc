package sim

import (
	"net"
	"net/netip"
	"slices"
	"sync"

	"drydock/dnsd"
	"drydock/veth"
)

// A Link is the membership of a container in a network, or of a machine in a LAN: the cable
// between an interface of the one and the bridge of the other. Container.Link and
// Machine.Uplink return them. A Link lasts while the container is connected and does what
// was asked for at each start; it has an interface and addresses while the container runs.
// Its methods are safe for concurrent use.
type Link struct {
	machine   *Machine
	container *Container // nil: the link is the machine's own
	lan       *LAN       // nil: it leads to asked.network
	asked     attachment
	holds     bool // guarded by Host.mu: it has addresses of the network
	slot      int  // in the order in which the container was connected; belongs to the holder of its life

	mu       sync.Mutex
	history  history     // +checklocks:mu
	impaired impairments // +checklocks:mu
	// How often all cables were impaired until impaired was said.
	since uint64 // +checklocks:mu
	// How many Cuts hold.
	cuts int // +checklocks:mu
	// Nil without an interface.
	live *endpoint // +checklocks:mu
}

// An attachment is what is asked of a Link.
type attachment struct {
	network     *Network         // nil on a LAN
	addr, addr6 netip.Addr       // invalid: the lowest free one
	mac         net.HardwareAddr // nil: one of its own
	aliases     []string
	links       []dnsd.Link
	gwPriority  int
	ifname      string            // "": eth and a number
	sysctls     []Sysctl          // with IFNAME for the interface
	driverOpts  map[string]string // as they were given
	impairments                   // at first
}

// asked returns the addresses that are asked for.
func (a *attachment) asked() []netip.Addr { return valid(a.addr, a.addr6) }

// A history is what Inspect tells of how a link came about.
type history struct {
	connected bool // by Connect
	named     bool // it has the aliases that Docker adds
	joined    bool // a run has had an interface there
	failed    bool // a container that ran could not be connected; dockerd remembers what was asked for
}

func (c *Container) newLink(a attachment) *Link {
	l := &Link{machine: c.host.Machine, container: c, asked: a, impaired: a.impairments}
	if a.network != nil && a.impairments != (impairments{}) {
		_, l.since = a.network.common.now()
	}
	return l
}

// Network returns the network that the link leads to, nil if that is a LAN.
func (l *Link) Network() *Network { return l.asked.network }

// LAN returns the LAN that the link leads to, nil if that is a network.
func (l *Link) LAN() *LAN { return l.lan }

// Addr returns the IPv4 address of the interface, the zero Addr while there is none. Of a
// machine with several on the LAN it is the first.
func (l *Link) Addr() netip.Addr {
	if ep := l.running(); ep != nil {
		return ep.addr
	}
	return netip.Addr{}
}

// Addr6 returns the IPv6 address of the interface, not that of fe80::/10; the zero Addr
// while there is none.
func (l *Link) Addr6() netip.Addr {
	if ep := l.running(); ep != nil {
		return ep.addr6
	}
	return netip.Addr{}
}

// MAC returns the address of the interface, nil while there is none.
func (l *Link) MAC() net.HardwareAddr {
	if ep := l.running(); ep != nil {
		return slices.Clone(ep.mac)
	}
	return nil
}

// Name returns the name of the interface, "eth0", and "" while there is none.
func (l *Link) Name() string {
	if ep := l.running(); ep != nil {
		return ep.device
	}
	return ""
}

// Impair degrades the frames that the owner sends and receives by the link, until it is
// called again; the zero Impairment heals. What is on its way then arrives as veth.Endpoint.Impair says. It
// may be called before a container runs, and lasts when it restarts. The error is a *veth.Error, or an *Error
// that wraps ErrNotFound where there is no such link or container any more, ErrClosed if the machine is closed, and
// ErrPredefined on "host" and "none", where there is no cable.
func (l *Link) Impair(send, receive veth.Impairment) error {
	return l.change(func(i *impairments) { *i = impairments{send, receive} })
}

// SetCarrier pulls the cable or puts it back. While it is out all frames are lost, also
// those in flight, without an error to anyone. A container starts with it in; one that does
// not run has none, which is an *Error that wraps ErrNotRunning. Where there is no such link it
// wraps ErrNotFound.
func (l *Link) SetCarrier(up bool) error {
	if err := l.check("set carrier"); err != nil {
		return err
	}
	ep := l.running()
	if ep == nil {
		return l.container.errDown("set carrier")
	}
	ep.inside.SetCarrier(up)
	l.fault("%s", map[bool]string{false: "plug pulled", true: "plugged in"}[up])
	return nil
}

// Inflight returns what is on its way on the cable, as seen from the owner, to be held, looked
// at, and released or dropped by hand. It lasts until a container stops; one that does not run
// has none, which is an *Error that wraps ErrNotRunning. Where there is no such link it wraps
// ErrNotFound.
func (l *Link) Inflight() (send, receive veth.Inflight, err error) {
	const op = "look into the cable"
	if err := l.check(op); err != nil {
		return send, receive, err
	}
	ep := l.running()
	if ep == nil {
		return send, receive, l.container.errDown(op)
	}
	return ep.inside.Inflight(), ep.outside.Inflight(), nil
}

// check refuses what is no link any more or never was one, or has no cable.
func (l *Link) check(op string) error {
	switch {
	case l.machine.isClosed():
		return l.machine.errDown(op)
	case l.container != nil && l.container.isGone():
		return errNoContainer(l.container.host.says, op, l.container.Name())
	case l.container != nil && !slices.Contains(l.container.list(), l):
		c := l.container
		return c.errNotLinked(op, c.host.says.NotConnected, c.Name(), l.asked.network)
	case l.container == nil && !slices.Contains(l.machine.uplinks, l):
		return errorf(op, l.machine.name, ErrNotFound, "host %s is not connected to the LAN", l.machine.name)
	case l.container != nil && l.asked.network.bridge == nil:
		return errNoBridge(op, l.asked.network)
	}
	return nil
}

// endpoint returns what the link has now, nil if there is no interface.
func (l *Link) endpoint() *endpoint {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.live
}

// running is endpoint for who looks from outside: a container that starts or stops has none.
func (l *Link) running() *endpoint {
	if l.container != nil && l.container.running() == nil {
		return nil
	}
	return l.endpoint()
}

// set makes ep what the link has, impaired as was asked for.
func (l *Link) set(ep *endpoint) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.container != nil && l.live != nil {
		l.machine.dropLog.left(l.container, l.live)
	}
	l.live = ep
	if l.container != nil && ep != nil {
		l.machine.dropLog.joined(l.container, ep)
	}
	if ep == nil {
		l.common().leave(l)
		return nil
	}
	l.common().join(l)
	ep.inside.SetCut(l.cuts > 0)
	return ep.impair(l.wanted())
}

// note adds to the history.
func (l *Link) note(change func(*history)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.history)
}

func (l *Link) past() history {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.history
}
