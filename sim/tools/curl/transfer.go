package curl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"drydock/sim/tools/internal/http1"
	"drydock/sim/tools/internal/inet"
)

// late is by how much curl's timers are late.
const late = time.Millisecond

// A transfer is one URL with what it redirects to.
type transfer struct {
	*session
	ctx      context.Context
	url      string
	number   int
	sink     *sink
	progress *progress
	to       connectTo // what --connect-to has for the current target
	current  target
	upload   []byte
	plainGet bool // a redirect has made it one
	trusted  bool // the user's password may be sent

	start                            time.Time
	lookedUp, connected, sent, first time.Duration
	redirecting, ended               time.Duration

	answer              *http1.Header
	received            int64
	size                int64
	headerSize          int
	requestSize, posted int
	redirects, connects int
	local, remote       net.Addr
	lastMethod, next    string
}

// errTime is that -m is up.
var errTime = errors.New("max-time")

// expired tells whether -m is up.
func (t *transfer) expired() bool { return t.ctx != nil && errors.Is(context.Cause(t.ctx), errTime) }

// run transfers. The error is a *failure.
func (t *transfer) run(out output) (err error) {
	ctx, cancel := context.WithCancel(t.session.ctx)
	if t.maxTime > 0 {
		cancel()
		ctx, cancel = context.WithDeadlineCause(t.session.ctx, t.start.Add(t.maxTime+late), errTime)
	}
	defer cancel()
	t.ctx = ctx
	defer func() { t.ended = time.Since(t.start) }()
	to, err := parseTarget(t.url)
	if err != nil {
		return err
	}
	if t.sink, err = t.newSink(to, out); err != nil {
		return err
	}
	if err := t.readUpload(&to); err != nil {
		return err
	}
	t.progress.hidden = t.silent || t.noProgress || t.sink.file == "" && t.terminal
	for _, r := range t.resolved {
		t.info("Added %s to DNS cache", r)
	}
	err = t.follow(to)
	t.progress.done()
	t.sink.close(err == nil)
	return err
}

func (t *transfer) newSink(to target, out output) (*sink, error) {
	s := &sink{session: t.session, file: out.file}
	if out.remote {
		if s.file = to.filename(); s.file == "" {
			t.Errorf("curl: Remote file name has no length!\n")
			return nil, &failure{writeError, "Failed writing received data to disk/application"}
		}
	}
	return s, nil
}

// readUpload reads the file of -T, whose name is put after a path that ends with a slash.
func (t *transfer) readUpload(to *target) error {
	if t.number >= len(t.uploads) {
		return nil
	}
	file := t.uploads[t.number]
	b, err := t.read(file)
	if err != nil {
		t.Errorf("curl: Can't open '%s'!\n%s", file, try)
		return &failure{readError, "Failed to open/read local data from file/application"}
	}
	if t.upload = b; b == nil {
		t.upload = []byte{}
	}
	if strings.HasSuffix(to.path, "/") && file != "-" {
		to.path += file[strings.LastIndexByte(file, '/')+1:]
	}
	return nil
}

// follow asks a target and, with -L, those to which it redirects.
func (t *transfer) follow(to target) error {
	if to.user != "" && t.user == "" {
		t.user = to.user
	}
	for {
		if to.scheme != "http" {
			return &failure{unsupportedProtocol, fmt.Sprintf("Protocol %q not supported or disabled in libcurl", to.scheme)}
		}
		t.progress.begin()
		if err := t.hop(to); err != nil || t.next == "" || !t.location {
			return err
		}
		if t.maxRedirs >= 0 && t.redirects >= t.maxRedirs {
			text := fmt.Sprintf("Maximum (%d) redirects followed", t.maxRedirs)
			t.info("%s", text)
			return &failure{tooManyRedirects, text}
		}
		t.redirects++
		t.redirecting = time.Since(t.start)
		t.info("Issue another request to this URL: '%s'", t.next)
		if err := t.redirect(&to); err != nil {
			return err
		}
	}
}

// redirect makes to the next target, which is asked with GET where browsers do so.
func (t *transfer) redirect(to *target) error {
	next, err := parseTarget(t.next)
	if err != nil {
		return err
	}
	if next.host != to.host || next.port != to.port {
		t.trusted = false
	}
	post := t.hasData && !t.get || len(t.form) > 0
	switch code := t.answer.Code; {
	case (code == 301 || code == 302) && post && !t.plainGet:
		t.plainGet = true
		t.info("Switch from POST to GET")
	case code == 303 && (post || t.upload != nil) && !t.plainGet:
		t.plainGet, t.upload = true, nil
		t.info("Switch to GET")
	}
	*to = next
	return nil
}

// key says which connection serves the current target.
func (t *transfer) key() string {
	if t.proxy != "" {
		return "proxy"
	}
	return strings.ToLower(t.current.host) + ":" + t.current.port
}

// hop asks one target.
func (t *transfer) hop(to target) error {
	t.current, t.next = to, ""
	t.to = connectTo{}
	for _, c := range t.connectTo {
		if (c.host == "" || strings.EqualFold(c.host, to.host)) && (c.port == "" || c.port == to.port) {
			t.to = c
			break
		}
	}
	req, err := t.request(to)
	if err != nil {
		return err
	}
	t.lastMethod = req.method
	for again := true; ; again = false {
		conn, used, err := t.obtain(to)
		if err != nil {
			return err
		}
		stop := context.AfterFunc(t.ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
		err = t.exchange(conn, req)
		stop()
		if used && again && t.answer == nil && code(err) == gotNothing {
			t.info("Connection %d seems to be dead", conn.number)
			t.closing(conn.number)
			conn.Close()
			continue
		}
		t.finish(conn, err)
		return err
	}
}

// obtain returns a connection: one that is left, or a new one.
func (t *transfer) obtain(to target) (conn *connection, used bool, err error) {
	t.answer = nil
	if c := t.idle; c != nil {
		t.idle = nil
		if c.key == t.key() {
			t.info("Found bundle for host: %s [serially]", pointer)
			t.info("Can not multiplex, even if we wanted to")
			t.info("Re-using existing connection #%d with host %s", c.number, c.host)
			return c, true, nil
		}
		c.Close()
	}
	host, port := to.host, to.port
	if t.proxy != "" {
		p, err := parseTarget(t.proxy)
		if err != nil {
			return nil, false, &failure{couldntResolveProxy, "Unsupported proxy syntax in '" + t.proxy + "'"}
		}
		host, port = p.host, p.port
		if !p.portGiven {
			port = "1080"
		}
	}
	if t.to.toHost != "" {
		t.info("Connecting to hostname: %s", t.to.toHost)
	}
	if t.to.toPort != "" {
		t.info("Connecting to port: %s", t.to.toPort)
	}
	conn, err = t.dial(host, port)
	return conn, false, err
}

// pointer stands for the address of a C structure.
const pointer = "0x55d0c1e0ecb0"

// finish keeps the connection or closes it.
func (t *transfer) finish(conn *connection, err error) {
	t.local, t.remote = conn.LocalAddr(), conn.RemoteAddr()
	if err == nil && t.answer.Keeps() && !t.http10 && t.size != untilClose {
		t.progress.done()
		t.info("Connection #%d to host %s left intact", conn.number, conn.host)
		t.idle = conn
		return
	}
	if t.answer != nil {
		var f *failure
		if errors.As(err, &f) {
			t.info("%s", f.text)
		}
	} else if err != nil {
		t.info("%v", err)
	}
	t.closing(conn.number)
	conn.Close()
}

// closing tells that a connection is closed.
func (t *transfer) closing(number int) {
	t.progress.done()
	t.info("Closing connection %d", number)
}

// ioError returns what curl says of an error of a connection.
func (t *transfer) ioError(err error, receiving bool) error {
	var f *failure
	switch {
	case errors.As(err, &f):
		return f
	case t.expired():
		ms := time.Since(t.start).Milliseconds()
		text := fmt.Sprintf("Operation timed out after %d milliseconds with %d bytes received", ms, t.received)
		if t.size > 0 {
			text = fmt.Sprintf("Operation timed out after %d milliseconds with %d out of %d bytes received", ms, t.received, t.size)
		}
		return &failure{operationTimedOut, text}
	case receiving && t.answer == nil && errors.Is(err, io.EOF):
		return &failure{gotNothing, "Empty reply from server"}
	case receiving:
		return &failure{recvError, "Recv failure: " + inet.Reason(err)}
	}
	return &failure{sendError, "Send failure: " + inet.Reason(err)}
}
