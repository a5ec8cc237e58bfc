package dockercli

import (
	"context"
	"errors"
	"strings"

	"drydock/sim/tools/command"

	"github.com/spf13/pflag"
)

// start is docker start. It tells of failures at once and names them in the end.
func (d *docker) start(f *pflag.FlagSet) action {
	attach := f.BoolP("attach", "a", false, "Attach STDOUT/STDERR and forward signals")
	interactive := f.BoolP("interactive", "i", false, "Attach container's STDIN")
	keys := addDetachKeys(f)
	return func(names []string) error {
		if *attach || *interactive {
			if len(names) > 1 {
				return errors.New("you cannot start and attach multiple containers at once")
			}
			return d.startAttached(names[0], *interactive, *keys)
		}
		var failed []string
		for _, name := range names {
			if err := d.startContainer(name); err != nil {
				d.Errorf("%v\n", err)
				failed = append(failed, name)
				continue
			}
			d.Printf("%s\n", name)
		}
		if len(failed) > 0 {
			return d.release.error("failed to start containers: " + strings.Join(failed, ", "))
		}
		return nil
	}
}

// startContainer starts a container that nobody is attached to, or by who is already.
func (d *docker) startContainer(name string) error {
	return d.api.post(d.ctx, "/containers/"+name+"/start", nil, nil, nil)
}

// startAttached is docker start -a and -i.
func (d *docker) startAttached(name string, interactive bool, keys string) error {
	c, err := d.inspectContainer(name)
	if err != nil {
		return err
	}
	r := running{c.ID, c.HostConfig.AutoRemove, streams{interactive && c.Config.OpenStdin, true, true, c.Config.Tty, keys}}
	if !c.Config.Tty {
		defer d.forward(c.ID)()
	}
	return d.runAttached(r)
}

// A running is a container that is about to be started by who is attached to it.
type running struct {
	id         string
	autoRemove bool
	streams
}

// A startError is the daemon's refusal to start a container.
type startError struct{ error }

// runAttached attaches to a container, starts it, and shares its fate. That the attachment
// comes first has nothing be lost that the process writes, and that the wait comes before
// the start has it be of this run.
func (d *docker) runAttached(r running) error {
	conn, err := d.openAttach(r.id, r.streams)
	if err != nil {
		return err
	}
	waiting, waitErr := d.openWait(r.id, r.autoRemove)
	if waitErr == nil {
		defer waiting.Close()
	}
	ctx, cancel := context.WithCancel(d.ctx)
	defer cancel()
	over := make(chan error, 1)
	go func() { over <- d.newSession(conn, r.streams).run(ctx) }()
	if err := d.startContainer(r.id); err != nil {
		cancel()
		<-over
		if r.autoRemove && waitErr == nil {
			_, _ = waiting.status()
		}
		return startError{err}
	}
	if r.tty {
		defer d.monitor(command.TerminalOf(d.Stdout), "/containers/"+r.id)()
	}
	switch err := <-over; {
	case errors.Is(err, errDetached):
		return nil
	case err != nil:
		return err
	case !r.stdout && !r.stderr:
		return nil
	}
	return d.exitOrRemoved(waiting, waitErr)
}
