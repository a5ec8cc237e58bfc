package conntrack

import (
	"math/bits"
	"sync/atomic"
)

// A node is one direction of a connection in the hash table: one cache line, on
// 64-bit machines, that says whether the search is over.
type node struct {
	next atomic.Pointer[node] // in the last slot of a bucket that is full; written with the shard's mu held
	conn *Conn
	hash uint64
	key  key
}

func (n *node) dir() Dir {
	if n == &n.conn.orig {
		return Original
	}
	return Reply
}

const (
	slots     = 7
	lastSlot  = slots - 1
	slotsMask = 1<<(8*slots) - 1 // the bytes of a bucket's tags that belong to slots
	overflow  = 1 << 63          // in a bucket's tags: the last slot has a chain of nodes
	eachByte  = 0x0101010101010101
)

// A bucket is a cache line of nodes. Tags tell which of them are worth a look, so
// that a search misses the cache once for the bucket and once for the node that is
// sought. Seldom, one bucket in twenty at the most, it has more nodes than slots. It
// is read without a lock, and written with the shard's mu held. A node stays in its
// slot until it leaves the table or the shard is resized.
type bucket struct {
	tags  atomic.Uint64 // a byte of the hash for each slot, 0 if that is free
	slots [slots]atomic.Pointer[node]
}

// tag returns the byte of a hash that tells nodes in a bucket apart: bits that choose
// neither the shard nor the bucket, and never 0.
func tag(hash uint64) uint64 { return max(1, hash>>40&0xff) }

// find returns the node with key k of a connection that is alive, as shard.find.
func (b *bucket) find(k *key, hash uint64, now int64, c *Conn) *node {
	tags := b.tags.Load()
	// A byte of diff is zero where the tags are equal. A high bit of zeros stays where
	// a byte was zero, and sometimes above such a byte, which costs another look.
	diff := tags ^ tag(hash)*eachByte
	zeros := (diff - eachByte) &^ diff & (eachByte << 7) & slotsMask
	for ; zeros != 0; zeros &= zeros - 1 {
		n := b.slots[bits.TrailingZeros64(zeros)/8].Load()
		if n != nil && n.is(k, hash, now, c) {
			return n
		}
	}
	if tags&overflow != 0 {
		for n := b.slots[lastSlot].Load(); n != nil; n = n.next.Load() {
			if n.is(k, hash, now, c) {
				return n
			}
		}
	}
	return nil
}

// is reports whether n is what find looks for.
func (n *node) is(k *key, hash uint64, now int64, c *Conn) bool {
	if n.hash != hash || n.key != *k || !n.conn.alive(now) {
		return false
	}
	return c == nil || n.conn.orig.key != c.orig.key
}

// all calls f for each node, which may leave meanwhile.
func (b *bucket) all(f func(*node)) {
	for i := range b.slots {
		for n := b.slots[i].Load(); n != nil; n = n.next.Load() {
			f(n)
		}
	}
}

// insert enters n. The shard's mu is held.
func (b *bucket) insert(n *node) {
	tags := b.tags.Load()
	for i := range b.slots {
		if b.slots[i].Load() == nil {
			n.next.Store(nil)
			b.slots[i].Store(n)
			b.tags.Store(tags | tag(n.hash)<<(8*i))
			return
		}
	}
	n.next.Store(b.slots[lastSlot].Load())
	b.slots[lastSlot].Store(n)
	b.tags.Store(tags | overflow)
}

// remove takes n out, and reports whether it was in. Who stands on n gets on, since
// it keeps its successor. The shard's mu is held.
func (b *bucket) remove(n *node) bool {
	for i := range b.slots {
		for at := &b.slots[i]; at.Load() != nil; at = &at.Load().next {
			if at.Load() != n {
				continue
			}
			at.Store(n.next.Load())
			if b.slots[i].Load() == nil {
				free := uint64(0xff) << (8 * i)
				if i == lastSlot {
					free |= overflow
				}
				b.tags.Store(b.tags.Load() &^ free)
			}
			return true
		}
	}
	return false
}
