package sim

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime/pprof"
	"strings"
	"sync"
	"time"

	"drydock/nat"
	"drydock/sim/internal/bubble"
	"drydock/sim/internal/files"
	"drydock/sim/internal/netstack"
	"drydock/sim/internal/sched"
	"drydock/sim/internal/slirp"
	"drydock/sim/tools/command"
	"drydock/veth"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Machine is a computer on LANs: a Netns with uplinks, routes, sysctls and a firewall,
// which stays until Close. It does not know of Docker; a Host is a Machine that does. One
// with two uplinks and net.ipv4.ip_forward is a router. NewMachine makes machines. Its
// methods are safe for concurrent use.
//
// Goroutines of a machine carry the pprof label "drydock.host", so that profiles and leak
// checks can tell machines apart.
type Machine struct {
	Netns
	name    string
	own     *namespace // held from the start to Close
	virtual bool
	order   *sched.Scheduler // nil unless made WithRepeatable
	log     *slog.Logger
	random  *generator
	tables  *nat.Tables
	uplinks []*Link
	files   *files.Tree
	booted  time.Time
	memory  netstack.Memory // of the TCP connections of all namespaces
	tap     *slirp.Net      // nil without; belongs to the holder of devices
	work    *workplace
	watch   watch
	dropLog dropLog
	self    command.Machine // itself, or the Host that it is of

	// devices is held by who makes or removes an interface that is not there from the
	// start: those of networks, and tap0. It is a channel for the reason that
	// Container.life is one.
	devices chan struct{}

	// services ends what runs on the machine, nil if nothing does. Close calls it when the
	// machine's own sockets are closed and while its interfaces still are there.
	services func()

	// reroute makes the machine receive a frame that one of its bridges must not carry.
	reroute func(bridge string, pkt *stack.PacketBuffer)

	mu     sync.Mutex
	closed bool // +checklocks:mu
	// The highest ifindex given.
	lastIndex int // +checklocks:mu

	done  chan struct{} // closed when Close has finished
	leave func()        // the list of who lives in the bubble
}

// NewMachine returns a running machine: lo, its uplinks and an empty firewall. It does not
// forward. The caller must Close it.
func NewMachine(opts ...MachineOption) (*Machine, error) {
	cfg := newMachineConfig("create machine", "machine")
	for _, opt := range opts {
		if err := opt.applyMachine(&cfg); err != nil {
			return nil, err
		}
	}
	m, err := newMachine(&cfg)
	if err != nil {
		return nil, err
	}
	if err := m.labelled(func() error { return m.boot(&cfg) }); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// newMachine makes a machine that boot starts.
func newMachine(cfg *machineConfig) (*Machine, error) {
	if err := cfg.checkTime(); err != nil {
		return nil, err
	}
	m := &Machine{
		name: cfg.name, virtual: cfg.virtual, log: cfg.log, random: newGenerator(cfg.seed),
		devices:   make(chan struct{}, 1),
		lastIndex: 1, // lo
		done:      make(chan struct{}),
		booted:    time.Now(),
		work:      newWorkplace(cfg.commands),
	}
	m.Netns.errDown = func(op string) *Error { return errClosed(op, m.name) }
	m.Netns.site, m.self = m.site, m
	m.Netns.bubble = bubble.Current()
	m.Netns.root = func() command.Files { return m.files }
	m.leave = bubble.Enter(m, m.plight)
	if cfg.repeatable {
		leave := m.leave
		var unorder func()
		m.order, unorder = sched.Enter()
		m.leave = func() { unorder(); leave() }
	}
	return m, nil
}

// boot makes the namespace with the interfaces that are there from the start.
func (m *Machine) boot(cfg *machineConfig) error {
	opts := []nat.Option{nat.WithLogger(m.log), nat.WithSeed(m.random.seedOf("nat")), nat.OnDrop(m.filterDropped)}
	if m.reroute != nil {
		opts = append(opts, nat.WithRouter(m.reroute))
	}
	m.tables = nat.New(opts...)
	space, err := m.newNamespace("host", m.Name, m.name, m.tables)
	if err != nil {
		return err
	}
	m.own, space.ipv6 = space, true
	if err := space.stack.SetIPv6(true); err != nil {
		return err
	}
	m.files = fileTree(files.Options{Layers: []fs.FS{files.Debian(), files.Programs(cfg.commands)}, Mounted: map[string]func() *files.Made{"proc": m.proc, "sys": m.sys}})
	err = writeFiles(m.files, hostsPath, loopbackHosts, resolvConfPath, cfg.resolv, hostnamePath, m.name+"\n")
	if err != nil {
		return err
	}
	read := func(path string) string { return text(m.files, path) }
	m.work.processes.Seed(m.random.seedOf("processes"))
	m.up(space, &names{read: read, seed: m.random.seedOf("dns host")}, m.name, m.name, &m.work.processes)
	for _, u := range cfg.uplinks {
		if err := m.connect(u); err != nil {
			return err
		}
	}
	if err := m.translate(cfg.nats); err != nil {
		return err
	}
	if cfg.realUplink {
		return m.plugTap(true)
	}
	return nil
}

// loopbackHosts is what Debian begins /etc/hosts with.
const loopbackHosts = `127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
ff02::1	ip6-allnodes
ff02::2	ip6-allrouters
`

// plugTap makes tap0. With forward it leads to the real networks.
func (m *Machine) plugTap(forward bool) (err error) {
	if m.virtual {
		return errorf("connect to the real machine", m.name, ErrTime, "a host in virtual time cannot be connected to the real machine")
	}
	opts := slirp.Options{Guest: tapAddr.Addr(), Seed: m.random.seedOf(tapDevice), Forward: forward, Logger: m.log}
	m.tap, err = openTap(m.own, m.newIndexes(1), opts)
	return err
}

// plight tells the test whose bubble cannot end, because the machine lives there still.
func (m *Machine) plight(ended bool) []string {
	if !ended {
		return nil
	}
	kind := "machine"
	if m.services != nil {
		kind = "host"
	}
	return []string{fmt.Sprintf("%s %q was not closed: call %s.Close before the bubble ends", kind, m.name, strings.ToUpper(kind[:1])+kind[1:])}
}

// newNamespace makes a namespace of this machine, with tables or without. Containers route,
// too: one with two networks answers on each for both of its addresses.
func (m *Machine) newNamespace(id string, owner func() string, hostname string, tables *nat.Tables) (*namespace, error) {
	opts := netstack.Options{Seed: m.random.seedOf("stack " + id), Virtual: m.virtual, Router: true, Memory: &m.memory}
	if m.order != nil {
		opts.Source = m.source("stack " + id)
	}
	if tables != nil {
		opts.Netfilter = tables
	}
	ns, err := newNamespace(owner, hostname, &m.watch, opts)
	if err == nil {
		ns.tables.Store(tables)
	}
	return ns, err
}

// newCable makes a cable of the machine's.
func (m *Machine) newCable(mtu int, seed uint64) (inside, outside *veth.Endpoint, err error) {
	opts := []veth.Option{veth.WithMTU(mtu), veth.WithSeed(seed)}
	if m.order != nil {
		end := func(n int) *sched.Source { return m.source(fmt.Sprint("cable ", seed, " ", n)) }
		opts = append(opts, veth.WithSchedulers(end(0), end(1)))
	}
	if !m.virtual {
		opts = append(opts, veth.WithInlineDelivery())
	}
	return veth.Pair(opts...)
}

// source returns whose events those of a thing of the machine are.
func (m *Machine) source(thing string) *sched.Source {
	return m.order.Source(m.random.seedOf("order " + m.name + " " + thing))
}

// clockOf returns the clock for a thing of the machine.
func (m *Machine) clockOf(thing string) tcpip.Clock {
	if m.order != nil {
		return m.source(thing)
	}
	return tcpip.NewStdClock()
}

// Name returns the hostname that the machine was made with.
func (m *Machine) Name() string { return m.name }

// String returns the name.
func (m *Machine) String() string { return m.name }

// Firewall returns the tables that everything passes which the machine receives, forwards
// and sends, and every IP frame between two containers of a network, as on Linux with
// br_netfilter. Docker's rules are in it on a Host; they are added and removed with
// networks, containers and ports, and never touch other rules. Package nat/iptables has the
// commands: iptables.Run(os.Stdout, m.Firewall().IPv4(), "-L", "-n").
//
// What comes to a published port is translated before FORWARD, so a rule against it stands in
// DOCKER-USER and names the container's port: "-I DOCKER-USER -p tcp --dport 80 -j DROP".
// Clients that the userland proxy serves, those by IPv6 for one, pass INPUT instead.
func (m *Machine) Firewall() *nat.Tables { return m.tables }

// labelled runs fn so that the goroutines it starts carry the machine's label. It does
// so in a goroutine of its own since pprof.Do takes the caller's labels away.
func (m *Machine) labelled(fn func() error) error {
	done := make(chan error, 1)
	go pprof.Do(context.Background(), pprof.Labels("drydock.host", m.Label()), func(context.Context) { done <- fn() })
	return <-done
}

// Label returns the value of the label "drydock.host" on the goroutines of the machine. No
// other machine of the process has it.
func (m *Machine) Label() string { return fmt.Sprintf("%s %p", m.name, m) }

// newIndexes returns the first of n consecutive interface indexes.
func (m *Machine) newIndexes(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lastIndex += n
	return m.lastIndex - n + 1
}

func (m *Machine) isClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}

// Close ends the machine: its sockets, the containers that a Host runs, its interfaces. It
// returns when no goroutine of the machine is left but those of functions given to
// Container.Go that do not return: it waits for them, and logs after five seconds which
// they are. Further calls wait in the same way.
func (m *Machine) Close() error {
	if m == nil || m.done == nil {
		panic("sim: use of a Machine or Host that NewMachine or NewHost did not make") // and would wait for ever
	}
	m.mu.Lock()
	closed := m.closed
	m.closed = true
	m.mu.Unlock()
	if closed {
		<-m.done
		return nil
	}
	defer close(m.done)
	defer m.leave()
	m.devices <- struct{}{} // wait for an interface that is being made
	<-m.devices
	m.work.end(command.SIGKILL)
	m.down(true) // first: functions of containers may wait for the machine's sockets
	if m.services != nil {
		m.services()
	}
	m.work.running.Wait()
	if m.tap != nil {
		m.tap.Close()
	}
	for _, l := range m.uplinks {
		l.endpoint().disconnect()
	}
	if m.own != nil {
		m.own.release()
	}
	m.logRest()
	return nil
}

// Kill is a power cut: the machine and what runs on it vanish without a FIN or RST, and what is in
// its cables is lost; what has passed a switch arrives. Nothing answers any more, so that others
// learn of it by their timeouts. Programs and containers end as by Close, which has nothing left
// to do, but nobody hears of it. What Expose and WithRealUplink have opened on the real
// machine is closed in order. It does not come back: NewMachine makes another one with its
// addresses.
func (m *Machine) Kill() error {
	m.watch.fault("%s: power cut", m.name)
	for _, l := range m.uplinks {
		l.cut(1)
	}
	return m.Close()
}

// Uplink returns the machine's link to a LAN. If it has none there, the methods of the Link
// that return an error say so, and the others return zero values.
func (m *Machine) Uplink(lan *LAN) *Link {
	if l := m.uplinkTo(lan); l != nil {
		return l
	}
	return &Link{machine: m, lan: lan}
}

// uplinkTo returns nil if the machine is not connected to the LAN.
func (m *Machine) uplinkTo(lan *LAN) *Link {
	for _, l := range m.uplinks {
		if l.lan == lan {
			return l
		}
	}
	return nil
}

// connect gives the machine its address on a LAN and, if it has none there, the
// interface.
func (m *Machine) connect(c uplinkConfig) error {
	l := m.uplinkTo(c.lan)
	if l == nil {
		l = &Link{machine: m, lan: c.lan}
		if err := l.plugLAN(c.addr); err != nil {
			return err
		}
		m.uplinks = append(m.uplinks, l)
	}
	ep := l.endpoint()
	if err := m.own.stack.AddAddr(ep.index, c.addr); err != nil {
		return errorf("connect to LAN", m.name, ErrAddress, "%v", err)
	}
	switch a := c.addr.Addr(); {
	case a.Is4() && !ep.addr.IsValid():
		ep.addr = a
	case a.Is6() && !ep.addr6.IsValid():
		ep.addr6 = a
	}
	return nil
}
