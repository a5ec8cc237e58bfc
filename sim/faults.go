package sim

import (
	"fmt"
	"sync"
	"time"

	"drydock/veth"
)

// A Fault is something that was done to a network on purpose: an impairment, a cut, a partition,
// and its end.
type Fault struct {
	Time time.Time
	What string // "web on app: sends loss 20%, receives delay 50ms"
}

// Faults returns the last 256 faults of the machine, of the networks of a Host and of its
// containers, in their order. What schedules and tc do is among them.
func (m *Machine) Faults() []Fault { return m.watch.faults.Past() }

// Faults returns the last 256 faults of the LAN. What was done to the cable of a machine alone is
// that machine's.
func (l *LAN) Faults() []Fault { return l.watch.faults.Past() }

// fault notes what was done. Names are asked for before, since it may be called with locks held.
func (w *watch) fault(format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	w.faults.Tell(func() Fault { return Fault{time.Now(), what} })
}

// healing notes what was done, and its end when heal is called first.
func (w *watch) healing(what string, heal func()) func() {
	w.fault("%s", what)
	return sync.OnceFunc(func() {
		heal()
		w.fault("healed: %s", what)
	})
}

// impaired changes the impairment of all cables.
func (w *watch) impaired(c *common, who string, edit func(*impairments)) error {
	if err := c.change(edit); err != nil {
		return err
	}
	now, _ := c.now()
	w.fault("%s: each %v", who, now)
	return nil
}

// String returns "sends loss 20%, receives unimpaired".
func (i impairments) String() string {
	if i == (impairments{}) {
		return "sends and receives unimpaired"
	}
	text := func(i veth.Impairment) string {
		if i == (veth.Impairment{}) {
			return "unimpaired"
		}
		return i.String()
	}
	return fmt.Sprintf("sends %s, receives %s", text(i.send), text(i.receive))
}

// fault notes what was done to the link.
func (l *Link) fault(format string, args ...any) {
	l.machine.watch.fault("%s: %s", l.words(), fmt.Sprintf(format, args...))
}

// words names the link: "web on app".
func (l *Link) words() string {
	if l.container != nil {
		return l.container.Name() + " on " + l.asked.network.name
	}
	return l.machine.name + " on " + l.lan.String()
}
