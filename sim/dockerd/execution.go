package dockerd

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/tools/command"
)

// notStarted is the exit code of a command that could not be started.
const notStarted = 126

// An execution is a command that docker exec runs, or is to run, in a container.
type execution struct {
	id        string
	container *sim.Container
	spec      dockerapi.ExecCreate
	out       outlet
	err       outlet

	mu      sync.Mutex
	asked   bool     // +checklocks:mu
	running bool     // +checklocks:mu
	status  *int     // +checklocks:mu
	cmd     *sim.Cmd // +checklocks:mu

	started chan struct{} // closed once it has started, or could not
	ended   chan struct{} // closed when it has ended, and has a status
}

func newExecution(found *sim.Container, spec dockerapi.ExecCreate) *execution {
	var id [32]byte
	rand.Read(id[:])
	return &execution{
		id: hex.EncodeToString(id[:]), container: found, spec: spec,
		started: make(chan struct{}), ended: make(chan struct{}),
	}
}

// check says why it cannot run now.
func (x *execution) check() error {
	switch s := x.container.State(); {
	case !s.Running:
		return internal(fmt.Sprintf("Container %s is not running: %s", x.container.ID(), s.Status))
	case s.Paused:
		return conflict(fmt.Sprintf("Container %s is paused, unpause the container before exec", x.container.ID()))
	}
	return nil
}

// claim takes the only start that an execution has.
func (x *execution) claim() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.status != nil:
		return conflict(fmt.Sprintf("Error: Exec command %s has already run", x.id))
	case x.asked:
		return conflict(fmt.Sprintf("Error: Exec command %s is already running", x.id))
	}
	x.asked = true
	return nil
}

// start runs the command, until it or its container ends: that its client leaves is nothing
// to it. claim comes before.
func (x *execution) start(stdin *command.Pipe) error {
	cmd := x.container.Exec(context.Background(), x.spec.Cmd[0], x.spec.Cmd[1:]...)
	cmd.Env, cmd.Dir, cmd.TTY = x.spec.Env, x.spec.WorkingDir, x.spec.Tty
	cmd.Stdout, cmd.Stderr = &x.out, &x.err
	if stdin != nil {
		cmd.Stdin = stdin
	}
	x.tell("exec_start: "+x.line(), nil)
	defer close(x.started)
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := cmd.Start(); err != nil {
		status := notStarted
		x.status = &status
		close(x.ended)
		return err
	}
	x.cmd, x.running = cmd, true
	go x.await(cmd)
	return nil
}

func (x *execution) await(cmd *sim.Cmd) {
	status := 0
	if s, ok := cmd.Wait().(sim.ExitStatus); ok {
		status = s.ExitCode()
	}
	x.tell("exec_die", map[string]string{"exitCode": strconv.Itoa(status)})
	x.mu.Lock()
	defer x.mu.Unlock()
	x.running, x.status = false, &status
	close(x.ended)
}

// tell tells those who watch the host of what happens to the command.
func (x *execution) tell(action string, attributes map[string]string) {
	all := map[string]string{"execID": x.id}
	maps.Copy(all, attributes)
	x.container.LogEvent(action, all)
}

// line is how events show the command, with a space after one without arguments.
func (x *execution) line() string { return x.spec.Cmd[0] + " " + strings.Join(x.spec.Cmd[1:], " ") }

// resize waits for the start, which comes a moment later.
func (x *execution) resize(ctx context.Context, rows, columns int) error {
	const patience = 10 * time.Second // dockerd's
	select {
	case <-x.started:
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(patience):
		return internal("timeout waiting for exec session ready")
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.running {
		x.cmd.Resize(rows, columns)
	}
	return nil
}

// inspect returns what is told of it.
func (x *execution) inspect() dockerapi.Exec {
	x.mu.Lock()
	defer x.mu.Unlock()
	told := dockerapi.Exec{
		ID: x.id, Running: x.running, ExitCode: x.status, ContainerID: x.container.ID(), DetachKeys: []byte{},
		OpenStdin: x.spec.AttachStdin, OpenStdout: x.spec.AttachStdout, OpenStderr: x.spec.AttachStderr,
		ProcessConfig: dockerapi.ExecProcess{
			Tty: x.spec.Tty, Entrypoint: x.spec.Cmd[0], Arguments: x.spec.Cmd[1:], Privileged: &x.spec.Privileged, User: x.spec.User,
		},
	}
	if keys := x.spec.DetachKeys; keys != "" {
		told.DetachKeys, _ = detachKeys(keys)
	}
	if x.cmd != nil {
		told.Pid = x.cmd.PID()
	}
	return told
}

// An outlet is what a command writes to: its client, and nothing once that has left, when
// there is no w.
type outlet struct {
	mu sync.Mutex
	w  io.Writer // +checklocks:mu
}

func (o *outlet) set(w io.Writer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.w = w
}

func (o *outlet) Write(b []byte) (int, error) {
	o.mu.Lock()
	w := o.w
	o.mu.Unlock()
	if w == nil {
		return len(b), nil
	}
	if _, err := w.Write(b); err != nil {
		o.set(nil)
	}
	return len(b), nil
}

// executions are those of a host, by ID.
type executions struct {
	mu   sync.Mutex
	list map[string]*execution // +checklocks:mu
}

// maxExecutions is how many a host has: dockerd forgets what has ended within ten minutes,
// and what never ran with its container.
const maxExecutions = 10_000

func (e *executions) add(x *execution) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.list) >= maxExecutions {
		e.forgetLocked()
	}
	if len(e.list) >= maxExecutions {
		return internal("too many exec instances")
	}
	if e.list == nil {
		e.list = make(map[string]*execution)
	}
	e.list[x.id] = x
	return nil
}

// forgetLocked forgets what has ended, and what can no more be run.
//
// +checklocks:e.mu
func (e *executions) forgetLocked() {
	for id, x := range e.list {
		if told := x.inspect(); told.ExitCode != nil || !told.Running && x.check() != nil {
			delete(e.list, id)
		}
	}
}

func (e *executions) find(id string) (*execution, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if x := e.list[id]; x != nil {
		return x, nil
	}
	return nil, notFound("No such exec instance: " + id)
}

// of returns the IDs of those of a container that have not ended, nil if there are none.
func (e *executions) of(found *sim.Container) (ids []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, x := range e.list {
		if x.container == found && x.inspect().ExitCode == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
