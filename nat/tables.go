package nat

import (
	"iter"
	"math/rand/v2"

	"drydock/drop"
	"drydock/nat/conntrack"
	"drydock/nat/ipset"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Tables is the netfilter of one machine: the rules of iptables and of ip6tables,
// the table of connections, and their translations. It implements
// stack.NFTablesInterface, and the Filter of package bridge. Its methods are safe for
// concurrent use. The zero Tables is not usable; see New.
type Tables struct {
	host
	v4, v6  *Ruleset
	nft     Nftables
	onDrop  func(Dropped)
	onMiss  func(Miss) // nil: nobody asks
	router  func(bridge string, pkt *stack.PacketBuffer)
	frags   fragments
	flights flights
	drops   drop.Counters
}

// New returns tables without rules, whose policies accept.
func New(opts ...Option) *Tables {
	cfg := config{clock: tcpip.NewStdClock(), seed: rand.Uint64()}
	for _, o := range opts {
		o(&cfg)
	}
	t := &Tables{
		onDrop: cfg.onDrop,
		onMiss: cfg.onMiss,
		router: cfg.router,
	}
	t.v4, t.v6 = newRuleset(false, &t.host), newRuleset(true, &t.host)
	t.nft.on, t.nft.rules = &t.host, [2]*Ruleset{t.v4, t.v6}
	t.hooks, t.clock, t.logger, t.onTrace = t, cfg.clock, cfg.logger, cfg.onTrace
	t.rng, t.dice = rand.New(rand.NewPCG(cfg.seed, 0)), rand.New(rand.NewPCG(cfg.seed, 1))
	if cfg.conns.Clock == nil {
		cfg.conns.Clock = cfg.clock
	}
	if cfg.conns.Random == nil {
		cfg.conns.Random = t.random
	}
	t.mappings = newMappings()
	t.conns = conntrack.NewTable(cfg.conns)
	t.sets = ipset.NewTable(t.nanoseconds, t.chance)
	return t
}

// Attach makes t the netfilter of s. From s the tables learn which addresses are
// local, the names of interfaces and the addresses for MASQUERADE and REDIRECT, and
// what REJECT answers leaves through it. Tables serve one stack: a second Attach
// takes the place of the first. Attach does not take ownership of s.
//
// The name of the loopback interface must be "lo", and no interface may be spoofing,
// since all addresses would be local.
func (t *Tables) Attach(s *stack.Stack) {
	t.Join(s)
	s.SetNFTables(t)
	s.SetNFTablesConfigured(true)
}

// Join lets t learn from s what Attach does, and leaves s the netfilter that it has: its owner calls the hooks of t.
func (t *Tables) Join(s *stack.Stack) { t.stack.Store(s) }

// IPv4 returns the tables of iptables.
func (t *Tables) IPv4() *Ruleset { return t.v4 }

// IPv6 returns the tables of ip6tables.
func (t *Tables) IPv6() *Ruleset { return t.v6 }

// Conns returns the connections that have not expired, in no order.
func (t *Tables) Conns() iter.Seq[conntrack.Entry] { return t.conns.Entries() }

// Forget deletes the connections that match, as conntrack -D does, and returns their
// number. Packets that follow begin new ones, for which the rules are asked again.
func (t *Tables) Forget(match func(conntrack.Entry) bool) int { return t.conns.Delete(match) }

// Timeouts returns how long connections live.
func (t *Tables) Timeouts() conntrack.Timeouts { return t.conns.Timeouts() }

// SetTimeouts sets how long connections live after packets that come from now on. Timeouts that
// are not positive are Linux's.
func (t *Tables) SetTimeouts(to conntrack.Timeouts) { t.conns.SetTimeouts(to) }

// rules returns the rules for p.
func (t *Tables) rules(p *packet) *Ruleset {
	if p.v6 {
		return t.v6
	}
	return t.v4
}
