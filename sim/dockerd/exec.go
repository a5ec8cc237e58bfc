package dockerd

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"drydock/sim"
	"drydock/sim/dockerapi"
)

func (c *call) execCreate() error {
	var spec dockerapi.ExecCreate
	c.allow(maxExec)
	if err := c.body(&spec); err != nil {
		return err
	}
	if len(spec.Cmd) == 0 {
		return badRequest("No exec command specified")
	}
	found, err := c.container()
	if err != nil {
		return err
	}
	if err := found.CheckRunning(); err != nil {
		return err
	}
	if found.State().Paused {
		return conflict(fmt.Sprintf("Container %s is paused, unpause the container before exec", c.name))
	}
	if _, err := detachKeys(spec.DetachKeys); err != nil {
		return internal(fmt.Sprintf("Invalid escape keys (%s) provided", spec.DetachKeys))
	}
	x, err := found.CreateExec(spec)
	if err != nil {
		return err
	}
	c.reply(http.StatusCreated, dockerapi.IDResponse{ID: x.ID()})
	return nil
}

// execution returns the command that the path names.
func (c *call) execution() (*sim.Execution, error) {
	if x, ok := c.host.Execution(c.name); ok {
		return x, nil
	}
	return nil, notFound("No such exec instance: " + c.name)
}

// startable returns the command that the path names if it can be started now.
func (c *call) startable() (*sim.Execution, error) {
	x, err := c.execution()
	if err == nil {
		err = x.Check()
	}
	return x, err
}

func (c *call) execStart() error {
	var body dockerapi.ExecStart
	if c.version.less(version{1, 22}) {
		if err := c.decode(&body); err != nil {
			return err
		}
	} else if err := c.body(&body); err != nil {
		return err
	}
	x, err := c.startable()
	if err != nil {
		return err
	}
	if body.Detach {
		return x.Start(sim.Streams{})
	}
	s, err := c.takeOver()
	if err != nil {
		return err
	}
	c.answer(s, false)
	c.runAttached(x, s, body.Tty)
	return nil
}

// runAttached starts the command with the client's stream and returns when the command has
// ended or the client has left, which does not end the command. What is wrong is written to
// the stream: the answer is under way.
func (c *call) runAttached(x *sim.Execution, s *stream, tty bool) {
	spec := x.Spec()
	keys, _ := detachKeys(spec.DetachKeys)
	client := newSession(c.r.Context(), s, interest{
		stdin: spec.AttachStdin, tty: spec.Tty, closes: true, keys: keys, separated: !tty,
	})
	defer client.end()
	var out, errs outlet // what the command writes goes on after the client has left
	defer out.set(nil)
	defer errs.set(nil)
	if spec.AttachStdout {
		out.set(client.out)
	}
	if spec.AttachStderr {
		errs.set(client.err)
	}
	streams := sim.Streams{Stdout: &out, Stderr: &errs}
	if client.in != nil {
		streams.Stdin = client.in
	}
	if err := x.Start(streams); err != nil {
		io.WriteString(client.out, err.Error()+"\r\n")
		return
	}
	select {
	case <-x.Done():
	case <-client.ctx.Done():
	}
	if context.Cause(client.ctx) == errDetached {
		x.LogEvent("exec_detach")
	}
}

func (c *call) execResize() error {
	rows, columns, err := c.size()
	if err != nil {
		return err
	}
	x, err := c.startable()
	if err != nil {
		return err
	}
	return x.Resize(c.r.Context(), rows, columns)
}

func (c *call) execInspect() error {
	x, err := c.execution()
	if err != nil {
		return err
	}
	told := x.Inspect()
	if keys := x.Spec().DetachKeys; keys != "" {
		told.DetachKeys, _ = detachKeys(keys)
	}
	c.reply(http.StatusOK, told)
	return nil
}
