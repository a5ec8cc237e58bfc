package report

import (
	"context"
	"fmt"
	"slices"
	"time"

	"drydock/drop"
	"drydock/sim"
	"drydock/sim/capture"
)

// A Source is what can be told of: a *sim.Host, a *sim.Machine or a *sim.LAN.
type Source interface {
	Drops() drop.Counts
	Faults() []sim.Fault
	String() string
}

// A subject is a Source told apart. Either machine or lan is set.
type subject struct {
	host    *sim.Host // nil: a machine without Docker
	machine *sim.Machine
	lan     *sim.LAN
	number  int // of LANs, which all have the same name, from 1 on
}

// subjectsOf tells sources apart, each once, in their order.
func subjectsOf(sources []Source) (list []subject, err error) {
	seen := make(map[any]bool)
	for _, s := range sources {
		var sub subject
		switch s := s.(type) {
		case *sim.Host:
			sub = subject{host: s, machine: s.Machine}
		case *sim.Machine:
			sub = subject{machine: s}
		case *sim.LAN:
			sub = subject{lan: s}
		default:
			return nil, fmt.Errorf("report: a %T is neither host, machine nor LAN", s)
		}
		if key := sub.key(); !seen[key] {
			seen[key] = true
			list = append(list, sub)
		}
	}
	return numbered(list), nil
}

// numbered gives the LANs of a list their numbers.
func numbered(list []subject) []subject {
	n := 0
	for i := range list {
		if list[i].lan != nil {
			n++
			list[i].number = n
		}
	}
	return list
}

func (s subject) key() any {
	if s.lan != nil {
		return s.lan
	}
	return s.machine
}

func (s subject) source() capture.Option {
	if s.lan != nil {
		return capture.LAN(s.lan)
	}
	return capture.Machine(s.machine)
}

// kind returns what it is in a word.
func (s subject) kind() string {
	switch {
	case s.lan != nil:
		return "LAN"
	case s.host != nil:
		return "host"
	}
	return "machine"
}

// name returns "web" of a machine, "LAN" of the first one and "LAN 2" of the second.
func (s subject) name() string {
	switch {
	case s.number > 1:
		return fmt.Sprint("LAN ", s.number)
	case s.lan != nil:
		return "LAN"
	}
	return s.machine.Name()
}

func (s subject) faults() []sim.Fault {
	if s.lan != nil {
		return s.lan.Faults()
	}
	return s.machine.Faults()
}

func (s subject) drops() drop.Counts {
	if s.lan != nil {
		return s.lan.Drops()
	}
	return s.machine.Drops()
}

// events returns the last events of a host.
func (s subject) events() (list []sim.Event) {
	if s.host == nil {
		return nil
	}
	sub := s.host.Subscribe(time.Unix(0, 1))
	defer sub.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // take what is there
	for {
		e, err := sub.Next(ctx)
		if err != nil {
			return list
		}
		list = append(list, e)
	}
}

// containers returns those of a host, the oldest first.
func (s subject) containers() (list []*sim.Container) {
	if s.host == nil {
		return nil
	}
	list = slices.Collect(s.host.Containers())
	slices.Reverse(list)
	return list
}
