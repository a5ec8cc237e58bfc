package wget

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/http1"
	"drydock/sim/tools/internal/inet"
)

// A transfer is one try to get one URL.
type transfer struct {
	*run
	url    *url.URL
	status int  // of wget
	retry  bool // it may be tried again
}

// errFailed is that a transfer has failed and all has been told.
var errFailed = errors.New("failed")

// fail tells why a transfer has failed.
func (t *transfer) fail(status int, retry bool, format string, args ...any) error {
	t.status, t.retry = status, retry
	if t.ctx.Err() == nil {
		t.say(format, args...)
	}
	return errFailed
}

// get asks the server and takes the answer. next is where that redirects to.
func (t *transfer) get() (next *url.URL, err error) {
	t.status = network
	conn, err := t.obtain()
	if err != nil {
		return nil, err
	}
	t.status = 0
	stop := context.AfterFunc(t.ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	next, keep, err := t.exchange(conn)
	stop()
	if keep && err == nil {
		t.idle = conn
		return next, nil
	}
	conn.Close()
	return next, err
}

// request returns what is sent.
func (t *transfer) request() string {
	method := "GET"
	switch {
	case t.post != nil:
		method = "POST"
	case t.spider:
		method = "HEAD"
	}
	text := fmt.Sprintf("%s %s HTTP/1.1\r\n", method, t.url.RequestURI())
	for _, h := range [][2]string{
		{"Host", t.url.Host}, {"User-Agent", t.agent}, {"Accept", "*/*"}, {"Accept-Encoding", "identity"},
		{"Authorization", t.credentials()}, {"Connection", "Keep-Alive"},
	} {
		if h[1] != "" && !t.own(h[0]) {
			text += h[0] + ": " + h[1] + "\r\n"
		}
	}
	if t.post != nil {
		text += fmt.Sprintf("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", len(*t.post))
	}
	for _, h := range t.headers {
		text += strings.NewReplacer("\r", "", "\n", "").Replace(h) + "\r\n"
	}
	text += "\r\n"
	if t.post != nil {
		text += *t.post
	}
	return text
}

// own tells whether the user has given a header.
func (t *transfer) own(name string) bool {
	for _, h := range t.headers {
		n, _, _ := strings.Cut(h, ":")
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// credentials are those of the URL or of --user, which wget sends when it is asked: that
// request is left out here.
func (t *transfer) credentials() string {
	user, password := t.user, t.password
	if t.url.User != nil {
		user = t.url.User.Username()
		password, _ = t.url.User.Password()
	}
	if user == "" {
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// exchange sends the request and takes the answer.
func (t *transfer) exchange(conn *connection) (next *url.URL, keep bool, err error) {
	if _, err := io.WriteString(conn, t.request()); err != nil {
		return nil, false, t.fail(network, true, "Failed writing HTTP request: %s.\n", inet.Reason(err))
	}
	t.say("HTTP request sent, awaiting response... ")
	t.await(conn)
	h, err := t.header(conn.read)
	if err != nil {
		return nil, false, err
	}
	body := conn.read.Body(h, t.spider && t.post == nil)
	location, moved := h.Get("Location")
	switch {
	case h.Code/100 == 3 && moved:
		next, err = t.redirect(location)
		keep = err == nil && h.Keeps() && t.drain(conn.read, body)
	case h.Code == 401:
		err = t.fail(auth, false, "\nUsername/Password Authentication Failed.\n")
	case t.spider:
		keep, err = h.Keeps() && h.Code < 400, t.exists(h, body)
	case h.Code/100 != 2 && !t.onError:
		err = t.refused(h)
	default:
		keep, err = h.Keeps() && body.Size >= 0, t.save(conn, h, body)
	}
	return next, keep, err
}

// await gives the server the time of --read-timeout to say something.
func (t *transfer) await(conn *connection) {
	if t.readTimeout > 0 && t.ctx.Err() == nil {
		conn.SetReadDeadline(time.Now().Add(t.readTimeout))
	}
}

// maxInterim bounds how many answers may come before the final one.
const maxInterim = 100

// header reads the final header.
func (t *transfer) header(read *http1.Reader) (h *http1.Header, err error) {
	if err := read.Begin(); errors.Is(err, http1.ErrNotHTTP) {
		t.say("200 No headers, assuming HTTP/0.9\n")
		return &http1.Header{Proto: "0.9", Code: 200, Lines: []string{"", ""}}, nil
	} else if err != nil {
		return nil, t.readFailed(err)
	}
	for range maxInterim {
		if h, err = read.StatusLine(); err != nil {
			break
		}
		for last := false; !last && err == nil; {
			last, err = read.Next(h)
		}
		if err != nil || h.Code >= 200 {
			break
		}
	}
	switch {
	case err != nil:
		return nil, t.readFailed(err)
	case h.Code < 200:
		return nil, t.fail(network, true, "No data received.\n")
	}
	status := strings.TrimRight(h.Lines[0], "\r\n")
	if _, reason, ok := strings.Cut(status, " "); ok && !t.server {
		t.say("%s\n", reason)
	}
	if t.server {
		t.say("\n")
		for _, line := range h.Lines[:len(h.Lines)-1] {
			t.Errorf("  %s\n", strings.TrimRight(line, "\r\n")) // -q does not mean -S
		}
	}
	return h, nil
}

// readFailed tells why there is no header.
func (t *transfer) readFailed(err error) error {
	if errors.Is(err, io.EOF) {
		return t.fail(network, true, "No data received.\n")
	}
	return t.fail(network, true, "Read error (%s) in headers.\n", inet.Reason(err))
}

func (t *transfer) redirect(location string) (*url.URL, error) {
	t.say("Location: %s [following]\n", location)
	next, err := t.url.Parse(location)
	if err == nil {
		next, err = t.parseURL(next.String())
	}
	if err != nil {
		return nil, t.fail(generic, false, "%s: %s.\n", location, err)
	}
	return next, nil
}

// drained is how much of the body of a redirect is read so as to keep the connection.
const drained = 1 << 20

func (t *transfer) drain(read *http1.Reader, body http1.Body) bool {
	switch {
	case body.None:
		return true
	case body.Chunked:
		_, err := io.CopyN(io.Discard, body, drained)
		return errors.Is(err, io.EOF) && read.Trailer() == nil
	case body.Size > drained || body.Size < 0:
		return false
	}
	_, err := io.Copy(io.Discard, body)
	return err == nil
}

// exists tells whether --spider has found something.
func (t *transfer) exists(h *http1.Header, body http1.Body) error {
	if h.Code >= 400 {
		return t.fail(server, false, "Remote file does not exist -- broken link!!!\n\n")
	}
	t.length(h, body)
	t.say("Remote file exists.\n\n")
	return nil
}

// refused tells what status there is instead of a document.
func (t *transfer) refused(h *http1.Header) error {
	fields := strings.SplitN(strings.TrimRight(h.Lines[0], "\r\n"), " ", 3)
	reason := "(no description)"
	if len(fields) == 3 {
		reason = fields[2]
	}
	if t.brief {
		t.note("%s:\n", t.url)
	}
	t.note("%s ERROR %d: %s.\n", stamp(), h.Code, reason)
	return t.fail(server, false, "\n")
}

// length tells how long the document is, and of what type.
func (t *transfer) length(h *http1.Header, body http1.Body) {
	length := "unspecified"
	if body.Size >= 0 {
		length = fmt.Sprint(body.Size)
		if body.Size >= 1024 {
			length += " (" + human(body.Size) + ")"
		}
	}
	if kind, ok := h.Get("Content-Type"); ok {
		kind, _, _ = strings.Cut(kind, ";")
		length += " [" + strings.TrimSpace(kind) + "]"
	}
	t.say("Length: %s\n", length)
}

// human prints a size as the line Length does.
func human(n int64) string {
	f, unit := float64(n)/1024, 0
	for f >= 1024 && unit < len("KMGTPE")-1 {
		f /= 1024
		unit++
	}
	if f < 10 {
		return fmt.Sprintf("%.1f%c", f, "KMGTPE"[unit])
	}
	return fmt.Sprintf("%.0f%c", f, "KMGTPE"[unit])
}

// save writes the document to its file.
func (t *transfer) save(conn *connection, h *http1.Header, body http1.Body) error {
	t.length(h, body)
	out, name := t.out, t.output
	if out == nil {
		f, chosen, err := t.create()
		if err != nil {
			return t.fail(fileIO, false, "%s: %s\n\nCannot write to %s (Success).\n", chosen, command.Reason(err), t.quote(chosen))
		}
		defer f.Close()
		out, name = f, chosen
	}
	shown := t.quote(name)
	if name == "-" {
		shown = t.quote("STDOUT")
	}
	t.say("Saving to: %s\n", shown)
	p := newProgress(t.run, name, body.Size)
	err := t.copy(conn, out, body, p)
	p.finish()
	return t.saved(name, shown, p, err)
}

// copy copies the document. The time of --read-timeout is for each read.
func (t *transfer) copy(conn *connection, out io.Writer, body http1.Body, p *progress) (err error) {
	buffer := make([]byte, http1.BufferSize)
	for !body.None && err == nil && p.got != body.Size {
		t.await(conn)
		var size int
		size, err = body.Read(buffer)
		if _, werr := out.Write(buffer[:size]); werr != nil {
			return werr
		}
		p.add(size)
	}
	if errors.Is(err, io.EOF) && (body.Size < 0 || p.got == body.Size) {
		err = nil
	}
	if err == nil && body.Chunked {
		err = conn.read.Trailer()
	}
	return err
}

// saved tells how it went. shown is the name of the file in quotes.
func (t *transfer) saved(name, shown string, p *progress, err error) error {
	size := fmt.Sprint(p.got)
	if p.total >= 0 {
		size = fmt.Sprintf("%d/%d", p.got, p.total)
	}
	where := shown + " saved"
	if name == "-" {
		where = "written to stdout"
	}
	switch {
	case t.ctx.Err() != nil:
		return t.fail(network, false, "")
	case err == nil:
		t.say("%s (%s) - %s [%s]\n\n", stamp(), p.speed(), where, size)
		if t.brief && !t.quiet {
			t.note("%s URL:%s [%s] -> \"%s\" [1]\n", stamp(), t.url, size, name)
		}
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return t.fail(network, true, "%s (%s) - Connection closed at byte %d. ", stamp(), p.speed(), p.got)
	}
	return t.fail(network, true, "%s (%s) - Read error at byte %s (%s).", stamp(), p.speed(), size, inet.Reason(err))
}

// maxNames bounds how many names are tried for a file.
const maxNames = 10000

// create makes the file for a document: the last part of its path, with a number if there is
// one already.
func (t *transfer) create() (f command.File, name string, err error) {
	base := t.url.Path[strings.LastIndexByte(t.url.Path, '/')+1:]
	if base == "" {
		base = "index.html"
	}
	if t.url.RawQuery != "" {
		base += "?" + t.url.RawQuery
	}
	if t.prefix != "" {
		if err := t.Files.Mkdir(t.Path(t.prefix), 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, t.prefix, err
		}
		base = strings.TrimSuffix(t.prefix, "/") + "/" + base
	}
	for i := range maxNames {
		name = base
		if i > 0 {
			name = fmt.Sprintf("%s.%d", base, i)
		}
		if existing, err := t.Open(name); err == nil {
			existing.Close()
			continue
		}
		f, err = t.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
		return f, name, err
	}
	return nil, name, os.ErrExist
}
