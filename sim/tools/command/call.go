package command

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
)

// A Machine is where a command runs: a container or a host of package sim.
type Machine interface {
	Hostname() string
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// A Call is one run of a command. The command must not keep it, nor anything in it,
// once it has returned: the streams then belong to the caller again.
type Call struct {
	Machine Machine  // where it runs
	Args    []string // Args[0] is the command's name
	Env     []string // "NAME=value"; of a name that stands twice the last one counts

	// Table.Run replaces nil streams: there is nothing to read, and what is written is
	// discarded.
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Commands are those that this one can start, as a shell, xargs and docker exec do:
	// with a copy of its Call that has other Args. Table.Run sets it to the table.
	Commands Table

	depth int // how many commands have started each other up to this one
}

// A Func is a command. It returns the exit status that the real program has, from 0 to
// 255, and has then ended everything that it started. When ctx is done it ends soon, as
// a process does after SIGINT.
type Func func(ctx context.Context, c *Call) (status int)

// Exit statuses that every shell gives for a process that ended otherwise than by
// exit(3).
const (
	NotFound   = 127      // there is no such command
	NoFork     = 254      // bash's when fork(2) fails
	BrokenPipe = 128 + 13 // killed by SIGPIPE: nobody reads what it writes
	Killed     = 128 + 9  // killed by SIGKILL, with its container for one
)

// Printf writes to standard output. A command need not look for errors of it: see
// Table.Run.
func (c *Call) Printf(format string, args ...any) { fmt.Fprintf(c.Stdout, format, args...) }

// Errorf writes to standard error. It adds nothing, neither the command's name nor a
// newline: programs differ in both.
func (c *Call) Errorf(format string, args ...any) { fmt.Fprintf(c.Stderr, format, args...) }

// Fail is Errorf for a command that ends with status because of it.
func (c *Call) Fail(status int, format string, args ...any) int {
	c.Errorf(format, args...)
	return status
}
