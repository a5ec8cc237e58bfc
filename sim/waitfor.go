package sim

import "context"

// A WaitCondition is what WaitFor waits for.
type WaitCondition string

// The conditions of Docker's HTTP API.
const (
	WaitNotRunning WaitCondition = "not-running" // the container does not run: Wait
	WaitNextExit   WaitCondition = "next-exit"   // its present run ends, or the next one if it does not run
	WaitRemoved    WaitCondition = "removed"     // it is removed
)

// known reports whether Docker knows the condition. None stands for WaitNotRunning.
func (w WaitCondition) known() bool {
	return w == "" || w == WaitNotRunning || w == WaitNextExit || w == WaitRemoved
}

// WaitFor waits for a condition and returns the exit status then, as Wait does. The removal
// fulfills all of them, and so does the end of the host. With a restart policy each exit is one,
// though the container is started again. A condition that Docker does not know is refused.
func (c *Container) WaitFor(ctx context.Context, condition WaitCondition) (int, error) {
	return c.PrepareWait(condition)(ctx)
}

// PrepareWait returns what waits for a condition that is fulfilled from now on: between
// PrepareWait and the call of wait nothing is missed. It need not be called.
func (c *Container) PrepareWait(condition WaitCondition) (wait func(context.Context) (int, error)) {
	if !condition.known() {
		err := errorf("wait for container", c.Name(), ErrName, "invalid condition: %q", string(condition))
		return func(context.Context) (int, error) { return 0, err }
	}
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	code, ending := c.last.ExitCode, c.ending
	idle := c.run == nil && c.pending == nil
	if c.isLast || idle && condition != WaitNextExit && condition != WaitRemoved {
		return func(ctx context.Context) (int, error) {
			if err := awaitEnd(ctx, ending); err != nil {
				return 0, err
			}
			return code, nil
		}
	}
	stop, removal := (*moment)(nil), awaited(&c.removal)
	if condition != WaitRemoved {
		stop = awaited(&c.nextStop)
	}
	return func(ctx context.Context) (int, error) { return awaitFirst(ctx, stop, removal) }
}

// A moment is something that happens once and that somebody waits for.
type moment struct {
	come chan struct{}
	code int // the exit status then; not before come is closed
}

// awaited returns the moment at m, which is made if nobody waits yet.
func awaited(m **moment) *moment {
	if *m == nil {
		*m = &moment{come: make(chan struct{})}
	}
	return *m
}

// reached tells those who wait, if there are any.
func (m *moment) reached(code int) {
	if m != nil {
		m.code = code
		close(m.come)
	}
}

// awaitFirst waits for one of two moments; a nil one does not come.
func awaitFirst(ctx context.Context, a, b *moment) (int, error) {
	var comeA, comeB <-chan struct{}
	if a != nil {
		comeA = a.come
	}
	if b != nil {
		comeB = b.come
	}
	select {
	case <-comeA:
		return a.code, nil
	case <-comeB:
		return b.code, nil
	case <-ctx.Done():
	}
	select { // what has come counts also if ctx is done
	case <-comeA:
		return a.code, nil
	case <-comeB:
		return b.code, nil
	default:
		return 0, ctx.Err()
	}
}

// noteLast tells those who wait that there will be no run any more.
func (c *Container) noteLast() {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	c.isLast = true
	c.nextStop.reached(c.last.ExitCode)
	c.removal.reached(c.last.ExitCode)
	c.nextStop, c.removal = nil, nil
}
