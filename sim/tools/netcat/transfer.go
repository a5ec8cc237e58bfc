package netcat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"drydock/sim/tools/command"
)

// bufferSize is BUFSIZE of nc.
const bufferSize = 16 << 10

// An event is what one of the two directions of a transfer tells.
type event int

const (
	moved    event = iota // data came or went
	inputEnd              // standard input has ended
	netEnd                // the other side has
	broken                // nothing can be sent any more
)

// A transfer copies standard input to a connection, and that to standard output.
type transfer struct {
	*run
	conn   net.Conn
	ctx    context.Context
	events chan event

	inputGone, netGone bool
}

// transfer copies until one of the ends that nc knows.
func (n *run) transfer(conn net.Conn) {
	ctx, cancel := context.WithCancel(n.ctx)
	t := &transfer{run: n, conn: conn, ctx: ctx, events: make(chan event)}
	var copying sync.WaitGroup
	copying.Go(t.receive)
	if n.detached {
		t.inputGone = true
	} else {
		copying.Go(t.send)
	}
	t.wait()
	cancel()
	conn.SetDeadline(time.Unix(1, 0))
	copying.Wait()
}

// tell gives an event to wait, unless that has ended.
func (t *transfer) tell(e event) {
	select {
	case t.events <- e:
	case <-t.ctx.Done():
	}
}

// wait waits for the end: that of both directions, or when it has listened that of the other
// side; or until nothing has happened for the time of -w, or for that of -q after the end of
// standard input.
func (t *transfer) wait() {
	idle, quit := stopped(), stopped()
	defer idle.Stop()
	defer quit.Stop()
	for {
		if t.inputGone && t.netGone || t.listen && t.netGone {
			return
		}
		if t.timeout >= 0 {
			idle.Reset(t.timeout)
		}
		select {
		case e := <-t.events:
			switch e {
			case netEnd:
				t.netGone = true
			case broken:
				t.inputGone = true
			case inputEnd:
				t.inputGone = true
				if t.quit >= 0 {
					quit.Reset(t.quit)
				}
			}
		case <-idle.C:
			return
		case <-quit.C:
			return
		case <-t.ctx.Done():
			return
		}
	}
}

// stopped returns a timer that does not run.
func stopped() *time.Timer {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return timer
}

// receive copies what the other side sends. A connection that breaks takes both directions
// with it.
func (t *transfer) receive() {
	b := make([]byte, bufferSize)
	for {
		n, err := t.conn.Read(b)
		if n > 0 {
			t.Stdout.Write(b[:n])
			t.tell(moved)
		}
		switch {
		case err == nil:
			continue
		case !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrDeadlineExceeded):
			t.tell(broken)
		}
		t.tell(netEnd)
		return
	}
}

// send copies standard input.
func (t *transfer) send() {
	read := t.Stdin.Read
	if r, ok := t.Stdin.(command.ContextReader); ok {
		read = func(b []byte) (int, error) { return r.ReadContext(t.ctx, b) }
	}
	b := make([]byte, bufferSize)
	for t.ctx.Err() == nil {
		n, err := read(b)
		if n > 0 {
			data := b[:n]
			if t.crlf {
				data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
			}
			if _, err := t.conn.Write(data); err != nil && !t.udp {
				t.tell(broken)
				return
			}
			t.tell(moved)
		}
		if err != nil {
			break
		}
	}
	if c, ok := t.conn.(interface{ CloseWrite() error }); ok && t.shutdown {
		c.CloseWrite()
	}
	t.tell(inputEnd)
}
