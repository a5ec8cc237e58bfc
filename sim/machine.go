package sim

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"drydock/sim/internal/netstack"
)

// A machine is what hosts and running containers have in common: a place to run
// network code in.
type machine struct {
	host *Host
	id   string // of a container

	mu       sync.Mutex // guards what follows
	name     string
	ns       *netns // nil while not running
	sockets  *netstack.Stack
	hostname string
	client   *http.Client
}

// Code that takes the methods of package net takes a machine.
var _ interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
} = (*machine)(nil)

// Name returns the name of a container, the hostname of a host.
func (m *machine) Name() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.name
}

// String returns the name.
func (m *machine) String() string { return m.Name() }

func (m *machine) setName(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.name = name
}

// up makes m a machine in ns, and returns its sockets there.
func (m *machine) up(ns *netns, hostname string) *netstack.Stack {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ns, m.sockets, m.hostname = ns, ns.stack.Share(), hostname
	return m.sockets
}

// down ends m's use of its namespace. With reset, connections are aborted;
// otherwise they are closed as by a process that exits.
func (m *machine) down(reset bool) {
	m.mu.Lock()
	sockets, client := m.sockets, m.client
	m.ns, m.sockets, m.hostname = nil, nil, ""
	m.mu.Unlock()
	if client != nil {
		client.CloseIdleConnections()
	}
	if sockets != nil {
		sockets.Leave(reset)
	}
}

// open returns the namespace of m and m's sockets in it.
func (m *machine) open(op string) (*netns, *netstack.Stack, error) {
	m.mu.Lock()
	ns, sockets := m.ns, m.sockets
	m.mu.Unlock()
	if ns == nil {
		return nil, nil, m.errDown(op)
	}
	return ns, sockets, nil
}

// errDown is why m cannot do op: it does not run.
func (m *machine) errDown(op string) *Error {
	if m.host.isClosed() {
		return errClosed(op, m.Name())
	}
	return errorf(op, m.Name(), ErrNotRunning, "Container %s is not running", m.id)
}

// DialContext connects to an address, like net.Dialer.DialContext. Networks are
// tcp, tcp4, tcp6, udp, udp4 and udp6. Connections have the methods of *net.TCPConn
// and *net.UDPConn that need no file descriptor, CloseWrite for one, to be had by
// asserting an interface with them. Keep-alive is on as in package net: an idle end
// gives up after 150 seconds without an answer.
func (m *machine) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	_, s, err := m.open("dial")
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	return s.DialContext(ctx, network, address)
}

// DialFrom is DialContext from a local address and port, as "nc -s ADDR -p PORT" dials.
// The zero Addr and port 0 leave the choice to m.
func (m *machine) DialFrom(ctx context.Context, network string, local netip.AddrPort, address string) (net.Conn, error) {
	_, s, err := m.open("dial")
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	d := netstack.Dialer{Stack: s, LocalAddr: net.TCPAddrFromAddrPort(local)}
	if strings.HasPrefix(network, "udp") {
		d.LocalAddr = net.UDPAddrFromAddrPort(local)
	}
	return d.DialContext(ctx, network, address)
}

// Listen announces on a local address, like net.ListenConfig.Listen. Networks are
// tcp, tcp4 and tcp6.
func (m *machine) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	_, s, err := m.open("listen")
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	return s.Listen(ctx, network, address)
}

// ListenPacket announces on a local address, like net.ListenConfig.ListenPacket.
// Networks are udp, udp4 and udp6. Broadcasts may be sent. To receive multicast,
// assert an interface with the methods
//
//	JoinGroup(ifi *net.Interface, group net.Addr) error
//	LeaveGroup(ifi *net.Interface, group net.Addr) error
//
// of which only the index of ifi counts; nil is that of the route to the group.
func (m *machine) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	_, s, err := m.open("listen")
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	return s.ListenPacket(ctx, network, address)
}

// LookupNetIP looks up a host name as programs on m do, never as the real machine
// does: in /etc/hosts, then by the nameservers of /etc/resolv.conf, which on networks
// of one's own is the embedded resolver. Network is "ip", "ip4" or "ip6". The order is
// that of package net, RFC 6724 for the addresses and routes of m: fd00:1::3 comes
// after 172.18.0.3, 2001:db8::3 before it, and what cannot be reached last.
func (m *machine) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	_, s, err := m.open("lookup")
	if err != nil {
		return nil, err
	}
	return s.LookupNetIP(ctx, network, host)
}

// GetAddrInfo is LookupNetIP in the order of glibc's getaddrinfo(3), by which ping, curl
// and other programs in C go: with RFC 3484's precedences all of IPv6 comes first.
func (m *machine) GetAddrInfo(ctx context.Context, network, host string) ([]netip.Addr, error) {
	_, s, err := m.open("lookup")
	if err != nil {
		return nil, err
	}
	return s.GetAddrInfo(ctx, network, host)
}

// HTTPClient returns a client whose requests start at m. It is the same for all
// calls. It uses no proxy; its idle connections close when m stops.
func (m *machine) HTTPClient() *http.Client {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.client == nil {
		m.client = &http.Client{Transport: &http.Transport{DialContext: m.DialContext}}
	}
	return m.client
}

// Hostname returns what hostname(1) prints: for a container the first 12 digits of
// its ID unless set otherwise. It is empty while m is not running.
func (m *machine) Hostname() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.hostname
}

// Interfaces returns the network interfaces in the order of "ip addr". There are
// none while m is not running.
func (m *machine) Interfaces() []Interface {
	ns, _, err := m.open("interfaces")
	if err != nil {
		return nil
	}
	list := ns.interfaces()
	if ns == m.host.ns {
		list = m.host.addPorts(list)
	}
	return list
}

// Routes returns the routing table, the most specific destination first.
func (m *machine) Routes() []Route {
	ns, _, err := m.open("routes")
	if err != nil {
		return nil
	}
	names := make(map[int]string)
	for _, i := range ns.stack.Interfaces() {
		names[i.Index] = i.Name
	}
	var list []Route
	for _, r := range ns.stack.Routes() {
		list = append(list, Route{Dst: r.Dst, Via: r.Via, Dev: names[r.Index]})
	}
	return list
}
