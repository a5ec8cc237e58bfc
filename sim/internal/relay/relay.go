// Package relay carries bytes between two sockets. The userland proxy of published ports
// uses it, and so does the real uplink. Sockets are the machine's or those of any netstack
// that are as package net has them; the package opens none itself.
//
// A TCP and a UDP serve a listening socket, as docker-proxy does. Join makes one of two TCP
// connections, and a Flow carries what two UDP sockets exchange.
package relay

import (
	"context"
	"net"
)

// A Dialer opens the connection over which one client is served: a TCP connection
// for a TCP, a connected UDP socket for a UDP. The client's address is for dialers that
// keep it. The context ends when the relay is closed; a Dialer must not close the relay
// itself.
type Dialer func(ctx context.Context, client net.Addr) (net.Conn, error)
