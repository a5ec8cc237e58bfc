package sim

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"path"
	"sync"
	"time"

	"drydock/sim/internal/bubble"
	"drydock/sim/internal/netstack"
	"drydock/sim/ping"
	"drydock/sim/tools/command"
)

// A Netns is a place to run network code in: a TCP/IP stack with interfaces, routes and
// names. Machines and running containers have one; those of WithNetworkOf share it, each
// with sockets of its own. Its methods have the shapes of package net, so that code under
// test needs no adapter, and are safe for concurrent use. While its container does not run
// they fail with an *Error that wraps ErrNotRunning, on the data path within a
// *net.OpError.
type Netns struct {
	errDown func(op string) *Error         // why op cannot be done: the owner does not run
	site    func(op string) (*site, error) // for Exec
	rights  func() rights                  // nil: all
	root    func() command.Files           // the owner's files
	bubble  string                         // in which the owner lives

	mu sync.Mutex
	// Nil while its owner does not run.
	space   *namespace      // +checklocks:mu
	sockets *netstack.Stack // +checklocks:mu
	names   *names          // +checklocks:mu
	// Those of its owner.
	processes *command.Processes // +checklocks:mu
	hostname  string             // +checklocks:mu
	client    *http.Client       // +checklocks:mu
}

// Code that takes the methods of package net takes a Netns.
var _ interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
} = (*Netns)(nil)

// up gives the owner, which has that name, its place in a namespace, and returns its
// sockets there, with which n finds names. Those that no command of processes opens are those
// of process 1, if that runs argv.
func (ns *Netns) up(space *namespace, n *names, name, hostname string, processes *command.Processes, argv ...string) *netstack.Stack {
	var program netstack.Program
	if len(argv) > 0 {
		program = netstack.Program{PIDs: processes, PID: 1, Name: path.Base(argv[0])}
	}
	n.sockets = space.stack.ShareAs(name, program)
	n.sockets.SetResolver(n)
	ns.mu.Lock()
	defer ns.mu.Unlock()
	ns.space, ns.sockets, ns.names, ns.processes, ns.hostname = space, n.sockets, n, processes, hostname
	return ns.sockets
}

// down ends the owner's use of its namespace. With reset, connections are aborted;
// otherwise they are closed as by a process that exits.
func (ns *Netns) down(reset bool) {
	ns.mu.Lock()
	sockets, client := ns.sockets, ns.client
	ns.space, ns.sockets, ns.names, ns.processes, ns.hostname = nil, nil, nil, nil, ""
	ns.mu.Unlock()
	if client != nil {
		client.CloseIdleConnections()
	}
	if sockets != nil {
		sockets.Leave(reset)
	}
}

// sameTime refuses what is asked from another time than the owner's: from there its
// goroutines would stand still, or end the process.
func (ns *Netns) sameTime(op string) error {
	if bubble.Current() == ns.bubble {
		return nil
	}
	return errorf(op, "", ErrTime, "%s: a host must be used in the testing/synctest bubble that it was made in, or outside of any", op)
}

// open returns the namespace and the owner's sockets in it.
func (ns *Netns) open(op string) (*namespace, *netstack.Stack, error) {
	if err := ns.sameTime(op); err != nil {
		return nil, nil, err
	}
	ns.mu.Lock()
	space, sockets := ns.space, ns.sockets
	ns.mu.Unlock()
	if space == nil {
		return nil, nil, ns.errDown(op)
	}
	return space, sockets, nil
}

// caller returns a context in which sockets of s belong to the command that ctx is of. They close
// with it, as a process leaves none behind.
func caller(ctx context.Context, s *netstack.Stack) context.Context {
	p := command.ProcessOf(ctx)
	if p == nil {
		return ctx
	}
	name := ""
	if argv := p.CommandLine(); len(argv) > 0 {
		name = path.Base(argv[0])
	}
	program := netstack.Program{PIDs: p.Processes(), PID: p.PID, Name: name}
	p.AtExit(s, func() { s.Exit(program) })
	return netstack.WithProgram(ctx, program)
}

// pids returns the processes of the owner, which it sees; nil while it is not running.
func (ns *Netns) pids() *command.Processes {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	return ns.processes
}

// finder returns how names are found there, and the owner's sockets.
func (ns *Netns) finder(op string) (*names, *netstack.Stack, error) {
	if err := ns.sameTime(op); err != nil {
		return nil, nil, err
	}
	ns.mu.Lock()
	n, sockets := ns.names, ns.sockets
	ns.mu.Unlock()
	if n == nil {
		return nil, nil, ns.errDown(op)
	}
	return n, sockets, nil
}

// DialContext connects to an address, like net.Dialer.DialContext. Networks are
// tcp, tcp4, tcp6, udp, udp4 and udp6. Connections have the methods of *net.TCPConn
// and *net.UDPConn that need no file descriptor, CloseWrite for one, to be had by
// asserting an interface with them. Keep-alive is on as in package net: an idle end
// gives up after 150 seconds without an answer.
func (ns *Netns) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	_, s, err := ns.open("dial")
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	return s.DialContext(caller(ctx, s), network, address)
}

// A Dialer dials from a Netns, as net.Dialer does from the real machine. Netns.Dialer
// makes one; its fields may be set before it is used.
type Dialer struct {
	// LocalAddr is the address to dial from, a *net.TCPAddr or *net.UDPAddr. An
	// unspecified IP address and port 0 leave the choice to the stack, as nil does.
	LocalAddr net.Addr

	// KeepAlive is how long a TCP connection is idle before it is probed, nine times every
	// 15 seconds, as with net.Dialer. Zero is 15 seconds; if it is negative there are no
	// probes.
	KeepAlive time.Duration

	// TTL is the TTL or hop limit of what the connection sends, IP_TTL, up to 255. Zero
	// is 64.
	TTL int

	// ReuseAddr lets TCP dial from a port at which a listener of the same Netns listens, or from
	// which it has dialed another address so: what SO_REUSEADDR with SO_REUSEPORT on both do, and
	// what punching holes in NATs for TCP needs.
	ReuseAddr bool

	// Errors, if it is not nil, is told of each ICMP error about a packet of the connection
	// until that closes, as a socket of Linux tells with IP_RECVERR: also of those that a
	// connection goes on after. It is called by the goroutine that delivers the packet, so
	// it must not wait, nor use the connection.
	Errors func(*ping.ICMPError)

	ns *Netns
}

// Dialer returns a Dialer that dials as DialContext does, until its fields are set.
func (ns *Netns) Dialer() Dialer { return Dialer{ns: ns} }

// DialContext connects to an address: see Netns.DialContext.
func (d Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	_, s, err := d.ns.open("dial")
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	c, err := (&netstack.Dialer{Stack: s, LocalAddr: d.LocalAddr, TTL: d.TTL, ReuseAddr: d.ReuseAddr, Errors: d.Errors}).DialContext(caller(ctx, s), network, address)
	if tcp, ok := c.(*netstack.TCPConn); ok && d.KeepAlive != 0 {
		// It fails if the owner has stopped meanwhile, which the first use of c tells, too.
		tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: d.KeepAlive > 0, Idle: d.KeepAlive})
	}
	return c, err
}

// Listen announces on a local address, like net.ListenConfig.Listen. Networks are
// tcp, tcp4 and tcp6. How many connections wait for Accept is net.core.somaxconn, 4096, unless
// SetBacklog(n int) error of the listener, as another listen(2), makes it less.
func (ns *Netns) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	_, s, err := ns.open("listen")
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	return s.Listen(caller(ctx, s), network, address)
}

// ListenPacket announces on a local address, like net.ListenConfig.ListenPacket.
// Networks are udp, udp4 and udp6. Broadcasts may be sent. To receive multicast,
// assert an interface with the methods
//
//	JoinGroup(ifi *net.Interface, group net.Addr) error
//	LeaveGroup(ifi *net.Interface, group net.Addr) error
//
// of which only the index of ifi counts; nil is that of the route to the group. Others are
//
//	SetTTL(ttl int) error          // of what is sent to hosts
//	SetMulticastTTL(ttl int) error // and to groups
//	SetControlMessage(on bool) error
//	ReadMsgUDP(b, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error)
//	WriteMsgUDP(b, oob []byte, addr *net.UDPAddr) (n, oobn int, err error)
//
// After SetControlMessage ReadMsgUDP tells where a datagram was sent to, and WriteMsgUDP
// sends from there: ParseControlMessage and ControlMessage.Marshal read and write oob.
// There is no SyscallConn, since there is no file descriptor.
func (ns *Netns) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	_, s, err := ns.open("listen")
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	return s.ListenPacket(caller(ctx, s), network, address)
}

// A ControlMessage is what ReadMsgUDP tells of a datagram, and WriteMsgUDP is told: see
// Netns.ListenPacket.
type ControlMessage = netstack.ControlMessage

// ParseControlMessage reads what ReadMsgUDP gives. The address is Dst. The error is
// syscall.EINVAL.
func ParseControlMessage(oob []byte) (ControlMessage, error) {
	return netstack.ParseControlMessage(oob)
}

// LookupNetIP looks up a host name as programs there do, never as the real machine
// does: in /etc/hosts, then by the nameservers of /etc/resolv.conf, which on networks
// of one's own is the embedded resolver. Network is "ip", "ip4" or "ip6". The order is
// that of package net, RFC 6724 for the addresses and routes of the Netns: fd00:1::3 comes
// after 172.18.0.3, 2001:db8::3 before it, and what cannot be reached last.
func (ns *Netns) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	_, s, err := ns.open("lookup")
	if err != nil {
		return nil, err
	}
	return s.LookupNetIP(ctx, network, host)
}

// GetAddrInfo is LookupNetIP in the order of glibc's getaddrinfo(3), by which ping, curl
// and other programs in C go: with RFC 3484's precedences all of IPv6 comes first.
func (ns *Netns) GetAddrInfo(ctx context.Context, network, host string) ([]netip.Addr, error) {
	_, s, err := ns.open("lookup")
	if err != nil {
		return nil, err
	}
	return s.GetAddrInfo(ctx, network, host)
}

// HTTPClient returns a client whose requests start there. It is the same for all
// calls. It uses no proxy; its idle connections close when the owner stops.
func (ns *Netns) HTTPClient() *http.Client {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if ns.client == nil {
		ns.client = &http.Client{Transport: &http.Transport{DialContext: ns.DialContext}}
	}
	return ns.client
}

// Hostname returns what hostname(1) prints: for a container the first 12 digits of
// its ID unless set otherwise. It is empty while the owner is not running.
func (ns *Netns) Hostname() string {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	return ns.hostname
}

// Interfaces returns the network interfaces in the order of "ip addr". There are
// none while the owner is not running.
func (ns *Netns) Interfaces() []Interface {
	space, _, err := ns.open("interfaces")
	if err != nil {
		return nil
	}
	return space.interfaces()
}
