package sim

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"drydock/drop"
	"drydock/nat"
)

// A dropLog sums up in the log what the firewall drops: the first packet at once, further ones
// of the same cause by a line a second at most. A line is written when a packet is dropped a
// second after the last, or when the machine closes: a timer would keep a bubble from standing
// still.
type dropLog struct {
	names sync.Map // of the addresses on networks, netip.Addr to *Container

	mu     sync.Mutex
	causes map[dropCause]*dropSum // +checklocks:mu
	// When sums are looked at again.
	next time.Time // +checklocks:mu
}

const (
	dropInterval  = time.Second
	maxDropCauses = 256 // when there are more, all begin anew
)

// A dropCause is what is summed up.
type dropCause struct {
	reason drop.Reason
	hook   string
	chain  nat.Chain
	rule   int
	device string // without a rule
	v6     bool
}

// A dropSum is what was dropped for a cause since its last line.
type dropSum struct {
	last   time.Time // when that was written
	n      uint64
	first  nat.Dropped
	flow   string // of which packets, by the names that containers had at the first
	why    string // the rule as it was then
	others bool   // with other addresses or ports
}

// filterLogged is told by the firewall.
func (m *Machine) filterLogged(d nat.Dropped) {
	if ctx := context.Background(); m.log.Enabled(ctx, slog.LevelDebug) {
		for _, line := range m.dropLog.add(d, time.Now(), m.dropWhy) {
			m.log.DebugContext(ctx, line, "host", m.name)
		}
	}
}

// logRest logs what has no line yet.
func (m *Machine) logRest() {
	for _, line := range m.dropLog.rest() {
		m.log.Debug(line, "host", m.name)
	}
}

// dropWhy returns the rule, the policy or the reason.
func (m *Machine) dropWhy(d nat.Dropped) string {
	if text := ruleText(m.tables, d); text != "" {
		return "by " + text
	}
	return fmt.Sprintf("in %s: %v", d.Hook, d.Reason)
}

// add counts a packet and returns the lines that are due.
func (l *dropLog) add(d nat.Dropped, now time.Time, why func(nat.Dropped) string) (lines []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !now.Before(l.next) {
		lines = l.flushLocked(now.Add(-dropInterval))
		l.next = now.Add(dropInterval)
	}
	cause := dropCause{d.Reason, d.Hook, d.Chain, d.Rule, "", d.Src.Is6()}
	if d.Rule == 0 {
		cause.device = d.In + d.Out
	}
	s := l.causes[cause]
	if s == nil {
		if len(l.causes) >= maxDropCauses {
			lines = append(lines, l.flushLocked(now)...)
			clear(l.causes)
		}
		if l.causes == nil {
			l.causes = make(map[dropCause]*dropSum)
		}
		s = new(dropSum)
		l.causes[cause] = s
	}
	if s.n == 0 {
		s.flow, s.why = l.flow(d), why(d)
	}
	s.add(d)
	if now.Sub(s.last) >= dropInterval {
		lines = append(lines, s.line())
		s.last, s.n = now, 0
	}
	return lines
}

func (s *dropSum) add(d nat.Dropped) {
	if s.n == 0 {
		d.Packet = nil // it is borrowed
		s.first, s.others = d, false
	}
	s.n++
	f := &s.first
	s.others = s.others || d.Src != f.Src || d.Dst != f.Dst || d.DstPort != f.DstPort || d.Proto != f.Proto
}

// flushLocked returns lines for what was summed up since before a time.
// +checklocks:l.mu
func (l *dropLog) flushLocked(before time.Time) (lines []string) {
	for _, s := range l.causes {
		if s.n > 0 && !s.last.After(before) {
			lines = append(lines, s.line())
			s.last, s.n = s.last.Add(dropInterval), 0
		}
	}
	slices.Sort(lines)
	return lines
}

func (l *dropLog) rest() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.flushLocked(l.next)
	clear(l.causes)
	return lines
}

// line returns "dropped 512 packets of tcp from web (172.17.0.2) to db (172.17.0.3:5432) by -A
// DOCKER-USER -j DROP".
func (s *dropSum) line() string {
	what, others := "1 packet", ""
	if s.n > 1 {
		what = fmt.Sprint(s.n, " packets")
	}
	if s.others {
		others = " and others"
	}
	return "dropped " + what + s.flow + others + " " + s.why
}

// flow returns " of tcp from web (172.17.0.2) to db (172.17.0.3:5432)".
func (l *dropLog) flow(d nat.Dropped) string {
	if !d.Src.IsValid() {
		return ""
	}
	to := d.Dst.String()
	if d.DstPort != 0 {
		to = netip.AddrPortFrom(d.Dst, d.DstPort).String()
	}
	return fmt.Sprintf(" of %s from %s to %s", protocolName(d.Proto), l.named(d.Src, d.Src.String()), l.named(d.Dst, to))
}

// named puts the container of an address before it.
func (l *dropLog) named(a netip.Addr, text string) string {
	if c, ok := l.names.Load(a); ok {
		return c.(*Container).Name() + " (" + text + ")"
	}
	return text
}

// joined and left note whose the addresses of an endpoint are.
func (l *dropLog) joined(c *Container, ep *endpoint) {
	for _, a := range ep.addrs() {
		l.names.Store(a, c)
	}
}

func (l *dropLog) left(c *Container, ep *endpoint) {
	for _, a := range ep.addrs() {
		l.names.CompareAndDelete(a, c)
	}
}
