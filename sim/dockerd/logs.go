package dockerd

import (
	"io"
	"net/http"
	"strconv"

	"drydock/sim"
	"drydock/sim/internal/apitext"
)

// timestamps are those before lines of a log.
const timestamps = "2006-01-02T15:04:05.000000000Z07:00"

func (c *call) containerLogs() error {
	o := sim.LogOptions{Follow: c.flag("follow"), NoStdout: !c.flag("stdout"), NoStderr: !c.flag("stderr")}
	if o.NoStdout && o.NoStderr {
		return badRequest("Bad parameters: you must choose at least one stream")
	}
	found, err := c.container()
	if err != nil {
		return err
	}
	switch n, err := strconv.Atoi(c.form.Get("tail")); {
	case err != nil || n < 0: // all
	case n == 0:
		o.Tail = -1
	default:
		o.Tail = n
	}
	if o.Since, err = apitext.ParseTime(c.form.Get("since")); err != nil {
		return err
	}
	if until := c.form.Get("until"); until != "0" {
		if o.Until, err = apitext.ParseTime(until); err != nil {
			return err
		}
	}
	c.writeLogs(found, o)
	return nil
}

// writeLogs answers with the log, line by line as they come.
func (c *call) writeLogs(found *sim.Container, o sim.LogOptions) {
	c.w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(c.w).Flush
	flush()
	out, err := io.Writer(c.w), io.Writer(c.w)
	if !found.Inspect().Config.Tty {
		f := &framer{w: c.w}
		out, err = f.stream(stdout), f.stream(stderr)
	}
	for e := range found.Logs(c.r.Context(), o) {
		to := out
		if e.Stderr {
			to = err
		}
		if _, failed := to.Write(c.logLine(e)); failed != nil {
			return
		}
		flush()
	}
}

// logLine is a line with what is asked for before it.
func (c *call) logLine(e sim.LogEntry) []byte {
	var line []byte
	if c.flag("timestamps") {
		line = append(e.Time.UTC().AppendFormat(line, timestamps), ' ')
	}
	if c.flag("details") {
		line = append(line, ' ') // there are none
	}
	return append(line, e.Text...)
}
