package dockercli

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
)

// forwarded are the signals that docker passes on: all but those that tell it of itself.
var forwarded = []command.Signal{
	command.SIGHUP, command.SIGINT, command.SIGQUIT, command.SIGABRT, command.SIGUSR1, command.SIGUSR2, command.SIGALRM,
	command.SIGTERM, command.SIGCONT, command.SIGTSTP, command.SIGTTIN, command.SIGTTOU, command.SIGWINCH,
}

// forward has docker's signals go to the process of a container instead, until stop is
// called. A daemon that refuses one is not asked again.
func (d *docker) forward(id string) (stop func()) {
	signals := d.Notify(forwarded...)
	return d.background(func(ctx context.Context) {
		for {
			select {
			case s := <-signals:
				query := url.Values{"signal": {strings.TrimPrefix(s.String(), "SIG")}}
				_ = d.api.post(ctx, "/containers/"+id+"/kill", query, nil, nil)
			case <-ctx.Done():
				return
			}
		}
	})
}

// background runs f beside what docker does, until stop is called, which waits for its end.
func (d *docker) background(f func(ctx context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(d.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// monitor has the terminal of a process, which the API has at path, keep the size of docker's
// own, until stop is called.
func (d *docker) monitor(t command.Terminal, path string) (stop func()) {
	if t == nil {
		return func() {}
	}
	changed := d.Notify(command.SIGWINCH)
	d.resize(d.ctx, t, path, 0)
	return d.background(func(ctx context.Context) {
		for {
			select {
			case <-changed:
				d.resize(ctx, t, path, 0)
			case <-ctx.Done():
				return
			}
		}
	})
}

// resize tells the size of t, with some more rows and columns. That it fails is nobody's
// business: a process that has ended has no size.
func (d *docker) resize(ctx context.Context, t command.Terminal, path string, more int) {
	rows, columns := t.Size()
	if rows == 0 && columns == 0 {
		return
	}
	query := url.Values{"h": {strconv.Itoa(rows + more)}, "w": {strconv.Itoa(columns + more)}}
	_ = d.api.post(ctx, path+"/resize", query, nil, nil)
}

// checkTTY refuses to give a process a terminal, and what is typed, if docker has none.
func (d *docker) checkTTY(stdin, tty bool) error {
	if stdin && tty && command.TerminalOf(d.Stdin) == nil {
		if d.release.since29 {
			return errors.New("cannot attach stdin to a TTY-enabled container because stdin is not a terminal")
		}
		return errors.New("the input device is not a TTY")
	}
	return nil
}
