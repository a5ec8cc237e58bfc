package sim

import (
	"cmp"
	"context"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"drydock/sim/dockerapi"
	"drydock/sim/tools/command"
)

// An Execution is a command of "docker exec": one that runs, or is to run once, in a
// container, and that Docker's HTTP API knows by an ID. Container.CreateExec makes one; each
// Cmd in a container is one too, while it runs. Its methods are safe for concurrent use.
//
//	created ──Start──▶ running ──▶ ended
//
// exec_create, exec_start and exec_die tell those who watch the host of it.
type Execution struct {
	id        string
	container *Container
	spec      dockerapi.ExecCreate

	mu      sync.Mutex
	claimed bool // somebody has started it, +checklocks:mu
	running bool // +checklocks:mu
	status  *int // +checklocks:mu
	cmd     *Cmd // +checklocks:mu

	started chan struct{} // closed once it has started, or could not
	ended   chan struct{} // closed when it has ended, and has a status

	// It is a Cmd's: the host forgets it with its end, since nobody was told the ID but by events.
	transient bool
}

// notStarted is the exit code of the command, which could not be started.
func (x *Execution) notStarted(err error) int {
	if status := notStarted(err, command.NoPermission); status != command.NotFound {
		return status
	}
	return x.container.host.engine.ExecNotFound()
}

// CreateExec makes an Execution of a command in a running container, without starting it. Its
// user is that of the container unless the spec says another one.
func (c *Container) CreateExec(spec dockerapi.ExecCreate) (*Execution, error) {
	if _, err := c.site("create exec"); err != nil {
		return nil, err
	}
	if len(spec.Cmd) == 0 {
		return nil, errorf("create exec", c.Name(), ErrConflict, "No exec command specified")
	}
	if _, err := c.linksNow("create exec"); err != nil {
		return nil, err
	}
	x := c.newExecution(spec)
	if err := c.host.executions.add(x); err != nil {
		return nil, err
	}
	x.tell("exec_create: "+x.line(), nil)
	return x, nil
}

func (c *Container) newExecution(spec dockerapi.ExecCreate) *Execution {
	spec.User = cmp.Or(spec.User, c.config.asked.User)
	return &Execution{
		id: c.host.random.id("exec id"), container: c, spec: spec, started: make(chan struct{}), ended: make(chan struct{}),
	}
}

// execute makes the Execution of a Cmd that is being started. It is not counted: there are no
// more of them than processes.
func (c *Container) execute(cmd *Cmd) *Execution {
	x := c.newExecution(dockerapi.ExecCreate{
		User: cmd.User, Privileged: cmd.Privileged, Tty: cmd.TTY, Env: cmd.Env, WorkingDir: cmd.Dir, Cmd: cmd.Args,
		AttachStdin: cmd.Stdin != nil, AttachStdout: cmd.Stdout != nil, AttachStderr: cmd.Stderr != nil,
	})
	x.claimed, x.transient = true, true
	c.host.executions.put(x)
	x.tell("exec_create: "+x.line(), nil)
	return x
}

// ID returns the ID, 64 hex digits.
func (x *Execution) ID() string { return x.id }

// Spec returns what it was made from. It is not to be changed.
func (x *Execution) Spec() dockerapi.ExecCreate { return x.spec }

// Done returns a channel that is closed when it has ended.
func (x *Execution) Done() <-chan struct{} { return x.ended }

// Check says why it cannot be started now.
func (x *Execution) Check() error {
	const op = "start exec"
	says, id := x.container.host.says, x.container.id
	switch s := x.container.State(); {
	case !s.Running:
		return errorf(op, x.id, ErrNotRunning, says.ExecDown, id, s.Status)
	case s.Paused:
		return errorf(op, x.id, ErrPaused, says.ExecPaused, id)
	}
	return nil
}

// claim takes the only start that there is.
func (x *Execution) claim() error {
	const op = "start exec"
	x.mu.Lock()
	defer x.mu.Unlock()
	says := x.container.host.says
	switch {
	case x.status != nil:
		return errorf(op, x.id, ErrConflict, says.ExecHasRun, x.id)
	case x.claimed:
		return errorf(op, x.id, ErrConflict, says.ExecRuns, x.id)
	}
	x.claimed = true
	return nil
}

// Start runs the command with these streams, as Cmd has them, until it or its container ends:
// that who started it has left is nothing to it. It can be started once.
func (x *Execution) Start(s Streams) error {
	if err := x.claim(); err != nil {
		return err
	}
	cmd := x.container.Exec(context.Background(), x.spec.Cmd[0], x.spec.Cmd[1:]...)
	cmd.Env, cmd.Dir, cmd.User, cmd.TTY, cmd.Privileged = x.spec.Env, x.spec.WorkingDir, x.spec.User, x.spec.Tty, x.spec.Privileged
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.execution = s.Stdin, s.Stdout, s.Stderr, x
	return cmd.Start()
}

// began notes that the command runs.
func (x *Execution) began(cmd *Cmd) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.cmd, x.running = cmd, true
	close(x.started)
}

// await tells of the end of the command once all that it wrote is delivered. A stop of the
// container does not wait for that, and so it is not a function of the run.
func (x *Execution) await(cmd *Cmd) {
	<-cmd.done
	<-cmd.client.Done()
	x.tell("exec_die", map[string]string{"exitCode": strconv.Itoa(cmd.status)})
	x.over(cmd.status)
}

// over notes the end, or that the command could not be started.
func (x *Execution) over(status int) {
	x.mu.Lock()
	if x.cmd == nil {
		close(x.started)
	}
	x.running, x.status = false, &status
	close(x.ended)
	x.mu.Unlock()
	if x.transient {
		x.container.host.executions.drop(x)
	}
}

// LogEvent tells those who watch the host of something that happened to the command and that
// the host does not see itself: exec_detach.
func (x *Execution) LogEvent(action string) { x.tell(action, nil) }

func (x *Execution) tell(action string, attributes map[string]string) {
	all := map[string]string{"execID": x.id}
	maps.Copy(all, attributes)
	x.container.LogEvent(action, all)
}

// line is how events show the command, with a space after one without arguments.
func (x *Execution) line() string { return x.spec.Cmd[0] + " " + strings.Join(x.spec.Cmd[1:], " ") }

// Resize gives its terminal another size. It waits for the start, which comes a moment later
// than what a client asks for it.
func (x *Execution) Resize(ctx context.Context, rows, columns int) error {
	const patience = 10 * time.Second // dockerd's
	select {
	case <-x.started:
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(patience):
		return errorf("resize exec", x.id, ErrNotRunning, "timeout waiting for exec session ready")
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.running {
		x.cmd.Resize(rows, columns)
	}
	return nil
}

// Inspect returns what is told of it. DetachKeys are the caller's to fill in.
func (x *Execution) Inspect() dockerapi.Exec {
	x.mu.Lock()
	defer x.mu.Unlock()
	told := dockerapi.Exec{
		ID: x.id, Running: x.running, ExitCode: x.status, ContainerID: x.container.ID(), DetachKeys: []byte{},
		OpenStdin: x.spec.AttachStdin, OpenStdout: x.spec.AttachStdout, OpenStderr: x.spec.AttachStderr,
		ProcessConfig: dockerapi.ExecProcess{
			Tty: x.spec.Tty, Entrypoint: x.spec.Cmd[0], Arguments: x.spec.Cmd[1:], Privileged: &x.spec.Privileged, User: x.spec.User,
		},
	}
	if x.cmd != nil {
		told.Pid = x.cmd.hostPID
	}
	return told
}
