package nat

import (
	"log/slog"

	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// An Option is a property of new Tables. All are optional; of one that comes twice the last
// counts.
type Option func(*config)

type config struct {
	clock   tcpip.Clock
	logger  *slog.Logger
	onDrop  func(Dropped)
	onTrace func(Traced)
	onMiss  func(Miss)
	router  func(bridge string, pkt *stack.PacketBuffer)
	conns   conntrack.Config
	seed    uint64
}

// WithClock makes connections, fragments and limits age by c; without, by the clock
// of the machine. It should be the clock of the stack that the tables are for.
func WithClock(c tcpip.Clock) Option { return func(cfg *config) { cfg.clock = c } }

// WithLogger makes LOG write to l. Without, it writes to slog.Default.
func WithLogger(l *slog.Logger) Option { return func(cfg *config) { cfg.logger = l } }

// WithConntrack sets the size and the timeouts of the connection table. A Clock or
// Random that c leaves out is that of the tables.
func WithConntrack(c conntrack.Config) Option { return func(cfg *config) { cfg.conns = c } }

// WithSeed makes the choice of ports, and what else is random, repeatable.
func WithSeed(seed uint64) Option { return func(cfg *config) { cfg.seed = seed } }

// OnDrop makes f hear of every packet that is dropped, from the goroutine that
// carries it. f must not block.
func OnDrop(f func(Dropped)) Option { return func(cfg *config) { cfg.onDrop = f } }

// OnTrace makes f hear of what TRACE and NFLOG tell, from the goroutine that carries the
// packet. f must not block.
func OnTrace(f func(Traced)) Option { return func(cfg *config) { cfg.onTrace = f } }

// WithRouter makes f take the frames between ports of a bridge whose destination a rule
// or a connection translates, so that they cannot be bridged: as Linux, which routes
// them. f gets the frame as it was sent, and is to have the bridge's own interface
// receive it, where PREROUTING translates it. f borrows pkt, and is called by the
// goroutine that sent the frame, so it must not deliver into a stack itself. Without
// a router such frames are dropped.
func WithRouter(f func(bridge string, pkt *stack.PacketBuffer)) Option {
	return func(cfg *config) { cfg.router = f }
}
