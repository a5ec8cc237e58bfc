package sim

import (
	"context"
	"io"
	"iter"
	"time"

	"drydock/sim/internal/stdio"
)

// Streams are those of who is attached to a container. Nil ones are not wanted.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// An Attachment is who is attached to the main process of a container.
type Attachment struct {
	client *stdio.Client
}

// Attach has streams get what the main process writes from now on, and send it what it
// reads: "docker attach". It may come before Start, and then misses nothing. Stdin counts
// only if the container was made with OpenStdin; its end closes the process's standard
// input if that was made with StdinOnce, and has no terminal. What is written waits for
// writers that are slow, and so does the process; one that fails ends the Attachment. With
// a terminal all output is Stdout.
//
// The Attachment ends with the process, with the container and by Detach. Who attaches must
// await that: until then a goroutine may call the writers. A Read of Stdin that still waits
// when it has ended is not waited for.
func (c *Container) Attach(s Streams) *Attachment {
	con := c.console()
	a := &Attachment{c.output.Attach(s.Stdout, s.Stderr)}
	if s.Stdin != nil && c.config.asked.OpenStdin {
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			<-a.client.Done()
			cancel()
		}()
		go func() {
			con.copyIn(ctx, s.Stdin)
			if c.config.asked.StdinOnce && !c.config.asked.Tty {
				con.closeIn()
			}
		}()
	}
	return a
}

// Wait waits until the Attachment has ended: everything is delivered then, unless a writer
// has failed. When ctx is done it detaches, waits for a writer that is being called, and
// returns the error of ctx.
func (a *Attachment) Wait(ctx context.Context) error {
	select {
	case <-a.client.Done():
		return nil
	case <-ctx.Done():
		a.Detach()
		<-a.client.Done()
		return ctx.Err()
	}
}

// Detach ends the Attachment. A writer that is being called is not waited for: Wait does
// that.
func (a *Attachment) Detach() { a.client.Detach() }

// Resize gives the terminal of the container another size, also before it starts. Without
// one it does nothing.
func (c *Container) Resize(rows, columns int) { c.console().resize(rows, columns) }

// LogOptions say which lines Logs returns. The zero LogOptions are all that there are.
type LogOptions struct {
	Follow   bool      // wait for more until the container stops or is removed
	NoStdout bool      // without those of standard output
	NoStderr bool      // without those of standard error
	Tail     int       // so many of the last ones, those of Follow not counted; 0 all, -1 none
	Since    time.Time // not those before; zero: from the first on
	Until    time.Time // none after; zero: to the last
}

// A LogEntry is a line that the main process of a container has written, with its newline;
// without one it is the last of a process, or part of a line of more than 16 KiB.
type LogEntry struct {
	Stderr bool
	Time   time.Time
	Text   []byte // not to be changed
}

// Logs returns what the main processes of the container have written: "docker logs". The
// newest megabyte is kept until the container is removed.
func (c *Container) Logs(ctx context.Context, o LogOptions) iter.Seq[LogEntry] {
	return func(yield func(LogEntry) bool) {
		runs, running := c.output.Runs(), c.Running()
		list, next := c.output.Entries(0)
		for more := true; ; {
			if !o.yield(list, yield) || !more || !o.Follow || !running {
				return
			}
			o.Tail = 0
			list, next, more = c.output.Follow(ctx, next, runs)
		}
	}
}

// yield yields those entries of a list that are wanted, and reports whether more are.
func (o *LogOptions) yield(list []stdio.Entry, yield func(LogEntry) bool) bool {
	var wanted []stdio.Entry
	over := false
	for _, e := range list {
		if !o.Until.IsZero() && e.Time.After(o.Until) {
			over = true
			break
		}
		skip := e.Stream == stdio.Stdout && o.NoStdout || e.Stream == stdio.Stderr && o.NoStderr
		if !skip && !e.Time.Before(o.Since) {
			wanted = append(wanted, e)
		}
	}
	switch {
	case o.Tail < 0:
		wanted = nil
	case o.Tail > 0:
		wanted = wanted[max(len(wanted)-o.Tail, 0):]
	}
	for _, e := range wanted {
		if !yield(LogEntry{e.Stream == stdio.Stderr, e.Time, e.Text}) {
			return false
		}
	}
	return !over
}
