// Package simtest ties hosts to tests: they close with the test, their seed is
// printed and can be repeated, their log is the test's, and goroutines that
// outlive them fail it.
package simtest

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"drydock/sim"
)

// seedVariable sets the seed of all hosts that NewHost makes.
const seedVariable = "SIM_SEED"

// VirtualTime runs fn in a testing/synctest bubble, as synctest.Test does. Hosts made
// there with NewHost live in virtual time: sleeping, delays and timeouts pass as soon
// as nothing else is left to do.
func VirtualTime(t *testing.T, fn func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, fn)
}

// NewHost returns a host that is closed when the test ends. In a testing/synctest
// bubble it lives in virtual time. The test fails if the host does not close or if
// goroutines outlive it. The test's log has the host's, and the value of SIM_SEED that
// repeats its random decisions.
func NewHost(tb testing.TB, opts ...sim.HostOption) *sim.Host {
	tb.Helper()
	opts = append([]sim.HostOption{defaults(tb)}, opts...)
	h, err := sim.NewHost(opts...)
	if errors.Is(err, sim.ErrTime) {
		h, err = sim.NewHost(append(opts, sim.WithVirtualTime())...)
	}
	if err != nil {
		tb.Fatal(err)
	}
	closeAfter(tb, h.Machine)
	return h
}

// NewMachine returns a machine in the manner of NewHost.
func NewMachine(tb testing.TB, opts ...sim.MachineOption) *sim.Machine {
	tb.Helper()
	opts = append([]sim.MachineOption{defaults(tb)}, opts...)
	m, err := sim.NewMachine(opts...)
	if errors.Is(err, sim.ErrTime) {
		m, err = sim.NewMachine(append(opts, sim.WithVirtualTime())...)
	}
	if err != nil {
		tb.Fatal(err)
	}
	closeAfter(tb, m)
	return m
}

// defaults are the options of all machines: a seed of their own and the test's log.
func defaults(tb testing.TB) sim.MachineOption {
	tb.Helper()
	log := slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	return sim.WithOptions(sim.WithSeed(nextSeed(tb)), sim.WithLogger(log))
}

func closeAfter(tb testing.TB, m *sim.Machine) {
	tb.Cleanup(func() {
		if err := m.Close(); err != nil {
			tb.Error(err)
		}
		checkLeaks(tb, m)
	})
}

// NewLAN returns a LAN that is closed when the test ends.
func NewLAN(tb testing.TB, opts ...sim.LANOption) *sim.LAN {
	tb.Helper()
	l, err := sim.NewLAN(opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	return l
}

// NewNetwork returns a new network.
func NewNetwork(tb testing.TB, h *sim.Host, name string, opts ...sim.NetworkOption) *sim.Network {
	tb.Helper()
	n, err := h.CreateNetwork(name, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// Run returns a new running container.
func Run(tb testing.TB, h *sim.Host, name string, opts ...sim.ContainerOption) *sim.Container {
	tb.Helper()
	c, err := h.Run(name, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// seeds numbers the hosts of each test.
var seeds struct {
	sync.Mutex
	of map[string]int
}

// baseSeed is what SIM_SEED says, or random.
var baseSeed = sync.OnceValues(func() (uint64, error) {
	s, ok := os.LookupEnv(seedVariable)
	if !ok || s == "" {
		return rand.Uint64(), nil
	}
	return strconv.ParseUint(s, 10, 64)
})

// nextSeed derives a seed from the base seed, the test and how many hosts it made
// before, so that tests repeat alone as they ran together.
func nextSeed(tb testing.TB) uint64 {
	tb.Helper()
	base, err := baseSeed()
	if err != nil {
		tb.Fatalf("%s: %v", seedVariable, err)
	}
	tb.Logf("%s=%d", seedVariable, base)
	seeds.Lock()
	defer seeds.Unlock()
	if seeds.of == nil {
		seeds.of = make(map[string]int)
	}
	n := seeds.of[tb.Name()]
	seeds.of[tb.Name()]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %d", base, tb.Name(), n))
	return binary.BigEndian.Uint64(sum[:])
}
