package ipset

import (
	"cmp"
	"net/netip"
	"sync/atomic"
	"time"
)

// A Key tells the entries of a set apart. Of its fields a set has those that its type
// names. It is comparable.
type Key struct {
	Net   netip.Prefix // one address is one of full length
	Proto uint8
	Port  uint16 // of ICMP type and code
	Set   string // of list:set
}

// Compare orders keys by network, protocol and port.
func (k Key) Compare(o Key) int {
	return cmp.Or(k.Net.Addr().Compare(o.Net.Addr()), k.Net.Bits()-o.Net.Bits(),
		cmp.Compare(k.Proto, o.Proto), cmp.Compare(k.Port, o.Port))
}

// An Entry is an entry as it is added and listed.
type Entry struct {
	Key
	NoMatch        bool          // the exception of a wider network
	Timeout        time.Duration // left; 0: none
	Default        bool          // when it is added: Timeout is that of the set
	Packets, Bytes uint64
	Comment        string
	Before, After  string // of list:set: the entry beside which it is added
}

// An element is an entry in its set. Packets change expires and what it counts.
type element struct {
	nomatch        bool
	comment        string
	expires        atomic.Int64 // on the clock of the table; 0: never
	packets, bytes atomic.Uint64
}

// alive is false for what has expired and is yet to go.
func (e *element) alive(now int64) bool {
	at := e.expires.Load()
	return at == 0 || at > now
}

// fill sets what an entry may change of one that is there.
func (e *element) fill(s *Spec, in *Entry, now int64) {
	left := in.Timeout
	if in.Default {
		left = s.Timeout
	}
	at := int64(0)
	if s.Timeouts && left > 0 {
		at = now + int64(left)
	}
	e.expires.Store(at)
	e.nomatch, e.comment = in.NoMatch, in.Comment
	e.packets.Store(in.Packets)
	e.bytes.Store(in.Bytes)
}

// entry returns what is listed of it.
func (e *element) entry(k Key, now int64) Entry {
	out := Entry{Key: k, NoMatch: e.nomatch, Comment: e.comment, Packets: e.packets.Load(), Bytes: e.bytes.Load()}
	if at := e.expires.Load(); at != 0 {
		out.Timeout = time.Duration(at - now)
	}
	return out
}
