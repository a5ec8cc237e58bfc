package dockercli

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"sync"
)

// A request is what is asked of a daemon.
type request struct {
	method, path string
	query        url.Values
	body         any    // sent as JSON unless it is nil
	upgrade      string // the type of the content if the connection is to be taken over
}

// build makes the HTTP request, with the headers that docker has.
func (r *request) build(ctx context.Context, of, version string) (*http.Request, error) {
	var body bytes.Buffer
	if r.body != nil {
		if err := json.NewEncoder(&body).Encode(r.body); err != nil {
			return nil, err
		}
	}
	u := url.URL{Scheme: "http", Host: "docker", Path: r.path, RawQuery: r.query.Encode()}
	if r.path != pingPath {
		u.Path = "/v" + version + r.path
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), &body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "Docker-Client/"+of+" (linux)")
	switch {
	case r.upgrade != "":
		req.Header.Set("Content-Type", r.upgrade)
		req.Header.Set("Connection", "Upgrade")
		req.Header.Set("Upgrade", "tcp")
	case r.body != nil:
		req.Header.Set("Content-Type", "application/json")
	case r.method == http.MethodPost:
		req.Header.Set("Content-Type", "text/plain")
	}
	return req, nil
}

// A connection is one to the daemon with what it has answered. Closing it ends the request.
type connection struct {
	net.Conn
	r      *bufio.Reader
	answer *http.Response
	stop   func()
}

// Read reads what follows the head of the answer of a connection that was taken over.
func (c *connection) Read(b []byte) (int, error) { return c.r.Read(b) }

// CloseWrite tells the daemon that nothing more will be written.
func (c *connection) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}

// Close ends the request, on both sides: when it returns a daemon in memory has noticed.
func (c *connection) Close() error {
	c.stop()
	return c.Conn.Close()
}

// exchange sends the request and reads the head of the answer. A daemon that will not read all
// of it may have answered why.
func (c *connection) exchange(req *http.Request) (*http.Response, error) {
	failed := req.Write(c.Conn)
	answer, err := http.ReadResponse(c.r, req)
	if err != nil {
		return nil, cmp.Or(failed, err)
	}
	answer.Close = answer.Close || failed != nil
	return answer, nil
}

// closeWith closes c when ctx is done, until stop is called.
func closeWith(ctx context.Context, c net.Conn) (stop func()) {
	done := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		c.Close()
		close(done)
	})
	return sync.OnceFunc(func() {
		if !cancel() {
			<-done
		}
	})
}
