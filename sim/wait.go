package sim

import (
	"context"
	"errors"
	"net"

	"drydock/sim/internal/ports"
)

// Wait waits until the container has stopped and returns its exit status: "docker
// wait". It is that of the image's main function: 0 for nil, what a method ExitCode() int
// of the error tells, such as that of ExitStatus or *exec.ExitError, otherwise 1. One
// that returns its canceled context's error when it is stopped has 143 (SIGTERM), one
// that was killed or is not back 10 seconds later 137 (SIGKILL). Only the low 8 bits
// count. Without a main function it is 0 or 137. When Wait returns, the addresses, names
// and ports of the container are free and its functions have returned. If the container
// does not run Wait returns the ExitCode of State.
func (c *Container) Wait(ctx context.Context) (int, error) { return c.WaitFor(ctx, WaitNotRunning) }

// awaitEnd returns when over is closed, or at once if it is nil or closed already. That is looked
// at first: of two channels that are ready select takes either, and a container that has ended
// is to be told even to a caller whose context has.
func awaitEnd(ctx context.Context, over <-chan struct{}) error {
	if over == nil {
		return nil
	}
	select {
	case <-over:
		return nil
	default:
	}
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// WaitListening waits until a program of the container listens on a port, "80/tcp" or
// "53/udp", on whatever address: Start does not wait for what a main function opens. The
// error is that of ctx, or an *Error if the container does not run or stops before.
func (c *Container) WaitListening(ctx context.Context, port string) error {
	const op = "wait for port"
	list, err := ports.ParseExposed(port)
	if err == nil && list[0].Proto == ports.SCTP {
		err = ports.ErrProtocol
	}
	if err != nil {
		return errorf(op, port, ErrPort, "invalid port %q: want one such as \"80\" or \"53/udp\"", port)
	}
	_, sockets, err := c.open(op)
	if err != nil {
		return err
	}
	for _, p := range list {
		err := sockets.AwaitListener(ctx, p.Proto.String(), p.Number)
		if errors.Is(err, net.ErrClosed) {
			return c.errDown(op)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
