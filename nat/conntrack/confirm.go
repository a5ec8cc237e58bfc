package conntrack

import "time"

// Confirm enters c in the table, since its first packet has got through, and returns
// it. Where another connection has one of its tuples, Confirm does as Linux: if the
// protocol is UDP, UDP-Lite, GRE or ICMP,
//
//   - it returns the other one, which takes the packet over, if that is translated
//     alike or not at all;
//   - it enters c with its reply only, and for a second, if merely the original tuples
//     are equal, so that the answer to this packet finds its way back.
//
// Otherwise it fails with ErrClash, and the packet is to be dropped; so it is with
// ErrFull. A connection that is confirmed is so again.
func (t *Table) Confirm(c *Conn) (*Conn, error) {
	now := t.now() // before any lock: the clock is the caller's
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.has(Confirmed) {
		return c, nil
	}
	t.sweep(now)
	orig, reply := &c.orig, &c.reply
	reply.hash = t.seed.hash(&reply.key)
	if err := t.reserve(orig.hash, now); err != nil {
		return nil, err
	}
	a, b := t.lockBoth(orig.hash, reply.hash)
	winner, err := t.enterLocked(c, a, b, now)
	unlockBoth(a, b)
	if winner != c {
		t.count.Add(-1)
	}
	return winner, err
}

// reserve makes room for one connection, which count then includes.
func (t *Table) reserve(hash uint64, now int64) error {
	for t.count.Add(1) > t.max {
		t.count.Add(-1)
		if !t.earlyDrop(hash, now) {
			return ErrFull
		}
	}
	return nil
}

// enterLocked links c into its shards, which are locked, or says which connection is
// to take its packet.
func (t *Table) enterLocked(c *Conn, a, b *shard, now int64) (*Conn, error) {
	orig, reply := &c.orig, &c.reply
	taken := a.bucket(orig.hash).find(&orig.key, orig.hash, now, nil)
	replyTaken := b.bucket(reply.hash).find(&reply.key, reply.hash, now, nil)
	set := Confirmed
	if taken != nil || replyTaken != nil {
		winner, err := resolveClash(c, taken, replyTaken)
		if winner != c {
			return winner, err
		}
		set |= natClash | fixedTimeout
		c.expires.Store(int64(time.Second))
	}
	c.expires.Add(now)
	if Status(c.status.Or(uint32(set)))&Dying != 0 {
		return nil, ErrInvalid
	}
	if set&natClash == 0 {
		a.insertLocked(orig)
	}
	b.insertLocked(reply)
	return c, nil
}

// resolveClash returns the connection that is to take the packet of c, given those
// that have its tuples: one of them, or c itself, to be found by its reply only.
func resolveClash(c *Conn, taken, replyTaken *node) (*Conn, error) {
	switch c.proto() {
	case protoUDP, protoUDPLite, protoGRE, protoICMP, protoICMPv6:
	default:
		return nil, ErrClash
	}
	for _, n := range []*node{taken, replyTaken} {
		if n == nil {
			continue
		}
		w := n.conn
		same := w.orig.key == c.orig.key && w.reply.key == c.reply.key
		if same || w.Status()&(SrcNATDone|DstNATDone) == 0 {
			w.counters[Original].packets.Add(c.counters[Original].packets.Load())
			w.counters[Original].bytes.Add(c.counters[Original].bytes.Load())
			return w, nil
		}
	}
	if replyTaken != nil {
		return nil, ErrClash
	}
	return c, nil
}

// lockBoth locks the shards of two hashes in the order of their indices.
func (t *Table) lockBoth(x, y uint64) (a, b *shard) {
	a, b = t.shard(x), t.shard(y)
	switch {
	case a == b:
		a.mu.Lock()
	case x>>t.shift < y>>t.shift:
		a.mu.Lock()
		b.mu.Lock()
	default:
		b.mu.Lock()
		a.mu.Lock()
	}
	return a, b
}

// unlockBoth is the reverse of lockBoth. The order does not matter.
func unlockBoth(a, b *shard) {
	a.mu.Unlock()
	if a != b {
		b.mu.Unlock()
	}
}
