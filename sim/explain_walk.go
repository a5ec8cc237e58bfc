package sim

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"drydock/drop"
	"drydock/internal/packet"
	"drydock/nat"
	"drydock/sim/internal/netstack"
)

// A walk follows a packet and then its answer. Routers, rules and routes decide by their own code,
// rules in copies of the tables.
type walk struct {
	Explanation
	transport string // "tcp" or "udp"
	clones    map[*nat.Tables]*clone
	met       map[meeting]bool
	answer    bool // it is the answer that walks
}

// maxHops bounds the way; a TTL begins at 64.
const maxHops = 64

// probePort is from where Explain asks: the last of Linux's range, which is rarely in use.
const probePort = 60999

// lostAnswer begins the Why of an answer that is lost.
const lostAnswer = "the answer does not come back: "

// step notes what happens at a place.
func (w *walk) step(p Place, format string, args ...any) *Step {
	w.Steps = append(w.Steps, Step{Place: p, What: fmt.Sprintf(format, args...), Answer: w.answer})
	return &w.Steps[len(w.Steps)-1]
}

// end says how it ends. It is false, for who returns it.
func (w *walk) end(v Verdict, why drop.Reason, format string, args ...any) bool {
	w.Verdict, w.Reason, w.Why = v, why, fmt.Sprintf(format, args...)
	if w.answer {
		w.Why = lostAnswer + w.Why
		if v == Refused {
			w.Verdict = Dropped
		}
	}
	return false
}

// destination finds the address that is asked for. It is false if the way ends there already.
func (w *walk) destination(ns *Netns, space *namespace, sockets *netstack.Stack) (netip.AddrPort, bool, error) {
	if w.transport != "tcp" && w.transport != "udp" {
		return netip.AddrPort{}, false, &net.OpError{Op: "explain", Net: w.Network, Err: net.UnknownNetworkError(w.Network)}
	}
	host, service, err := net.SplitHostPort(w.Address)
	if err != nil {
		return netip.AddrPort{}, false, err
	}
	port, err := sockets.LookupPort(w.transport, service)
	if err != nil {
		return netip.AddrPort{}, false, err
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(a.Unmap(), uint16(port)), true, nil
	}
	here := Place{Owner: w.From, Device: "resolver"}
	addrs, where := ns.knows(host)
	if w.Network != w.transport { // tcp4, tcp6
		addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool { return a.Is4() != strings.HasSuffix(w.Network, "4") })
	}
	if len(addrs) == 0 {
		w.unknown(ns, space, here, host)
		return netip.AddrPort{}, false, nil
	}
	w.step(here, "%s is %v by %s", host, addrs[0], where)
	return netip.AddrPortFrom(addrs[0], uint16(port)), true, nil
}

// connect follows the first packet to who listens, and the answer back.
func (w *walk) connect(from *namespace, dst netip.AddrPort) {
	src, err := from.stack.SourceFor(dst.Addr())
	if err != nil {
		w.step(Place{Owner: from.owner(), Device: "routes"}, "no route to %v", dst.Addr())
		w.end(Dropped, drop.NoRoute, "%v: %s has no route to %v", err, from.owner(), dst.Addr())
		return
	}
	asked := flow{netip.AddrPortFrom(src, probePort), dst}
	at, index, seen, ok := w.send(from, asked, false)
	if !ok {
		return
	}
	listens := w.listener(at, index, seen)
	w.answer = true
	back, _, returned, ok := w.send(at, seen.reversed(), true)
	if !ok {
		return
	}
	if back != from || returned != asked.reversed() {
		w.end(Dropped, drop.NoSocket, "it comes to %s as %v > %v", back.owner(), returned.src, returned.dst)
		return
	}
	w.answer = false
	if listens {
		w.end(Answered, 0, "%s answers at %v", at.owner(), seen.dst)
		w.behind(at, index, seen)
	}
}

// listener reports whether somebody listens, and says so.
func (w *walk) listener(at *namespace, index int, seen flow) bool {
	here := at.place(at.deviceNames()[index])
	if at.stack.Takes(w.transport, seen.src, seen.dst, index) {
		w.step(here, "a socket takes it")
		return true
	}
	s := w.step(here, "no socket on %s port %d", w.transport, seen.dst.Port())
	for _, o := range at.stack.Sockets() {
		if o.Network == w.transport && o.Local.Port() == seen.dst.Port() && o.Remote.Port() == 0 {
			s.Notes = append(s.Notes, fmt.Sprintf("%s listens on %v alone", orSome(o.Owner.Name), o.Local))
		}
	}
	w.end(Refused, drop.NoSocket, "nobody listens on %s port %d of %s", w.transport, seen.dst.Port(), at.owner())
	return false
}

func orSome(program string) string {
	if program == "" {
		return "a program"
	}
	return program
}

// behind says what the verdict does not: who answers is paused, or a proxy for somebody else.
func (w *walk) behind(at *namespace, index int, seen flow) {
	if at.paused != nil && at.paused() {
		w.Verdict = NoAnswer
		w.Why = fmt.Sprintf("%s is paused: its kernel completes the connection, its programs do not answer", at.owner())
		return
	}
	if at.proxies == nil {
		return
	}
	for port := range at.proxies.all() {
		host := port.binding.Host()
		if port.binding.Port.Proto.String() != w.transport || host.Port() != seen.dst.Port() || host.Addr() != seen.dst.Addr() && !host.Addr().IsUnspecified() ||
			host.Addr().Is4() != seen.dst.Addr().Is4() {
			continue
		}
		w.step(at.place(at.deviceNames()[index]), "docker-proxy takes it, and connects to %v", port.target)
		w.connect(at, port.target)
		if w.Verdict != Answered && w.Verdict != Unknown {
			w.Verdict, w.Why = NoAnswer, "docker-proxy takes it, and closes it again, since it cannot connect to who is behind it: "+w.Why
		}
		return
	}
}

// send follows a packet of a flow to who it is for, and returns where that is and what the flow
// is there. It is false if the packet does not arrive.
func (w *walk) send(from *namespace, f flow, synAck bool) (at *namespace, index int, seen flow, ok bool) {
	b := probe(w.transport, f, synAck)
	at = from
	for range maxHops {
		t, out, ok := w.try(at, index, b)
		switch {
		case !ok:
			return at, index, f, false
		case t.Here:
			return at, index, flowOf(out), true
		}
		if at, index, b, ok = w.cross(at, int(t.Out), packet.FromAddress(t.Via), out); !ok {
			return at, index, f, false
		}
	}
	return at, index, f, w.end(Dropped, drop.TTL, "it goes round in circles")
}
