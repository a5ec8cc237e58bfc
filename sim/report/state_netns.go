package report

import (
	"fmt"
	"slices"
	"strings"

	"drydock/bridge"
	"drydock/nat"
	"drydock/nat/iptables"
	"drydock/sim"
)

// netnsTables has what ip, ss and tc show.
func netnsTables(ns *sim.Netns) []*table {
	interfaces := newTable("interfaces", "INDEX NAME MASTER STATE MTU MAC ADDRESSES RX DROPPED TX DROPPED")
	qdiscs := newTable("qdiscs", "DEV KIND WHAT SENT DROPPED CORRUPTED DUPLICATED REORDERED WAITING")
	for _, i := range ns.Interfaces() {
		interfaces.row(i.Index, i.Name, i.Master, interfaceState(i), i.MTU, i.MAC, joined(i.Addrs), i.RxPackets, i.RxDropped, i.TxPackets, i.TxDropped)
		list, err := ns.Qdiscs(i.Name)
		if err != nil {
			continue // it has gone meanwhile
		}
		for _, q := range list {
			s := q.Stats
			qdiscs.row(i.Name, q.Kind, qdiscText(q), s.Sent, s.Drops, s.Corrupted, s.Duplicated, s.Reordered, s.Waiting)
		}
	}
	routes := newTable("routes", "DESTINATION VIA DEV SRC")
	for _, r := range ns.Routes() {
		via, src := "", ""
		if r.Via.IsValid() {
			via = r.Via.String()
		}
		if r.Src.IsValid() {
			src = r.Src.String()
		}
		routes.row(r.Dst, via, r.Dev, src)
	}
	neighbours := newTable("neighbours", "ADDRESS DEV MAC STATE")
	for _, n := range ns.Neighbours() {
		neighbours.row(n.IP, n.Dev, n.MAC, n.State)
	}
	sockets := newTable("sockets", "PROTO STATE RECV-Q SEND-Q LOCAL PEER PROGRAM")
	for _, s := range ns.Sockets() {
		sockets.row(s.Proto, s.State, s.RecvQ, s.SendQ, s.Local, s.Remote, s.Program)
	}
	return []*table{interfaces, routes, neighbours, sockets, qdiscs}
}

func interfaceState(i sim.Interface) string {
	switch {
	case !i.Up:
		return "down"
	case !i.Running:
		return "no carrier"
	}
	return "up"
}

func qdiscText(q sim.Qdisc) string {
	switch {
	case q.Kind == "netem":
		return q.Netem.String()
	case q.Kind == "tbf":
		return q.TBF.String()
	case q.Queue != nil:
		return fmt.Sprint(q.Queue)
	}
	return fmt.Sprint("limit ", q.Limit)
}

func joined[T any](list []T) string { return strings.Trim(fmt.Sprint(list), "[]") }

// firewallTables has what iptables-save -c, ip6tables-save -c and conntrack -L print.
func firewallTables(t *nat.Tables) []*table {
	var b strings.Builder
	rules := func(title string, rs *nat.Ruleset) *table {
		b.Reset()
		if err := iptables.SaveCounters(&b, rs); err != nil {
			return newText(title, err.Error())
		}
		return newText(title, b.String())
	}
	return []*table{rules("iptables-save -c", t.IPv4()), rules("ip6tables-save -c", t.IPv6()), connections(t)}
}

const maxSorted = 4096 // connections that are put in order

func connections(t *nat.Tables) *table {
	var lines []string
	more := 0
	for e := range t.Conns() {
		if len(lines) < maxSorted {
			lines = append(lines, e.String())
		} else {
			more++
		}
	}
	slices.Sort(lines)
	shown := lines[:min(len(lines), maxRows)]
	text := newText("conntrack -L", strings.Join(append(shown, ""), "\n"))
	if len(lines) == 0 {
		return &table{}
	}
	text.More += more + len(lines) - len(shown)
	return text
}

// portsOf and stationsOf show a bridge.
func portsOf(b *bridge.Bridge) *table {
	t := newTable("ports of "+b.Name(), "PORT RX TX DROPS")
	for _, p := range b.Ports() {
		s := p.Stats()
		t.row(p.Name(), s.RxPackets, s.TxPackets, s.Drops)
	}
	return t
}

func stationsOf(b *bridge.Bridge) *table {
	t := newTable("stations behind "+b.Name(), "MAC PORT KIND AGE")
	entries := slices.SortedFunc(b.Entries(), func(x, y bridge.Entry) int { return slices.Compare(x.MAC[:], y.MAC[:]) })
	for _, e := range entries {
		kind := map[bool]string{e.Static: "static", e.Local: "local"}[true]
		t.row(e.MAC, e.Port.Name(), kind, e.Age)
	}
	return t
}
