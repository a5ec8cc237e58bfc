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
	Dir     string   // the working directory; "" is "/"

	User User // who runs it; a command that it starts has the same

	// Files are those that the command sees: the machine's if they are nil and it has a
	// method FS for them.
	Files Files

	// Table.Run replaces nil streams: there is nothing to read, and what is written is
	// discarded. A stream that is a terminal is one that TerminalOf finds.
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Commands are those that this one can start, as a shell, xargs and docker exec do:
	// with a copy of its Call that has other Args. Table.Run sets it to the table.
	Commands Table

	// NewGroup makes the command the first of a process group, as shells do for what is
	// typed at a prompt. Otherwise it is in the group of who starts it.
	NewGroup bool

	// Group is the process group that the command joins, if it is not 0: that of a pipeline
	// whose other commands run already.
	Group int

	process *Process // of the command; in a copy that is yet to run, of who starts it
	depth   int      // how many commands have started each other up to this one
}

// A User is who runs a command, by the numbers that a kernel knows. Names for them are in
// /etc/passwd and /etc/group. The zero User is root without further groups. What users may do
// is not told apart: files have no owners, and everybody may bind any port.
type User struct {
	UID, GID int
	Groups   []int // further ones
}

// A Func is a command. It returns the exit status that the real program has, from 0 to
// 255, and has then ended everything that it started. When ctx is done it ends soon, as
// a process does after a signal, which is the context's cause: see Interrupted.
type Func func(ctx context.Context, c *Call) (status int)

// Exit statuses that every shell gives for a process that ended otherwise than by
// exit(3).
const (
	NoPermission = 126      // there is one that cannot be executed
	NotFound     = 127      // there is no such command
	NoFork       = 254      // bash's when fork(2) fails
	BrokenPipe   = 128 + 13 // killed by SIGPIPE: nobody reads what it writes
	Killed       = 128 + 9  // killed by SIGKILL, with its container for one
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
