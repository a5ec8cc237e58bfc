package nat

import (
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Tables is the netfilter of one machine: the rules of iptables and of ip6tables,
// the table of connections, and their translations. It implements
// stack.NFTablesInterface, and the Filter of package bridge. Its methods are safe for
// concurrent use. The zero Tables is not usable; see New.
type Tables struct {
	v4, v6  *Ruleset
	conns   *conntrack.Table
	clock   tcpip.Clock
	logger  *slog.Logger
	onDrop  func(Dropped)
	router  func(bridge string, pkt *stack.PacketBuffer)
	stack   atomic.Pointer[stack.Stack] // attached to; nil: to none
	frags   fragments
	flights flights
	drops   [numDropReasons]atomic.Uint64

	rngMu sync.Mutex // guards rng
	rng   *rand.Rand
}

// An Option is a property of new Tables.
type Option func(*config)

type config struct {
	clock  tcpip.Clock
	logger *slog.Logger
	onDrop func(Dropped)
	router func(bridge string, pkt *stack.PacketBuffer)
	conns  conntrack.Config
	seed   uint64
}

// WithClock makes connections, fragments and limits age by c; without, by the clock
// of the machine. It should be the clock of the stack that the tables are for.
func WithClock(c tcpip.Clock) Option { return func(cfg *config) { cfg.clock = c } }

// WithLogger makes LOG write to l. Without, it writes to slog.Default.
func WithLogger(l *slog.Logger) Option { return func(cfg *config) { cfg.logger = l } }

// WithConntrack sets the size and the timeouts of the connection table. A Clock or
// Random that c leaves out is that of the tables.
func WithConntrack(c conntrack.Config) Option { return func(cfg *config) { cfg.conns = c } }

// WithSeed makes the choice of ports, and what else is random, repeatable.
func WithSeed(seed uint64) Option { return func(cfg *config) { cfg.seed = seed } }

// OnDrop makes f hear of every packet that is dropped, from the goroutine that
// carries it. f must not block.
func OnDrop(f func(Dropped)) Option { return func(cfg *config) { cfg.onDrop = f } }

// WithRouter makes f take the frames between ports of a bridge whose destination a rule
// or a connection translates, so that they cannot be bridged: as Linux, which routes
// them. f gets the frame as it was sent, and is to have the bridge's own interface
// receive it, where PREROUTING translates it. f borrows pkt, and is called by the
// goroutine that sent the frame, so it must not deliver into a stack itself. Without
// a router such frames are dropped.
func WithRouter(f func(bridge string, pkt *stack.PacketBuffer)) Option {
	return func(cfg *config) { cfg.router = f }
}

// New returns tables without rules, whose policies accept.
func New(opts ...Option) *Tables {
	cfg := config{clock: tcpip.NewStdClock(), seed: rand.Uint64()}
	for _, o := range opts {
		o(&cfg)
	}
	t := &Tables{
		v4:     newRuleset(false),
		v6:     newRuleset(true),
		clock:  cfg.clock,
		logger: cfg.logger,
		onDrop: cfg.onDrop,
		router: cfg.router,
		rng:    rand.New(rand.NewPCG(cfg.seed, 0)),
	}
	t.v4.now, t.v6.now = cfg.clock.Now, cfg.clock.Now
	if cfg.conns.Clock == nil {
		cfg.conns.Clock = cfg.clock
	}
	if cfg.conns.Random == nil {
		cfg.conns.Random = t.random
	}
	t.conns = conntrack.NewTable(cfg.conns)
	return t
}

// IPv4 returns the tables of iptables.
func (t *Tables) IPv4() *Ruleset { return t.v4 }

// IPv6 returns the tables of ip6tables.
func (t *Tables) IPv6() *Ruleset { return t.v6 }

// Iptables runs an iptables command line; see Ruleset.Run.
func (t *Tables) Iptables(w io.Writer, args ...string) error { return t.v4.Run(w, args...) }

// Ip6tables runs an ip6tables command line; see Ruleset.Run.
func (t *Tables) Ip6tables(w io.Writer, args ...string) error { return t.v6.Run(w, args...) }

// Conns returns the connections that have not expired, in no order.
func (t *Tables) Conns() iter.Seq[conntrack.Entry] { return t.conns.Entries() }

// Forget deletes the connections that match, as conntrack -D does, and returns their
// number. Packets that follow begin new ones, for which the rules are asked again.
func (t *Tables) Forget(match func(conntrack.Entry) bool) int { return t.conns.Delete(match) }

// SetTimeouts changes the timeouts of connections that are not zero, for packets to
// come.
func (t *Tables) SetTimeouts(to conntrack.Timeouts) { t.conns.SetTimeouts(to) }

// rules returns the rules for p.
func (t *Tables) rules(p *Packet) *Ruleset {
	if p.v6 {
		return t.v6
	}
	return t.v4
}

func (t *Tables) now() tcpip.MonotonicTime { return t.clock.NowMonotonic() }

func (t *Tables) random() uint64 {
	t.rngMu.Lock()
	defer t.rngMu.Unlock()
	return t.rng.Uint64()
}
