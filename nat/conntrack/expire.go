package conntrack

// kill takes c out of the table, and reports whether nobody had done so before.
func (t *Table) kill(c *Conn) bool {
	old := Status(c.status.Or(uint32(Dying)))
	if old&Dying != 0 {
		return false
	}
	if old&Confirmed == 0 {
		return true
	}
	if old&natClash == 0 {
		t.shard(c.orig.hash).remove(&c.orig)
	}
	t.shard(c.reply.hash).remove(&c.reply)
	t.count.Add(-1)
	return true
}

// maxSweep bounds the buckets that one packet sweeps.
const maxSweep = 16

// sweep looks over the next bucket and takes out what has expired, and goes on while
// there is something. A bucket holds two to four nodes on average, so a table has been
// looked over when as many connections have come as are in it, at the latest.
func (t *Table) sweep(now int64) {
	for range maxSweep {
		i := t.sweeps.Add(1) % uint32(len(t.shards))
		if t.sweepShard(&t.shards[i], now) == 0 {
			return
		}
	}
}

// sweepShard removes what has expired, and returns how many.
func (t *Table) sweepShard(s *shard, now int64) (killed int) {
	pressed := t.pressed()
	s.bucket(uint64(s.cursor.Add(1))).all(func(n *node) {
		if !n.conn.alive(now) || pressed && n.conn.expendable() {
			if t.kill(n.conn) {
				killed++
			}
		}
	})
	return killed
}

// pressed reports whether connections were refused and the table has since not got
// emptier than 95 %.
func (t *Table) pressed() bool {
	if !t.urgent.Load() {
		return false
	}
	if t.count.Load() > t.max*95/100 {
		return true
	}
	t.urgent.Store(false)
	return false
}

// expendable reports whether c goes when the table is full and connections were
// refused: those that are not assured, and of TCP those that are closing.
func (c *Conn) expendable() bool {
	s := c.State()
	return !c.has(Assured) || FinWait <= s && s <= Close
}

// evictionRange is in how many buckets early drop looks for somebody to displace, as
// on Linux.
const evictionRange = 8

// earlyDrop takes out connections that expired or are not assured from the first
// bucket from hash on that has any, and reports whether there was one.
func (t *Table) earlyDrop(hash uint64, now int64) (dropped bool) {
	s := t.shard(hash)
	for i := range uint64(evictionRange) {
		s.bucket(hash + i).all(func(n *node) {
			if (!n.conn.has(Assured) || !n.conn.alive(now)) && t.kill(n.conn) {
				dropped = true
			}
		})
		if dropped {
			return true
		}
	}
	t.urgent.Store(true)
	return false
}
