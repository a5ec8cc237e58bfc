package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"drydock/sim/internal/engine"
)

// A daemonRun is one run of dockerd after the other.
type daemonRun struct {
	run  atomic.Pointer[daemonContext]
	last atomic.Pointer[daemonTurn]
	// When it had started last IPv4 was forwarded.
	forwarded atomic.Bool
	starts    atomic.Int32
}

// A daemonTurn is when dockerd started or ended last, and why it did not start.
type daemonTurn struct {
	time time.Time
	err  error
}

func (d *daemonRun) turned(err error) { d.last.Store(&daemonTurn{time.Now(), err}) }

// A daemonContext is done when dockerd stops.
type daemonContext struct {
	context.Context
	cancel context.CancelFunc
}

func (d *daemonRun) begin() {
	ctx, cancel := context.WithCancel(context.Background())
	d.starts.Add(1)
	d.run.Store(&daemonContext{ctx, cancel})
	d.turned(nil)
}

func (d *daemonRun) end() {
	if r := d.run.Load(); r != nil {
		r.cancel()
		d.turned(nil)
	}
}

func (d *daemonRun) isDown() bool {
	r := d.run.Load()
	return r != nil && r.Err() != nil
}

// errDaemon is what the command docker says.
func errDaemon(op, name string) *Error {
	return newError(op, name, ErrDaemon, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?")
}

// away is why nothing can be changed: the host is closed or dockerd does not run.
func (h *Host) away(op, name string) *Error {
	if h.isClosed() {
		return errClosed(op, name)
	}
	return h.daemonAway(op, name)
}

// daemonAway is away for what may be done to a host that is closed.
func (h *Host) daemonAway(op, name string) *Error {
	if h.daemonRun.isDown() && !h.isClosed() {
		return errDaemon(op, name)
	}
	return nil
}

// DaemonContext returns a context that is done when dockerd stops, as it is while dockerd does not
// run. Another run of dockerd has another one.
func (h *Host) DaemonContext() context.Context { return h.daemonRun.run.Load().Context }

// StopDaemon stops dockerd, as "systemctl stop docker" does. All containers are stopped at the
// same time, each as by Stop, and those with AutoRemove removed. Then the rules for their ports are
// gone; bridges, the rules of networks and the chains stay, and other rules as they are. Until
// StartDaemon containers and networks can be looked at, as their files would be, and not be
// changed: that fails with an *Error that wraps ErrDaemon. The machine goes on.
func (h *Host) StopDaemon(ctx context.Context) error {
	if ctx == nil {
		panic("nil context") // as package net, and not in a goroutine of each container
	}
	const op = "stop daemon"
	if err := h.sameTime(op); err != nil {
		return err
	}
	defer h.turn()()
	if err := h.away(op, h.name); err != nil {
		return err
	}
	h.daemonRun.end()
	var ended sync.WaitGroup
	for c := range h.Containers() {
		ended.Go(func() {
			defer c.change()()
			if c.stop(ctx, stopAsked) {
				c.autoRemove()
			}
		})
	}
	ended.Wait()
	return nil
}

// StartDaemon starts dockerd again; one that runs stays as it is. It reads /etc/docker/daemon.json,
// if there is one among the host's files: go doc ./sim.Host.Daemon says what is taken there. If
// dockerd refuses that, the error is an *Error with its words that wraps ErrConflict, and it does not
// run. It sets its rules anew: its own
// chains are emptied, DOCKER-USER excepted, and rules that somebody deleted come back. "bridge" has
// another ID. Default pools are given out from the first on. The containers start whose policy says
// so: "always", "unless-stopped" if nobody stopped them, "on-failure" if they ended with a status
// that is not 0. They do in an order that comes of the host's seed, links' targets first: dockerd
// starts them all at once, so that addresses may change. One that does not start is logged.
func (h *Host) StartDaemon() error {
	const op = "start daemon"
	if err := h.sameTime(op); err != nil {
		return err
	}
	defer h.turn()()
	err := h.away(op, h.name)
	if err == nil {
		return nil
	}
	if err.Err != ErrDaemon {
		return err
	}
	if err := h.configure(); err != nil {
		h.daemonRun.turned(err)
		return &Error{Op: op, Name: h.name, Err: ErrConflict, message: err.Error(), cause: err}
	}
	h.executions.dropAll()
	h.events.Forget()
	h.daemonRun.begin()
	h.restoreContainers()
	return nil
}

// RestartDaemon is StopDaemon and StartDaemon: "systemctl restart docker".
func (h *Host) RestartDaemon(ctx context.Context) error {
	if err := h.StopDaemon(ctx); err != nil && err.(*Error).Err != ErrDaemon {
		return err
	}
	return h.StartDaemon()
}

// turn waits until nobody stops or starts dockerd, and returns what lets the next one do it.
func (h *Host) turn() (done func()) {
	h.daemonTurn <- struct{}{}
	return func() { <-h.daemonTurn }
}

// forward turns the forwarding of a family on, ipForward or ipForward6, as dockerd does. If it is
// who has turned it on, what no rule accepts is dropped.
func (h *Host) forward(family string) error {
	if h.dockerd().noForward {
		return nil
	}
	s := h.own.settings
	if h.dockerd().nftables {
		return h.wantForwarding(family)
	}
	if was, err := s.get(family); err != nil || was != "0" {
		return err
	}
	if err := s.set(family, "1"); err != nil {
		return err
	}
	return h.firewall().add(h.engine.ForwardRules(h.dockerd().forEngine(), family == ipForward6))
}

// wantForwarding fails unless a family is forwarded.
func (h *Host) wantForwarding(family string) error {
	was, err := h.own.settings.get(family)
	switch {
	case err != nil || was != "0":
		return err
	case family == ipForward6:
		return errors.New("IPv6 global forwarding is disabled: check your host's firewalling and set sysctls net.ipv6.conf.all.forwarding=1 and net.ipv6.conf.default.forwarding=1, or disable this check using daemon option --ip-forward=false")
	}
	return errors.New("IPv4 forwarding is disabled: check your host's firewalling and set sysctl net.ipv4.ip_forward=1, or disable this check using daemon option --ip-forward=false")
}

// configure has dockerd read its options and brings networks and rules in line with them. If it
// refuses them, nothing has changed.
func (h *Host) configure() error {
	h.devices <- struct{}{}
	defer func() { <-h.devices }()
	d, err := h.readOptions()
	if err != nil {
		return err
	}
	n, _ := h.Network(bridgeNetwork)
	docker0, err := h.docker0(d, n.config())
	if err == nil {
		err = h.checkDocker0(&docker0)
	}
	if err != nil {
		return errController(err)
	}
	if d.nftables && !d.noForward {
		err := h.wantForwarding(ipForward)
		if err == nil && docker0.v6.subnet.IsValid() {
			err = h.wantForwarding(ipForward6)
		}
		if err != nil {
			return fmt.Errorf("%serror creating default \"bridge\" network: %w", noController, err)
		}
	}
	h.options.Store(d)
	return h.restoreNetworks(&docker0)
}

// restoreNetworks does what dockerd does at its start where networks are. In the order of their
// IDs, in which it keeps them, or in one that comes of the host's seed, they get back the rules that
// they lack; "bridge" is made anew, so that its rules are above all others.
func (h *Host) restoreNetworks(docker0 *networkConfig) error {
	h.otherBackend()
	d := h.dockerd().forEngine()
	h.firewall().delete(h.engine.ProxyRules(engine.Daemon{UserlandProxy: !d.UserlandProxy}))
	if err := h.firewall().renew(h.engine.HostRules(d)); err != nil {
		return err
	}
	if err := h.forward(ipForward); err != nil {
		return err
	}
	networks := slices.SortedFunc(h.Networks(), func(a, b *Network) int { return cmp.Compare(a.ID(), b.ID()) })
	if !h.engine.RestoresInOrder() {
		h.random.shuffle("restore networks", len(networks), func(i, j int) { networks[i], networks[j] = networks[j], networks[i] })
	}
	for _, n := range networks {
		if n.predefined() || n.configOnly() {
			continue
		}
		n.restored.Store(true)
		n.setLocalnet()
		if err := n.addRules(func(f firewall, rules []string) error { _, err := f.ensure(rules); return err }); err != nil {
			return err
		}
	}
	for _, n := range networks {
		if n.name == bridgeNetwork {
			n.beBorn()
			n.restored.Store(true) // its gateway is the address that docker0 has
			if err := n.reconfigure(docker0); err != nil {
				return err
			}
			n.setLocalnet()
			if err := n.addRules(firewall.raise); err != nil {
				return err
			}
		}
	}
	return h.noteForwarding()
}

// noteForwarding notes whether IPv4 is forwarded.
func (h *Host) noteForwarding() error {
	v, err := h.own.settings.get(ipForward)
	h.daemonRun.forwarded.Store(v == "1")
	return err
}

// restoreContainers starts the containers whose policies say so.
func (h *Host) restoreContainers() {
	h.mu.Lock()
	var list []*Container
	for _, c := range h.containers {
		if c.wantsRestore() {
			at := h.random.number("restore", len(list)+1)
			list = slices.Insert(list, at, c)
		}
	}
	h.mu.Unlock()
	begun := make(map[*Container]bool)
	var start func(c *Container)
	start = func(c *Container) {
		if begun[c] || !slices.Contains(list, c) {
			return
		}
		begun[c] = true
		for _, l := range c.legacyLinks() {
			start(l.target)
		}
		if err := c.Start(); err != nil {
			h.log.Error("failed to start container", "container", c.Name(), "error", err)
		}
	}
	for c := range h.Containers() {
		done := c.change()
		c.sortSlots()
		done()
	}
	for _, c := range list {
		start(c)
	}
}

// wantsRestore reports whether the policy wants a container to run that dockerd finds at its start.
func (c *Container) wantsRestore() bool {
	s := c.State()
	if c.config.askedHost.RestartPolicy.Name == restartNo || s.StartedAt.IsZero() {
		return false // never started
	}
	return c.wantsRestart(s.ExitCode)
}
