package sim

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"drydock/sim/tools/command"
)

// defaultGrace is how long a container may take for its own shutdown, as with "docker stop",
// if it was made without a StopTimeout.
const defaultGrace = 10 * time.Second

// A stopKind is how a run comes to its end.
type stopKind int

const (
	stopAsked  stopKind = iota // by Stop: signals are sent
	stopKilled                 // by Kill: its connections are reset
	stopExited                 // its main process is over
)

// Start starts the container: it gets a new namespace and the lowest free address.
// A running container stays as it is.
func (c *Container) Start() error {
	if err := c.sameTime("start container"); err != nil {
		return err
	}
	defer c.change()()
	return c.start()
}

// Stop ends the container as "docker stop" does: the context of its functions is
// canceled; when they have returned or when ctx is done, its sockets are closed like those
// of a process that exits, and the address is free. If ctx has no deadline that is after
// the StopTimeout that the container was made with, by default 10 seconds. Then Stop waits
// for the functions, which therefore must not call it themselves. A container that does not
// run stays as it is; one that is about to be restarted is not.
func (c *Container) Stop(ctx context.Context) error {
	r := c.running()
	defer c.change()()
	if c.removed {
		if r != nil {
			return nil // it has exited by itself and was to be removed then
		}
		return errNoContainer(c.host.says, "stop container", c.Name())
	}
	if c.stop(ctx, stopAsked) {
		c.signalled.Store(true)
		c.autoRemove()
	}
	return nil
}

// Kill ends the container at once, also while another call stops it: open
// connections are reset. Then it waits for the functions like Stop.
func (c *Container) Kill() error {
	if err := c.refusePaused("kill container"); err != nil {
		return c.errKill(err)
	}
	r := c.running()
	if r != nil {
		c.kill(r)
	}
	defer c.change()()
	switch {
	case c.removed && r != nil:
		return nil // as it was to be when it exits
	case c.removed:
		return c.errKill(errNoContainer(c.host.says, "kill container", c.Name()))
	case c.host.daemonRun.isDown() && !c.host.isClosed():
		return errDaemon("kill container", c.Name())
	case r == nil && !c.Running():
		return c.errKill(errorf("kill container", c.Name(), ErrNotRunning, c.host.says.NotRunning, c.id))
	}
	if c.stop(context.Background(), stopKilled) {
		c.signalled.Store(true)
		c.autoRemove()
	}
	return nil
}

// kill ends a run at once, and tells of it the first time.
func (c *Container) kill(r *run) {
	r.manual.Store(true)
	if r.told.CompareAndSwap(false, true) {
		c.event("kill", "signal", strconv.Itoa(int(command.SIGKILL)))
	}
	r.die()
}

// errKill says what err is about. That is its cause, in its own words.
func (c *Container) errKill(err *Error) error {
	return &Error{Op: err.Op, Name: err.Name, Err: err.Err, message: fmt.Sprintf(c.host.says.Kill, c.Name(), err), cause: err}
}

// Restart is Stop and Start. The address is given back and the lowest free one
// taken. If the start fails the container stays stopped.
func (c *Container) Restart(ctx context.Context) error {
	defer c.change()()
	if c.removed {
		return errNoContainer(c.host.says, "restart container", c.Name())
	}
	c.stop(ctx, stopAsked)
	if err := c.start(); err != nil {
		return &Error{
			Op: "restart container", Name: c.Name(), Err: err,
			message: fmt.Sprintf(c.host.says.Restart, c.Name(), err),
		}
	}
	c.event("restart")
	return nil
}

// Remove removes a container that does not run: "docker rm". Its name is free then.
func (c *Container) Remove() error {
	const op = "remove container"
	defer c.change()()
	if err := c.host.daemonAway(op, c.Name()); err != nil {
		return err
	}
	switch s := c.State(); {
	case c.removed:
		return errNoContainer(c.host.says, op, c.Name())
	case s.Paused:
		return errorf(op, c.Name(), ErrRunning, c.host.says.RemovePaused, c.id, c.Name())
	case s.Restarting:
		return errorf(op, c.Name(), ErrRunning, c.host.says.RemoveRestarting, c.id, c.Name())
	case s.Running:
		return errorf(op, c.Name(), ErrRunning, c.host.says.RemoveRunning, c.id, c.Name())
	}
	c.remove()
	return nil
}

// ForceRemove is Remove that kills the container first if it runs: "docker rm -f".
func (c *Container) ForceRemove() error {
	r := c.running()
	if r != nil {
		c.kill(r)
	}
	defer c.change()()
	if c.removed {
		if r != nil {
			return nil // as it was to be when it exits
		}
		return errNoContainer(c.host.says, "remove container", c.Name())
	}
	if err := c.host.daemonAway("remove container", c.Name()); err != nil {
		return err
	}
	c.stop(context.Background(), stopKilled)
	c.remove()
	return nil
}

// autoRemove removes a container that is to be removed when it has exited.
func (c *Container) autoRemove() {
	if c.config.askedHost.AutoRemove && !c.host.isClosed() {
		c.remove()
	}
}

// remove forgets the container; its name is free, and its links are no names any more.
func (c *Container) remove() {
	c.removed = true
	c.hangUp(c.takeConsole())
	c.dropFiles()
	c.host.executions.dropOf(c)
	c.forget()
	c.event("destroy")
	c.noteLast()
}

// forget takes the container from the lists of the host.
func (c *Container) forget() {
	h := c.host
	h.mu.Lock()
	defer h.mu.Unlock()
	is := func(o *Container) bool { return o == c }
	h.containers = slices.DeleteFunc(h.containers, is)
	delete(h.byName, c.Name())
	for _, l := range c.legacyLinks() {
		l.target.linkers = slices.DeleteFunc(l.target.linkers, is)
	}
}

// isGone reports whether the container is removed.
func (c *Container) isGone() bool {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	return !slices.Contains(c.host.containers, c)
}

// gone is why a container cannot change any more: it is removed or its host closed. It is asked
// by who holds life, and so holds until that is given back.
func (c *Container) gone(op string) error {
	if c.removed && !c.host.isClosed() {
		return errNoContainer(c.host.says, op, c.Name())
	}
	if err := c.host.away(op, c.Name()); err != nil {
		return err
	}
	return nil
}

// change begins a change of state and returns what ends it. Who waits here waits for a start
// or a stop, whose functions may take ten seconds of virtual time.
func (c *Container) change() (done func()) {
	if c.life == nil {
		panic("sim: use of a Container that Host.Create did not make") // and would wait for ever
	}
	c.life <- struct{}{}
	return func() { <-c.life }
}

func (c *Container) start() error {
	const op = "start container"
	if err := c.gone(op); err != nil {
		return err
	}
	switch {
	case c.State().Paused:
		return newError(op, c.Name(), ErrPaused, c.host.says.StartPaused)
	case c.Running():
		return nil
	}
	c.resetRestarts()
	err := c.host.labelled(c.boot)
	if err != nil {
		c.failed(err)
		c.autoRemove()
	}
	return err
}

// boot makes a run: the namespace, the files in it, the interfaces with their names and ports.
// What fails undoes what there is, so that a container that did not start holds nothing. The
// sockets come last, and with them the methods of Netns work; the main function is last of all.
func (c *Container) boot() error {
	if err := c.findNetworks(); err != nil {
		return c.host.setUpError(err)
	}
	ns, err := c.joinNamespace()
	if err != nil {
		return err
	}
	r := newRun(ns, c.takeConsole())
	docker := c.writeDockerFiles(ns)
	joined := false
	if err = c.joinAll(r); err == nil {
		c.tellConnected()
		joined = true
		if r.account, err = c.mainAccount(); err == nil {
			err = c.checkProgram(r)
		}
	}
	if err != nil {
		c.leaveAll(r)
		if joined || r.sandbox != (sandbox{}) {
			c.tellDisconnected()
		}
		ns.release()
		c.hangUp(r.console)
		return err
	}
	if c.config.onHost() && (len(c.config.published) > 0 || c.config.publishAll) {
		c.host.log.Warn(c.host.says.HostIgnores, "container", c.Name())
	}
	n := &names{read: docker.read, seed: c.host.random.seedOf("dns " + c.id)}
	n.local = func(host string) []netip.Addr {
		if d := ns.resolver.Load(); d != nil {
			return d.resolver.Lookup(host)
		}
		return nil
	}
	n.hint = c.missing
	r.sockets = c.up(ns, n, c.Name(), c.hostname(ns), r.console.processes, c.config.argv()...)
	r.env = c.environment(r, c.config.asked.Tty, r.account)
	r.pid = c.newPID()
	c.begin(r)
	c.event("start")
	c.relink()
	c.host.log.Debug("container started", "name", c.Name(), "addrs", c.addrs())
	c.startMain(r)
	return nil
}

// begin makes r the present run: from here on the container counts as running, and its links
// show their addresses.
func (c *Container) begin(r *run) {
	for _, l := range c.list() {
		l.note(func(h *history) { h.joined = true })
	}
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	c.run, c.sandbox, c.pending = r, c.sandboxOf(r), nil
}

// ownHostname is what was asked for, or the short ID.
func (c *Container) ownHostname() string { return cmp.Or(c.config.hostname, c.id[:12]) }

// hostname is what was asked for, or that of the namespace.
func (c *Container) hostname(ns *namespace) string {
	if c.config.hostname != "" {
		return c.config.hostname
	}
	return ns.hostname
}

// fullName is the hostname with the domain that was asked for.
func (c *Container) fullName(ns *namespace) string {
	if domain := c.config.asked.Domainname; domain != "" {
		return c.hostname(ns) + "." + domain
	}
	return c.hostname(ns)
}

// joinNamespace returns the namespace to run in, held. It is asked anew at each start: the
// container whose namespace is joined may have restarted and have another one.
func (c *Container) joinNamespace() (*namespace, error) {
	h := c.host
	if other := c.config.joined; other != nil {
		if !h.has(other) {
			return nil, errorf("start container", other.Name(), ErrNotFound, c.host.says.JoinNotFound, other.id)
		}
		r := other.running()
		if r == nil || !r.ns.hold() {
			return nil, errorf("start container", other.Name(), ErrNotRunning, c.host.says.JoinNotRunning, other.id, other.Name(), other.State().Status)
		}
		if err := c.setSysctls(r.ns); err != nil {
			r.ns.release()
			return nil, err
		}
		return r.ns, nil
	}
	if c.config.absent != "" {
		return nil, newError("start container", c.Name(), ErrConflict, c.host.says.JoinSelf)
	}
	if c.config.onHost() {
		if !h.own.hold() {
			return nil, errClosed("start container", c.Name())
		}
		return h.own, nil
	}
	return c.newNamespace()
}

// stop ends a running container: at once with resets, or when its functions have
// returned or ctx or the time for that is over. It ends the wait for a restart, too, and
// reports whether there was something to end.
func (c *Container) stop(ctx context.Context, how stopKind) bool {
	r := c.running()
	if r == nil {
		pending := c.cancelRestart()
		if pending && how == stopAsked {
			c.event("stop")
		}
		return pending
	}
	inTime := c.interrupt(ctx, r, how)
	status := r.status(inTime) // before its sockets close and it returns for that
	r.endPrograms(command.SIGKILL)
	c.down(r.dying.Load())
	if len(c.live()) > 0 || r.dying.Load() {
		r.drain(c.host.clockOf("drain "+c.id), c.host.engine.Drain())
	}
	p := c.planRestart(r, status)
	c.finished(r, status, p)
	if !c.host.engine.TellsExitLast() {
		c.event("die", "exitCode", strconv.Itoa(status))
	}
	c.leaveAll(r)
	c.tellDisconnected()
	if how == stopAsked {
		c.event("stop")
	}
	if c.host.engine.TellsExitLast() {
		c.LogEvent("die", map[string]string{"exitCode": strconv.Itoa(status), "execDuration": strconv.Itoa(int(time.Since(r.started).Seconds()))})
	}
	r.ns.release()
	r.wait(c.host.log, c.Name())
	r.kill() // releases the contexts
	close(r.over)
	r.ended.reached(status)
	c.host.log.Debug("container stopped", "name", c.Name())
	if p != nil {
		c.host.mains.Go(func() { c.restartLater(p) })
	}
	return true
}

// interrupt has the functions of a run return, and reports whether they have.
func (c *Container) interrupt(ctx context.Context, r *run, how stopKind) (inTime bool) {
	signal := c.config.stopSignal()
	switch how {
	case stopKilled:
		c.kill(r)
	case stopAsked:
		r.manual.Store(true)
		c.event("kill", "signal", strconv.Itoa(int(signal)))
	}
	r.beginStop(signal)
	if r.paused {
		c.setPaused(r, false)
		c.event("unpause")
	}
	ctx, cancel := c.withGrace(ctx)
	defer cancel()
	if inTime = r.await(ctx); !inTime && how == stopAsked && r.told.CompareAndSwap(false, true) {
		c.event("kill", "signal", strconv.Itoa(int(command.SIGKILL)))
	}
	return inTime
}

// withGrace bounds the time that a container may take for its own shutdown.
func (c *Container) withGrace(ctx context.Context) (context.Context, context.CancelFunc) {
	grace := defaultGrace
	if seconds := c.config.asked.StopTimeout; seconds != nil {
		grace = time.Duration(*seconds) * time.Second
	}
	if _, ok := ctx.Deadline(); ok || grace < 0 {
		return context.WithCancel(ctx)
	}
	ctx, cancel := context.WithCancel(ctx)
	timer := c.host.clockOf("grace "+c.id).AfterFunc(grace, cancel)
	return ctx, func() {
		timer.Stop()
		cancel()
	}
}

// tellConnected tells that the container has joined its networks, the default one first.
func (c *Container) tellConnected() {
	for _, docker0 := range []bool{true, false} {
		for _, n := range c.Networks() {
			if (n.name == bridgeNetwork) == docker0 {
				n.event("connect", c.id)
			}
		}
	}
}

// tellDisconnected tells that it has left them.
func (c *Container) tellDisconnected() {
	for _, n := range c.Networks() {
		n.event("disconnect", c.id)
	}
}

// die resets the connections of a run and ends it. Its functions are told afterwards: what
// they closed meanwhile would not be reset, and the end of it lost with the cable.
func (r *run) die() {
	r.dying.Store(true)
	r.sockets.Leave(true)
	r.kill()
}

// killAll kills containers, all at the same time: the functions of one may wait
// for those of another.
func killAll(containers []*Container) {
	var ended sync.WaitGroup
	for _, c := range containers {
		if r := c.running(); r != nil {
			c.kill(r)
		}
		ended.Go(func() {
			defer c.change()()
			c.stop(context.Background(), stopKilled)
			c.hangUp(c.takeConsole())
			c.noteLast()
		})
	}
	ended.Wait()
}
