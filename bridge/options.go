package bridge

import (
	"fmt"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// An Option sets a property of a new bridge.
type Option func(*config) error

type config struct {
	aging     time.Duration
	tableSize int
	clock     tcpip.Clock
	onDrop    func(Dropped)
}

// WithAging sets how long a silent station is remembered, by default 300 s. With 0
// none is, so that every frame is flooded. A bridge knows to 10 ms when it heard a
// station, or exactly if it was idle before.
func WithAging(d time.Duration) Option {
	return func(c *config) error {
		if d < 0 {
			return fmt.Errorf("%v: %w", d, ErrAging)
		}
		c.aging = d
		return nil
	}
}

// WithTableSize sets how many learned stations are remembered at once, by default
// 4096. Static stations do not count.
func WithTableSize(stations int) Option {
	return func(c *config) error {
		if stations < 1 {
			return fmt.Errorf("%d: %w", stations, ErrTableSize)
		}
		c.tableSize = stations
		return nil
	}
}

// WithClock sets what ageing is measured with, by default the time package, which
// is virtual in a testing/synctest bubble.
func WithClock(clock tcpip.Clock) Option {
	return func(c *config) error {
		c.clock = clock
		return nil
	}
}

// OnDrop makes f hear of every frame that is dropped, from the goroutine that delivers it. f
// must be quick and must not use the bridge or what its ports lead to.
func OnDrop(f func(Dropped)) Option {
	return func(c *config) error {
		c.onDrop = f
		return nil
	}
}

// A PortOption sets a property of a new port.
type PortOption func(*Port) error

// Isolated keeps frames from passing between this port and other isolated ports,
// as "bridge link set dev … isolated on" does.
func Isolated() PortOption {
	return func(p *Port) error {
		p.isolated = true
		return nil
	}
}

// Hairpin lets frames leave by the port by which they came, as "bridge link set
// dev … hairpin on" does: those for a station behind it, and flooded ones.
func Hairpin() PortOption {
	return func(p *Port) error {
		p.hairpin = true
		return nil
	}
}

// WithOwner has the port remember what it leads to, for Port.Owner. The bridge does not look at
// it.
func WithOwner(owner any) PortOption {
	return func(p *Port) error {
		p.owner = owner
		return nil
	}
}

// WithStation makes a static entry: mac is behind this port, for as long as the
// port exists, whatever port its frames come from. It can be given several times.
// It fails with ErrMAC if mac is no station's address and with ErrStation if mac
// is a static station of another port.
func WithStation(mac MAC) PortOption {
	return func(p *Port) error {
		if !mac.isStation() {
			return fmt.Errorf("%v: %w", mac, ErrMAC)
		}
		p.stations = append(p.stations, mac.addr())
		return nil
	}
}

// Local makes this the port of the bridge itself, whose address is mac; see the
// package documentation. A bridge has at most one. What its stack sends is not
// learned from. It fails like WithStation, and with ErrLocalExists.
func Local(mac MAC) PortOption {
	return func(p *Port) error {
		p.local, p.own = true, mac.addr()
		return WithStation(mac)(p)
	}
}
