package sim

import (
	"fmt"
	"net/netip"
	"sync"

	"drydock/sim/internal/netstack"
)

// A Socket describes a TCP or UDP socket as "ss" and "netstat" show it.
type Socket struct {
	Proto         string // "tcp" or "udp"
	IPv6          bool   // it was made for IPv6; its addresses may be IPv4 ones unless it is IPv6Only
	IPv6Only      bool
	Local, Remote netip.AddrPort // without a peer Remote is 0.0.0.0:0 or [::]:0
	State         SocketState
	RecvQ         int    // bytes that wait to be read; of a listener, connections that wait for Accept
	SendQ         int    // of a listener, how many of those there may be
	Program       string // that has it open, "docker-proxy"; "" if none can be seen from here
	PID           int    // of the program; 0 if that is not known
	FD            int    // the number that the socket has there
}

// A SocketState is the state of a socket. The numbers are those of Linux, which
// /proc/net/tcp shows. A UDP socket is SocketEstablished if it has a peer and
// SocketClosed otherwise.
type SocketState int

// States of sockets.
const (
	SocketEstablished SocketState = iota + 1
	SocketSynSent
	SocketSynReceived
	SocketFinWait1
	SocketFinWait2
	SocketTimeWait
	SocketClosed
	SocketCloseWait
	SocketLastAck
	SocketListening
	SocketClosing
)

var socketStates = [...]string{
	SocketEstablished: "ESTABLISHED", SocketSynSent: "SYN_SENT", SocketSynReceived: "SYN_RECV",
	SocketFinWait1: "FIN_WAIT1", SocketFinWait2: "FIN_WAIT2", SocketTimeWait: "TIME_WAIT",
	SocketClosed: "CLOSE", SocketCloseWait: "CLOSE_WAIT", SocketLastAck: "LAST_ACK",
	SocketListening: "LISTEN", SocketClosing: "CLOSING",
}

// String returns the name that netstat has for the state, "ESTABLISHED".
func (s SocketState) String() string {
	if s < SocketEstablished || s > SocketClosing {
		return fmt.Sprintf("SocketState(%d)", int(s))
	}
	return socketStates[s]
}

// Sockets returns the TCP and UDP sockets of all who share the Netns, also those that
// connections leave behind: UDP first, then by local address, port and peer. The slice is the
// caller's. It is nil while the owner is not running.
func (ns *Netns) Sockets() []Socket {
	space, _, err := ns.open("list sockets")
	if err != nil {
		return nil
	}
	pids := ns.pids()
	proxy := func(netstack.Socket) int { return 0 }
	if space.proxies != nil {
		proxy = space.proxies.pids()
	}
	daemon := sync.OnceValue(func() int { return pids.Named(dockerd) })
	var list []Socket
	for _, s := range space.stack.Sockets() {
		socket := Socket{
			Proto: s.Network, IPv6: s.V6, IPv6Only: s.V6Only, Local: s.Local, Remote: s.Remote,
			State: SocketState(s.State), RecvQ: s.RecvQ, SendQ: s.SendQ,
		}
		if s.Owner.PIDs == pids {
			socket.Program, socket.PID, socket.FD = s.Owner.Name, s.Owner.PID, s.FD
		}
		switch {
		case socket.Program == dockerd:
			socket.PID = daemon()
		case socket.Program != "" && socket.PID == 0:
			socket.PID = proxy(s)
		}
		list = append(list, socket)
	}
	return list
}
