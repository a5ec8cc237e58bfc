package dockercli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/tools/command"

	"github.com/spf13/pflag"
)

// create is docker create. Its container runs nothing until docker start, so nobody
// reads what its command writes: it has no streams.
func (d *docker) create(f *pflag.FlagSet) action {
	flags := newRunFlags(f)
	return func(args []string) int {
		c, err := d.newContainer(flags, args, nil)
		if err != nil {
			return d.createFailed(flags, "create", err)
		}
		d.Printf("%s\n", c.ID())
		return 0
	}
}

// run is docker run. -d is its own; Docker's create has --rm, too, for which somebody
// would have to be there when the container exits.
func (d *docker) run(f *pflag.FlagSet) action {
	flags := newRunFlags(f)
	flags.detach = f.BoolP("detach", "d", false, "Run container in background and print container ID")
	flags.remove = f.Bool("rm", false, "Automatically remove the container when it exits")
	return func(args []string) int {
		switch {
		case *flags.detach && *flags.remove:
			// A daemon would remove it. Here that would be a goroutine that outlives
			// the command, which no command may leave behind.
			return d.fail(125, "docker: --rm with --detach is not supported.\nSee 'docker run --help'.")
		case !*flags.detach && *flags.tty:
			// Standard input is never a terminal here. Detached, -t only decides what
			// the container's process has for streams, and it has none.
			return d.fail(1, "the input device is not a TTY")
		case *flags.detach:
			return d.runDetached(flags, args)
		}
		return d.runAttached(flags, args)
	}
}

// runDetached prints the ID before the container starts, as docker does: a container
// that fails to start is there all the same, and its ID is above the error.
func (d *docker) runDetached(flags *runFlags, args []string) (status int) {
	c, err := d.newContainer(flags, args, nil)
	if err != nil {
		return d.createFailed(flags, "run", err)
	}
	d.Printf("%s\n", c.ID())
	return d.startNew(c, args[1:])
}

// startNew starts the container of docker run. A command that does not exist is refused
// before: a main function cannot fail to start. The container stays created, as
// recorded.
func (d *docker) startNew(c *sim.Container, words []string) (status int) {
	if len(words) > 0 && d.Commands[words[0]] == nil {
		return d.startFailed(127, errors.New("failed to create shim task: OCI runtime create failed: runc create failed: "+errNoExecutable(words[0]).Error()))
	}
	if err := c.Start(); err != nil {
		return d.startFailed(125, err)
	}
	return 0
}

// startFailed prints an error of docker run, for which the flags are not to blame:
// docker then does not point to --help. Messages that end with a full stop get no
// second one.
func (d *docker) startFailed(status int, err error) int {
	return d.fail(status, "docker: Error response from daemon: %s.", strings.TrimSuffix(err.Error(), "."))
}

// runAttached runs a container until it exits and returns its exit status. If the
// command is interrupted it stops the container.
func (d *docker) runAttached(flags *runFlags, args []string) (status int) {
	streams := &streams{Call: *d.Call, done: make(chan struct{})}
	if !*flags.interactive {
		streams.Stdin = nil
	}
	c, err := d.newContainer(flags, args, streams)
	if err != nil {
		return d.createFailed(flags, "run", err)
	}
	if status = d.startNew(c, args[1:]); status == 0 {
		status = d.wait(c, streams, len(args) > 1)
	}
	if *flags.remove {
		if err := c.ForceRemove(); err != nil {
			return d.refused(err)
		}
	}
	return status
}

// grace is how long docker stop, and an interrupted docker run, waits for a container's
// process.
const grace = 10 * time.Second

// wait waits until c has exited and, if it runs a command, until that uses the streams
// no longer: they belong to the caller once docker returns. An interrupted docker run
// passes the signal on to the process, here by docker stop, and goes on waiting.
func (d *docker) wait(c *sim.Container, streams *streams, isCommand bool) (status int) {
	status, err := c.Wait(d.ctx)
	if d.ctx.Err() != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(d.ctx), grace)
		defer cancel()
		c.Stop(ctx)
		status, err = c.Wait(context.WithoutCancel(d.ctx)) // it has stopped
	}
	if isCommand && !streams.used.CompareAndSwap(false, true) {
		// The command has them. If it had not begun when the container was killed, it
		// now finds them used.
		<-streams.done
	}
	if err != nil {
		return d.fail(125, "docker: %v.", err)
	}
	return status
}

// streams are those of an attached command. The command has them when it runs for the
// first time; if the container is started again nobody is there any more.
type streams struct {
	command.Call
	used atomic.Bool   // by a command, or by nobody any more
	done chan struct{} // closed when the command has returned
}

// newContainer makes the container that flags and arguments describe. s is what its
// command is attached to, or nil. Docker looks for the image first and checks the rest
// with it; the warning about ports comes from the daemon's answer, before the ID.
func (d *docker) newContainer(flags *runFlags, args []string, s *streams) (*sim.Container, error) {
	image, err := d.image(args[0])
	if err != nil {
		return nil, err
	}
	if words := args[1:]; len(words) > 0 {
		image.Cmd, image.Main = words, d.mainOf(words, s)
	}
	opts, err := d.containerOptions(flags)
	if err != nil {
		return nil, err
	}
	if slices.Equal(*flags.network, []string{"host"}) && len(*flags.publish) > 0 {
		d.Errorf("WARNING: Published ports are discarded when using host network mode\n")
	}
	var spec dockerapi.ContainerCreate
	spec.AttachStdout = flags.detach == nil || !*flags.detach
	spec.AttachStderr = spec.AttachStdout
	return d.host.CreateSpec(*flags.name, spec, append(opts, sim.WithImage(image))...)
}

// mainOf returns the main function of a container that runs a command. It is called
// anew at each start of the container. The environment is the container's: Table.Run
// asks it.
func (d *docker) mainOf(words []string, s *streams) func(context.Context, *sim.Container) error {
	commands := d.Commands
	return func(ctx context.Context, c *sim.Container) error {
		call := command.Call{Machine: c, Args: words}
		if s != nil && s.used.CompareAndSwap(false, true) {
			defer close(s.done)
			call = s.Call
			call.Machine, call.Args, call.Env, call.Files, call.Dir = c, words, nil, nil, ""
		}
		return sim.ExitStatus(commands.Run(ctx, &call))
	}
}

// An unknownImage is the error of an image that is not there. Docker would pull it;
// this is what it says without a way to the Internet.
type unknownImage string

func (e unknownImage) Error() string {
	return `Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host`
}

// image returns the image with that name. As for Docker "nginx", "nginx:latest" and
// "docker.io/library/nginx:latest" are one. A colon before the last slash belongs to
// the port of a registry and not to a tag.
func (d *docker) image(name string) (sim.Image, error) {
	canonical := func(name string) string {
		name = strings.TrimPrefix(strings.TrimPrefix(name, "docker.io/"), "library/")
		if !strings.Contains(name[strings.LastIndexByte(name, '/')+1:], ":") {
			name += ":latest"
		}
		return name
	}
	i := slices.IndexFunc(d.images, func(i sim.Image) bool { return canonical(i.Name) == canonical(name) })
	if i < 0 {
		return sim.Image{}, unknownImage(canonical(name))
	}
	return d.images[i], nil
}

// createFailed prints why there is no container, as name, which is run or create, does.
// What is wrong is found in three places: by docker, which then says nothing of a
// daemon; by the daemon when it creates the container, and docker run points to --help;
// or when it starts it, and docker run does not. sim checks all at once, so the kind of
// error decides.
func (d *docker) createFailed(flags *runFlags, name string, err error) (status int) {
	var unknown unknownImage
	if errors.As(err, &unknown) {
		d.Errorf("Unable to find image '%s' locally\n", string(unknown))
	}
	see := "\nSee 'docker " + name + " --help'."
	var e *sim.Error
	switch isSim := errors.As(err, &e); {
	case isSim && slices.Contains(*flags.addHosts, e.Name):
		return d.fail(125, "invalid argument %q for \"--add-host\" flag: %v%s", e.Name, err, see)
	case isSim && errors.Is(err, sim.ErrPort), errors.As(err, new(clientError)): // no daemon was asked
		if name == "create" {
			return d.fail(125, "%v%s", err, see)
		}
		return d.fail(125, "docker: %s.%s", strings.TrimSuffix(err.Error(), "."), see)
	case name == "create":
		return d.refused(err)
	case errors.As(err, new(lateError)):
		return d.startFailed(125, err)
	}
	return d.fail(125, "docker: Error response from daemon: %s.%s", strings.TrimSuffix(err.Error(), "."), see)
}

// A clientError is one that docker finds, not the daemon.
type clientError string

func (e clientError) Error() string { return string(e) }

// A lateError is one that a daemon finds only when it starts the container. That it
// leaves behind, created; here there is none, as sim's containers have networks that
// exist.
type lateError string

func (e lateError) Error() string { return string(e) }
