package capture

import (
	"errors"
	"fmt"
	"time"

	"drydock/sim"
	"drydock/sim/internal/pcapfilter"
)

// An Option says what a Capture takes, or how. Those that name a source add up.
type Option func(*config) error

type config struct {
	sources []source
	settings
}

type settings struct {
	filter  *pcapfilter.Filter // nil: everything
	expr    string
	snap    int // 0: frames are not cut
	queue   int // bytes that may wait
	ring    time.Duration
	comment string
}

// errNil is for a source that is nil.
var errNil = fmt.Errorf("%w: one is nil", ErrNoSource)

// A source is whose frames are taken.
type source struct {
	of    watched
	where func(sim.Place) bool // nil: everywhere
}

// A watched is a *sim.Machine or a *sim.LAN.
type watched interface {
	Sniff(where func(sim.Place) bool, fn func(sim.Sniffed)) (stop func())
	OnDrop(fn func(sim.Drop)) (stop func())
}

// Machine takes everything of machines, for one host.Machine: their interfaces, their bridges and
// their containers, those to come included.
func Machine(machines ...*sim.Machine) Option {
	return func(c *config) error {
		for _, m := range machines {
			if m == nil {
				return errNil
			}
			if err := live(m); err != nil {
				return err
			}
			c.sources = append(c.sources, source{of: m})
		}
		return nil
	}
}

// live refuses a machine that is closed, of whose frames there are no more.
func live(m *sim.Machine) error {
	if m.Owner() == "" {
		return fmt.Errorf("capture: machine %s: %w", m.Name(), sim.ErrClosed)
	}
	return nil
}

// Container takes the interfaces of a container, lo included, also after a restart. One that
// joined the namespace of another container has that one's.
func Container(ct *sim.Container) Option {
	return func(c *config) error {
		if ct == nil {
			return errNil
		}
		if err := live(ct.Host().Machine); err != nil {
			return err
		}
		if there, ok := ct.Host().Container(ct.ID()); !ok || there != ct {
			return fmt.Errorf("capture: container %s: %w", ct.Name(), sim.ErrNotFound)
		}
		c.sources = append(c.sources, source{ct.Host().Machine, func(p sim.Place) bool { return p.Owner == ct.Name() && p.Master == "" }})
		return nil
	}
}

// Network takes the bridge of a network and its ports.
func Network(n *sim.Network) Option {
	return func(c *config) error {
		if n == nil {
			return errNil
		}
		device, host := n.Device(), n.Host()
		if err := live(host.Machine); err != nil {
			return err
		}
		if there, ok := host.Network(n.ID()); !ok || there != n {
			return fmt.Errorf("capture: network %s: %w", n, sim.ErrNotFound)
		}
		if device == "" {
			return fmt.Errorf("capture: network %s has no bridge", n)
		}
		c.sources = append(c.sources, source{host.Machine, func(p sim.Place) bool {
			return p.Owner == host.Name() && (p.Device == device || p.Master == device)
		}})
		return nil
	}
}

// LAN takes the ports of a LAN.
func LAN(l *sim.LAN) Option {
	return func(c *config) error {
		if l == nil {
			return errNil
		}
		if l.Closed() {
			return fmt.Errorf("capture: %s: %w", l, sim.ErrClosed)
		}
		c.sources = append(c.sources, source{of: l})
		return nil
	}
}

// Filter takes only frames that an expression of pcap-filter(7) matches. What there is of that
// language is what programs use of it: protocols, host, net, port, portrange, ether host, proto,
// broadcast, multicast, less, greater, comparisons such as tcp[tcpflags] & tcp-syn != 0, and, or,
// not. Names of hosts, vlan, mpls, inbound, outbound, ip broadcast and the like are refused.
func Filter(expr string) Option {
	return func(c *config) error {
		f, err := pcapfilter.Compile(expr)
		if err != nil {
			return fmt.Errorf("capture: %w", err)
		}
		c.filter, c.expr = f, expr
		return nil
	}
}

// SnapLen cuts frames to so many bytes.
func SnapLen(bytes int) Option {
	return func(c *config) error {
		if bytes < 1 {
			return fmt.Errorf("capture: invalid snap length %d", bytes)
		}
		c.snap = bytes
		return nil
	}
}

// Buffer sets how many bytes may wait for the writer, or are kept by a Ring: 16 MiB without it.
func Buffer(bytes int) Option {
	return func(c *config) error {
		if bytes < 1 {
			return fmt.Errorf("capture: invalid buffer size %d", bytes)
		}
		c.queue = bytes
		return nil
	}
}

// Ring keeps the frames of the last d in memory, as far as they fit Buffer, for WriteTo. Start
// takes no writer then.
func Ring(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return fmt.Errorf("capture: invalid time %v", d)
		}
		c.ring = d
		return nil
	}
}

// Comment sets the comment of the file.
func Comment(text string) Option {
	return func(c *config) error {
		if len(text) > maxComment {
			return fmt.Errorf("capture: a comment of %d bytes, %d are allowed", len(text), maxComment)
		}
		c.comment = text
		return nil
	}
}

// Errors of Start, Add and WriteTo.
var (
	ErrNoSource = errors.New("capture: no source: name machines, containers, networks or LANs")
	ErrWriter   = errors.New("capture: a Ring has no writer, anything else needs one")
	ErrSource   = errors.New("capture: Add takes sources alone")
	ErrNoRing   = errors.New("capture: WriteTo needs a Ring")
)
