package inet

import (
	"context"

	"drydock/sim/tools/command"
)

// NotifyContext returns a context that ends with ctx or when the command gets one of the
// signals, which is its cause then. The command calls stop before it returns.
func NotifyContext(ctx context.Context, c *command.Call, signals ...command.Signal) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	caught := c.Notify(signals...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case s := <-caught:
			cancel(s)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}
