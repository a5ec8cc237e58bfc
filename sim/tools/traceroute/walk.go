package traceroute

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"drydock/sim/tools/command"
)

// A result is what came of a probe. One without from was not answered.
type result struct {
	from  netip.Addr
	rtt   time.Duration
	note  string // " !H"
	final bool   // nothing is behind
	err   error  // it could not be sent
}

// A probe is one packet on its way, in which result is set once it is done.
type probe struct {
	result
	ttl  int
	sent time.Time // zero: not yet
	done bool
}

// An answer is the result of the nth probe.
type answer struct {
	nth int
	result
}

// walk sends probes and prints what comes of them, in their order. Like the real one it keeps
// as many on their way as the window has, which may be for several hops.
func (t *trace) walk() int {
	ctx, cancel := context.WithCancel(t.ctx)
	probes := make([]probe, t.hops*t.queries)
	answers := make(chan answer, len(probes))
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	send := func(nth int) {
		p := &probes[nth]
		p.ttl, p.sent = nth/t.queries+1, time.Now()
		wait := t.send(ctx, p.ttl)
		running.Go(func() {
			if r := wait(); r.from.IsValid() || r.err != nil {
				answers <- answer{nth, r}
			}
		})
	}
	start, end := (t.first-1)*t.queries, len(probes)
	for start < end {
		var next time.Duration
		if start, end, next = t.step(probes, start, end, send); start >= end {
			break
		}
		timer := time.NewTimer(next)
		select {
		case a := <-answers:
			timer.Stop()
			if a.err != nil {
				return t.fail(a.err)
			}
			if p := &probes[a.nth]; !p.done {
				p.result, p.done = a.result, true
			}
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return command.Interrupted(ctx)
		}
	}
	t.Printf("\n")
	return 0
}

// step prints probes from start on that are done, gives up the first one if its time is over,
// and sends others. It returns where those begin and end that are left, and how long nothing
// is to be done without an answer.
func (t *trace) step(probes []probe, start, end int, send func(nth int)) (left, last int, next time.Duration) {
	under := 0
	for n := start; n < end; n++ {
		p := &probes[n]
		first := n == start
		if first && !p.done && !p.sent.IsZero() {
			next = time.Until(p.sent.Add(t.patience(probes, n)))
			p.done = next <= 0
		}
		if p.done {
			if first {
				t.print(probes, n)
				start++
			}
			if p.final { // the rest of its hop is of interest, and nothing behind
				end = (n/t.queries + 1) * t.queries
			}
			continue
		}
		if p.sent.IsZero() {
			send(n)
		}
		if next <= 0 {
			next = time.Until(p.sent.Add(t.patience(probes, n)))
		}
		if under++; under >= t.window {
			break
		}
	}
	return start, end, next
}

// precision is added to times that others took before they are multiplied.
const precision = time.Millisecond

// patience is how long the nth probe may take: less if others have been answered, of its hop
// or behind it.
func (t *trace) patience(probes []probe, nth int) time.Duration {
	limit := func(others []probe, factor float64) (time.Duration, bool) {
		for _, p := range others {
			if factor > 0 && p.done && p.from.IsValid() && p.rtt > 0 {
				return min(time.Duration(float64(p.rtt+precision)*factor), t.wait), true
			}
		}
		return t.wait, false
	}
	hop := nth - nth%t.queries
	if d, ok := limit(probes[hop:hop+t.queries], t.here); ok {
		return d
	}
	d, _ := limit(probes[nth+1:], t.near)
	return d
}
