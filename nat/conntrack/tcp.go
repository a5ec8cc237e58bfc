package conntrack

// beginTCP sets the state of a connection by its first segment.
func (c *Conn) beginTCP(p *Packet, to *Timeouts) error {
	event, ok := tcpEventOf(p.Flags)
	state := transitions[Original][event][None]
	if !ok || state >= numStates {
		return ErrInvalid
	}
	timeout := to.tcp(state)
	if state == Established {
		timeout = min(timeout, int64(to.Unacknowledged))
	}
	c.word.Store(uint64(makeTrack(state, Original, event)))
	c.expires.Store(timeout)
	return nil
}

// updateTCP follows a segment of c.
func (t *Table) updateTCP(c *Conn, d Dir, p *Packet, now int64) error {
	to := t.timeouts.Load()
	const decisive = flagSYN | flagFIN | flagRST | flagACK
	if p.Flags&decisive == flagACK && tcpTrack(c.word.Load()).streaming() && c.has(Assured) {
		c.count(d, p.Size)
		c.refresh(int64(to.Established), now)
		return nil
	}
	event, ok := tcpEventOf(p.Flags)
	if !ok {
		return ErrInvalid
	}
	old, state, err := c.advance(d, event, p)
	if err == ErrRepeat {
		t.kill(c)
	}
	if err != nil || state == stateIgnored {
		return err
	}
	c.count(d, p.Size)
	timeout := to.tcp(state)
	if event == eventRST {
		timeout = int64(to.Close)
	}
	switch status := c.Status(); {
	case status&SeenReply == 0 && event == eventRST:
		// Nothing was ever answered but by this: the port is free at once.
		t.kill(c)
		return nil
	case status&SeenReply == 0 && event == eventSYN && old == SynSent:
		// Repeated SYNs that nobody answers must not hold the entry for ever.
		return nil
	case status&SeenReply == 0 && state == Established:
		timeout = min(timeout, int64(to.Unacknowledged))
	case status&(SeenReply|Assured) == SeenReply && state == Established && (old == SynRecv || old == Established):
		c.status.Or(uint32(Assured))
	}
	c.refresh(timeout, now)
	return nil
}

// advance changes what is known of c by a segment, and returns the state before and
// after it, or stateIgnored.
func (c *Conn) advance(d Dir, event tcpEvent, p *Packet) (old, state TCPState, err error) {
	for {
		word := c.word.Load()
		track := tcpTrack(word)
		old, state, err = track.advance(d, event, p)
		if err != nil || c.word.CompareAndSwap(word, uint64(track)) {
			return old, state, err
		}
	}
}

// A tcpTrack is what is known of a TCP connection: its state, the last segment's
// event and direction, the flags below, and in the upper half where the last ignored
// segment ends.
type tcpTrack uint64

const (
	closeInit    tcpTrack = 1 << (16 + iota) // it was closed by a FIN, so a SYN may reopen it
	simultaneous                             // both ends sent SYNs
	challenge                                // a SYN was ignored that may be answered by an ACK of no FIN

	trackFlags = closeInit | simultaneous | challenge
)

func makeTrack(s TCPState, d Dir, e tcpEvent) tcpTrack {
	return tcpTrack(s) | tcpTrack(e)<<4 | tcpTrack(d)<<8
}

func (t tcpTrack) state() TCPState     { return TCPState(t & 0xf) }
func (t tcpTrack) lastEvent() tcpEvent { return tcpEvent(t >> 4 & 0xf) }
func (t tcpTrack) lastDir() Dir        { return Dir(t >> 8 & 1) }
func (t tcpTrack) lastEnd() uint32     { return uint32(t >> 32) }

// streaming reports whether another ACK would change nothing.
func (t tcpTrack) streaming() bool {
	return t&0xff == tcpTrack(Established)|tcpTrack(eventACK)<<4
}

// advance changes t by a segment, and returns the state before and after it, or
// stateIgnored. With an error t stays as it is.
func (t *tcpTrack) advance(d Dir, event tcpEvent, p *Packet) (old, state TCPState, err error) {
	old, flags := t.state(), *t&trackFlags
	state = transitions[d][event][old]
	if state == SynSent && old >= TimeWait {
		// RFC 1122, 4.2.2.13: a SYN may reopen a connection that is closed.
		if flags&closeInit != 0 || t.lastDir() == d && t.lastEvent() == eventRST {
			return old, state, ErrRepeat
		}
		state = stateIgnored
	}
	if state == stateInvalid {
		return old, state, ErrInvalid
	}
	afterSYN := t.lastEvent() == eventSYN && t.lastDir() != d
	switch {
	case state == stateIgnored && event == eventSYNACK && afterSYN && p.Ack == t.lastEnd():
		// This answers a SYN that was ignored: the ends agree, so it was right.
		old, state = SynSent, SynRecv
		flags &^= closeInit | challenge
	case state == stateIgnored:
		t.ignore(d, event, p)
		return old, state, nil
	case state == TimeWait && old == LastAck && event == eventACK && afterSYN && flags&challenge != 0:
		// RFC 5961, 4: the ACK challenges the SYN, and does not acknowledge the FIN.
		*t &^= challenge
		return old, stateIgnored, nil
	case state == SynSent2:
		flags |= simultaneous
	case state == SynRecv && d == Reply && event == eventACK && flags&simultaneous != 0:
		state = Established
	case state == FinWait && old != FinWait:
		flags |= closeInit
	}
	*t = makeTrack(state, d, event) | flags
	return old, state, nil
}

// ignore remembers a segment that may be right although it does not fit the state.
func (t *tcpTrack) ignore(d Dir, event tcpEvent, p *Packet) {
	flags := *t & trackFlags
	if event == eventSYN && d == Original {
		flags &^= simultaneous | challenge
		if t.state() == LastAck {
			flags |= challenge
		}
	}
	end := p.Seq + uint32(p.Payload)
	if event == eventSYN || event == eventSYNACK {
		end++
	}
	*t = makeTrack(t.state(), d, event) | flags | tcpTrack(end)<<32
}
