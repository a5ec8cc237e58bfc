package dockerd

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"drydock/sim"
)

// containerAttach connects the client to the main process of a container, before it starts
// too. As dockerd it takes the connection over even to say what is wrong.
func (c *call) containerAttach() error {
	err := c.attach()
	if err == nil {
		return nil
	}
	s, failed := c.hijack()
	if failed != nil {
		return failed
	}
	status := statusOf(err)
	fmt.Fprintf(s.Conn, "HTTP/1.1 %d %s\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n%s\r\n", status, http.StatusText(status), err)
	return nil
}

// attach refuses before it has taken the connection over.
func (c *call) attach() error {
	keys, err := detachKeys(c.form.Get("detachKeys"))
	if err != nil {
		return badRequest(fmt.Sprintf("Invalid detach keys (%s) provided", c.form.Get("detachKeys")))
	}
	found, err := c.container()
	if err != nil {
		return err
	}
	switch s := found.State(); {
	case s.Paused:
		return conflict(fmt.Sprintf("container %s is paused, unpause the container before attach", c.name))
	case s.Restarting:
		return conflict(fmt.Sprintf("container %s is restarting, wait until the container is running", c.name))
	}
	s, err := c.takeOver()
	if err != nil {
		return err
	}
	config := found.Inspect().Config
	x := newSession(c.r.Context(), s, interest{
		stdin: c.flag("stdin") && c.flag("stream") && config.OpenStdin, tty: config.Tty,
		closes: config.StdinOnce, keys: keys, separated: !config.Tty,
	})
	defer x.end()
	c.follow(x, found)
	if config.StdinOnce && !config.Tty && c.flag("stream") {
		found.Wait(x.ctx) // its end is that of the attachment
	}
	return nil
}

// follow delivers what the container has written and writes, as far as it is asked for. A
// client starts the container as soon as it is answered, so that comes last: nothing of the
// output is missed any more.
func (c *call) follow(x *session, found *sim.Container) {
	var s sim.Streams
	if c.flag("stdout") {
		s.Stdout = x.out
	}
	if c.flag("stderr") {
		s.Stderr = x.err
	}
	if c.flag("logs") || !c.flag("stream") {
		c.answer(x.stream, true)
	}
	if c.flag("logs") {
		for e := range found.Logs(x.ctx, sim.LogOptions{NoStdout: s.Stdout == nil, NoStderr: s.Stderr == nil}) {
			to := s.Stdout
			if e.Stderr {
				to = s.Stderr
			}
			if _, err := to.Write(e.Text); err != nil {
				return
			}
		}
	}
	found.LogEvent("attach", nil)
	if !c.flag("stream") {
		return
	}
	if x.in != nil {
		s.Stdin = x.in
	}
	attached := found.Attach(s)
	if !c.flag("logs") {
		c.answer(x.stream, true)
	}
	attached.Wait(x.ctx)
	if context.Cause(x.ctx) == errDetached {
		found.LogEvent("detach", nil)
	}
}

func (c *call) containerResize() error {
	rows, columns, err := c.size()
	if err != nil {
		return err
	}
	found, err := c.container()
	if err != nil {
		return err
	}
	if err := found.CheckRunning(); err != nil {
		return err
	}
	found.Resize(rows, columns)
	found.LogEvent("resize", map[string]string{"height": strconv.Itoa(rows), "width": strconv.Itoa(columns)})
	return nil
}

// size returns the size of a terminal that is asked for.
func (c *call) size() (rows, columns int, err error) {
	rows, err = terminalSide(c.form.Get("h"))
	if err == nil {
		columns, err = terminalSide(c.form.Get("w"))
	}
	if err != nil {
		return 0, 0, badRequest(err.Error())
	}
	return rows, columns, nil
}
