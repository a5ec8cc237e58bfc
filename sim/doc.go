// Package sim emulates container networking inside one process, with the nouns
// and the behaviour of Docker.
//
// A Host is an emulated machine: a TCP/IP stack with interfaces, routes, an
// iptables-like firewall (package nat) and bridge networks, of which docker0 is the
// first. A Container is another TCP/IP stack, joined to a network by a virtual cable;
// what runs "in" it is a Go function that uses the container's dial and listen methods
// in place of those of package net:
//
//	host, err := sim.NewHost()
//	web, err := host.Run("web")
//	cli, err := host.Run("cli")
//	l, err := web.Listen(ctx, "tcp", ":80")
//	go http.Serve(l, handler)
//	resp, err := cli.HTTPClient().Get("http://172.17.0.2/")
//
// A container made from an Image runs its main function at each start, and exits with it.
//
// Containers reach the outside by masquerade and are reached by published ports; the
// outside is a LAN with other hosts on it.
//
// No privileges, devices or sockets of the machine are used, and nothing reaches
// real networks, unless Expose or WithRealUplink asks for it.
//
// # Time
//
// By default hosts live in real time. A host made WithVirtualTime inside a
// testing/synctest bubble lives in the bubble's time: a second passes as soon as
// every goroutine waits for it.
//
// # Errors
//
// What fails on the network fails as in package net: *net.OpError wrapping a
// syscall.Errno, net.ErrClosed, os.ErrDeadlineExceeded, a context error, or a
// *net.DNSError. What fails in management fails with *Error, which wraps a
// sentinel and reads as Docker's own message.
package sim
