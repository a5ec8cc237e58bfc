package conntrack

import (
	"sync"
	"sync/atomic"
)

// maxLoad is how many nodes a shard has for each bucket at most, on average. With 4
// one bucket in twenty overflows, and the table takes 32 to 64 bytes a connection
// besides the connections.
const maxLoad = 4

// A shard is a part of the hash table that is searched without a lock. Nodes that are
// taken out never enter again. Only resizing moves nodes: whoever misses meanwhile
// searches again with the lock held.
type shard struct {
	mu      sync.Mutex    // guards the contents of buckets, and the fields that say so
	nodes   int           // +checklocks:mu
	moves   atomic.Uint32 // odd while nodes are moved
	cursor  atomic.Uint32 // the bucket that is swept next
	buckets atomic.Pointer[[]bucket]
	_       [32]byte // to a cache line of its own
}

func (s *shard) init() {
	b := make([]bucket, 1)
	s.buckets.Store(&b)
}

// bucket returns the bucket of a hash. The number of buckets is a power of two.
func (s *shard) bucket(hash uint64) *bucket {
	b := *s.buckets.Load()
	return &b[hash&uint64(len(b)-1)]
}

// find returns the node with key k of a connection that is alive. With a c it passes
// over c and over connections that c will be merged with when it is confirmed.
func (s *shard) find(k *key, hash uint64, now int64, c *Conn) *node {
	moves := s.moves.Load()
	if n := s.bucket(hash).find(k, hash, now, c); n != nil || moves&1 == 0 && s.moves.Load() == moves {
		return n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bucket(hash).find(k, hash, now, c)
}

// insertLocked enters n. mu is held.
func (s *shard) insertLocked(n *node) {
	s.nodes++
	if b := len(*s.buckets.Load()); s.nodes > maxLoad*b {
		s.resizeLocked(2 * b)
	}
	s.bucket(n.hash).insert(n)
}

// remove takes n out, if it is in.
func (s *shard) remove(n *node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.bucket(n.hash).remove(n) {
		return
	}
	s.nodes--
	// Half of the buckets are then left with one node each, far from growing again.
	if b := len(*s.buckets.Load()); b > 1 && s.nodes < b/2 {
		s.resizeLocked(b / 2)
	}
}

// resizeLocked moves all nodes into n buckets. mu is held.
func (s *shard) resizeLocked(n int) {
	old, fresh := *s.buckets.Load(), make([]bucket, n)
	s.moves.Add(1)
	for i := range old {
		for j := range old[i].slots {
			for node := old[i].slots[j].Load(); node != nil; {
				next := node.next.Load()
				fresh[node.hash&uint64(n-1)].insert(node)
				node = next
			}
		}
	}
	s.buckets.Store(&fresh)
	s.moves.Add(1)
}
