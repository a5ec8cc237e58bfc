// Package tools implements commands that are run on emulated machines. They take
// the arguments of the real ones and print the same text: ping of iputils
// 20221126, ifconfig of net-tools 2.10, ip of iproute2 6.1, conntrack of
// conntrack-tools 1.4.7 and docker of Docker Engine 20.10.24, as Debian 12 has them.
//
// A command writes standard output and standard error to one writer, line by line
// as things happen. A failure that the real command would have shown by its exit
// status is an *ExitError; its reason has been written.
package tools

import (
	"context"
	"fmt"
	"io"
	"net/netip"

	"drydock/sim"
	"drydock/sim/ping"
)

// A Machine is where a command runs: a *sim.Container or a *sim.Host.
type Machine interface {
	Ping(ctx context.Context, host string, cfg *ping.Config) (ping.Stats, error)
	GetAddrInfo(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
	Interfaces() []sim.Interface
	Routes() []sim.Route
}

var (
	_ Machine = (*sim.Container)(nil)
	_ Machine = (*sim.Host)(nil)
)

// An ExitError is the exit status of a command that failed.
type ExitError struct {
	Code int   // not 0
	Err  error // why, if there is more to say than what the command has written
}

func (e *ExitError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("exit status %d: %v", e.Code, e.Err)
	}
	return fmt.Sprintf("exit status %d", e.Code)
}

// ExitCode returns Code, so that a main function which fails with the error gives its
// container that exit status.
func (e *ExitError) ExitCode() int { return e.Code }

// Unwrap returns Err.
func (e *ExitError) Unwrap() error { return e.Err }

// An output remembers the first error of its writer.
type output struct {
	w      io.Writer
	err    error
	failed func() // called once
}

func (o *output) printf(format string, args ...any) {
	if o.err != nil {
		return
	}
	if _, o.err = fmt.Fprintf(o.w, format, args...); o.err != nil && o.failed != nil {
		o.failed()
	}
}
