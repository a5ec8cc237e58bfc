package conntrack

import "time"

// Timeouts are net.netfilter.nf_conntrack_*_timeout_*: how long a connection lives
// after its last packet.
type Timeouts struct {
	SynSent        time.Duration // 2 min; of simultaneous opens, too
	SynRecv        time.Duration // 1 min
	Established    time.Duration // 5 days
	FinWait        time.Duration // 2 min
	CloseWait      time.Duration // 1 min
	LastAck        time.Duration // 30 s
	TimeWait       time.Duration // 2 min
	Close          time.Duration // 10 s
	Unacknowledged time.Duration // 5 min; of connections picked up in their middle until there is a reply
	UDP            time.Duration // 30 s
	UDPStream      time.Duration // 2 min; with packets both ways for more than 2 s
	ICMP           time.Duration // 30 s
	ICMPv6         time.Duration // 30 s
	Generic        time.Duration // 10 min
}

// DefaultTimeouts returns Linux's timeouts.
func DefaultTimeouts() Timeouts {
	return Timeouts{
		SynSent: 2 * time.Minute, SynRecv: time.Minute, Established: 5 * 24 * time.Hour,
		FinWait: 2 * time.Minute, CloseWait: time.Minute, LastAck: 30 * time.Second,
		TimeWait: 2 * time.Minute, Close: 10 * time.Second, Unacknowledged: 5 * time.Minute,
		UDP: 30 * time.Second, UDPStream: 2 * time.Minute,
		ICMP: 30 * time.Second, ICMPv6: 30 * time.Second, Generic: 10 * time.Minute,
	}
}

// Timeouts returns how long connections of t live.
func (t *Table) Timeouts() Timeouts { return *t.timeouts.Load() }

// SetTimeouts sets the timeouts of what packets follow from now on. Those that are not positive
// are Linux's.
func (t *Table) SetTimeouts(to Timeouts) {
	all := DefaultTimeouts().with(&to)
	t.timeouts.Store(&all)
}

// with returns to with the timeouts of change that are positive.
func (to Timeouts) with(change *Timeouts) Timeouts {
	from, into := change.fields(), to.fields()
	for i := range from {
		if *from[i] > 0 {
			*into[i] = *from[i]
		}
	}
	return to
}

func (to *Timeouts) fields() [14]*time.Duration {
	return [...]*time.Duration{
		&to.SynSent, &to.SynRecv, &to.Established, &to.FinWait, &to.CloseWait, &to.LastAck, &to.TimeWait,
		&to.Close, &to.Unacknowledged, &to.UDP, &to.UDPStream, &to.ICMP, &to.ICMPv6, &to.Generic,
	}
}

// tcp returns the timeout of a state of TCP, in ns.
func (to *Timeouts) tcp(s TCPState) int64 {
	d := [...]time.Duration{
		to.SynSent, to.SynSent, to.SynRecv, to.Established, to.FinWait,
		to.CloseWait, to.LastAck, to.TimeWait, to.Close, to.SynSent,
	}
	return int64(d[s])
}

// other returns the timeout of a protocol other than TCP whose connections have
// no states, in ns.
func (to *Timeouts) other(proto uint8) int64 {
	switch proto {
	case protoUDP, protoUDPLite:
		return int64(to.UDP)
	case protoICMP:
		return int64(to.ICMP)
	case protoICMPv6:
		return int64(to.ICMPv6)
	}
	return int64(to.Generic)
}
