package report

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"drydock/drop"
	"drydock/sim/capture"
)

// A sighting is a packet at a place, passing or dropped.
type sighting struct {
	capture.Packet
	header
}

// A lane is whose place that is: a machine, a container or a LAN.
type lane struct {
	of    any // a *sim.Machine or a *sim.LAN
	owner string
}

func (s *sighting) lane() lane {
	if s.LAN != nil {
		return lane{s.LAN, ""}
	}
	return lane{s.Machine, s.Place.Owner}
}

// A journey is one packet at all places where it was seen, in their order.
type journey struct {
	sightings []sighting
	super     *journey // that it was cut out of; nil: none
	segments  int      // that it was cut into
}

const (
	maxOpen  = 8  // packets that look alike, among which one that is seen again is looked for
	maxSuper = 64 // super-segments whose segments are looked for
)

// A tracker finds which sightings are of one packet.
type tracker struct {
	all   []*journey
	open  map[identity][]*journey
	super []*journey
}

// journeysOf returns the packets that were seen, by when they were seen first.
func journeysOf(packets []capture.Packet) []*journey {
	t := &tracker{open: make(map[identity][]*journey)}
	for _, p := range packets {
		t.see(sighting{p, headerOf(p.Frame)})
	}
	return t.all
}

func (t *tracker) see(s sighting) {
	if j := t.find(&s); j != nil {
		j.sightings = append(j.sightings, s)
		return
	}
	j := &journey{sightings: []sighting{s}}
	t.all = append(t.all, j)
	list := append(t.open[s.id], j)
	t.open[s.id] = list[max(0, len(list)-maxOpen):]
	if len(s.payload) == 0 {
		return
	}
	for _, super := range slices.Backward(t.super) {
		if super.has(&s) {
			super.segments++
			j.super = super
			return
		}
	}
	t.super = append(t.super, j)
	t.super = t.super[max(0, len(t.super)-maxSuper):]
}

// find prefers a packet that looks the same to one that was translated.
func (t *tracker) find(s *sighting) (found *journey) {
	for _, j := range slices.Backward(t.open[s.id]) {
		same, ok := j.takes(s)
		switch {
		case ok && same:
			return j
		case ok && found == nil:
			found = j
		}
	}
	return found
}

// takes reports whether s can be the same packet further on, and whether it was last seen with the
// same addresses.
func (j *journey) takes(s *sighting) (same, ok bool) {
	own := false         // the same machine has seen it
	alike := s.id.a != 0 // it is known by more than a small number or a payload
	for i := range j.sightings {
		o := &j.sightings[i]
		if o.Place == s.Place && o.lane() == s.lane() && o.Sent == s.Sent && (o.Drop == nil) == (s.Drop == nil) {
			return false, false // this is the next one that looks so
		}
		own = own || o.lane() == s.lane()
		same = o.src == s.src && o.dst == s.dst
		alike = alike || o.src == s.src || o.dst == s.dst // translation seldom changes both
	}
	if s.Place.Master == "" && (s.Drop != nil && !own || s.Sent && (!own || j.dropped() != nil)) {
		return false, false // it begins here, or is sent again
	}
	return same, alike
}

// has reports whether s is a segment of a super-segment, and not sent again.
func (j *journey) has(s *sighting) bool {
	o := j.first()
	at := s.id.a - o.id.a
	if s.Drop == nil && s.Sent && s.Place == o.Place {
		return false
	}
	return o.id.b == s.id.b && len(o.payload) > len(s.payload) && int64(at)+int64(len(s.payload)) <= int64(len(o.payload)) &&
		(o.src == s.src || o.dst == s.dst) && bytes.Equal(o.payload[at:][:len(s.payload)], s.payload)
}

func (j *journey) first() *sighting { return &j.sightings[0] }

// begin returns where it was sent, which a segment was as a part of another.
func (j *journey) begin() *sighting {
	if j.super != nil {
		return j.super.begin()
	}
	return j.first()
}

// last returns where it was seen passing last, nil if it never was.
func (j *journey) last() *sighting {
	for i := range slices.Backward(j.sightings) {
		if j.sightings[i].Drop == nil {
			return &j.sightings[i]
		}
	}
	return nil
}

// dropped returns what ended it, nil if nothing did. That a flooded frame is none of a station's
// does not.
func (j *journey) dropped() *sighting {
	for i := range j.sightings {
		if d := j.sightings[i].Drop; d != nil && d.Reason != drop.OtherHost {
			return &j.sightings[i]
		}
	}
	return nil
}

// outcome returns what became of it.
func (j *journey) outcome() string {
	if s := j.dropped(); s != nil {
		return clean("dropped at "+s.Place.String()+": "+s.Drop.Why(), maxCell)
	}
	arrived := j.arrivals()
	switch {
	case j.last() == nil:
		return "seen by another station"
	case len(arrived) == 1 && arrived[0] == 0:
		return "arrived"
	case len(arrived) == 1:
		return "arrived after " + arrived[0].String()
	case len(arrived) > 1 && slices.Max(arrived) == 0:
		return fmt.Sprintf("arrived at %d stations", len(arrived))
	case len(arrived) > 1:
		return fmt.Sprintf("arrived at %d stations after %v to %v", len(arrived), slices.Min(arrived), slices.Max(arrived))
	case j.segments > 0:
		return fmt.Sprintf("cut into %d segments", j.segments)
	}
	return "not seen to arrive"
}

// arrivals returns how long it took to each station that received it and did not send it on, which
// who has flooded it did, whenever its bridge's own interface had it. There are several of a frame that
// was flooded.
func (j *journey) arrivals() (took []time.Duration) {
	ends, sentOn := make(map[lane]*sighting), make(map[lane]bool)
	var order []lane
	for i := range j.sightings {
		if s := &j.sightings[i]; s.Drop == nil {
			if ends[s.lane()] == nil {
				order = append(order, s.lane())
			}
			ends[s.lane()] = s
			if s.Sent && s.Place.Master != "" {
				sentOn[s.lane()] = true
			}
		}
	}
	for _, l := range order {
		if s := ends[l]; !s.Sent && s.Place.Master == "" && !sentOn[l] {
			took = append(took, s.Time.Sub(j.begin().Time))
		}
	}
	return took
}

// ends returns its addresses, and what each of them was translated to: "192.168.0.47:40000 →
// 192.168.0.10:8080 ⇒ 172.17.0.2:80".
func (j *journey) ends() string {
	if !j.first().src.IsValid() {
		return ""
	}
	way := func(of func(*sighting) netip.AddrPort) string {
		var list []string
		for i := range j.sightings {
			if text := addrText(of(&j.sightings[i])); len(list) == 0 || list[len(list)-1] != text {
				list = append(list, text)
			}
		}
		return strings.Join(list[:min(len(list), 3)], " ⇒ ")
	}
	return way(func(s *sighting) netip.AddrPort { return s.src }) + " → " + way(func(s *sighting) netip.AddrPort { return s.dst })
}

const maxDetails = 16 // places of a packet that are told of

// details returns a line for each place where it was seen.
func (j *journey) details(start time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s, frame of %d bytes\n", j.first().what, j.first().more, j.first().Size)
	before, stations := "", ""
	for i := range j.sightings[:min(len(j.sightings), maxDetails)] {
		s := &j.sightings[i]
		way := "received by"
		switch {
		case s.Drop != nil:
			way = "dropped at"
		case s.Sent:
			way = "sent by"
		}
		fmt.Fprintf(&b, "%s %s %s", since(start, s.Time), way, clean(s.Place.String(), 100))
		if now := s.addrs(); now != "" {
			if before != "" && before != now {
				b.WriteString(", translated")
			}
			fmt.Fprintf(&b, ": %s", now)
			before = now
		}
		if s.stations != "" && s.stations != stations {
			stations = s.stations
			b.WriteString(", " + stations)
		}
		if s.ttl > 0 {
			fmt.Fprintf(&b, ", TTL %d", s.ttl)
		}
		if s.Drop != nil {
			b.WriteString(": " + clean(s.Drop.Why(), maxCell))
		}
		b.WriteByte('\n')
	}
	if more := len(j.sightings) - maxDetails; more > 0 {
		fmt.Fprintf(&b, "… and at %d more places\n", more)
	}
	return b.String()
}

func since(start, t time.Time) string { return fmt.Sprintf("%.6f", t.Sub(start).Seconds()) }
