// Package simtest ties hosts to tests: they close with the test, their seed is
// printed and can be repeated, their log is the test's, and goroutines that
// outlive them fail it.
//
// The go command shows the log of a test that fails, and with -v of all. To have none of a
// host, give it another logger:
//
//	h := simtest.NewHost(t, sim.WithLogger(slog.New(slog.DiscardHandler)))
//
// The seed is printed all the same, once a test, but for hosts made WithSeed, which repeat by that. A failure is repeated by that line:
//
//	SIM_SEED=7129 go test -run TestFailover
//
// With -artifacts (Go 1.26) a test that fails leaves what explains it in its directory of
// artifacts, which its log names: report.html, a page with the topology, the packets between the
// machines, what became of them, and a time line; capture.pcapng, the last five minutes for
// Wireshark, 16 MiB at most; state.txt, with rules, connections, routes, sockets and so on; and
// topology.mmd and topology.dot for Mermaid and Graphviz. They are of all hosts, machines and
// LANs that this package made for the test, as they were before the first was closed: what a
// Cleanup of the test's own undid earlier is gone. A test that ends by its -timeout, or because its bubble cannot go
// on, leaves none.
//
//	SIM_SEED=7129 go test -run TestFailover -artifacts -outputdir .
//
// Until then each place copies each frame, which costs a stream of TCP most of its speed; without
// -artifacts nothing is recorded. -drydock.artifacts=false has nothing recorded with it either.
package simtest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/internal/bubble"
	"drydock/sim/report"
)

// seedVariable sets the seed of all hosts that NewHost makes.
const seedVariable = "SIM_SEED"

// VirtualTime runs fn in a testing/synctest bubble, as synctest.Test does. Hosts made
// there with NewHost live in virtual time: sleeping, delays and timeouts pass as soon
// as nothing else is left to do.
//
// A bubble in which nothing can go on ends with a panic of the runtime. The test's log
// then says which network calls wait, by container and address, or which host was not
// closed. Where a TCP connection is open, its keep-alive goes on instead and the test would
// run for ever: a second before its time is up, stderr says the same.
func VirtualTime(t *testing.T, fn func(t *testing.T)) {
	t.Helper()
	primeResolver()
	var name atomic.Value
	defer func() {
		if err := recover(); err != nil {
			if text := fmt.Sprint(err); strings.HasPrefix(text, "deadlock: ") {
				t.Log(plights(name.Load(), strings.Contains(text, "main bubble goroutine has exited")))
			}
			panic(err)
		}
	}()
	if deadline, ok := t.Deadline(); ok {
		warning := time.AfterFunc(time.Until(deadline)-time.Second, func() {
			fmt.Fprintf(os.Stderr, "%s: %s", t.Name(), plights(name.Load(), false))
		})
		defer warning.Stop()
	}
	synctest.Test(t, func(t *testing.T) {
		name.Store(bubble.Current())
		returned := false
		defer func() {
			if !returned && !t.Skipped() {
				t.Fail() // cleanups run before package testing says so of a panic in a bubble
			}
		}()
		fn(t)
		returned = true
	})
}

// primeResolver has package net make the channels that guard the configuration of its resolver.
// It makes them at the first lookup of a process: if that were one in a bubble, the next outside
// of it, such as another test's, would end the process. Nobody is asked.
var primeResolver = sync.OnceFunc(func() {
	r := net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }}
	r.LookupHost(context.Background(), "simtest.invalid")
})

// plights says what keeps the bubble of that name from going on. If ended, the function of
// the test has returned.
func plights(name any, ended bool) string {
	s := "simtest: the bubble waits\n"
	in, _ := name.(string) // nil: it has not begun
	for _, line := range bubble.Plights(in, ended) {
		s += "simtest: " + line + "\n"
	}
	return s
}

// NewHost returns a host that is closed when the test ends. In a testing/synctest
// bubble it lives in virtual time. The test fails if the host does not close or if
// goroutines outlive it. The test's log has the host's, and the value of SIM_SEED that
// repeats its random decisions.
func NewHost(tb testing.TB, opts ...sim.HostOption) *sim.Host {
	tb.Helper()
	seed := nextSeed(tb)
	opts = append([]sim.HostOption{defaults(tb, seed)}, opts...)
	h, err := sim.NewHost(opts...)
	if errors.Is(err, sim.ErrTime) {
		h, err = sim.NewHost(append(opts, sim.WithVirtualTime())...)
	}
	if err != nil {
		tb.Fatal(err)
	}
	printSeed(tb, seed, h.Machine)
	closeMachine(tb, h, h.Machine)
	return h
}

// NewMachine returns a machine in the manner of NewHost.
func NewMachine(tb testing.TB, opts ...sim.MachineOption) *sim.Machine {
	tb.Helper()
	seed := nextSeed(tb)
	opts = append([]sim.MachineOption{defaults(tb, seed)}, opts...)
	m, err := sim.NewMachine(opts...)
	if errors.Is(err, sim.ErrTime) {
		m, err = sim.NewMachine(append(opts, sim.WithVirtualTime())...)
	}
	if err != nil {
		tb.Fatal(err)
	}
	printSeed(tb, seed, m)
	closeMachine(tb, m, m)
	return m
}

// defaults are the options of all machines: a seed of their own and the test's log.
func defaults(tb testing.TB, seed uint64) sim.MachineOption {
	log := slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	return sim.WithOptions(sim.WithSeed(seed), sim.WithLogger(log))
}

func closeMachine(tb testing.TB, s report.Source, m *sim.Machine) {
	tb.Helper()
	closeAfter(tb, s, func() {
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
	closeAfter(tb, l, func() { l.Close() })
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

// seeds numbers the hosts of each test. One that runs again, with -count for one, goes on
// counting, so that it gets other seeds.
var seeds struct {
	sync.Mutex
	of map[string]int // +checklocks:Mutex
	// By tests that run.
	printed map[testing.TB]bool // +checklocks:Mutex
}

// baseSeed is what SIM_SEED says, or random.
var baseSeed = sync.OnceValues(func() (uint64, error) {
	s, ok := os.LookupEnv(seedVariable)
	if !ok || s == "" {
		return rand.Uint64(), nil
	}
	return strconv.ParseUint(s, 10, 64)
})

// firstOf is true once for a test.
func firstOf(tb testing.TB) bool {
	seeds.Lock()
	defer seeds.Unlock()
	if seeds.printed[tb] {
		return false
	}
	if seeds.printed == nil {
		seeds.printed = make(map[testing.TB]bool)
	}
	seeds.printed[tb] = true
	tb.Cleanup(func() {
		seeds.Lock()
		defer seeds.Unlock()
		delete(seeds.printed, tb)
	})
	return true
}

// printSeed prints how the decisions of a machine are repeated, once for a test: not for one made
// WithSeed, of which SIM_SEED decides nothing.
func printSeed(tb testing.TB, seed uint64, m *sim.Machine) {
	tb.Helper()
	if m.Seed() != seed || !firstOf(tb) {
		return
	}
	if base, err := baseSeed(); err == nil {
		tb.Logf("%s=%d", seedVariable, base)
	}
}

// nextSeed derives a seed from the base seed, the test and how many hosts it made
// before, so that tests repeat alone as they ran together.
func nextSeed(tb testing.TB) uint64 {
	tb.Helper()
	base, err := baseSeed()
	if err != nil {
		tb.Fatalf("%s: %v", seedVariable, err)
	}
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
