package stdio

import (
	"context"
	"slices"
	"sync"
	"time"
)

// An Output is where a container's main processes write, one after the other. The zero
// Output is ready. It is safe for concurrent use; no lock is held while a client writes.
type Output struct {
	// Changed is closed with each entry and at the end of a run; runs are those that have ended.
	mu      sync.Mutex
	log     log           // +checklocks:mu
	changed chan struct{} // +checklocks:mu
	runs    int           // +checklocks:mu
	clients []*Client     // +checklocks:mu
}

// Writer returns what a process writes a stream to. It waits for clients that are slow, as
// a process waits for docker attach; one that fails is detached.
func (o *Output) Writer(s Stream) Writer { return Writer{o.write, s} }

func (o *Output) write(ctx context.Context, s Stream, b []byte) error {
	o.mu.Lock()
	o.log.write(s, b, time.Now())
	o.wakeLocked()
	clients := slices.Clone(o.clients)
	o.mu.Unlock()
	for _, c := range clients {
		if c.send(ctx, s, b); ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func (o *Output) forget(c *Client) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.clients = slices.DeleteFunc(o.clients, func(other *Client) bool { return other == c })
}

// A Writer is a stream of a process. It is a command.ContextWriter.
type Writer struct {
	write  func(context.Context, Stream, []byte) error
	stream Stream
}

// Write is WriteContext without an end.
func (w Writer) Write(b []byte) (int, error) { return w.WriteContext(context.Background(), b) }

// WriteContext waits for clients that are slow until ctx is done. It fails for one client
// that has failed.
func (w Writer) WriteContext(ctx context.Context, b []byte) (int, error) {
	if err := w.write(ctx, w.stream, b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// +checklocks:o.mu
func (o *Output) wakeLocked() {
	if o.changed != nil {
		close(o.changed)
		o.changed = nil
	}
}

// +checklocks:o.mu
func (o *Output) waitLocked() <-chan struct{} {
	if o.changed == nil {
		o.changed = make(chan struct{})
	}
	return o.changed
}

// EndRun says that the process has ended: half a line goes to the log, and those who are
// attached get what is left for them, and no more.
func (o *Output) EndRun() {
	o.mu.Lock()
	o.log.flush(Stdout, time.Now())
	o.log.flush(Stderr, time.Now())
	o.runs++
	o.wakeLocked()
	clients := o.clients
	o.clients = nil
	o.mu.Unlock()
	for _, c := range clients {
		c.End()
	}
}

// Entries returns the log from an entry on, 0 being the first, and the number of the next.
func (o *Output) Entries(from int) (list []Entry, next int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.log.since(from)
}

// Follow is Entries that waits until there are some, ctx is done or the run ends, which
// is what more tells: there are none, then.
func (o *Output) Follow(ctx context.Context, from, run int) (list []Entry, next int, more bool) {
	for {
		o.mu.Lock()
		list, next = o.log.since(from)
		ended := o.runs > run
		changed := o.waitLocked()
		o.mu.Unlock()
		if len(list) > 0 || ended {
			return list, next, !ended
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, next, false
		}
	}
}

// Runs returns how many processes have ended.
func (o *Output) Runs() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.runs
}
