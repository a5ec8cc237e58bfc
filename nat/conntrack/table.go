package conntrack

import (
	"errors"
	"math/bits"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// The reasons for which a packet is invalid or a connection is refused.
var (
	ErrInvalid = errors.New("conntrack: invalid packet")
	ErrFull    = errors.New("nf_conntrack: table full, dropping packet") // as Linux logs
	ErrClash   = errors.New("conntrack: clash")                          // another connection has its tuples
	ErrRepeat  = errors.New("conntrack: connection reopened")            // look it up again
)

// DefaultMax is how many connections a table holds, Linux's
// net.netfilter.nf_conntrack_max on machines with 4 GiB or more.
const DefaultMax = 262144

// Config are the properties of a Table. Zero fields have Linux's defaults.
type Config struct {
	Clock    tcpip.Clock   // nil: tcpip.NewStdClock()
	Max      int           // net.netfilter.nf_conntrack_max; DefaultMax
	Timeouts Timeouts      // zero fields: Linux's
	Random   func() uint64 // seeds the hashes; nil: math/rand/v2
}

// A Table holds connections. Its methods are safe for concurrent use. No method calls
// out with a lock held.
type Table struct {
	clock tcpip.Clock
	max   int64
	seed  seed

	shards []shard
	shift  uint         // a hash without its lower bits is the index of a shard
	count  atomic.Int64 // connections that are in, or about to be
	sweeps atomic.Uint32
	urgent atomic.Bool // the last new connection found nobody to displace

	timeouts atomic.Pointer[Timeouts] // of the Config and, where that has none, Linux's
}

// NewTable returns an empty table.
func NewTable(cfg Config) *Table {
	if cfg.Clock == nil {
		cfg.Clock = tcpip.NewStdClock()
	}
	if cfg.Max <= 0 {
		cfg.Max = DefaultMax
	}
	if cfg.Random == nil {
		cfg.Random = rand.Uint64
	}
	// 64 locks are plenty for the cores of a machine that emulates others. Small
	// tables have fewer, so that early drop sees a fair part of them.
	n := min(64, 1<<bits.Len(uint(cfg.Max/512)))
	t := &Table{
		clock: cfg.Clock, max: int64(cfg.Max), seed: newSeed(cfg.Random),
		shards: make([]shard, n), shift: uint(64 - bits.TrailingZeros(uint(n))),
	}
	t.SetTimeouts(cfg.Timeouts)
	for i := range t.shards {
		t.shards[i].init()
	}
	return t
}

// Len returns the number of connections, expired ones included that nobody has met
// yet.
func (t *Table) Len() int { return int(t.count.Load()) }

// Find returns the connection that tuple is a direction of, and which; nil if there
// is none.
func (t *Table) Find(tuple *Tuple) (*Conn, Dir) {
	k := makeKey(tuple)
	hash := t.seed.hash(&k)
	if n := t.shard(hash).find(&k, hash, t.now(), nil); n != nil {
		return n.conn, n.dir()
	}
	return nil, Original
}

// InUse reports whether a connection other than c has tuple as a direction, so that
// translation must not choose it. Connections that begin with the same tuple as c are
// the same flow, which Confirm sorts out; they do not count. c may be nil.
func (t *Table) InUse(tuple *Tuple, c *Conn) bool {
	k := makeKey(tuple)
	hash := t.seed.hash(&k)
	return t.shard(hash).find(&k, hash, t.now(), c) != nil
}

// Left returns how long c lives on if no packet of it comes: 0 before it is confirmed, as
// Linux tells rules.
func (t *Table) Left(c *Conn) time.Duration {
	if !c.has(Confirmed) {
		return 0
	}
	return max(0, time.Duration(c.expires.Load()-t.now()))
}

// now returns the time in ns on the table's clock.
func (t *Table) now() int64 { return int64(t.clock.NowMonotonic().Sub(tcpip.MonotonicTime{})) }

func (t *Table) shard(hash uint64) *shard { return &t.shards[hash>>t.shift] }

// Alive reports whether c is in the table and not about to leave it.
func (t *Table) Alive(c *Conn) bool { return c.has(Confirmed) && c.alive(t.now()) }
