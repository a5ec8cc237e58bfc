package wget

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/http1"
)

// A run is one run of wget.
type run struct {
	*command.Call
	*options
	ctx    context.Context
	utf8   bool      // the locale has quotes of its own
	out    io.Writer // of -O, for all URLs
	idle   *connection
	report bool // more than errors is told
	meter  bool // progress is shown
}

// A connection is one to a server.
type connection struct {
	net.Conn
	host string
	read *http1.Reader
}

// Statuses of wget.
const (
	generic = 1
	fileIO  = 3
	network = 4
	auth    = 6
	server  = 8
)

// Wget is wget(1).
func Wget(ctx context.Context, c *command.Call) int {
	r := &run{Call: c, options: newOptions(), ctx: ctx, utf8: isUTF8(c.Env)}
	urls, status, ok := r.parse(c.Args[1:])
	if !ok {
		return status
	}
	r.report = !r.quiet && !r.brief
	r.meter = r.report
	if status, ok = r.openOutput(); !ok {
		return status
	}
	for _, u := range urls {
		if s := r.fetch(u); s != 0 && (status == 0 || s < status) {
			status = s
		}
		if ctx.Err() != nil {
			status = command.Interrupted(ctx)
			break
		}
	}
	if r.idle != nil {
		r.idle.Close()
	}
	if f, ok := r.out.(io.Closer); ok {
		f.Close()
	}
	return status
}

// isUTF8 tells whether the locale of an environment is one of UTF-8.
func isUTF8(env []string) bool {
	value := map[string]string{}
	for _, e := range env {
		name, v, _ := strings.Cut(e, "=")
		value[name] = v
	}
	locale := value["LC_ALL"]
	if locale == "" {
		locale = value["LANG"]
	}
	locale = strings.ToLower(locale)
	return strings.HasSuffix(locale, "utf-8") || strings.HasSuffix(locale, "utf8")
}

func (r *run) quote(s string) string {
	if r.utf8 {
		return "‘" + s + "’"
	}
	return "'" + s + "'"
}

// openOutput opens the file of -O, which all documents go to.
func (r *run) openOutput() (status int, ok bool) {
	switch r.output {
	case "":
	case "-":
		r.out = r.Stdout
	default:
		f, err := r.OpenFile(r.output, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
		if err != nil {
			return r.Fail(generic, "%s: %s\n", r.output, command.Reason(err)), false
		}
		r.out = f
	}
	return 0, true
}

// say prints what is told unless -q or -nv is given.
func (r *run) say(format string, args ...any) {
	if r.report {
		r.Errorf(format, args...)
	}
}

// note prints what is told unless -q is given.
func (r *run) note(format string, args ...any) {
	if !r.quiet {
		r.Errorf(format, args...)
	}
}

func stamp() string { return time.Now().UTC().Format(time.DateTime) }

// fetch gets a document, and what it redirects to.
func (r *run) fetch(text string) (status int) {
	u, err := r.parseURL(text)
	if err != nil {
		r.note("%s: %s.\n", text, err)
		return generic
	}
	if r.spider {
		r.say("Spider mode enabled. Check if remote file exists.\n")
	}
	for redirects := 0; ; redirects++ {
		next, status := r.document(u)
		if next == nil {
			return status
		}
		if redirects >= r.maxRedirect {
			r.note("%d redirections exceeded.\n", r.maxRedirect)
			return server
		}
		u = next
	}
}

// A urlError is what is wrong with a URL.
type urlError string

func (e urlError) Error() string { return string(e) }

// parseURL reads a URL, which is of http if it has no scheme.
func (r *run) parseURL(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, urlError("Invalid host name")
	case u.Scheme != "http":
		return nil, urlError("Unsupported scheme " + r.quote(u.Scheme))
	case u.Hostname() == "":
		return nil, urlError("Invalid host name")
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.Fragment = ""
	return u, nil
}

// document gets one URL, again if it could not be got. next is where it redirects to.
func (r *run) document(u *url.URL) (next *url.URL, status int) {
	for count := 1; ; count++ {
		again := ""
		if count > 1 {
			again = fmt.Sprintf("(try:%2d)  ", count)
		}
		r.say("--%s--  %s%s\n", stamp(), again, u)
		t := &transfer{run: r, url: u}
		next, err := t.get()
		switch {
		case err == nil:
			return next, t.status
		case r.ctx.Err() != nil || !t.retry:
			return nil, t.status
		case r.tries != 0 && count >= r.tries:
			r.say("Giving up.\n\n")
			return nil, t.status
		}
		r.say("Retrying.\n\n")
		timer := time.NewTimer(min(time.Duration(count)*time.Second, r.waitRetry))
		select {
		case <-timer.C:
		case <-r.ctx.Done():
			timer.Stop()
			return nil, network
		}
	}
}
