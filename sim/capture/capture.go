package capture

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"drydock/sim"
	"drydock/veth"
)

const (
	defaultBuffer = 16 << 20
	overhead      = 128   // bytes that a packet takes beside its frame
	maxInterfaces = 65536 // beyond which frames of new places are lost
	maxComment    = 60000 // an option has 16 bits for its length
	maxSecrets    = 1 << 20
)

// A Capture is under way from Start to Stop. Its methods are safe for concurrent use.
type Capture struct {
	config config
	once   sync.Once
	done   chan struct{} // closed when the goroutine has ended; nil: there is none
	out    *output       // of the goroutine until then
	err    error         // after Stop

	mu     sync.Mutex
	wake   sync.Cond // the goroutine waits here; on mu
	stops  []func()  // +checklocks:mu
	places []*place  // +checklocks:mu
	// Numbers in places, by their first three fields.
	ids     map[place]int // +checklocks:mu
	waiting []packet      // +checklocks:mu
	// Of waiting.
	bytes   int    // +checklocks:mu
	secrets []byte // +checklocks:mu
	// How many of secrets are written.
	told   int  // +checklocks:mu
	closed bool // +checklocks:mu
}

// A place is an interface of the file.
type place struct {
	of      watched // two machines may have the same name
	sim     sim.Place
	dropped bool

	counts *counts
}

type counts struct {
	received, lost uint64
	since          time.Time
}

// A packet waits for the writer or in the ring. Nobody changes it.
type packet struct {
	place   int
	time    time.Time
	dir     direction
	frame   []byte
	size    int // of the frame before it was cut
	comment string
	drop    *sim.Drop // nil: the frame was seen
}

func (p *packet) bytes() int { return len(p.frame) + len(p.comment) + overhead }

type direction uint8

const (
	unknown direction = iota
	in
	out
)

// Start begins a Capture of what options name, to w. It writes with the first frame and flushes
// whenever it has written all that waits, so that a program can follow a pipe or a file. It
// writes in a goroutine, which Stop ends. In a testing/synctest bubble that goroutine belongs to
// the bubble: Stop must come before the bubble ends, and a pipe of the operating system that
// nobody reads keeps virtual time from passing. The error wraps sim.ErrClosed for a machine or a LAN that is
// closed, and sim.ErrNotFound for a container or a network that is removed.
func Start(w io.Writer, opts ...Option) (*Capture, error) {
	c := &Capture{config: config{settings: settings{queue: defaultBuffer}}, ids: make(map[place]int)}
	for _, opt := range opts {
		if err := opt(&c.config); err != nil {
			return nil, err
		}
	}
	switch {
	case len(c.config.sources) == 0:
		return nil, ErrNoSource
	case (w == nil) != (c.config.ring > 0):
		return nil, ErrWriter
	}
	c.wake.L = &c.mu
	if w != nil {
		c.out, c.done = &output{w: w, config: &c.config}, make(chan struct{})
	}
	c.watch(c.config.sources)
	if w != nil {
		go c.run()
	}
	return c, nil
}

// Add takes further sources into a Capture that is under way. Options of another kind are refused.
// After Stop the error wraps os.ErrClosed.
func (c *Capture) Add(opts ...Option) error {
	var more config
	for _, opt := range opts {
		if err := opt(&more); err != nil {
			return err
		}
	}
	if more.settings != (settings{}) {
		return ErrSource
	}
	if !c.watch(more.sources) {
		return fmt.Errorf("capture: add: %w", os.ErrClosed)
	}
	return nil
}

// watch has sources show their frames. They do so from then on, maybe before it returns. It is
// false after Stop.
func (c *Capture) watch(sources []source) bool {
	var stops []func()
	for _, s := range sources {
		stops = append(stops, s.of.Sniff(s.where, func(f sim.Sniffed) { c.sniffed(s.of, f) }), s.of.OnDrop(func(d sim.Drop) { c.dropped(s, d) }))
	}
	c.mu.Lock()
	closed := c.closed
	if !closed {
		c.stops = append(c.stops, stops...)
	}
	c.mu.Unlock()
	if closed {
		endAll(stops)
	}
	return !closed
}

func endAll(stops []func()) {
	for _, stop := range stops {
		stop()
	}
}

// Stop ends the Capture. It waits until everything is written, and returns the first error of
// the writer. Further calls return the same.
func (c *Capture) Stop() error {
	c.once.Do(func() {
		c.mu.Lock()
		stops := c.stops
		c.closed = true
		c.wake.Signal()
		c.mu.Unlock()
		endAll(stops)
		if c.done == nil {
			return
		}
		<-c.done
		c.mu.Lock()
		places := c.places // which do not change any more
		c.mu.Unlock()
		c.err = c.out.finish(places)
	})
	return c.err
}

func (c *Capture) sniffed(of watched, f sim.Sniffed) {
	dir := in
	if f.Direction == veth.Sent {
		dir = out
	}
	c.add(place{of: of, sim: f.Place}, packet{time: f.Time, dir: dir, frame: f.Frame})
}

func (c *Capture) dropped(s source, d sim.Drop) {
	if s.where != nil && !s.where(d.Place) {
		return
	}
	why := d.Why()
	c.add(place{of: s.of, sim: d.Place, dropped: true}, packet{time: d.Time, frame: d.Frame, comment: "dropped: " + why[:min(len(why), maxComment/2)], drop: &d})
}

// add takes a frame, which is the Capture's, if it is wanted and there is room.
func (c *Capture) add(pl place, p packet) {
	if c.config.filter != nil && !c.config.filter.Match(p.frame) {
		return
	}
	p.size = len(p.frame)
	if snap := c.config.snap; snap > 0 && p.size > snap {
		p.frame = append([]byte(nil), p.frame[:snap]...)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	id, ok := c.ids[pl]
	if !ok {
		if len(c.places) == maxInterfaces {
			return
		}
		id = len(c.places)
		c.ids[pl] = id
		pl.counts = &counts{since: p.time}
		c.places = append(c.places, &pl)
	}
	p.place = id
	c.places[id].counts.received++
	if c.config.ring > 0 {
		c.evict(p)
	} else if c.bytes+p.bytes() > c.config.queue {
		c.places[id].counts.lost++
		return
	}
	c.waiting = append(c.waiting, p)
	c.bytes += p.bytes()
	c.wake.Signal()
}

// run writes what waits until the Capture is stopped or the writer fails.
func (c *Capture) run() {
	defer close(c.done)
	for {
		packets, secrets, places, more := c.take()
		if !more {
			return
		}
		if err := c.out.write(places, secrets, packets); err != nil {
			c.mu.Lock()
			for i := range packets { // none is sure to have arrived
				c.places[packets[i].place].counts.lost++
			}
			c.mu.Unlock()
		}
		c.mu.Lock()
		for i := range packets {
			c.bytes -= packets[i].bytes()
		}
		c.mu.Unlock()
	}
}

// take waits for packets, which go on counting as waiting until they are written.
func (c *Capture) take() (packets []packet, secrets []byte, places []*place, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.waiting) == 0 && !c.closed {
		c.wake.Wait()
	}
	packets, c.waiting = c.waiting, nil
	secrets, c.told = c.secrets[c.told:], len(c.secrets)
	return packets, secrets, c.places, len(packets) > 0 || len(secrets) > 0
}
