package sim

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/files"
	"drydock/sim/internal/ports"
	"drydock/sim/internal/stdio"
	"drydock/sim/tools/command"
)

// A Container is a network namespace with a name, and a place to run network code
// in. Host.Run and Host.Create make containers. Its methods are safe for concurrent
// use.
//
//	created ──Start──▶ running ──Stop, Kill, main returns──▶ exited ──Start──▶ running
//	running ──Pause──▶ paused ──Unpause──▶ running
//	running ──main returns──▶ restarting ──after some time──▶ running (WithRestart)
//	restarting ──Stop, Kill──▶ exited
//	created, exited ──Remove──▶ removed, with WithAutoRemove after each exit
//
// An address belongs to a container while it runs; what was opened in it is closed
// when it stops. A change of state waits for the one before and a stop for the functions
// in the container, so that these must not call Start, Pause, Rename, Connect and the
// like on their own container.
type Container struct {
	Netns
	host    *Host
	id      string
	name    atomic.Pointer[string]
	config  containerConfig
	created time.Time

	// life is held by who changes the container's state. It is a channel since
	// that can take time, which in virtual time must not be spent waiting for a
	// mutex.
	life chan struct{}

	removed   bool // belongs to the holder of life
	starts    int  // likewise: how often it was started
	anonymous bool // likewise, once it is made: its name is made up

	signalled atomic.Bool // somebody has sent it a signal or stopped it since he started it

	linkers []*Container // guarded by Host.mu; those that have links of the default bridge to it

	stateMu sync.Mutex
	// Nil unless running.
	run *run // +checklocks:stateMu
	// As it was when the container was made, or at the end of the last run.
	last dockerapi.State // +checklocks:stateMu
	// Closed when nothing of the last run is left; nil before its end.
	ending <-chan struct{} // +checklocks:stateMu
	// Of the last run.
	sandbox sandbox // +checklocks:stateMu

	// How often the policy has started it since somebody did.
	restarts int // +checklocks:stateMu
	// Not nil while it is about to be restarted.
	pending *pendingRestart // +checklocks:stateMu
	// The next stop and the removal, nil unless somebody waits for them.
	nextStop *moment // +checklocks:stateMu
	removal  *moment // +checklocks:stateMu
	// There will be no run any more.
	isLast bool // +checklocks:stateMu

	backoff time.Duration // before the last restart; belongs to the holder of life

	// What the main process of the next run reads and writes; nil unless somebody has asked.
	next *console // +checklocks:stateMu

	output stdio.Output // of the main processes

	// The files that dockerd keeps, nil before the first start; set by the holder of life.
	docker atomic.Pointer[dockerFiles]

	treeMu sync.Mutex
	// Nil before they are asked for.
	files *files.Tree // +checklocks:treeMu

	found atomic.Pointer[Network] // that of config.mode if it was not there; nil before it is

	linked atomic.Pointer[[]link] // links of the default bridge; set by the holder of life

	linksMu sync.Mutex
	// Links to networks that are yet to be found.
	late []lateAttachment // +checklocks:linksMu
	// In the order in which they came about.
	links []*Link // +checklocks:linksMu
}

// A containerConfig is what a containerSpec means on its host.
type containerConfig struct {
	image      Image
	imageID    string               // as it was then: another image may have the name now
	ofHost     bool                 // the host had it
	asked      dockerapi.Config     // what is told as it was asked for
	askedHost  dockerapi.HostConfig // likewise, and what dockerd adds
	entrypoint []string             // the spec's or the image's
	cmd        []string             // the spec's, or the image's if the entrypoint is, too
	ownProgram bool                 // one of them is the spec's
	hostname   string
	mode       string              // HostConfig.NetworkMode; "default" if none was given
	network    *Network            // nil: that of joined, or one that was not there
	joined     *Container          // --network container:NAME
	absent     string              // that NAME where there is no such container yet: it may be the container's own
	late       []lateAttachment    // what could not be attached to
	links      []link              // as it was made; legacyLinks are those that there are
	exposed    []ports.Port        // --expose
	published  []ports.Publication // -p
	env        []string            // -e
	dns        []netip.Addr        // --dns
	dnsSearch  []string            // --dns-search
	dnsOptions []string            // --dns-option
	extraHosts []extraHost         // --add-host
	publishAll bool                // -P
}

// stopSignal is what a stop sends the main process.
func (c *containerConfig) stopSignal() command.Signal {
	if s, ok := command.ParseSignal(c.asked.StopSignal); ok {
		return s
	}
	return command.SIGTERM
}

// onHost reports whether the container is to run in the host's namespace.
func (c *containerConfig) onHost() bool {
	return c.network != nil && c.network.name == hostNetwork
}

// Image returns the image that the container was made from. Its slices are the caller's.
func (c *Container) Image() Image { return c.config.image.clone() }

// Host returns the host that the container was made on.
func (c *Container) Host() *Host { return c.host }

// Name returns the name, "web".
func (c *Container) Name() string { return *c.name.Load() }

// String returns the name.
func (c *Container) String() string { return c.Name() }

func (c *Container) setName(name string) { c.name.Store(&name) }

// errNotRunning is why op cannot be done: the container does not run.
func (c *Container) errNotRunning(op string) *Error {
	if err := c.host.away(op, c.Name()); err != nil {
		return err
	}
	return errorf(op, c.Name(), ErrNotRunning, c.host.says.NotRunning, c.id)
}

// CheckRunning returns an *Error with ErrNotRunning, in dockerd's words, while the container does not run.
func (c *Container) CheckRunning() error {
	if c.Running() {
		return nil
	}
	return c.errNotRunning("check container")
}

// ID returns 64 hex digits, made from the host's seed.
func (c *Container) ID() string { return c.id }

// IP returns the IPv4 address on the network that the container was made on, or, once it has
// left that one, on the first of its Networks. It is the zero Addr while the container is
// not running, and if it has no network of its own.
func (c *Container) IP() netip.Addr {
	if ep := c.mainEndpoint(); ep != nil {
		return ep.addr
	}
	return netip.Addr{}
}

// MAC returns the address of the interface that has IP.
func (c *Container) MAC() net.HardwareAddr {
	if ep := c.mainEndpoint(); ep != nil {
		return slices.Clone(ep.mac)
	}
	return nil
}

// mainEndpoint returns the endpoint that IP is the address of.
func (c *Container) mainEndpoint() *endpoint {
	if ep := c.on(c.network()); ep != nil {
		return ep
	}
	if c.running() == nil {
		return nil
	}
	for _, l := range c.live() {
		return l.endpoint()
	}
	return nil
}

// on returns the present endpoint on n.
func (c *Container) on(n *Network) *endpoint {
	if l := c.linkTo(n); l != nil {
		return l.running()
	}
	return nil
}

// errNotLinked says that the container, told by its name or its ID, is on no such network.
func (c *Container) errNotLinked(op, format, container string, n *Network) error {
	name := "nil"
	if n != nil {
		name = n.name
	}
	return errorf(op, c.Name(), ErrNotFound, format, container, name)
}

// State returns the state of the container.
func (c *Container) State() dockerapi.State {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	s := c.last
	if c.run == nil {
		return s
	}
	s.Status, s.Running, s.StartedAt = "running", true, c.run.started
	s.ExitCode, s.Error, s.Restarting, s.Pid = 0, "", false, c.run.pid
	if c.run.paused {
		s.Status, s.Paused = "paused", true
	}
	return s
}

// Running reports whether the container runs, also while it is paused or about to be restarted.
func (c *Container) Running() bool { return c.State().Running }

// running returns the present run, nil if there is none.
func (c *Container) running() *run {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	return c.run
}

// finished notes the end of a run, and what the container waits for if it is to be restarted.
func (c *Container) finished(r *run, status int, p *pendingRestart) {
	defer c.output.EndRun()
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	c.run, c.ending, r.exitCode = nil, r.over, status
	c.last = dockerapi.State{Status: "exited", ExitCode: status, StartedAt: r.started, FinishedAt: time.Now()}
	if c.pending = p; p != nil {
		c.last.Status, c.last.Running, c.last.Restarting = "restarting", true, true
		c.restarts++
	}
	r.ended, c.nextStop = c.nextStop, nil
}

// failed notes why the container did not start.
func (c *Container) failed(err error) {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	c.last.Error, c.last.ExitCode = err.Error(), notStarted(err, c.last.ExitCode)
}

// setPaused is called by the holder of the container's life.
func (c *Container) setPaused(r *run, paused bool) {
	c.stateMu.Lock()
	r.paused = paused
	c.stateMu.Unlock()
	if _, sockets, err := c.open("pause container"); err == nil {
		if paused {
			sockets.Freeze()
		} else {
			sockets.Thaw()
		}
	}
}

// A sandbox is libnetwork's name for a namespace, and what it knows of it.
type sandbox struct {
	id, key  string
	endpoint string // its ID on the network "host" or "none"
}

// newSandbox returns the sandbox of a container that starts.
func (c *Container) newSandbox() sandbox {
	if c.config.joined != nil {
		return sandbox{}
	}
	s := sandbox{id: c.host.random.id("sandbox id"), endpoint: c.host.random.id("sandbox id")}
	s.key = c.host.engine.SandboxKey(s.id)
	if c.config.onHost() {
		s.key = c.host.engine.SandboxKey("")
	}
	return s
}

// sandboxOf returns the sandbox of a run, which it gets with its first network.
func (c *Container) sandboxOf(r *run) sandbox {
	if r.sandbox == (sandbox{}) {
		r.sandbox = c.newSandbox()
	}
	return r.sandbox
}

// noteJoin notes that a run has joined a network, also if it does not start after all.
func (c *Container) noteJoin(r *run, l *Link) {
	l.note(func(h *history) { h.joined = true })
	s := c.sandboxOf(r)
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	c.sandbox = s
}

// lastSandbox returns the sandbox of the last run, and that if it is still under way.
func (c *Container) lastSandbox() (sandbox, *run) {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	return c.sandbox, c.run
}
