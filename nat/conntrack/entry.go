package conntrack

import (
	"fmt"
	"iter"
	"net/netip"
	"strconv"
	"time"
)

// An Entry is a connection at one moment.
type Entry struct {
	Original, Reply Tuple
	State           TCPState      // of TCP
	Timeout         time.Duration // left
	Status          Status
	Mark            uint32
	Packets, Bytes  [2]uint64 // by direction
}

// Entries returns the connections that have not expired, in no order. Those that come
// or go meanwhile may be among them or not.
func (t *Table) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for c := range t.conns() {
			// Linux does not show those that are found by their replies only.
			if !c.has(natClash) && !yield(c.entry(t.now())) {
				return
			}
		}
	}
}

// Delete forgets the connections that match, all if match is nil, and returns their number.
// It takes out those that have expired, too, without a question.
func (t *Table) Delete(match func(Entry) bool) int {
	n := 0
	for c := range t.conns() {
		if (match == nil || match(c.entry(t.now()))) && t.kill(c) {
			n++
		}
	}
	return n
}

// conns returns the connections that are alive, and takes out the others.
func (t *Table) conns() iter.Seq[*Conn] {
	return func(yield func(*Conn) bool) {
		var conns []*Conn
		for i := range t.shards {
			conns = t.shards[i].appendConns(conns[:0])
			for _, c := range conns {
				if !c.alive(t.now()) {
					t.kill(c)
				} else if !yield(c) {
					return
				}
			}
			clear(conns)
		}
	}
}

// appendConns appends the connections whose reply is in s.
func (s *shard) appendConns(conns []*Conn) []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := *s.buckets.Load()
	for i := range b {
		b[i].all(func(n *node) {
			if n.dir() == Reply {
				conns = append(conns, n.conn)
			}
		})
	}
	return conns
}

func (c *Conn) entry(now int64) Entry {
	e := Entry{
		Original: c.Tuple(Original), Reply: c.Tuple(Reply),
		State: c.State(), Status: c.Status(), Mark: c.Mark(),
		Timeout: max(0, time.Duration(c.expires.Load()-now)),
	}
	for d := range c.counters {
		e.Packets[d], e.Bytes[d] = c.counters[d].packets.Load(), c.counters[d].bytes.Load()
	}
	return e
}

// String returns the line that "conntrack -L" prints.
func (e Entry) String() string {
	return string(append(e.appendText(make([]byte, 0, 200), netip.Addr.AppendTo), " use=1"...))
}

// Extended returns the line that "conntrack -L -o extended" prints.
func (e Entry) Extended() string { return e.version() + e.String() }

// Proc returns the line of /proc/net/nf_conntrack, with the zone and the reader's use of the
// entry.
func (e Entry) Proc() string {
	return e.version() + string(append(e.appendText(make([]byte, 0, 200), appendExpanded), " zone=0 use=2"...))
}

// version is the name and the number of the family.
func (e Entry) version() string {
	if e.Original.Src.Is4() {
		return "ipv4     2 "
	}
	return "ipv6     10 "
}

// appendExpanded appends all digits of an IPv6 address, as the kernel prints it.
func appendExpanded(a netip.Addr, b []byte) []byte { return append(b, a.StringExpanded()...) }

// appendText appends what all lines have, with addresses as appendAddr has them.
func (e Entry) appendText(b []byte, appendAddr func(netip.Addr, []byte) []byte) []byte {
	b = fmt.Appendf(b, "%-8s %d %d ", protoName(e.Original.Proto), e.Original.Proto, int64(e.Timeout/time.Second))
	if e.Original.Proto == protoTCP {
		b = append(append(b, e.State.String()...), ' ')
	}
	b = e.Original.appendText(b, appendAddr)
	if e.Status&SeenReply == 0 {
		b = append(b, "[UNREPLIED] "...)
	}
	b = e.Reply.appendText(b, appendAddr)
	if e.Status&Assured != 0 {
		b = append(b, "[ASSURED] "...)
	}
	b = append(b, "mark="...)
	return strconv.AppendUint(b, uint64(e.Mark), 10)
}

// appendText appends t as conntrack prints it, and a space.
func (t *Tuple) appendText(b []byte, appendAddr func(netip.Addr, []byte) []byte) []byte {
	b = appendAddr(t.Src, append(b, "src="...))
	b = appendAddr(t.Dst, append(b, " dst="...))
	switch t.Proto {
	case protoICMP, protoICMPv6:
		b = fmt.Appendf(b, " type=%d code=%d id=%d", t.Type, t.Code, t.SrcPort)
	case protoTCP, protoUDP, protoUDPLite, protoDCCP, protoSCTP:
		b = fmt.Appendf(b, " sport=%d dport=%d", t.SrcPort, t.DstPort)
	}
	return append(b, ' ')
}

// The protocols that conntrack knows by name, besides those tracked here.
const (
	protoDCCP = 33
	protoSCTP = 132
)

// protoName returns the name that conntrack prints, "unknown" for those that it has no
// tracker for.
func protoName(proto uint8) string {
	switch proto {
	case protoICMP:
		return "icmp"
	case protoTCP:
		return "tcp"
	case protoUDP:
		return "udp"
	case protoDCCP:
		return "dccp"
	case protoGRE:
		return "gre"
	case protoICMPv6:
		return "icmpv6"
	case protoSCTP:
		return "sctp"
	case protoUDPLite:
		return "udplite"
	}
	return "unknown"
}
