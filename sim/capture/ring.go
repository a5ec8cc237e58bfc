package capture

import (
	"bytes"
	"io"
	"slices"
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

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// KeyLog returns a writer for tls.Config.KeyLogWriter. The secrets are put into the file, so that
// Wireshark shows what was encrypted. It needs a secret before the first packet of it: give the
// writer to the server, too, or use a Ring, whose file begins with all of them. At most a
// megabyte is kept.
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
