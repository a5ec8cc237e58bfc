package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"drydock/drop"
	"drydock/internal/packet"
	"drydock/sim"
)

// clock is how moments are written.
const clock = "15:04:05.000000"

// A moment is something that happened: an event, a fault, packets that were dropped for one
// reason, a question for a name.
type moment struct {
	at   time.Time
	Kind string // "event", "fault", "drop" or "name"
	What string
}

// momentsOf returns the events and faults of subjects by time, those of one instant by subject.
func momentsOf(subjects ...subject) (list []moment) {
	for _, s := range subjects {
		for _, e := range s.events() {
			list = append(list, moment{e.Time, "event", clean(eventText(e), maxCell)})
		}
		for _, f := range s.faults() {
			list = append(list, moment{f.Time, "fault", clean(f.What, maxCell)})
		}
	}
	return inOrder(list)
}

func inOrder(list []moment) []moment {
	slices.SortStableFunc(list, func(a, b moment) int { return a.at.Compare(b.at) })
	return list
}

// eventText returns "container die web exitCode=137".
func eventText(e sim.Event) string {
	text := []string{e.Type, e.Action, cmp.Or(e.Attributes["name"], e.ID)}
	for _, key := range []string{"container", "exitCode", "signal", "oldName"} {
		if v, ok := e.Attributes[key]; ok {
			text = append(text, key+"="+v[:min(len(v), 12)])
		}
	}
	return strings.Join(text, " ")
}

// questionMoments returns the questions for names, in the order in which they were asked.
func questionMoments(subjects []subject) (list []moment) {
	for _, s := range subjects {
		if s.host == nil {
			continue
		}
		for _, q := range s.host.Questions() {
			list = append(list, moment{q.Time, "name", clean(fmt.Sprintf("%s asks for %s %s: %s", q.From, q.Type, q.Name, answerOf(q)), maxCell)})
		}
	}
	return list
}

// socketsOf returns the sockets of who is in the report, by name.
func socketsOf(subjects []subject) map[string][]sim.Socket {
	by := make(map[string][]sim.Socket)
	for _, s := range subjects {
		if s.machine != nil {
			by[s.machine.Name()] = s.machine.Sockets()
		}
		for _, c := range s.containers() {
			by[c.Name()] = c.Sockets()
		}
	}
	return by
}

// elsewhere says of a packet that no socket takes that a program listens on its port, and where; "" if
// none does.
func elsewhere(d sim.Drop, sockets map[string][]sim.Socket) string {
	h := contents(d.Frame)
	if d.Reason != drop.NoSocket || h.dst.Port() == 0 {
		return ""
	}
	proto := map[uint16]string{packet.TCP: "tcp", packet.UDP: "udp"}[h.id.proto]
	for _, s := range sockets[d.Place.Owner] {
		if s.Proto == proto && s.Local.Port() == h.dst.Port() && s.Remote.Port() == 0 && !s.Local.Addr().IsUnspecified() {
			return fmt.Sprintf(" (%s listens on %v alone)", cmp.Or(s.Program, "a program"), s.Local)
		}
	}
	return ""
}

// dropMoments sums up drops by place, reason and rule, each at the time of the first.
func dropMoments(drops []sim.Drop, sockets map[string][]sim.Socket) []moment {
	type sum struct {
		moment
		n int
	}
	sums := make(map[string]*sum)
	for _, d := range drops {
		what := d.Why() + " at " + d.Place.String() + elsewhere(d, sockets)
		s := sums[what]
		if s == nil {
			s = &sum{moment: moment{d.Time, "drop", clean(what, maxCell)}}
			sums[what] = s
		}
		s.n++
	}
	var list []moment
	for _, key := range slices.Sorted(maps.Keys(sums)) {
		s := sums[key]
		if s.n > 1 {
			s.What = fmt.Sprintf("%s, %d packets from here on", s.What, s.n)
		}
		list = append(list, s.moment)
	}
	return list
}
