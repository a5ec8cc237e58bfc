package dockercli

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"drydock/sim/dockerapi"
	"drydock/sim/tools/command"

	"github.com/spf13/pflag"
)

// attach is docker attach.
func (d *docker) attach(f *pflag.FlagSet) action {
	noStdin := f.Bool("no-stdin", false, "Do not attach STDIN")
	proxy := f.Bool("sig-proxy", true, "Proxy all received signals to the process")
	keys := addDetachKeys(f)
	return func(args []string) error {
		waiting, waitErr := d.openWaitRunning(args[0])
		if waitErr == nil {
			defer waiting.Close()
		}
		c, err := d.inspectRunning(args[0])
		if err != nil {
			return err
		}
		if err := d.checkTTY(!*noStdin, c.Config.Tty); err != nil {
			return err
		}
		if *proxy && !c.Config.Tty {
			defer d.forward(args[0])()
		}
		want := streams{!*noStdin && c.Config.OpenStdin, true, true, c.Config.Tty, *keys}
		conn, err := d.openAttach(args[0], want)
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := d.inspectRunning(args[0]); err != nil {
			return err // it has stopped meanwhile, and nobody would close the connection
		}
		if t := command.TerminalOf(d.Stdout); c.Config.Tty && t != nil {
			// Another size makes a shell show its prompt again, which was shown before.
			d.resize(d.ctx, t, "/containers/"+args[0], 1)
			defer d.monitor(t, "/containers/"+args[0])()
		}
		if err := d.newSession(conn, want).run(d.ctx); err != nil {
			return d.detached(err)
		}
		if waitErr != nil {
			return waitErr
		}
		return exitStatus(waiting)
	}
}

// detached returns the error with which a session ended. In Docker 1.13 it was the daemon that
// looked for the keys that detach, and the command saw an end without a fault.
func (d *docker) detached(err error) error {
	if errors.Is(err, errDetached) && olderVersion(d.api.version, firstOther) {
		return nil
	}
	return err
}

// askContainer asks for a container. Without a name docker does not ask.
func (d *docker) askContainer(name string) ([]byte, error) {
	if name == "" {
		return nil, dockerError("Error: No such container: ")
	}
	text, err := d.api.do(d.ctx, request{method: http.MethodGet, path: "/containers/" + name + "/json"})
	return text, orMissing(err, "container", name)
}

// inspectContainer is askContainer for who wants to know more than that it is there.
func (d *docker) inspectContainer(name string) (c dockerapi.Container, err error) {
	text, err := d.askContainer(name)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	return c, err
}

// inspectRunning is inspectContainer for one that can be attached to.
func (d *docker) inspectRunning(name string) (c dockerapi.Container, err error) {
	c, err = d.inspectContainer(name)
	switch {
	case err != nil:
	case !c.State.Running:
		err = d.release.cannotAttach("a stopped container, start it first")
	case c.State.Paused:
		err = d.release.cannotAttach("a paused container, unpause it first")
	case c.State.Restarting:
		err = d.release.cannotAttach("a restarting container, wait until it is running")
	}
	return c, err
}

// openAttach takes a connection over for the streams of a container's process.
func (d *docker) openAttach(id string, want streams) (*connection, error) {
	query := url.Values{"stream": {"1"}}
	for name, wanted := range map[string]bool{"stdin": want.stdin, "stdout": want.stdout, "stderr": want.stderr} {
		if wanted {
			query.Set(name, "1")
		}
	}
	if want.keys != "" {
		query.Set("detachKeys", want.keys)
	}
	return d.api.open(d.ctx, request{
		method: http.MethodPost, path: "/containers/" + id + "/attach", query: query, upgrade: "text/plain",
	})
}
