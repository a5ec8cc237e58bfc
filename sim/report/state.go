package report

import (
	"fmt"
	"io"

	"drydock/drop"
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

func writeState(w io.Writer, subjects []subject) error {
	for _, b := range stateOf(subjects) {
		if err := b.writeText(w); err != nil {
			return err
		}
	}
	return nil
}

func stateOf(subjects []subject) (blocks []*block) {
	for _, s := range subjects {
		b := &block{Title: clean(s.kind()+" "+s.name(), maxCell)}
		if s.lan != nil {
			b.Title = "LAN" // all have the same name
			b.add(portsOf(s.lan.Bridge()), stationsOf(s.lan.Bridge()))
		} else {
			b.add(dockerTables(s.host)...)
			b.add(netnsTables(&s.machine.Netns)...)
			b.add(firewallTables(s.machine.Firewall())...)
		}
		b.add(dropTable("drops", s.drops()), happened(s))
		blocks = append(blocks, b)
		blocks = append(blocks, inner(s)...)
	}
	return blocks
}

// inner returns the state of the containers that run.
func inner(s subject) (blocks []*block) {
	more := 0
	for _, c := range s.containers() {
		switch {
		case !c.Running():
			continue
		case len(blocks) == maxInner:
			more++
			continue
		}
		b := &block{Title: clean(fmt.Sprintf("container %s of %s", c.Name(), s.name()), maxCell)}
		b.add(netnsTables(&c.Netns)...)
		b.add(dropTable("drops of its stack", c.Drops()))
		blocks = append(blocks, b)
	}
	if more > 0 {
		blocks = append(blocks, &block{Title: fmt.Sprintf("%d more containers of %s run", more, clean(s.name(), maxCell))})
	}
	return blocks
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
