package conntrack

import "time"

// A Packet is what tracking looks at besides the tuple.
type Packet struct {
	Flags    uint8 // of TCP, as on the wire
	Seq, Ack uint32
	Payload  int // bytes behind the TCP header
	Size     int // bytes of the IP packet
}

// Track finds the connection of a packet and follows it, or begins one that is to be
// confirmed. It fails with ErrInvalid and ErrFull as Begin and Update do. It is what
// Linux's nf_conntrack_in does: a SYN that reopens a closed connection ends the old
// one and begins another.
func (t *Table) Track(tuple *Tuple, p *Packet) (*Conn, Dir, error) {
	k := makeKey(tuple)
	hash, now := t.seed.hash(&k), t.now()
	for range 2 {
		n := t.shard(hash).find(&k, hash, now, nil)
		if n == nil {
			break
		}
		c, d := n.conn, n.dir()
		switch err := t.update(c, d, p, now); err {
		case nil:
			return c, d, nil
		case ErrRepeat:
			continue
		default:
			return nil, Original, err
		}
	}
	c, err := t.begin(tuple, &k, hash, p, now)
	return c, Original, err
}

// Begin returns a connection for its first packet, and follows that: no Update is
// due. The connection is not in the table, nor found, until Confirm. Begin fails with
// ErrInvalid for packets that begin nothing and with ErrFull.
func (t *Table) Begin(tuple *Tuple, p *Packet) (*Conn, error) {
	k := makeKey(tuple)
	return t.begin(tuple, &k, t.seed.hash(&k), p, t.now())
}

// begin makes a connection that is not in the table yet. It gets there by Confirm, when
// its first packet has passed all rules.
func (t *Table) begin(tuple *Tuple, k *key, hash uint64, p *Packet, now int64) (*Conn, error) {
	inverse, ok := tuple.Invert()
	if !ok || !tuple.begins() {
		return nil, ErrInvalid
	}
	reply := makeKey(&inverse)
	c := newConn(k, hash, &reply)
	to := t.timeouts.Load()
	if k.proto == protoTCP {
		if err := c.beginTCP(p, to); err != nil {
			return nil, err
		}
	} else {
		c.expires.Store(to.other(k.proto))
		c.word.Store(uint64(now + int64(streamAge)))
	}
	if t.count.Load() >= t.max {
		t.sweep(now)
		if t.count.Load() >= t.max && !t.earlyDrop(hash, now) {
			return nil, ErrFull
		}
	}
	c.count(Original, p.Size)
	return c, nil
}

// streamAge is how old a UDP connection must be for its packets to be a stream. Short
// exchanges, such as with name servers, are never one.
const streamAge = 2 * time.Second

// Update follows a packet of c, confirmed or not, in direction d. It fails with
// ErrInvalid for packets that cannot belong to c in its state, and with ErrRepeat for
// a SYN that reopens it: c is then deleted, and the packet begins a new connection.
func (t *Table) Update(c *Conn, d Dir, p *Packet) error { return t.update(c, d, p, t.now()) }

// update moves the state of a connection on and makes it live longer.
func (t *Table) update(c *Conn, d Dir, p *Packet, now int64) error {
	proto := c.proto()
	if proto == protoTCP {
		if err := t.updateTCP(c, d, p, now); err != nil {
			return err
		}
	} else {
		timeout := t.timeouts.Load().other(proto)
		if proto == protoUDP || proto == protoUDPLite {
			timeout = t.assureUDP(c, timeout, now)
		}
		c.count(d, p.Size)
		c.refresh(timeout, now)
	}
	// Last, since the first reply is judged as one to a connection without any.
	if d == Reply && !c.has(SeenReply) {
		c.status.Or(uint32(SeenReply))
	}
	return nil
}

// assureUDP makes c assured if it is a stream, and returns its timeout, which is
// otherwise the one given.
func (t *Table) assureUDP(c *Conn, timeout, now int64) int64 {
	s := c.Status()
	if s&SeenReply == 0 || now <= int64(c.word.Load()) {
		return timeout
	}
	if s&(Assured|natClash) == 0 {
		c.status.Or(uint32(Assured))
	}
	return int64(t.timeouts.Load().UDPStream)
}
