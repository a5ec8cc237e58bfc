package report

import "slices"

const (
	maxDrawn   = 200 // packets of a page
	maxDropped = 80  // of them those that were dropped
	maxLanes   = 16  // further owners have one together
)

// selected returns the newest packets, with those that were dropped before them, and how many it
// leaves out.
func selected(all []*journey) (list []*journey, more int) {
	if len(all) <= maxDrawn {
		return all, 0
	}
	chosen := make(map[*journey]bool)
	for _, j := range slices.Backward(all) {
		if len(chosen) < maxDropped && j.dropped() != nil {
			chosen[j] = true
		}
	}
	for _, j := range slices.Backward(all) {
		if len(chosen) < maxDrawn {
			chosen[j] = true
		}
	}
	for _, j := range all {
		if chosen[j] {
			list = append(list, j)
		}
	}
	return list, len(all) - len(list)
}

// A hop is the way of a packet from lane to lane, by number.
type hop struct{ from, to int }

// lanes are the columns of a sequence diagram.
type lanes struct {
	names   []string
	numbers map[lane]int
}

// lanesOf returns the columns that packets need: machines, LANs, then each host with its containers,
// so that most packets go to a neighbour.
func lanesOf(subjects []subject, list []*journey) *lanes {
	needed := make(map[lane]bool)
	var order []lane
	for _, j := range list {
		for i := range j.sightings {
			if l := j.sightings[i].lane(); !needed[l] {
				needed[l] = true
				order = append(order, l)
			}
		}
	}
	all := &lanes{numbers: make(map[lane]int)}
	add := func(l lane, name string) {
		if _, ok := all.numbers[l]; ok || !needed[l] {
			return
		}
		if len(all.names) == maxLanes {
			all.names[maxLanes-1] = "others"
			all.numbers[l] = maxLanes - 1
			return
		}
		all.numbers[l] = len(all.names)
		all.names = append(all.names, clean(name, 60))
	}
	for _, kind := range []string{"machine", "LAN", "host"} {
		for _, s := range subjects {
			if s.kind() != kind {
				continue
			}
			if s.lan != nil {
				add(lane{s.lan, ""}, s.name())
				continue
			}
			add(lane{s.machine, s.name()}, s.name())
			for _, c := range s.containers() {
				add(lane{s.machine, c.Name()}, c.Name())
			}
		}
	}
	for _, l := range order { // of containers that are gone
		add(l, l.owner)
	}
	return all
}

// hops returns the way of a packet. One that was flooded has more than one end.
func (all *lanes) hops(j *journey) (list []hop) {
	from := all.numbers[j.begin().lane()]
	for i := range j.sightings {
		s := &j.sightings[i]
		at := all.numbers[s.lane()]
		switch {
		case s.Drop != nil:
		case s.Sent:
			from = at
		case s.Place.Device == "lo":
			list = append(list, hop{at, at})
		case from != at && !slices.Contains(list, hop{from, at}):
			list = append(list, hop{from, at})
		}
	}
	return list
}

// marks returns where it was translated, and where it was dropped.
func (all *lanes) marks(j *journey) (translated, dropped []int) {
	before := ""
	for i := range j.sightings {
		s := &j.sightings[i]
		now := s.addrs()
		if before != "" && now != before {
			translated = append(translated, all.numbers[s.lane()])
		}
		before = now
	}
	if s := j.dropped(); s != nil {
		dropped = append(dropped, all.numbers[s.lane()])
	}
	return translated, dropped
}
