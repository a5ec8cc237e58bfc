package sim

import (
	"fmt"
	"net/netip"
	"strings"

	"drydock/drop"
	"drydock/nat"
)

// An Explanation says what would become of the first packet of a connection, and of its answer,
// step by step. Its String reads like the message of a compiler.
type Explanation struct {
	Network, Address string // as they were asked for
	From             string // who asks, "web"
	Steps            []Step
	Verdict          Verdict
	Reason           drop.Reason // of Dropped and Refused; 0 for other verdicts
	Why              string      // the verdict in words: "nobody listens on tcp port 81 of db"
}

// A Verdict is the end of the way.
type Verdict uint8

const (
	Unknown  Verdict = iota // Explain cannot tell: a program decides, or a nameserver would have to be asked
	Answered                // the answer comes back
	Dropped                 // the packet is lost, or the answer is
	Refused                 // nobody listens: a reset or port unreachable comes back
	NoAnswer                // nobody answers: who asks or is asked is paused, a cable holds its frames, it is for many, or a proxy takes it in vain
	NoName                  // the name has no address, and no nameserver can be asked: nothing is sent
)

var verdicts = [...]string{"unknown", "answered", "dropped", "refused", "no answer", "no name"}

func (v Verdict) String() string {
	if int(v) < len(verdicts) {
		return verdicts[v]
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// A Step is something that happens to the packet, or to its answer, at a place.
type Step struct {
	Place  Place
	What   string   // "FORWARD filter: -A DOCKER-USER -j DROP"
	Notes  []string // what nearly happened: rules that it fails to match by one condition
	Packet string   // how it looks afterwards, "tcp 172.17.0.2:40000 > 172.17.0.3:80"; "" where it has no change
	Answer bool     // it is about the answer
}

// String returns the explanation with its verdict first, and a line for each step:
//
//	web to tcp 172.17.0.2:5432: refused: nobody listens on tcp port 5432 of db
//	  → web sockets    leaves by eth0 to 172.17.0.2
//	  → db eth0        no socket on tcp port 5432
//	                     note: a program listens on 127.0.0.1:5432 alone
//	  ← db sockets     leaves by eth0 to 172.17.0.3
//
// The zero Explanation is "".
func (e Explanation) String() string {
	if e.Network == "" {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s to %s %s: %v: %s\n", e.From, e.Network, e.Address, e.Verdict, e.Why)
	width := 0
	for _, s := range e.Steps {
		width = max(width, len(s.where()))
	}
	for _, s := range e.Steps {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, s.where(), s.What)
		if s.Packet != "" {
			fmt.Fprintf(&b, "  %-*s    = %s\n", width, "", s.Packet)
		}
		for _, n := range s.Notes {
			fmt.Fprintf(&b, "  %-*s    note: %s\n", width, "", n)
		}
	}
	return b.String()
}

// where marks steps of the answer.
func (s Step) where() string {
	way := "→ "
	if s.Answer {
		way = "← "
	}
	return way + s.Place.String()
}

// Explain says what would become of a connection from a container or a machine to an address, as
// DialContext takes it, on networks "tcp", "udp" and their kinds of one family. It looks at the
// network as it is and changes nothing: rules, translation, routes, cables and listeners decide as
// for a packet, but nothing is sent, counted or remembered. Names are looked for in /etc/hosts and in
// the networks of the container; no nameserver is asked, but if the way to each is closed the verdict
// is NoName. Where the MAC of the next hop is not known, the answer to ARP or neighbour discovery must
// come back, too. Random losses of cables are noted and taken not to strike, as are those that a
// veth.LossModel decides; rules with limit, hashlimit, recent or statistic are asked as if for the
// first time, and noted if they may drop it another time; what REJECT answers is taken to come back; and
// UDP sockets are taken to have room.
//
// Of several addresses each is tried until one answers, as by a dial. What is sent to a broadcast
// address or a group has the verdict NoAnswer, since a connected socket hears none.
//
// The error is that of an address that cannot be parsed or is none of the network, or wraps
// ErrNotRunning.
func (ns *Netns) Explain(network, address string) (Explanation, error) {
	space, sockets, err := ns.open("explain")
	if err != nil {
		return Explanation{}, err
	}
	w := &walk{
		Explanation: Explanation{Network: network, Address: address, From: space.owner()},
		transport:   networks[network], clones: make(map[*nat.Tables]*clone), met: make(map[meeting]bool),
	}
	list, err := w.destinations(ns, space, sockets)
	if err != nil {
		return Explanation{}, err
	}
	if len(list) > 0 {
		w.connectAny(space, list)
	}
	if space.paused != nil && space.paused() {
		w.Verdict, w.Reason, w.Why = NoAnswer, 0, fmt.Sprintf("%s is paused: its calls wait. Of one that it made: %v: %s", w.From, w.Verdict, w.Why)
	}
	return w.Explanation, nil
}

// A flow is a packet of TCP or UDP by its ends.
type flow struct{ src, dst netip.AddrPort }

func (f flow) reversed() flow { return flow{f.dst, f.src} }
