package sim

import (
	"errors"
	"fmt"
	"net/netip"

	"drydock/sim/internal/engine"
)

// What an Error wraps.
var (
	ErrExists     = errors.New("name in use")
	ErrInUse      = errors.New("in use")
	ErrOverlap    = errors.New("subnets overlap")
	ErrPredefined = errors.New("predefined network")
	ErrConfigOnly = errors.New("configuration network")
	ErrPortInUse  = errors.New("port in use")
	ErrPort       = errors.New("invalid port")
	ErrFirewall   = errors.New("rule refused")
	ErrName       = errors.New("invalid name")
	ErrNotFound   = errors.New("not found")
	ErrNoProgram  = errors.New("no such program")
	ErrRunning    = errors.New("running")
	ErrNotRunning = errors.New("not running")
	ErrPaused     = errors.New("paused")
	ErrNotPaused  = errors.New("not paused")
	ErrNoAddress  = errors.New("no address left")
	ErrAddress    = errors.New("invalid address")
	ErrMTU        = errors.New("invalid MTU")
	ErrConflict   = errors.New("conflicting options")
	ErrClosed     = errors.New("host closed")
	ErrDaemon     = errors.New("dockerd does not run")
	ErrTime       = errors.New("real and virtual time do not mix")
	ErrPermission = errors.New("operation not permitted")
)

// An Error is a refused or failed management operation. It has changed nothing, but
// for Restart, which may have stopped the container. Err is one of the Err variables
// of this package, errors.ErrUnsupported for what Docker has and this package has not, for
// Restart the error of the start, and for what changes a Netns, AddRoute for one, one that
// wraps a syscall.Errno.
type Error struct {
	Op   string // what was to be done: "create container"
	Name string // to what: "web"
	Err  error  // why

	message string // Docker's words
	cause   error  // nil if Err says all
}

func (e *Error) Error() string { return e.message }

// Unwrap returns Err and, if something else failed, the error of that: of a port that
// cannot be listened on, the *net.OpError.
func (e *Error) Unwrap() []error {
	if e.cause != nil {
		return []error{e.Err, e.cause}
	}
	return []error{e.Err}
}

func errorf(op, name string, err error, format string, args ...any) *Error {
	return newError(op, name, err, fmt.Sprintf(format, args...))
}

func newError(op, name string, err error, message string) *Error {
	return &Error{Op: op, Name: name, Err: err, message: message}
}

func errNoContainer(says *engine.Messages, op, name string) *Error {
	return errorf(op, name, ErrNotFound, says.NoContainer, name)
}

// errBadName is also that of a name of one letter: Docker's words leave to the reader that names
// have two characters and more.
func errBadName(says *engine.Messages, op, name string) *Error {
	return errorf(op, name, ErrName, says.ContainerName, name)
}

func errGatewayTaken(says *engine.Messages, network string, gateway netip.Addr) *Error {
	return errAddrInUse("create network", network, fmt.Sprintf(says.GatewayTaken, gateway))
}

// errAddrInUse is ErrInUse, and ErrAddress for who wants another address anyway.
func errAddrInUse(op, name, message string) *Error {
	return &Error{Op: op, Name: name, Err: ErrInUse, message: message, cause: ErrAddress}
}

func errClosed(op, name string) *Error {
	return errorf(op, name, ErrClosed, "%s %q: host closed", op, name)
}

// The operations whose refusals stand in several files.
const (
	opCreate  = "create container"
	opConnect = "connect container"
)
