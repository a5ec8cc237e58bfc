package sim

import (
	"fmt"
	"slices"
	"strings"
	"syscall"

	"drydock/drop"
	"drydock/internal/packet"
	"drydock/nat"
	"drydock/sim/internal/router"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A clone is a copy of tables, and what it told of the packet that passed it last.
type clone struct {
	*nat.Tables
	traced   []nat.Traced
	misses   []nat.Miss
	dropped  *nat.Dropped
	rerouted bool
}

// clone returns the copy of tables that all packets of the walk pass, so that the answer is that
// of a connection.
func (w *walk) clone(t *nat.Tables) (*clone, error) {
	if c := w.clones[t]; c != nil {
		c.traced, c.misses, c.dropped, c.rerouted = nil, nil, nil, false
		return c, nil
	}
	c := new(clone)
	var err error
	c.Tables, err = t.Clone(
		nat.OnTrace(func(tr nat.Traced) { c.traced = append(c.traced, tr) }),
		nat.OnMiss(func(m nat.Miss) { c.misses = append(c.misses, m) }),
		nat.OnDrop(func(d nat.Dropped) { c.dropped = &d }),
		nat.WithRouter(func(string, *stack.PacketBuffer) { c.rerouted = true }),
	)
	w.clones[t] = c
	return c, err
}

// try passes a packet through the IP of a namespace: one that arrives at an interface, or with 0 is
// sent, by the interface bound unless that is 0. It is false if it ends there.
func (w *walk) try(ns *namespace, index, bound int, b []byte) (router.Trial, []byte, bool) {
	here := ns.place(ns.deviceNames()[index])
	if index == 0 {
		here.Device = "sockets"
	}
	var filter stack.NFTablesInterface
	var c *clone
	tables := ns.tables.Load()
	if tables != nil {
		var err error
		if c, err = w.clone(tables); err != nil {
			return router.Trial{}, nil, w.end(Unknown, 0, "the rules of %s cannot be copied: %v", ns.owner(), err)
		}
		filter = c
	}
	before := flowOf(b)
	if index != 0 {
		b = append(slices.Clip(w.link), b...)
	}
	t, out := ns.stack.Try(filter, index, bound, b)
	if c != nil {
		w.rules(here, tables, c, before, out)
	}
	switch {
	case t.Filtered:
		w.filtered(c, tables)
		if w.Verdict == Refused && ns.stack.ForMany(before.dst.Addr()) { // ICMP says nothing of what is for many
			w.Verdict = Dropped
		}
		return t, nil, false
	case t.Drop != 0:
		w.step(here, "dropped: %v", t.Drop)
		return t, nil, w.end(Dropped, t.Drop, "%s drops it: %v", ns.owner(), t.Drop)
	case !t.Here:
		w.step(here, "leaves by %s to %v", ns.deviceNames()[int(t.Out)], packet.FromAddress(t.Via))
	}
	return t, out, true
}

// filtered ends a walk that netfilter ends.
func (w *walk) filtered(c *clone, tables *nat.Tables) bool {
	d := c.dropped
	if d == nil { // REJECT in a hook of netstack, or no room
		return w.end(Dropped, drop.Rule, "netfilter drops it")
	}
	text := ruleText(tables, *d)
	why := fmt.Sprintf("%s drops it: %v", d.Hook, d.Reason)
	if with, ok := rejection(tables, *d); ok {
		switch heard := w.hears(with); heard {
		case syscall.ECONNREFUSED:
			return w.end(Refused, d.Reason, "%s rejects it by %s", d.Hook, text)
		case 0:
			return w.end(Dropped, d.Reason, "%s rejects it by %s, of which no socket of UDP is told", d.Hook, text)
		default:
			return w.end(Dropped, d.Reason, "%v: %s rejects it by %s", heard, d.Hook, text)
		}
	}
	if text != "" {
		why = fmt.Sprintf("%s drops it by %s", d.Hook, text)
		if d.Reason != drop.Rule && d.Reason != drop.Policy {
			why += ": " + d.Reason.String()
		}
	}
	return w.end(Dropped, d.Reason, "%s", why)
}

// rejection returns what the rule that dropped a packet answers. It is false for one that only drops.
func rejection(tables *nat.Tables, d nat.Dropped) (with nat.RejectWith, ok bool) {
	v6 := d.Src.Is6()
	if r, ok := tables.Nft().View().Rule(d.Chain, d.Rule); ok {
		if r == nil || len(r.Statements) == 0 {
			return "", false
		}
		reject, ok := r.Statements[len(r.Statements)-1].(nat.Rejection)
		if v6 {
			return reject.With6, ok
		}
		return reject.With4, ok
	}
	rules := tables.IPv4()
	if v6 {
		rules = tables.IPv6()
	}
	n := 0
	for r := range rules.Rules(d.Chain) {
		if n++; n == d.Rule {
			reject, ok := r.Target.(nat.Reject)
			return reject.With, ok
		}
	}
	return "", false
}

// hears returns what a connect fails with for what REJECT answers, 0 for nothing.
func (w *walk) hears(with nat.RejectWith) syscall.Errno {
	switch with {
	case "", nat.TCPReset, nat.ICMPPortUnreachable, nat.ICMP6PortUnreachable:
		return syscall.ECONNREFUSED
	}
	if w.transport == "udp" {
		return 0
	}
	switch with {
	case nat.ICMPNetUnreachable, nat.ICMPNetProhibited, nat.ICMP6NoRoute:
		return syscall.ENETUNREACH
	case nat.ICMPProtoUnreachable:
		return syscall.ENOPROTOOPT
	case nat.ICMP6AdminProhibited, nat.ICMP6PolicyFail, nat.ICMP6RejectRoute:
		return syscall.EACCES
	}
	return syscall.EHOSTUNREACH
}

// rules notes the rules that decided about a packet, one for each hook and table.
func (w *walk) rules(here Place, tables *nat.Tables, c *clone, before flow, out []byte) {
	after := before
	if out != nil {
		after = flowOf(out)
	}
	told := before
	for i, tr := range c.traced {
		table, _, _ := strings.Cut(string(tr.Chain), "/")
		if i+1 < len(c.traced) && c.traced[i+1].Hook == tr.Hook && strings.HasPrefix(string(c.traced[i+1].Chain), table+"/") {
			continue // the last one of a hook and table decides
		}
		ends := c.dropped != nil && c.dropped.Chain == tr.Chain && c.dropped.Rule == dropRule(tr)
		notes := nearMisses(c.misses, tr.Hook, table, before, after, ends)
		if tr.Verdict == "nflog" || tr.Verdict == "policy" && !ends && notes == nil {
			continue
		}
		s := w.step(here, "%s %s: %s", tr.Hook, table, decided(tables, tr, before, ends))
		s.Notes = notes
		if source := tr.Hook == "POSTROUTING" || tr.Hook == "INPUT"; table == "nat" && tr.Verdict == "rule" {
			s.Packet = w.changed(&told, after, source)
		}
		if tr.Hook == "FORWARD" && table == "filter" && before.dst.Port() != after.dst.Port() {
			s.Notes = append(s.Notes, notSeen(tables, before)...)
		}
	}
	if told != after {
		w.step(here, "translated, as was decided for the connection").Packet = w.packet(after)
	}
}

// changed returns how the packet looks when one end of it has been translated, "" if it was not.
func (w *walk) changed(told *flow, after flow, source bool) string {
	now := *told
	if source {
		now.src = after.src
	} else {
		now.dst = after.dst
	}
	if now == *told {
		return ""
	}
	*told = now
	return w.packet(now)
}

func (w *walk) packet(f flow) string {
	if f.src.Port() == 0 { // an error of ICMP
		return fmt.Sprintf("icmp %v > %v", f.src.Addr(), f.dst.Addr())
	}
	return fmt.Sprintf("%s %v > %v", w.transport, f.src, f.dst)
}

// dropRule is the number that Dropped has for a rule, 0 for a policy.
func dropRule(tr nat.Traced) int {
	if tr.Verdict == "policy" {
		return 0
	}
	return tr.Rule
}

// maxNotes bounds the near misses that are told.
const maxNotes = 5

// nearMisses are the rules of a table that would have matched but for one condition: all of them if
// the packet ends there, else those that were to drop it and cannot, or may another time.
func nearMisses(misses []nat.Miss, hook, table string, before, after flow, ends bool) (notes []string) {
	for _, m := range misses {
		if m.Hook != hook || !strings.HasPrefix(string(m.Chain), table+"/") || len(notes) == maxNotes {
			continue
		}
		note := fmt.Sprintf("%s rule %d does not match: %s", m.Chain, m.Rule, m.Condition)
		switch {
		case before.dst.Port() != after.dst.Port() && strings.HasSuffix(m.Condition, fmt.Sprintf("--dport %d", before.dst.Port())):
			note += fmt.Sprintf(" never matches here: DNAT made it %d", after.dst.Port())
		case m.Drops && varies(m.Condition):
			note = fmt.Sprintf("%s rule %d drops some: %s", m.Chain, m.Rule, m.Condition)
		case !ends:
			continue
		}
		if ends || m.Drops {
			notes = append(notes, note)
		}
	}
	return notes
}

// varies reports whether a condition is met by some packets of a kind and not by others.
func varies(condition string) bool {
	for _, m := range []string{"statistic", "limit", "hashlimit", "recent", "quota"} {
		if strings.HasPrefix(condition, "-m "+m+" ") {
			return true
		}
	}
	return false
}

// notSeen are the rules of INPUT that were to drop what was sent to a port, and do not see it: it
// was translated, and is forwarded.
func notSeen(tables *nat.Tables, before flow) (notes []string) {
	rules := tables.IPv4()
	if before.src.Addr().Is6() {
		rules = tables.IPv6()
	}
	n := 0
	for r := range rules.Rules("filter/INPUT") {
		n++
		switch r.Target.(type) {
		case nat.Drop, nat.Reject:
		default:
			continue
		}
		line := ruleText(tables, nat.Dropped{Chain: "filter/INPUT", Rule: n, Src: before.src.Addr()})
		if strings.Contains(line, fmt.Sprintf("--dport %d ", before.dst.Port())) && len(notes) < maxNotes {
			notes = append(notes, line+" does not see it: it was translated, and passes FORWARD instead of INPUT")
		}
	}
	return notes
}

// decided returns the rule or the policy that decided.
func decided(tables *nat.Tables, tr nat.Traced, f flow, drops bool) string {
	_, chain, _ := strings.Cut(string(tr.Chain), "/")
	if tr.Verdict == "policy" {
		if text, ok := nftText(tables, nat.Dropped{Chain: tr.Chain}); ok && !drops {
			return strings.Replace(text, "policy drop", "policy accept", 1)
		} else if ok {
			return text
		}
	}
	switch {
	case tr.Verdict != "policy":
		return ruleText(tables, nat.Dropped{Reason: drop.Rule, Chain: tr.Chain, Rule: tr.Rule, Src: f.src.Addr()})
	case drops:
		return "-P " + chain + " DROP"
	}
	return "-P " + chain + " ACCEPT"
}

// bridged passes a packet through the firewall of a bridge, from port to port. rerouted says that
// the host routes it.
func (w *walk) bridged(host *namespace, bridge, in, out string, b []byte) (after []byte, rerouted, ok bool) {
	if host == nil || host.filter == nil || host.filter.passes(b) {
		return b, false, true
	}
	c, err := w.clone(host.tables.Load())
	if err != nil {
		return nil, false, w.end(Unknown, 0, "the rules of %s cannot be copied: %v", host.owner(), err)
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(append(slices.Clip(w.link), b...))})
	defer pkt.DecRef()
	link, _ := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	pkt.NetworkProtocolNumber = header.Ethernet(link).Type()
	passed := c.FilterBridged(bridge, in, out, pkt)
	after = b
	if passed != nil {
		v := passed.ToView()
		after = append([]byte(nil), v.AsSlice()[header.EthernetMinimumSize:]...)
		v.Release()
		if passed != pkt {
			passed.DecRef()
		}
	}
	w.rules(Place{host.owner(), in, bridge}, host.tables.Load(), c, flowOf(b), after)
	switch {
	case c.rerouted:
		return b, true, true
	case passed == nil:
		return nil, false, w.filtered(c, host.tables.Load())
	}
	return after, false, true
}
