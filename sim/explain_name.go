package sim

import (
	"fmt"
	"net/netip"
	"strings"

	"drydock/dnsd"
	"drydock/nat"
)

// An asked is a nameserver that would be asked for a name that is not known, and from where.
type asked struct {
	addr netip.Addr
	from *namespace
}

// A forwarding is where the embedded resolver of a container asks for names that it does not know.
type forwarding struct {
	servers []asked
	nobody  func(name string) bool // whether a name is asked of none
	own     bool                   // a handler of the caller's decides
}

// unknown ends the walk at a name that is in no file and on no network of the container: for
// certain if no nameserver can be asked.
func (w *walk) unknown(ns *Netns, from *namespace, here Place, name string) {
	s := w.step(here, "%s is in no file and on no network of the container", name)
	hint := ""
	n, _, err := ns.finder("explain")
	if err == nil && n.hint != nil {
		if hint = n.hint(name); hint != "" {
			s.Notes = append(s.Notes, hint)
			hint = ": " + hint
		}
	}
	if err != nil {
		w.end(Unknown, 0, "%v", err)
		return
	}
	if n.dns() == nil {
		w.end(NoName, 0, "no such host: %s is nowhere, and /etc/resolv.conf has no nameserver%s", name, hint)
		return
	}
	servers, asksNobody, own := n.servers(from, name)
	switch {
	case own:
		w.end(Unknown, 0, "%s would be asked of the handler of WithResolver", name)
		return
	case asksNobody:
		w.end(NoName, 0, "no such host: no nameserver is asked for %s%s", name, hint)
		return
	case len(servers) == 0:
		w.end(NoName, 0, "the embedded resolver does not know %s, and has no nameserver to ask%s", name, hint)
		return
	}
	var why []string
	for _, a := range servers {
		q := &walk{Explanation: Explanation{From: a.from.owner()}, transport: "udp", clones: make(map[*nat.Tables]*clone), met: make(map[meeting]bool)}
		q.connect(a.from, netip.AddrPortFrom(a.addr, 53))
		if q.Verdict != Dropped && q.Verdict != Refused && q.Verdict != NoAnswer {
			w.step(here, "nameserver %v would be asked", a.addr)
			w.end(Unknown, 0, "%s would be asked of nameserver %v%s", name, a.addr, hint)
			return
		}
		w.step(here, "nameserver %v would be asked, in vain: %s", a.addr, q.Why)
		why = append(why, fmt.Sprintf("%v: %s", a.addr, q.Why))
	}
	w.end(NoName, 0, "no nameserver answers: %s%s", strings.Join(why, "; "), hint)
}

// servers returns which nameservers are asked for a name from a namespace.
func (n *names) servers(from *namespace, name string) (list []asked, asksNobody, own bool) {
	client := n.dns()
	if client == nil {
		return nil, false, false
	}
	for _, a := range client.Conf.Nameservers {
		if d := from.resolver.Load(); d != nil && a == dnsd.Embedded {
			f := d.forwarding
			if f.own || f.nobody(name) {
				return nil, !f.own, f.own
			}
			list = append(list, f.servers...)
			continue
		}
		list = append(list, asked{a, from})
	}
	return list, false, false
}

// missing says of a container with that name why c does not find it; "" if there is none.
func (c *Container) missing(name string) string {
	other, ok := c.host.Container(name)
	if !ok || other == c {
		return ""
	}
	if !other.Running() {
		return name + " is a container that is not running"
	}
	on, here := networkNames(other), networkNames(c)
	if r := c.running(); r != nil && r.ns.resolver.Load() == nil {
		return fmt.Sprintf("%s is a container on %s, but %s is only on %s, which has no names", name, on, c.Name(), here)
	}
	return fmt.Sprintf("%s is a container on %s, but %s is on %s", name, on, c.Name(), here)
}

// networkNames returns "app and back".
func networkNames(c *Container) string {
	var list []string
	for _, l := range c.live() {
		list = append(list, l.asked.network.name)
	}
	if list == nil {
		return "no network"
	}
	return strings.Join(list, " and ")
}
