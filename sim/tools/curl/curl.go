package curl

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"time"

	"drydock/sim/tools/command"
)

// A session is one run of curl.
type session struct {
	*parser
	ctx      context.Context
	out      *bufio.Writer // standard output, which the C library buffers
	terminal bool          // standard output is one
	next     int           // the number of the next connection
	idle     *connection   // one that is left intact
}

const try = "curl: try 'curl --help' or 'curl --manual' for more information\n"

// Curl is curl(1).
func Curl(ctx context.Context, c *command.Call) int {
	p := &parser{Call: c, config: newConfig()}
	err := p.parse(c.Args[1:])
	switch {
	case err != nil:
		return c.Fail(failedInit, "curl: %v\n%s", err, try)
	case p.help:
		c.Printf(helpText)
		return 0
	case p.version:
		c.Printf(versionText)
		return 0
	case len(p.urls) == 0:
		return c.Fail(failedInit, try)
	case p.head && p.hasData && !p.get:
		p.warn("You can only select one HTTP request method! You asked for both POST (-d, --data) and HEAD (-I, --head).")
		return failedInit
	}
	if p.get && p.hasData {
		p.query()
	}
	s := &session{parser: p, ctx: ctx, out: bufio.NewWriter(c.Stdout), terminal: command.TerminalOf(c.Stdout) != nil}
	status := 0
	for i, u := range p.urls {
		if status = s.fetch(i, u); ctx.Err() != nil {
			status = command.Interrupted(ctx)
			break
		}
	}
	if s.idle != nil {
		s.idle.Close()
	}
	s.out.Flush()
	return status
}

// query has the data of -G be part of the URLs.
func (p *parser) query() {
	for i, u := range p.urls {
		mark := "?"
		for _, c := range u {
			if c == '?' {
				mark = "&"
			}
		}
		p.urls[i] = u + mark + string(p.data)
	}
}

// info prints what -v tells.
func (s *session) info(format string, args ...any) {
	if s.verbose {
		s.Errorf("* %s\n", fmt.Sprintf(format, args...))
	}
}

// fetch transfers the URL with that place on the command line, again as --retry says.
func (s *session) fetch(i int, u string) (status int) {
	var out output
	if i < len(s.outputs) {
		out = s.outputs[i]
	}
	began, wait := time.Now(), max(s.retryDelay, time.Second)
	meter := &progress{print: s.Errorf, bar: s.bar}
	for left := s.retries; ; left-- {
		t := &transfer{session: s, url: u, number: i, trusted: true, start: time.Now(), progress: meter}
		err := t.run(out)
		t.report(err)
		why := t.transient(err)
		if left <= 0 || why == "" || s.ctx.Err() != nil || s.retryMax > 0 && time.Since(began)+wait > s.retryMax {
			return code(err)
		}
		s.warn("Problem : %s. Will retry in %d seconds. %d retries left.", why, int(wait.Seconds()), left)
		if !sleep(s.ctx, wait) {
			return code(err)
		}
		if s.retryDelay == 0 {
			wait = min(2*wait, maxWait)
		}
	}
}

// maxWait is RETRY_SLEEP_MAX.
const maxWait = 10 * time.Minute

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// code returns the exit status for an error.
func code(err error) int {
	var f *failure
	switch {
	case err == nil:
		return 0
	case errors.As(err, &f):
		return f.code
	}
	return recvError
}

// report prints why a transfer failed, and what -w asks for.
func (t *transfer) report(err error) {
	if err != nil && t.session.ctx.Err() == nil {
		if !t.silent || t.showError {
			t.Errorf("curl: (%d) %v\n", code(err), err)
		}
	}
	if t.writeOut != "" {
		t.out.WriteString(t.formatOut(err))
	}
	t.out.Flush()
}

// transient returns what kind of problem an error is that --retry is for, "" if it is none.
func (t *transfer) transient(err error) string {
	switch c := code(err); {
	case c == operationTimedOut || c == couldntResolveHost || c == couldntResolveProxy:
		return "timeout"
	case c == couldntConnect && t.retryRefused:
		return "connection refused"
	case (c == 0 || c == httpReturnedError) && t.answer != nil:
		switch t.answer.Code {
		case 408, 429, 500, 502, 503, 504:
			return "HTTP error"
		}
	}
	if err != nil && t.retryAll {
		return "(retrying all errors)"
	}
	return ""
}
