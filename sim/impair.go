package sim

import (
	"slices"
	"sync"

	"drydock/veth"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// The impairments of a cable, as seen from the container.
type impairments struct {
	send, receive veth.Impairment
}

func (i impairments) validate() error {
	if err := i.send.Validate(); err != nil {
		return err
	}
	return i.receive.Validate()
}

// common is the impairment that all cables of a network or LAN have, unless one was told
// otherwise after it.
type common struct {
	mu    sync.Mutex
	value impairments // +checklocks:mu
	times uint64      // +checklocks:mu
	links []*Link     // +checklocks:mu
}

// change changes the impairment of all cables, now and later, or a part of it: two directions may
// change at one instant.
func (c *common) change(edit func(*impairments)) error {
	c.mu.Lock()
	i := c.value
	edit(&i)
	if err := i.validate(); err != nil {
		c.mu.Unlock()
		return err
	}
	c.value = i
	c.times++
	links := slices.Clone(c.links)
	c.mu.Unlock()
	for _, l := range links {
		if err := l.refresh(); err != nil {
			return err
		}
	}
	return nil
}

// join adds a link that has a cable, leave takes it away.
func (c *common) join(l *Link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.links = append(c.links, l)
}

func (c *common) leave(l *Link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.links = slices.DeleteFunc(c.links, func(o *Link) bool { return o == l })
}

func (c *common) now() (value impairments, times uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.value, c.times
}

// Impair degrades what every container sends to and receives from the network: the cables
// that there are and those of containers that join later, so that two containers meet the one
// that sends and the other that receives. It replaces what Link.Impair and WithImpairment
// said; what they say afterwards holds for their link. The zero Impairment heals; what is on its way then
// arrives as veth.Endpoint.Impair says. The error is a *veth.Error, or an *Error that wraps ErrClosed if
// the host is closed, ErrNotFound if the network is removed, and ErrPredefined if it is "host" or "none".
func (n *Network) Impair(send, receive veth.Impairment) error {
	return n.change(func(i *impairments) { *i = impairments{send, receive} })
}

func (n *Network) change(edit func(*impairments)) error {
	if err := n.divisible("impair"); err != nil {
		return err
	}
	return n.host.watch.impaired(&n.common, n.name, edit)
}

// Impair degrades what every machine sends to and receives from the LAN, as Network.Impair
// does for containers. The error is a *veth.Error, or wraps ErrClosed.
func (l *LAN) Impair(send, receive veth.Impairment) error {
	return l.change(func(i *impairments) { *i = impairments{send, receive} })
}

func (l *LAN) change(edit func(*impairments)) error {
	if err := l.divisible("impair"); err != nil {
		return err
	}
	return l.watch.impaired(&l.common, l.String(), edit)
}

// Schedule impairs the cables at the times that the schedules say, counted from now, until
// cancel is called. That leaves the cables as they are then, as the end of a schedule does: a
// later Impair, or a last step without an Impairment, heals. A nil schedule leaves its direction
// as it is. The error is that of Impair.
func (n *Network) Schedule(send, receive veth.Schedule) (cancel func(), err error) {
	if err := n.divisible("schedule"); err != nil {
		return nil, err
	}
	return schedule(n.change, send, receive)
}

// Schedule is Network.Schedule for a LAN.
func (l *LAN) Schedule(send, receive veth.Schedule) (cancel func(), err error) {
	if err := l.divisible("schedule"); err != nil {
		return nil, err
	}
	return schedule(l.change, send, receive)
}

// Schedule is Network.Schedule for one cable. It ends early when there is no such link any
// more.
func (l *Link) Schedule(send, receive veth.Schedule) (cancel func(), err error) {
	if err := l.check("schedule"); err != nil {
		return nil, err
	}
	return schedule(l.change, send, receive)
}

// schedule plays both directions; change changes an impairment under a lock.
func schedule(change func(func(*impairments)) error, send, receive veth.Schedule) (cancel func(), err error) {
	clock := tcpip.NewStdClock()
	stopSend, err := send.Play(clock, func(i veth.Impairment) error {
		return change(func(both *impairments) { both.send = i })
	})
	if err != nil {
		return nil, err
	}
	stopReceive, err := receive.Play(clock, func(i veth.Impairment) error {
		return change(func(both *impairments) { both.receive = i })
	})
	if err != nil {
		stopSend()
		return nil, err
	}
	return func() { stopSend(); stopReceive() }, nil
}

// change changes a part of what the link is told.
func (l *Link) change(edit func(*impairments)) error {
	if err := l.check("impair"); err != nil {
		return err
	}
	i, err := l.edit(edit)
	if err == nil {
		l.fault("%v", i)
	}
	return err
}

func (l *Link) edit(edit func(*impairments)) (i impairments, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i = l.wanted()
	edit(&i)
	if err := i.validate(); err != nil {
		return i, err
	}
	l.impaired = i
	_, l.since = l.common().now()
	if l.live == nil {
		return i, nil
	}
	return i, l.live.impair(i)
}

// common returns what all cables of the link's network or LAN have.
func (l *Link) common() *common {
	if l.lan != nil {
		return &l.lan.common
	}
	return &l.asked.network.common
}

// wanted returns what was said last: of the link, or of all.
// +checklocks:l.mu
func (l *Link) wanted() impairments {
	if all, times := l.common().now(); times > l.since {
		return all
	}
	return l.impaired
}

// refresh impairs the cable, if there is one, as is wanted.
func (l *Link) refresh() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.live == nil {
		return nil
	}
	return l.live.impair(l.wanted())
}
