package dockercli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// maxBody bounds an answer that is read as a whole. docker has no bound but for errors,
// which may have 1 MiB. A list of ten thousand containers takes 10 MiB.
const maxBody = 64 << 20

// A client talks to a daemon by its HTTP API. It has no http.Client, since the goroutines of
// a pool outlive the command. Requests that follow each other share a connection; one that
// is taken over or answered bit by bit has its own. The methods may be called at the same
// time. When nothing more is asked the client must be closed.
type client struct {
	dial    func(context.Context) (net.Conn, error)
	host    string // how messages name the daemon: "unix:///var/run/docker.sock"
	of      *release
	version string // of the API
	idle    chan *connection
}

// newClient returns a client of who answers to dial. It speaks the newest version until it has
// negotiated.
func newClient(r *release, host string, dial func(context.Context) (net.Conn, error)) *client {
	return &client{of: r, dial: dial, host: host, idle: make(chan *connection, 1)}
}

// close closes the connection that is kept.
func (c *client) close() {
	select {
	case x := <-c.idle:
		x.Conn.Close()
	default:
	}
}

// connect returns a connection that ends with ctx.
func (c *client) connect(ctx context.Context) (*connection, error) {
	var x *connection
	select {
	case x = <-c.idle:
	default:
		conn, err := c.dial(ctx)
		if err != nil {
			return nil, cmp.Or(context.Cause(ctx), error(errUnreachable{c.host}))
		}
		x = &connection{Conn: conn, r: bufio.NewReader(conn)}
	}
	x.stop = closeWith(ctx, x.Conn)
	return x, nil
}

// release keeps a connection for the next request, if it can be used for one.
func (c *client) release(ctx context.Context, x *connection) {
	x.stop()
	if ctx.Err() == nil && !x.answer.Close {
		select {
		case c.idle <- x:
			return
		default:
		}
	}
	x.Conn.Close()
}

// negotiate asks the daemon for its version of the API, and speaks that if it is older. That
// there is no daemon is told by what is asked next.
func (c *client) negotiate(ctx context.Context) {
	c.version = c.of.api
	x, err := c.open(ctx, request{method: http.MethodHead, path: pingPath})
	if err != nil {
		return
	}
	defer c.release(ctx, x)
	if v := x.answer.Header.Get("Api-Version"); olderVersion(v, c.of.api) {
		c.version = v
	}
}

// pingPath is the one path without a version.
const pingPath = "/_ping"

// olderVersion tells whether a version of the API came before another one.
func olderVersion(a, b string) bool {
	var majorA, minorA, majorB, minorB int
	if n, _ := fmt.Sscanf(a, "%d.%d", &majorA, &minorA); n < 2 {
		return false
	}
	_, _ = fmt.Sscanf(b, "%d.%d", &majorB, &minorB)
	return majorA < majorB || majorA == majorB && minorA < minorB
}

// open sends a request and reads the head of the answer, which is not an error. When ctx is
// done the connection is closed: reads and writes fail.
func (c *client) open(ctx context.Context, r request) (*connection, error) {
	req, err := r.build(ctx, c.of.version, c.version)
	if err != nil {
		return nil, err
	}
	x, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	if x.answer, err = x.exchange(req); err != nil {
		x.Close()
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, fmt.Errorf("error during connect: %w", err)
	}
	if err := x.check(r.upgrade != ""); err != nil {
		x.Close()
		if e := (*apiError)(nil); errors.As(err, &e) {
			e.since28 = c.of.since28
		}
		return nil, err
	}
	return x, nil
}

// do sends a request and returns the whole answer.
func (c *client) do(ctx context.Context, r request) ([]byte, error) {
	x, err := c.open(ctx, r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(x.answer.Body, maxBody))
	if err == nil && len(text) < maxBody {
		c.release(ctx, x)
		return text, nil
	}
	x.Close()
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	return nil, cmp.Or(err, fmt.Errorf("an answer of more than %d bytes", maxBody-1))
}

// get asks for what is at path, decodes it into v, and returns the text of it.
func (c *client) get(ctx context.Context, path string, query url.Values, v any) ([]byte, error) {
	text, err := c.do(ctx, request{method: http.MethodGet, path: path, query: query})
	if err != nil {
		return nil, err
	}
	return text, json.Unmarshal(text, v)
}

// post sends body to path and decodes the answer into v, if that is not nil.
func (c *client) post(ctx context.Context, path string, query url.Values, body, v any) error {
	text, err := c.do(ctx, request{method: http.MethodPost, path: path, query: query, body: body})
	if err != nil || v == nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// remove deletes what is at path.
func (c *client) remove(ctx context.Context, path string, query url.Values) error {
	_, err := c.do(ctx, request{method: http.MethodDelete, path: path, query: query})
	return err
}
