package report

import (
	"fmt"
	"io"

	"drydock/drop"
	"drydock/sim"
)

// WriteState writes how hosts, machines and LANs stand: addresses, routes, neighbours, sockets,
// qdiscs, rules with their counters, connections, drops by reason; of a Host besides its containers,
// networks, stations behind the ports of bridges, questions for names, events and faults.
func WriteState(w io.Writer, sources ...Source) error {
	subjects, err := subjectsOf(sources)
	if err != nil {
		return err
	}
	return writeState(w, subjects)
}

// How many hosts, machines, LANs and containers are told of at length.
const (
	textBlocks = 200
	pageBlocks = 24
)

func writeState(w io.Writer, subjects []subject) error {
	for _, b := range stateOf(subjects, textBlocks) {
		if err := b.writeText(w); err != nil {
			return err
		}
	}
	return nil
}

// stateOf returns the state of all subjects first, then of the containers that run, at most so many.
func stateOf(subjects []subject, most int) (blocks []*block) {
	more := 0
	add := func(make func() *block) {
		if len(blocks) < most {
			blocks = append(blocks, make())
		} else {
			more++
		}
	}
	for _, s := range subjects {
		add(func() *block { return stateOfSubject(s) })
	}
	for _, s := range subjects {
		for _, c := range s.containers() {
			if c.Running() {
				add(func() *block { return stateOfContainer(s, c) })
			}
		}
	}
	if more > 0 {
		blocks = append(blocks, &block{Title: fmt.Sprintf("… and %d more", more)})
	}
	return blocks
}

func stateOfSubject(s subject) *block {
	b := &block{Title: clean(s.kind()+" "+s.name(), maxCell)}
	if s.lan != nil {
		b.Title = s.name()
		b.add(portsOf(s.lan.Bridge()), stationsOf(s.lan.Bridge()))
	} else {
		b.add(dockerTables(s.host)...)
		b.add(netnsTables(&s.machine.Netns)...)
		b.add(firewallTables(s.machine.Firewall())...)
	}
	b.add(dropTable("drops", s.drops()), happened(s))
	return b
}

func stateOfContainer(s subject, c *sim.Container) *block {
	b := &block{Title: clean(fmt.Sprintf("container %s of %s", c.Name(), s.name()), maxCell)}
	b.add(netnsTables(&c.Netns)...)
	b.add(dropTable("drops of its stack", c.Drops()))
	return b
}

func dropTable(title string, counts drop.Counts) *table {
	t := newTable(title, "PACKETS REASON")
	for reason, n := range counts.All() {
		t.row(n, reason)
	}
	return t
}

// happened lists the newest events and faults.
func happened(s subject) *table {
	t := newTable("events and faults", "TIME KIND WHAT")
	list := momentsOf(s)
	t.More = max(0, len(list)-maxRows)
	for _, m := range list[t.More:] {
		t.row(m.at.Format(clock), m.Kind, m.What)
	}
	return t
}
