package capture

import (
	"bytes"
	"io"
	"slices"
	"time"

	"drydock/sim"
)

// evict makes room in the ring for a packet.
// +checklocks:c.mu
func (c *Capture) evict(p packet) {
	oldest := p.time.Add(-c.config.ring)
	n := 0
	for n < len(c.waiting) && (c.bytes+p.bytes() > c.config.queue || c.waiting[n].time.Before(oldest)) {
		c.bytes -= c.waiting[n].bytes()
		n++
	}
	clear(c.waiting[:n]) // append frees their place when it grows next
	c.waiting = c.waiting[n:]
}

// WriteTo writes what a Ring has, also after Stop: the packets of the time before the newest
// one. The file is complete by itself.
func (c *Capture) WriteTo(w io.Writer) (int64, error) {
	if c.config.ring == 0 {
		return 0, ErrNoRing
	}
	c.mu.Lock()
	packets, places, secrets := slices.Clone(c.waiting), make([]*place, len(c.places)), bytes.Clone(c.secrets)
	for i, p := range c.places { // whose counts change
		kept, n := *p, *p.counts
		kept.counts = &n
		places[i] = &kept
	}
	c.mu.Unlock()
	count := &counter{w: w}
	o := &output{w: count, config: &c.config}
	if err := o.write(places, secrets, packets); err != nil {
		return count.n, err
	}
	return count.n, o.finish(places)
}

// A Packet is what a Ring has: a frame that passed a place, or one that was dropped there.
type Packet struct {
	Machine *sim.Machine // that the place belongs to; nil: to LAN
	LAN     *sim.LAN
	Place   sim.Place
	Time    time.Time
	Sent    bool      // as seen from the place; else it was received
	Frame   []byte    // must not be changed; cut by SnapLen
	Size    int       // of the frame before it was cut
	Drop    *sim.Drop // nil: it passed
}

// Packets returns what a Ring has, in the order in which it was seen, and nothing without one.
func (c *Capture) Packets() []Packet {
	if c.config.ring == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]Packet, len(c.waiting))
	for i, p := range c.waiting {
		pl := c.places[p.place]
		list[i] = Packet{Place: pl.sim, Time: p.time, Sent: p.dir == out, Frame: p.frame, Size: p.size, Drop: p.drop}
		list[i].Machine, _ = pl.of.(*sim.Machine)
		list[i].LAN, _ = pl.of.(*sim.LAN)
	}
	return list
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// KeyLog returns a writer for tls.Config.KeyLogWriter of one end of each connection. The secrets are
// put into the file, so that Wireshark shows what was encrypted. At most a megabyte is kept. Wireshark
// needs a secret before the first packet of it. The file of a Ring begins with all of them; while a
// capture is written, only the server has them early enough.
func (c *Capture) KeyLog() io.Writer { return (*keyLog)(c) }

type keyLog Capture

func (k *keyLog) Write(b []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.secrets)+len(b) <= maxSecrets {
		k.secrets = append(k.secrets, b...)
	}
	return len(b), nil
}
