package sim

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"drydock/dnsd"
	"drydock/drop"
	"drydock/internal/packet"
	"drydock/nat"
	"drydock/sim/internal/netstack"

	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// A walk follows a packet and then its answer. Routers, rules and routes decide by their own code,
// rules in copies of the tables.
type walk struct {
	Explanation
	transport string // "tcp" or "udp"
	clones    map[*nat.Tables]*clone
	met       map[meeting]bool
	answer    bool   // it is the answer that walks
	link      []byte // the header with which the packet comes from a cable
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

// networks are those that Explain knows, with their transport.
var networks = map[string]string{"tcp": "tcp", "tcp4": "tcp", "tcp6": "tcp", "udp": "udp", "udp4": "udp", "udp6": "udp"}

// destinations finds the addresses that are tried for the one that is asked for. There are none if
// the way ends there already.
func (w *walk) destinations(ns *Netns, space *namespace, sockets *netstack.Stack) (list []netip.AddrPort, err error) {
	if w.transport == "" {
		return nil, &net.OpError{Op: "explain", Net: w.Network, Err: net.UnknownNetworkError(w.Network)}
	}
	host, service, err := net.SplitHostPort(w.Address)
	if err != nil {
		return nil, err
	}
	port, err := sockets.LookupPort(w.transport, service)
	if err != nil {
		return nil, err
	}
	here := Place{Owner: w.From, Device: "resolver"}
	addrs, where := []netip.Addr(nil), ""
	_, notLiteral := netip.ParseAddr(host)
	switch {
	case host == "": // this host
		addrs = []netip.Addr{netip.IPv4Unspecified()}
		if strings.HasSuffix(w.Network, "6") {
			addrs = []netip.Addr{netip.IPv6Unspecified()}
		}
	case notLiteral == nil:
		if addrs, err = sockets.Candidates(w.Network, host, nil); err != nil {
			return nil, &net.OpError{Op: "explain", Net: w.Network, Err: err}
		}
	default:
		found, by := ns.knows(host)
		if addrs, err = sockets.Candidates(w.Network, host, found); err != nil {
			w.unknown(ns, space, here, host)
			return nil, nil
		}
		where = by
	}
	for _, a := range addrs {
		list = append(list, netip.AddrPortFrom(a, uint16(port)))
	}
	if where != "" {
		w.step(here, "%s is %s by %s", host, texts(addrs), where)
	}
	return list, nil
}

// texts returns "172.18.0.2 and fd00::2".
func texts(addrs []netip.Addr) string {
	var list []string
	for _, a := range addrs {
		list = append(list, a.String())
	}
	return strings.Join(list, " and ")
}

// connectAny tries the addresses in turn, as a dial does: of UDP those to which there is a way.
func (w *walk) connectAny(from *namespace, list []netip.AddrPort) {
	var first walk
	for i, dst := range list {
		if i > 0 {
			w.answer = false
			w.step(Place{Owner: from.owner(), Device: "sockets"}, "tries %v next", dst)
		}
		sent := w.connect(from, dst)
		if w.Verdict == Answered || w.Verdict == Unknown || w.transport == "udp" && sent {
			return
		}
		if i == 0 {
			first = *w
		}
	}
	w.Verdict, w.Reason, w.Why = first.Verdict, first.Reason, first.Why
}

// here is where what is sent to the wildcard goes: to this host.
func here(dst netip.AddrPort) netip.AddrPort {
	switch dst.Addr() {
	case netip.IPv4Unspecified():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), dst.Port())
	case netip.IPv6Unspecified():
		return netip.AddrPortFrom(netip.IPv6Loopback(), dst.Port())
	}
	return dst
}

// connect follows the first packet to who listens, and the answer back. It reports whether there is
// a way on which a socket sends it.
func (w *walk) connect(from *namespace, dst netip.AddrPort) (sent bool) {
	if to := here(dst); to != dst {
		w.step(Place{Owner: from.owner(), Device: "sockets"}, "%v is this host: %v", dst.Addr(), to.Addr())
		dst = to
	}
	// With a netfilter it is Docker's rules there that lead to the resolver.
	if dst == netip.AddrPortFrom(dnsd.Embedded, 53) && from.resolver.Load() != nil && from.tables.Load() == nil {
		w.step(Place{Owner: from.owner(), Device: "resolver"}, "it is translated to where dockerd listens")
		w.end(Answered, 0, "the embedded resolver of %s answers", from.owner())
		return true
	}
	many := from.stack.ForMany(dst.Addr())
	bound, ok := from.stack.Bound(dst.Addr())
	src, err := from.stack.SourceFor(dst.Addr())
	switch routes := (Place{Owner: from.owner(), Device: "routes"}); {
	case many && w.transport == "tcp":
		w.step(routes, "%v is for many", dst.Addr())
		return w.end(Dropped, drop.NoRoute, "%v: %v is for many, and TCP for one", syscall.ENETUNREACH, dst.Addr())
	case !ok:
		w.step(routes, "%v has no zone", dst.Addr())
		return w.end(Dropped, drop.NoRoute, "%v: on each link there may be a %v: it needs a zone, as %[2]v%%eth0", syscall.EINVAL, dst.Addr())
	case err != nil:
		w.step(routes, "no route to %v", dst.Addr())
		return w.end(Dropped, drop.NoRoute, "%v: %s has no route to %v", err, from.owner(), dst.Addr())
	}
	asked := flow{netip.AddrPortFrom(src, probePort), netip.AddrPortFrom(dst.Addr().WithZone(""), dst.Port())}
	if many {
		w.toMany(from, bound, asked)
		return true
	}
	at, index, seen, ok := w.send(from, bound, probe(w.transport, asked, header.TCPFlagSyn, from.stack.MSS(dst.Addr())))
	if !ok {
		return true
	}
	listens := w.listener(at, index, seen)
	if listens && w.overflows(at, index, seen) {
		return true
	}
	if at.stack.ForMany(seen.dst.Addr()) {
		w.silent(seen.dst.Addr())
		return true
	}
	w.answer = true
	if bound > 0 {
		bound = index
	}
	answer := probe(w.transport, seen.reversed(), header.TCPFlagSyn|header.TCPFlagAck, at.stack.MSS(seen.src.Addr()))
	if !listens {
		answer = refusal(w.transport, seen)
	}
	back, _, returned, ok := w.send(at, bound, answer)
	if !ok {
		return true
	}
	if back != from || returned != asked.reversed() && (listens || w.transport == "tcp" || returned.dst.Addr() != src) {
		w.end(Dropped, drop.NoSocket, "it comes to %s as %v > %v", back.owner(), returned.src, returned.dst)
		return true
	}
	w.answer = false
	if listens {
		if w.answered(at, seen); w.Verdict == Answered {
			w.behind(at, index, seen)
		}
	}
	return true
}

// toMany follows a datagram for a broadcast address or a group to those whom its link leads to.
func (w *walk) toMany(from *namespace, bound int, asked flow) {
	t, b, ok := w.try(from, 0, bound, probe(w.transport, asked, 0, 0))
	if !ok {
		return
	}
	out := int(t.Out)
	c := from.cable(out)
	here := from.place(c.device)
	seg, ok := from.crossingOf(c)
	if t.Here || !ok {
		w.end(Unknown, 0, "%v is for many, and Explain cannot see whom it reaches", asked.dst.Addr())
		return
	}
	if !w.passesCable(here, c.inside, len(b)) {
		return
	}
	s := w.step(here, "%v is for many: whom it reaches", asked.dst.Addr())
	for _, p := range seg.bridge.Ports() {
		ns, at := ownerOf(p)
		if ns == nil || p == seg.in || !ns.listens(at) || seg.bridge.Apart(seg.in, p) {
			continue
		}
		takes := "has no socket for it"
		if ns.stack.Takes(w.transport, asked.src, asked.dst, at) {
			takes = "takes it"
		}
		s.Notes = append(s.Notes, ns.owner()+" "+takes)
	}
	w.silent(asked.dst.Addr())
}

func (w *walk) silent(dst netip.Addr) {
	w.end(NoAnswer, 0, "%v is for many: nobody refuses it, and an answer comes from the address of who gives it, which who is connected does not take", dst)
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

// overflows reports whether so many connections wait for Accept that the listener loses another one.
func (w *walk) overflows(at *namespace, index int, seen flow) bool {
	if w.transport != "tcp" {
		return false
	}
	for _, o := range at.stack.Sockets() {
		if o.State == tcp.StateListen && o.RecvQ > o.SendQ && o.Local.Port() == seen.dst.Port() &&
			(o.Local.Addr() == seen.dst.Addr() || o.Local.Addr().IsUnspecified()) {
			w.step(at.place(at.deviceNames()[index]), "its backlog of %d is full", o.SendQ)
			w.end(Dropped, drop.SocketFull, "%s does not accept: %d connections to %v wait already", at.owner(), o.RecvQ, o.Local)
			return true
		}
	}
	return false
}

// holds reports whether dockerd has a UDP socket on a port, which it does without --userland-proxy so
// that no other program takes it.
func (ns *namespace) holds(at netip.AddrPort) bool {
	return slices.ContainsFunc(ns.stack.Sockets(), func(o netstack.Socket) bool {
		return o.Network == "udp" && o.Local.Port() == at.Port() && o.Owner.Name == dockerd && o.Remote.Port() == 0 &&
			(o.Local.Addr() == at.Addr() || o.Local.Addr().IsUnspecified())
	})
}

// answered ends a walk at somebody who listens. A UDP socket on all addresses answers from that of
// the interface by which the answer leaves, unless its program sees to it, as docker-proxy does.
func (w *walk) answered(at *namespace, seen flow) {
	if w.transport == "udp" && at.proxies != nil && at.holds(seen.dst) {
		w.end(NoAnswer, 0, "dockerd keeps udp port %d of %s for a container, and does not answer", seen.dst.Port(), at.owner())
		return
	}
	w.end(Answered, 0, "%s answers at %v", at.owner(), seen.dst)
	src, err := at.stack.SourceFor(seen.src.Addr())
	if w.transport == "tcp" || err != nil || src == seen.dst.Addr() {
		return
	}
	for _, o := range at.stack.Sockets() {
		if o.Network != "udp" || o.Local.Port() != seen.dst.Port() || !o.Local.Addr().IsUnspecified() || o.Owner.Name == dockerd {
			continue
		}
		switch proxied := at.proxies != nil && o.Owner.Name == dockerProxy; {
		case proxied && at.proxies.asAsked:
			return
		case proxied:
			w.end(NoAnswer, 0, "docker-proxy of this release answers from %v, which who is connected to %v does not take", src, seen.dst.Addr())
			return
		default:
			w.end(Unknown, 0, "%s listens on all addresses of %s: unless it sees to it, its answer comes from %v, which who is connected to %v does not take",
				orSome(o.Owner.Name), at.owner(), src, seen.dst.Addr())
			return
		}
	}
}

// Programs of Docker that have sockets.
const (
	dockerd     = "dockerd"
	dockerProxy = "docker-proxy"
)

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

// send follows a packet to who it is for, and returns where that is and what the flow
// is there. The socket is bound to an interface, unless bound is 0. It is false if the packet does not
// arrive.
func (w *walk) send(from *namespace, bound int, b []byte) (at *namespace, index int, seen flow, ok bool) {
	f := flowOf(b)
	at = from
	for range maxHops {
		t, out, ok := w.try(at, index, bound, b)
		bound = 0
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
