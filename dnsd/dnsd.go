// Package dnsd implements the resolver embedded in container networks.
//
// A Zone has the names of one network. A Resolver answers for one container, as
// Docker's does at 127.0.0.11: with the names of the zones that the container is
// in, and with what its upstreams say of all other names, if it has any. Without
// upstreams, which is the default, no query leaves the process.
//
// A Resolver is a dns.Handler of github.com/miekg/dns: it can be called directly,
// wrapped to misbehave (Faults), or served on sockets, emulated or real (Serve). A
// Client is the other side: it looks names up as the C library of a container does,
// from a resolv.conf.
//
// Nothing here opens a socket or reads a file of the machine: sockets come from the
// caller, files are text. The exception is the net.Resolver made by
// Client.NetResolver, which says so.
//
// What is answered, forwarded and left unanswered follows Docker Engine 20.10.24,
// whose answers the tests compare with. On purpose different are two things that
// its recordings do not show: aliases of links know no case, and replies of upstreams
// that are not for the query that was sent are ignored.
package dnsd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// DefaultTTL is how long answers from a zone may be remembered.
const DefaultTTL = 600 * time.Second

const (
	upstreamLimit   = 3               // the upstreams that are asked, of however many there are
	upstreamTimeout = 4 * time.Second // for each of them
	forwardLimit    = 100             // queries of one resolver that wait for upstreams at once
)

// A DialFunc connects to a nameserver, as net.Dialer.DialContext does. The network
// is "udp" or "tcp", the address an address with port.
type DialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// An Error says what could not be set up, and why.
type Error struct {
	Op   string // what was to be done: "new", "set host", "set faults"
	Name string // of what
	Err  error  // one of this package's errors, possibly wrapped
}

func (e *Error) Error() string {
	if e.Name == "" {
		return "dnsd: " + e.Op + ": " + e.Err.Error()
	}
	return fmt.Sprintf("dnsd: %s %q: %v", e.Op, e.Name, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// What an Error wraps.
var (
	ErrName     = errors.New("invalid name")
	ErrAddr     = errors.New("invalid address")
	ErrDial     = errors.New("upstreams without a dial function")
	ErrRate     = errors.New("rate outside [0, 1]")
	ErrDelay    = errors.New("negative delay")
	ErrAction   = errors.New("unknown action")
	ErrLie      = errors.New("a lie is an address, and no other action has one")
	ErrNoEffect = errors.New("fault without delay or action")
)
