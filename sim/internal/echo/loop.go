package echo

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"drydock/sim/ping"
)

// run sends, waits and reports until the ping is over.
func (p *Pinger) run(ctx context.Context) error {
	turn := make(chan struct{})
	p.stack.Later(func() { close(turn) })
	<-turn
	p.start = p.now()
	// One timer for sending, lingering and the deadline: what comes first.
	due := make(chan struct{}, 1)
	timer := p.stack.TCPIP().Clock().AfterFunc(0, func() {
		select {
		case due <- struct{}{}:
		default:
		}
	})
	defer timer.Stop()
	for {
		if err := p.stack.AwaitThaw(ctx); err != nil {
			return err
		}
		if p.over() {
			return nil
		}
		timer.Reset(p.sendDue())
		select {
		case a := <-p.arrived:
			// Frozen while this waited: what has arrived is reported later, with the
			// time at which it came.
			if err := p.stack.AwaitThaw(ctx); err != nil {
				return err
			}
			p.handle(a)
		case <-due:
		case <-ctx.Done():
			return ctx.Err()
		case <-p.aborted:
			return net.ErrClosed
		}
	}
}

// over reports whether the ping ends now. Errors count like replies: a destination that
// routers refuse is not waited for.
func (p *Pinger) over() bool {
	now := p.now()
	switch {
	case p.cfg.Count > 0 && p.sum.received+p.sum.errors >= p.cfg.Count:
		return true
	case p.cfg.Deadline > 0 && (p.sum.errors > 0 || now.Sub(p.start) >= p.cfg.Deadline):
		return true
	}
	return p.lingers && !now.Before(p.until)
}

// forever is how long a ping waits that has no reason to wake up.
const forever = time.Duration(1<<63 - 1)

// sendDue sends the requests whose time has come and returns how long nothing is
// to be done.
func (p *Pinger) sendDue() time.Duration {
	wait := forever
	if p.cfg.Deadline > 0 {
		wait = p.cfg.Deadline - p.now().Sub(p.start)
	}
	for {
		if p.allSent() {
			return min(wait, p.lingering())
		}
		if d := p.due(); d > 0 {
			return min(wait, d)
		}
		// Observe may have ended, or frozen, the ping.
		if p.send(); p.over() || p.stack.Frozen() {
			return 0
		}
	}
}

// allSent reports that there will be no more requests. With a deadline, Count is
// how many replies to await, so lost requests are made up for.
func (p *Pinger) allSent() bool {
	return p.cfg.Count > 0 && p.sum.sent >= p.cfg.Count && p.cfg.Deadline == 0
}

// lingering returns how long to wait for outstanding replies. Once there have been
// replies, twice the longest round trip is enough.
func (p *Pinger) lingering() time.Duration {
	now := p.now()
	if !p.lingers { // decided once: later replies do not make it longer
		linger := p.cfg.Timeout
		if p.sum.received > 0 {
			linger = max(2*p.sum.max, p.cfg.Interval, minInterval)
		}
		if linger < 0 {
			return forever
		}
		p.lingers, p.until = true, now.Add(linger)
	}
	return p.until.Sub(now)
}

// minInterval limits a ping without interval to 100 requests per second while
// nothing answers.
const minInterval = 10 * time.Millisecond

// due returns how long the next request has to wait and counts its turn if that is
// zero. A turn that comes late does not delay the next.
func (p *Pinger) due() time.Duration {
	now := p.now()
	if p.sum.sent == 0 {
		p.last, p.credit = now, p.turns(p.cfg.Preload-1)
		return 0
	}
	// As with iputils' tokens: what a turn was late is credited to the next, but never more
	// than one interval for each that may be under way, so that a long silence is not followed
	// by a burst.
	gap := now.Sub(p.last)
	if p.cfg.Interval < 0 {
		switch {
		case gap < minInterval && p.sum.underWay() >= p.cfg.Preload:
			return minInterval - gap
		case gap == 0 && p.sum.sent >= p.cfg.Preload: // only virtual time stands still that long, and must go on
			return time.Microsecond
		}
		p.last = now
		return 0
	}
	credit := min(gap+p.credit, p.turns(p.cfg.Preload))
	if credit < p.cfg.Interval {
		return p.cfg.Interval - credit
	}
	p.last, p.credit = now, credit-p.cfg.Interval
	return 0
}

// turns is how long so many turns take, at most so long that a gap can be added.
func (p *Pinger) turns(n int) time.Duration {
	if n <= 0 || p.cfg.Interval <= 0 {
		return 0
	}
	if p.cfg.Interval > forever/2/time.Duration(n) {
		return forever / 2
	}
	return p.cfg.Interval * time.Duration(n)
}

// send sends a request and reports how that went.
func (p *Pinger) send() {
	e := ping.Event{Seq: p.sum.launch(p.now())}
	var err error
	if e.MTU, err = p.write(request{
		seq: uint16(e.Seq), size: max(p.cfg.Size, 0), ttl: uint8(p.cfg.TTL), mode: p.cfg.PathMTU,
	}); err != nil {
		e.Err = os.NewSyscallError("sendmsg", err)
		p.credit = 0 // like the tokens of iputils
	}
	if errors.Is(err, syscall.EMSGSIZE) {
		p.sum.errors++ // iputils does not count the other ones
	}
	e.Source = p.addr(p.local, p.nic)
	p.cfg.Observe(e)
}

// handle accounts for what arrived and reports it.
func (p *Pinger) handle(a arrival) {
	e := a.event
	f := p.sum.flight(e.Seq)
	if f == nil {
		return // never sent; whoever guesses the identifier can make such
	}
	e.RTT = a.at.Sub(f.sent) // an error has one too, that of the router
	if a.err != nil {
		p.fail(&e, a.err)
	} else {
		e.Duplicate = p.sum.reply(f, e)
		if p.cfg.Adaptive {
			p.cfg.Interval = p.sum.interval()
		}
	}
	p.cfg.Observe(e)
}

// fail accounts for an error, and completes the event.
func (p *Pinger) fail(e *ping.Event, err *ping.ICMPError) {
	if !err.From.IsValid() { // from the own stack
		err.From = p.addr(p.local, p.nic)
	}
	e.From, e.Err = err.From, err
	p.sum.errors++
	if p.v4() { // iputils leaves IPv6 errors out of "pipe"
		p.sum.acknowledge(e.Seq)
	}
	if mtu := reportedMTU(err); mtu > 0 { // the next request fits, or fails at once
		p.stack.PathMTUs().learn(p.dst, mtu, p.now())
	}
}
