package dockercli

import (
	"errors"
	"strings"

	"drydock/sim/dockerapi"

	"github.com/spf13/pflag"
)

// run is docker run.
func (d *docker) run(f *pflag.FlagSet) action {
	flags := d.newCreateFlags(f, "running")
	detach := f.BoolP("detach", "d", false, "Run container in background and print container ID")
	proxy := f.Bool("sig-proxy", true, "Proxy received signals to the process")
	keys := addDetachKeys(f)
	return func(args []string) error {
		spec, err := d.parseCreate(flags, args)
		if err != nil {
			return d.badFlags("run", err)
		}
		switch {
		case !*detach:
			err = d.checkTTY(spec.AttachStdin, spec.Tty)
		case len(*flags.attach) > 0:
			err = dockerError("Conflicting options: -a and -d")
		}
		if err != nil {
			return err
		}
		if *detach {
			spec.AttachStdin, spec.AttachStdout, spec.AttachStderr, spec.StdinOnce = false, false, false, false
		}
		return d.runNew(flags, &spec, *proxy, *keys)
	}
}

// runNew makes a container and starts it. The ID is printed before the start: a container
// that fails to start is there all the same, and its ID is above the error.
func (d *docker) runNew(flags *createFlags, spec *dockerapi.ContainerCreate, proxy bool, keys string) error {
	made, err := d.createContainer(flags, spec)
	if err != nil {
		if d.ctx.Err() != nil {
			return err
		}
		return statusError{runStatus(err), d.badFlags("run", err).Error()}
	}
	if proxy {
		defer d.forward(made.ID)()
	}
	if !spec.AttachStdout && !spec.AttachStderr {
		d.Printf("%s\n", made.ID)
	}
	if !spec.AttachStdin && !spec.AttachStdout && !spec.AttachStderr {
		return d.startFailed(d.startContainer(made.ID))
	}
	want := streams{spec.AttachStdin, spec.AttachStdout, spec.AttachStderr, spec.Tty, keys}
	err = d.runAttached(running{made.ID, spec.HostConfig.AutoRemove, want})
	if e := (startError{}); errors.As(err, &e) {
		return d.startFailed(e.error)
	}
	return err
}

// startFailed is the end of docker run with a container that does not start. The flags are
// not to blame, so docker does not point to --help.
func (d *docker) startFailed(err error) error {
	if err == nil || d.ctx.Err() != nil {
		return err
	}
	return statusError{runStatus(err), d.release.notStarted(err.Error())}
}

// runStatus returns what docker run exits with. docker goes by the words of the error: 127
// for a command that is not there, 126 for one that may not be run, else 125.
func runStatus(err error) int {
	switch text := err.Error(); {
	case strings.Contains(text, "executable file not found"), strings.Contains(text, "no such file or directory"),
		strings.Contains(text, "system cannot find the file specified"):
		return 127
	case strings.Contains(text, "permission denied"):
		return 126
	}
	return 125
}
