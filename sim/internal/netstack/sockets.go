package netstack

import (
	"cmp"
	"net/netip"
	"slices"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// A Socket is what a namespace knows of one of its sockets.
type Socket struct {
	Network       string         // "tcp" or "udp"
	V6, V6Only    bool           // made for IPv6, and for that alone
	Local, Remote netip.AddrPort // Remote is that of the wildcard and port 0 without a peer
	State         tcp.EndpointState
	RecvQ         int // bytes to read; of a listener, connections to accept
	SendQ         int // of a listener, how many of them there may be
	Owner         Program

	FD int // what it is to the owner; 0 if nobody has it open
}

// Sockets returns the TCP and UDP sockets that have a port, also those that connections
// leave behind: UDP first, then by local address, port and peer.
func (s *Stack) Sockets() []Socket {
	owners := s.owners()
	s.gate.enter() // asking an endpoint may set it to work on what has arrived meanwhile
	defer s.gate.leave()
	var list []Socket
	seen := make(map[stack.TransportEndpoint]bool) // one of both families is registered twice
	for _, ep := range s.stack.RegisteredEndpoints() {
		e, ok := ep.(tcpip.Endpoint)
		if !ok || seen[ep] {
			continue
		}
		seen[ep] = true
		if socket, ok := s.describe(e); ok {
			socket.Owner, socket.FD = owners[e].program, owners[e].fd
			if socket.State == tcp.StateListen {
				socket.SendQ = owners[e].backlog
			}
			list = append(list, socket)
		}
	}
	countBacklogs(list)
	slices.SortFunc(list, func(a, b Socket) int {
		return cmp.Or(-cmp.Compare(a.Network, b.Network), a.Local.Compare(b.Local), a.Remote.Compare(b.Remote))
	})
	return list
}

// describe returns what an endpoint tells of itself; false if it is no socket of TCP or UDP.
func (s *Stack) describe(e tcpip.Endpoint) (Socket, bool) {
	info, ok := e.Info().(*stack.TransportEndpointInfo)
	if !ok {
		return Socket{}, false
	}
	socket := Socket{V6: info.NetProto == ipv6.ProtocolNumber, V6Only: e.SocketOptions().GetV6Only()}
	switch info.TransProto {
	case tcp.ProtocolNumber:
		socket.Network, socket.State = "tcp", tcp.EndpointState(e.State())
	case udp.ProtocolNumber:
		socket.Network, socket.State = "udp", tcp.StateClose // Linux's for one without a peer
		if transport.DatagramEndpointState(e.State()) == transport.DatagramEndpointStateConnected {
			socket.State = tcp.StateEstablished
		}
	default:
		return Socket{}, false
	}
	if socket.State > tcp.StateClosing || socket.Network == "tcp" && socket.State == tcp.StateClose {
		return Socket{}, false // bound, or past its end
	}
	nic := cmp.Or(info.BindNICID, info.RegisterNICID)
	local := tcpip.FullAddress{NIC: nic, Addr: info.ID.LocalAddress, Port: info.ID.LocalPort}
	remote := tcpip.FullAddress{NIC: nic, Addr: info.ID.RemoteAddress, Port: info.ID.RemotePort}
	socket.Local = s.addrPort(local, socket.V6)
	socket.Remote = s.origin(socket.Network, s.addrPort(remote, socket.V6))
	if socket.State == tcp.StateListen {
		return socket, true
	}
	if n, err := e.GetSockOptInt(tcpip.ReceiveQueueSizeOption); err == nil {
		socket.RecvQ = n
	}
	return socket, true
}

// countBacklogs gives listeners the connections that wait for Accept: those that nobody has
// open, and nobody has closed.
func countBacklogs(list []Socket) {
	waiting := make(map[netip.AddrPort]int)
	for _, c := range list {
		if c.Network == "tcp" && c.FD == 0 && (c.State == tcp.StateEstablished || c.State == tcp.StateCloseWait) {
			waiting[c.Local]++
			waiting[wildcardOf(c.Local, c.V6)]++
		}
	}
	for i, l := range list {
		if l.State == tcp.StateListen {
			list[i].RecvQ = waiting[l.Local]
		}
	}
}

// wildcardOf returns the wildcard with the port of ap.
func wildcardOf(ap netip.AddrPort, v6 bool) netip.AddrPort {
	if v6 {
		return netip.AddrPortFrom(netip.IPv6Unspecified(), ap.Port())
	}
	return netip.AddrPortFrom(netip.IPv4Unspecified(), ap.Port())
}

// owners returns who of those who share the namespace has which endpoint open.
func (s *namespace) owners() map[tcpip.Endpoint]file {
	s.usersMu.Lock()
	users := slices.Clone(s.users)
	s.usersMu.Unlock()
	owners := make(map[tcpip.Endpoint]file)
	for _, user := range users {
		for c, f := range user.open() {
			if c, ok := c.(interface{ base() *sock }); ok {
				f.backlog = int(c.base().backlog.Load())
				owners[c.base().ep] = f
			}
		}
	}
	return owners
}
