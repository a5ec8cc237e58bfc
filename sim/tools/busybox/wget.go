package busybox

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/http1"
	"drydock/sim/tools/internal/inet"
)

const wgetUsage = `wget [-qS] [--spider] [-O FILE] [--header STR]
	[--post-data STR] [-P DIR] [-T SEC] [-U AGENT] URL...

Retrieve files via HTTP

	--spider	Only check URL existence: $? is 0 if exists
	--header STR	Add STR (of form 'header: value') to headers
	--post-data STR	Send STR using POST method
	-q		Quiet
	-P DIR		Save to DIR (default .)
	-S    		Show server response
	-T SEC		Network read timeout is SEC seconds
	-O FILE		Save to FILE ('-' for stdout)
	-U STR		Use STR for User-Agent header
`

// A download is one run of wget.
type download struct {
	*command.Call
	ctx                   context.Context
	quiet, server, spider bool
	output, dir, agent    string
	headers               []string
	post                  *string
	timeout               time.Duration

	host  string // that addrs are of
	addrs []netip.Addr
}

// A trouble is what wget ends with.
type trouble string

func (t trouble) Error() string { return string(t) }

// Wget is the applet wget.
func Wget(ctx context.Context, c *command.Call) int {
	d := &download{Call: c, ctx: ctx, agent: "Wget", timeout: 900 * time.Second}
	urls, err := command.Getopt(c.Args[1:], d.options())
	var unknown *command.OptionError
	switch {
	case errors.As(err, &unknown) || err == nil && len(urls) == 0:
		return misused(c, err, wgetUsage)
	case err != nil:
		return c.Fail(1, "wget: %v\n", err)
	}
	for _, u := range urls {
		err := d.fetch(u)
		switch {
		case ctx.Err() != nil:
			return command.Interrupted(ctx)
		case err != nil:
			return c.Fail(1, "wget: %v\n", err)
		}
	}
	return 0
}

func (d *download) options() []command.Option {
	flag := func(names string, p *bool) command.Option {
		return command.Option{Names: names, Set: func(string, string) error { *p = true; return nil }}
	}
	text := func(names string, set func(v string)) command.Option {
		return command.Option{Names: names, Value: true, Set: func(_, v string) error { set(v); return nil }}
	}
	return []command.Option{
		flag("q quiet", &d.quiet), flag("S server-response", &d.server), flag("spider", &d.spider),
		text("O output-document", func(v string) { d.output = v }), text("P directory-prefix", func(v string) { d.dir = v }),
		text("U user-agent", func(v string) { d.agent = v }), text("post-data", func(v string) { d.post = &v }),
		text("header", func(v string) { d.headers = append(d.headers, v) }),
		number("T timeout", math.MaxInt32/1000, func(n int) { d.timeout = time.Duration(n) * time.Second }),
	}
}

// say prints what -q silences.
func (d *download) say(format string, args ...any) {
	if !d.quiet {
		d.Errorf(format, args...)
	}
}

const maxRedirects = 5

// fetch gets a URL, and what it redirects to.
func (d *download) fetch(text string) error {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	for redirects := 0; ; redirects++ {
		switch {
		case err != nil || u.Scheme != "http" || u.Host == "":
			return trouble("not an http or ftp url: " + text)
		case redirects > maxRedirects:
			return trouble("too many redirections")
		}
		if u.Path == "" {
			u.Path = "/"
		}
		next, err := d.get(u)
		if next == nil {
			return err
		}
		u = next
	}
}

// get asks a server and takes the answer. next is where it redirects to.
func (d *download) get(u *url.URL) (next *url.URL, err error) {
	conn, err := d.connect(u)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(d.ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	if _, err := io.WriteString(conn, d.request(u)); err != nil {
		return nil, trouble("error sending request: " + inet.Reason(err))
	}
	read := http1.NewReader(conn)
	h, err := d.header(conn, read)
	if err != nil {
		return nil, err
	}
	location, moved := h.Get("Location")
	switch {
	case h.Code/100 == 3 && moved:
		next, err = u.Parse(location)
		if err != nil {
			return nil, trouble("bad redirection")
		}
		return next, nil
	case h.Code/100 != 2:
		return nil, trouble("server returned error: " + strings.TrimRight(h.Lines[0], "\r\n"))
	case d.spider:
		d.say("remote file exists\n")
		return nil, nil
	}
	return nil, d.save(conn, u, read.Body(h, false))
}

// connect looks the host up, which is told for each but once, and connects to its first
// address.
func (d *download) connect(u *url.URL) (net.Conn, error) {
	port := u.Port()
	if port == "" {
		port = "80"
	}
	if d.host != u.Host {
		addrs, err := inet.GetAddrInfo(d.ctx, d.Machine, "ip", u.Hostname())
		if err != nil {
			return nil, trouble("bad address '" + u.Hostname() + "'")
		}
		d.host, d.addrs = u.Host, addrs
		d.say("Connecting to %s (%s)\n", u.Host, net.JoinHostPort(addrs[0].String(), port))
	}
	ctx, cancel := context.WithTimeout(d.ctx, d.timeout)
	defer cancel()
	conn, err := d.Machine.DialContext(ctx, "tcp", net.JoinHostPort(d.addrs[0].String(), port))
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, trouble("download timed out")
	case err != nil:
		return nil, trouble(fmt.Sprintf("can't connect to remote host (%s): %s", d.addrs[0], inet.Reason(err)))
	}
	return conn, nil
}

func (d *download) request(u *url.URL) string {
	method := "GET"
	if d.post != nil {
		method = "POST"
	} else if d.spider {
		method = "HEAD"
	}
	text := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nConnection: close\r\n", method, u.RequestURI(), u.Host, d.agent)
	if u.User != nil {
		password, _ := u.User.Password()
		text += "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)) + "\r\n"
	}
	for _, h := range d.headers {
		text += strings.NewReplacer("\r", "", "\n", "").Replace(h) + "\r\n"
	}
	if d.post != nil {
		return text + fmt.Sprintf("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(*d.post), *d.post)
	}
	return text + "\r\n"
}

// maxInterim bounds how many answers may come before the final one.
const maxInterim = 100

func (d *download) header(conn net.Conn, read *http1.Reader) (h *http1.Header, err error) {
	d.await(conn)
	if err = read.Begin(); err == nil {
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
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, trouble("download timed out")
	case errors.Is(err, io.EOF), errors.Is(err, http1.ErrNotHTTP), err == nil && h.Code < 200:
		return nil, trouble("error getting response")
	case err != nil:
		return nil, trouble("error getting response: " + inet.Reason(err))
	}
	if d.server {
		for _, line := range h.Lines {
			d.Errorf("  %s\n", strings.TrimRight(line, "\r\n"))
		}
	}
	return h, nil
}

// await gives the server the time of -T to say something.
func (d *download) await(conn net.Conn) {
	if d.timeout > 0 && d.ctx.Err() == nil {
		conn.SetReadDeadline(time.Now().Add(d.timeout))
	}
}

// save writes the body to its file.
func (d *download) save(conn net.Conn, u *url.URL, body http1.Body) error {
	name := d.output
	if name == "" {
		if name = path.Base(u.Path); strings.HasSuffix(u.Path, "/") {
			name = "index.html"
		}
		if d.dir != "" {
			name = strings.TrimSuffix(d.dir, "/") + "/" + name
		}
	}
	out, err := d.create(name)
	if err != nil {
		return trouble(fmt.Sprintf("can't open '%s': %s", name, command.Reason(err)))
	}
	if c, ok := out.(io.Closer); ok {
		defer c.Close()
	}
	if name == "-" {
		d.say("writing to stdout\n")
	} else {
		d.say("saving to '%s'\n", name)
	}
	n, err := d.copy(conn, out, body)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return trouble("download timed out")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return trouble("connection closed prematurely")
	case err != nil:
		return trouble("read error: " + inet.Reason(err))
	}
	d.say("%-20.20s 100%% |%s| %5s  0:00:00 ETA\n", path.Base(name), strings.Repeat("*", 32), short(n))
	if name == "-" {
		d.say("written to stdout\n")
	} else {
		d.say("'%s' saved\n", name)
	}
	return nil
}

// create opens the file: one that -O names anew, another only if there is none.
func (d *download) create(name string) (io.Writer, error) {
	switch {
	case name == "-":
		return d.Stdout, nil
	case d.output != "":
		return d.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	}
	if f, err := d.Open(name); err == nil {
		f.Close()
		return nil, os.ErrExist
	}
	return d.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

func (d *download) copy(conn net.Conn, out io.Writer, body http1.Body) (n int64, err error) {
	buffer := make([]byte, http1.BufferSize)
	for !body.None && err == nil && n != body.Size {
		d.await(conn)
		var size int
		size, err = body.Read(buffer)
		if _, werr := out.Write(buffer[:size]); werr != nil {
			return n, werr
		}
		n += int64(size)
	}
	switch {
	case errors.Is(err, io.EOF) && (body.Size < 0 || n == body.Size):
		return n, nil
	case errors.Is(err, io.EOF):
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

// short prints a size in five characters at most.
func short(n int64) string {
	if n < 100000 {
		return fmt.Sprint(n)
	}
	unit := -1
	for n >= 10000 && unit < 3 {
		n /= 1024
		unit++
	}
	return fmt.Sprintf("%d%c", n, "kMGT"[unit])
}
