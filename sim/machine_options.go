package sim

import (
	"log/slog"
	"math/rand/v2"
	"net/netip"

	"drydock/sim/internal/bubble"
	"drydock/sim/tools/command"
)

// A MachineOption sets a property of a new Machine, or of a new Host, which is one. An
// invalid one makes NewMachine or NewHost fail with an *Error.
type MachineOption interface {
	HostOption
	applyMachine(*machineConfig) error
}

type machineOption func(*machineConfig) error

func (o machineOption) applyMachine(c *machineConfig) error { return o(c) }
func (o machineOption) applyHost(c *hostConfig) error       { return o(&c.machineConfig) }

// A machineConfig is what the options say.
type machineConfig struct {
	op         string // "create machine" or "create host"
	name       string
	seed       uint64
	virtual    bool
	repeatable bool
	log        *slog.Logger
	uplinks    []uplinkConfig
	nats       []natConfig
	realUplink bool
	resolv     string // /etc/resolv.conf
	commands   command.Table
}

type uplinkConfig struct {
	lan  *LAN
	addr netip.Prefix
}

func newMachineConfig(op, name string) machineConfig {
	return machineConfig{op: op, name: name, seed: rand.Uint64(), log: slog.Default()}
}

// checkTime refuses to mix real and virtual time.
func (c *machineConfig) checkTime() error {
	here := bubble.Current()
	switch inBubble := here != ""; {
	case inBubble && !c.virtual:
		return errorf(c.op, c.name, ErrTime,
			"a host in a testing/synctest bubble needs WithVirtualTime: in real time it would stand still")
	case c.virtual && !inBubble:
		return errorf(c.op, c.name, ErrTime,
			"a host made WithVirtualTime needs a testing/synctest bubble to live in: outside of one time is real")
	}
	for _, u := range c.uplinks {
		if u.lan.bubble != here {
			return errorf(c.op, c.name, ErrTime, "a host and its LANs must be made in the same testing/synctest bubble, or all outside of any")
		}
	}
	return nil
}

// WithOptions is several options as one, for what hosts and machines have in common.
func WithOptions(opts ...MachineOption) MachineOption {
	return machineOption(func(c *machineConfig) error {
		for _, opt := range opts {
			if err := opt.applyMachine(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// WithName sets the hostname, by default "docker" for a Host, "machine" for a Machine.
func WithName(name string) MachineOption {
	return machineOption(func(c *machineConfig) error {
		if !validHostname(name) {
			return errorf(c.op, name, ErrName, "invalid host name %q", name)
		}
		c.name = name
		return nil
	})
}

// WithSeed makes every random decision of the machine repeatable: ids, names and MACs
// that are not derived from addresses, ports, initial sequence numbers, losses.
// What depends on the scheduling of goroutines still varies. By default the seed is random.
func WithSeed(seed uint64) MachineOption {
	return machineOption(func(c *machineConfig) error {
		c.seed = seed
		return nil
	})
}

// Seed returns the seed of the machine's random decisions, by which WithSeed repeats them.
func (m *Machine) Seed() uint64 { return m.random.seed }

// WithLogger sets where the life of containers and the packets that the firewall
// drops are logged, at level Debug, what its LOG rules say, at the level of the
// rule, and what goes wrong with the functions in containers, at level Error. By
// default and for nil that is slog.Default, which prints the errors.
func WithLogger(log *slog.Logger) MachineOption {
	return machineOption(func(c *machineConfig) error {
		if log == nil {
			log = slog.Default()
		}
		c.log = log
		return nil
	})
}

// WithVirtualTime has the machine live in the time of the testing/synctest bubble
// that it is made in. All its use must be from inside the bubble, and it must be closed
// before the bubble ends. In a bubble a machine without it, and outside of one a machine
// with it, is refused with an *Error that wraps ErrTime.
func WithVirtualTime() MachineOption {
	return machineOption(func(c *machineConfig) error {
		c.virtual = true
		return nil
	})
}

// WithRepeatable has what happens to the machine's packets repeat frame by frame, with the same
// seed, from run to run of a program that does the same. It implies WithVirtualTime. Frames
// that arrive, timers that fire and calls that return come one after the other, each when
// everything else in the bubble waits, and take a nanosecond of its time: with frames that
// take none, synctest.Wait returns before they have arrived, and a program sleeps instead. All
// machines of a bubble should have it. It costs one and a half times the CPU as a rule, up to three
// times where there is little but packets.
//
// What goroutines do at one instant without having waited for the network is still done in
// the order in which Go runs them: where two of one container that slept until then write, close or
// listen. Let them sleep for different times; so should commands that sleep (sleep, curl --retry,
// nc, traceroute), and contexts that end by time. What two containers send at one instant passes
// bridges in one order, but a capture may show either first. DialContext and lookups of one instant
// are made in the order of their addresses and, where these are equal, nearly always in that in
// which the goroutines were started. They, Accept, the reading of datagrams, Ping, and the replies of
// nameservers wait for their turn, so who calls them must hold no mutex that another goroutine waits
// for. Docker-proxy, restarts and the end of a container's grace take turns, too. Machines of one
// bubble need different names or seeds.
func WithRepeatable() MachineOption {
	return machineOption(func(c *machineConfig) error {
		c.virtual, c.repeatable = true, true
		return nil
	})
}

// WithUplink gives the machine an interface on a LAN with an address, IPv4 or IPv6, and
// the route to its subnet. It must be one that a single machine can have: not loopback,
// multicast, or the network or broadcast address of the subnet. The first interface is
// eth0, the second eth1 and so on; a LAN that is named again gets a further address.
// Other routes are made with AddRoute.
func WithUplink(lan *LAN, addr netip.Prefix) MachineOption {
	return machineOption(func(c *machineConfig) error {
		if lan == nil {
			return errorf(c.op, c.name, ErrNotFound, "no LAN given")
		}
		if !isHostAddr(addr) {
			return errorf(c.op, c.name, ErrAddress, "invalid address %v: not a host address of a subnet", addr)
		}
		c.uplinks = append(c.uplinks, uplinkConfig{lan, addr})
		return nil
	})
}

// WithRealUplink connects the emulated machine, and by masquerading a host's containers,
// to the networks of the real one: TCP connections and UDP datagrams to addresses without
// a route of their own are made anew by real sockets. It is user-mode networking as
// slirp's: the interface tap0 with 10.0.2.100/24 and the default route by 10.0.2.2, an
// address that stands for the real machine's loopback. Other protocols do not get through,
// ping for one, and neither do names: containers look nothing up on the real machine. In
// virtual time there is no uplink.
//
// Code in containers so reaches, with the rights of the real machine, what listens on its
// 127.0.0.1 and on its other addresses, and what its networks trust it with. Only
// 169.254.0.0/16 and the other well-known addresses at which clouds hand out credentials
// (100.100.100.200, 100.96.0.96, 168.63.129.16, 192.0.0.192) are refused.
func WithRealUplink() MachineOption {
	return machineOption(func(c *machineConfig) error {
		c.realUplink = true
		return nil
	})
}

// WithResolvConf sets the machine's /etc/resolv.conf, by default an empty file. Its
// nameservers, addresses of emulated machines, are the containers' too.
func WithResolvConf(text string) MachineOption {
	return machineOption(func(c *machineConfig) error {
		c.resolv = text
		return nil
	})
}
