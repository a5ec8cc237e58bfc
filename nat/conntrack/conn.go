package conntrack

import (
	"sync"
	"sync/atomic"
)

// Status are bits about a connection, with the values of Linux's enum
// ip_conntrack_status.
type Status uint32

const (
	Expected   Status = 1 << 0 // announced by another connection: no connection is
	SeenReply  Status = 1 << 1 // packets in both directions
	Assured    Status = 1 << 2 // not dropped early
	Confirmed  Status = 1 << 3 // in the table
	SrcNAT     Status = 1 << 4 // the source is translated
	DstNAT     Status = 1 << 5 // the destination is translated
	SrcNATDone Status = 1 << 7 // it is decided whether the source is translated
	DstNATDone Status = 1 << 8 // it is decided whether the destination is translated
	Dying      Status = 1 << 9 // deleted, expired or displaced

	fixedTimeout Status = 1 << 10 // packets do not prolong it
	natClash     Status = 1 << 12 // found by its reply only, see Table.Confirm
)

// A Conn is a connection. Its methods are safe for concurrent use. A Conn that was
// never confirmed is left to the garbage collector.
type Conn struct {
	// 256 bytes on 64-bit machines, of which each node is a cache line, and so is what
	// every packet touches, from expires to mu. Processors fetch lines in pairs.
	orig     node
	expires  atomic.Int64  // on the table's clock; before Confirm what is left, in ns
	word     atomic.Uint64 // of TCP a tcpTrack; of UDP the time from when on it is a stream
	counters [2]struct{ packets, bytes atomic.Uint64 }
	status   atomic.Uint32
	mark     atomic.Uint32
	mu       sync.Mutex // guards reply until Confirm; it does not change afterwards
	reply    node
	refs     [4]Ref // by Dir, then those of related packets
}

// newConn returns a connection whose packets have the tuples orig and reply.
func newConn(orig *key, hash uint64, reply *key) *Conn {
	c := &Conn{}
	c.orig = node{conn: c, key: *orig, hash: hash}
	c.reply = node{conn: c, key: *reply}
	for i := range c.refs {
		c.refs[i] = Ref{Conn: c, Dir: Dir(i & 1), Related: i >= 2}
	}
	return c
}

// Tuple returns the tuple of packets in direction d, as they arrive.
func (c *Conn) Tuple(d Dir) Tuple {
	if d == Original {
		return c.orig.key.tuple()
	}
	if c.has(Confirmed) {
		return c.reply.key.tuple()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reply.key.tuple()
}

// SetReply sets the tuple of replies, as translation does before Confirm. Afterwards
// it does nothing.
func (c *Conn) SetReply(t Tuple) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.has(Confirmed) {
		c.reply.key = makeKey(&t)
	}
}

// Status returns the status bits.
func (c *Conn) Status() Status { return Status(c.status.Load()) }

// SetStatus sets bits of the status, those about translation. The others are for the
// table to set.
func (c *Conn) SetStatus(s Status) {
	c.status.Or(uint32(s & (SrcNAT | DstNAT | SrcNATDone | DstNATDone)))
}

func (c *Conn) has(s Status) bool { return Status(c.status.Load())&s == s }

// Mark returns the mark of the connection, ctmark; 0 unless set.
func (c *Conn) Mark() uint32 { return c.mark.Load() }

// SetMark sets the mark of the connection, as Linux does for its target CONNMARK, which
// package nat does not have.
func (c *Conn) SetMark(mark uint32) { c.mark.Store(mark) }

// State returns the state of a TCP connection, and None of others.
func (c *Conn) State() TCPState {
	if c.proto() != protoTCP {
		return None
	}
	return tcpTrack(c.word.Load()).state()
}

func (c *Conn) proto() uint8 { return c.orig.key.proto }

// count adds a packet of a number of bytes to what direction d carried.
func (c *Conn) count(d Dir, size int) {
	n := &c.counters[d]
	n.packets.Add(1)
	n.bytes.Add(uint64(size))
}

// refresh gives the connection timeout more ns from now on, unless it is too late:
// what has expired stays so, since another connection may have its tuples.
func (c *Conn) refresh(timeout, now int64) {
	s := Status(c.status.Load())
	if s&fixedTimeout != 0 {
		return
	}
	old, at := c.expires.Load(), timeout
	if s&Confirmed != 0 {
		if old <= now {
			return
		}
		at += now
	}
	if old != at {
		c.expires.CompareAndSwap(old, at) // in vain: another packet has just done so
	}
}

// alive reports whether a confirmed connection is to be found.
func (c *Conn) alive(now int64) bool { return c.expires.Load() > now && !c.has(Dying) }

// Ref returns what packets in direction d carry to name their connection; related
// if they are ICMP errors about it. It allocates nothing, and returns the same
// pointer each time.
func (c *Conn) Ref(d Dir, related bool) *Ref {
	i := d & 1
	if related {
		i += 2
	}
	return &c.refs[i]
}

// A Ref is a packet's reference to its connection, skb->_nfct on Linux. It is a
// tcpip.PacketOwner, so that a stack.PacketBuffer can carry it. A Ref is not changed.
type Ref struct {
	Conn    *Conn // nil: invalid or untracked
	Dir     Dir
	Related bool
	Untrack bool // of packets that are not to be tracked
	Traced  bool // that rules are to be told of; such a Ref is a packet's own
}

// Invalid and Untracked are the references of packets without a connection.
var Invalid, Untracked = &Ref{}, &Ref{Untrack: true}

// KUID implements tcpip.PacketOwner.
func (*Ref) KUID() uint32 { return 0 }

// KGID implements tcpip.PacketOwner.
func (*Ref) KGID() uint32 { return 0 }
