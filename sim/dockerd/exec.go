package dockerd

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"drydock/sim/dockerapi"
)

func (c *call) execCreate() error {
	var spec dockerapi.ExecCreate
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
	switch s := found.State(); {
	case !s.Running:
		return conflict(fmt.Sprintf("Container %s is not running", found.ID()))
	case s.Paused:
		return conflict(fmt.Sprintf("Container %s is paused, unpause the container before exec", c.name))
	}
	if _, ok := detachKeys(spec.DetachKeys); !ok {
		return internal(fmt.Sprintf("Invalid escape keys (%s) provided", spec.DetachKeys))
	}
	x := newExecution(found, spec)
	if err := c.execs.add(x); err != nil {
		return err
	}
	x.tell("exec_create: "+x.line(), nil)
	c.reply(http.StatusCreated, dockerapi.IDResponse{ID: x.id})
	return nil
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
	x, err := c.execs.find(c.name)
	if err == nil {
		err = x.check()
	}
	if err != nil {
		return err
	}
	if body.Detach {
		if err := x.claim(); err != nil {
			return err
		}
		return x.start(nil)
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
func (c *call) runAttached(x *execution, s *stream, tty bool) {
	keys, _ := detachKeys(x.spec.DetachKeys)
	client := newSession(c.r.Context(), s, interest{
		stdin: x.spec.AttachStdin, tty: x.spec.Tty, closes: true, keys: keys, separated: !tty,
	})
	defer client.end()
	err := x.claim()
	if err == nil {
		if x.spec.AttachStdout {
			x.out.set(client.out)
		}
		if x.spec.AttachStderr {
			x.err.set(client.err)
		}
		err = x.start(client.in)
	}
	if err != nil {
		io.WriteString(client.out, err.Error()+"\r\n")
		return
	}
	select {
	case <-x.ended:
	case <-client.ctx.Done():
	}
	if context.Cause(client.ctx) == errDetached {
		x.tell("exec_detach", nil)
	}
	x.out.set(nil)
	x.err.set(nil)
}

func (c *call) execResize() error {
	rows, columns, err := c.size()
	if err != nil {
		return err
	}
	x, err := c.execs.find(c.name)
	if err == nil {
		err = x.check()
	}
	if err != nil {
		return err
	}
	return x.resize(c.r.Context(), rows, columns)
}

func (c *call) execInspect() error {
	x, err := c.execs.find(c.name)
	if err != nil {
		return err
	}
	c.reply(http.StatusOK, x.inspect())
	return nil
}
