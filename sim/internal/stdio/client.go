package stdio

import (
	"context"
	"io"
	"slices"
	"sync"
)

// maxQueue is what is held for a client that is slow. A process that writes more waits.
const maxQueue = 64 << 10

// A Client is who gets what processes write: who is attached to an Output, or whose command
// it is.
type Client struct {
	out    *Output   // nil: none
	stdout io.Writer // nil: not wanted
	stderr io.Writer // likewise
	done   chan struct{}

	// Over is that nothing more comes, gone that nothing more is wanted.
	mu      sync.Mutex
	queue   []chunk       // +checklocks:mu
	size    int           // +checklocks:mu
	over    bool          // +checklocks:mu
	gone    bool          // +checklocks:mu
	changed chan struct{} // +checklocks:mu
}

type chunk struct {
	to   io.Writer
	text []byte
}

func newClient(out *Output, stdout, stderr io.Writer) *Client {
	return &Client{out: out, stdout: stdout, stderr: stderr, done: make(chan struct{}), changed: make(chan struct{})}
}

// NewClient returns a Client that gets what its Writers are given, until End. Who writes to
// them is told when a writer of the client has failed.
func NewClient(stdout, stderr io.Writer) *Client {
	c := newClient(nil, stdout, stderr)
	go c.deliver()
	return c
}

// Attach has a client get what is written from now on, both streams in their order, until
// the run ends. A goroutine calls the writers, and ends before Done is closed.
func (o *Output) Attach(stdout, stderr io.Writer) *Client {
	c := newClient(o, stdout, stderr)
	o.mu.Lock()
	o.clients = append(o.clients, c)
	o.mu.Unlock()
	go c.deliver()
	return c
}

// Done is closed when the client has got all that was for it.
func (c *Client) Done() <-chan struct{} { return c.done }

// Detach ends the delivery; a writer that is being called is not waited for.
func (c *Client) Detach() {
	if c.out != nil {
		c.out.forget(c)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone, c.queue = true, nil
	c.wakeLocked()
}

// End says that nothing more will be written.
func (c *Client) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	c.wakeLocked()
}

// +checklocks:c.mu
func (c *Client) wakeLocked() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// Writer returns what gives the client a stream.
func (c *Client) Writer(s Stream) Writer { return Writer{c.send, s} }

// send queues a copy of b when there is room, for which it waits until ctx is done.
func (c *Client) send(ctx context.Context, s Stream, b []byte) error {
	to := c.stdout
	if s == Stderr {
		to = c.stderr
	}
	if to == nil || len(b) == 0 {
		return nil
	}
	for {
		c.mu.Lock()
		if c.gone || c.over {
			c.mu.Unlock()
			return io.ErrClosedPipe
		}
		if c.size < maxQueue {
			c.queue = append(c.queue, chunk{to, slices.Clone(b)})
			c.size += len(b)
			c.wakeLocked()
			c.mu.Unlock()
			return nil
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// deliver writes the queue until all is written, a writer fails or the client is detached.
func (c *Client) deliver() {
	defer close(c.done)
	defer c.Detach()
	for {
		c.mu.Lock()
		queue, ended, changed := c.queue, c.over || c.gone, c.changed
		c.mu.Unlock()
		if len(queue) == 0 && ended {
			return
		}
		if len(queue) == 0 {
			<-changed
			continue
		}
		if _, err := queue[0].to.Write(queue[0].text); err != nil {
			return
		}
		c.mu.Lock()
		if !c.gone {
			c.queue, c.size = c.queue[1:], c.size-len(queue[0].text)
			c.wakeLocked()
		}
		c.mu.Unlock()
	}
}
