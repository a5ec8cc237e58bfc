package sim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLifeStress has everything that can happen to a container happen to a few at the
// same time, at random. Nothing may hang, and nothing be left when they are gone.
func TestLifeStress(t *testing.T) {
	t.Parallel()
	t.Run("real time", func(t *testing.T) {
		t.Parallel()
		stressLives(t)
	})
	t.Run("virtual time", func(t *testing.T) {
		t.Parallel()
		simtest.VirtualTime(t, func(t *testing.T) { stressLives(t) })
	})
}

// A stress is a host on which containers are tried.
type stress struct {
	host *sim.Host
	nets []*sim.Network

	mu         sync.Mutex // guards what follows
	containers []*sim.Container
	made       int
}

func newStress(t *testing.T) *stress {
	h := simtest.NewHost(t, sim.WithICC(false), sim.WithLogger(slog.New(slog.DiscardHandler)))
	bridge, _ := h.Network("bridge")
	return &stress{host: h, nets: []*sim.Network{
		bridge,
		simtest.NewNetwork(t, h, "four"),
		simtest.NewNetwork(t, h, "six", sim.WithSubnet(netip.MustParsePrefix("fd00:6::/64"))),
		simtest.NewNetwork(t, h, "inside", sim.WithInternal(), sim.WithSubnet(netip.MustParsePrefix("fd00:7::/64"))),
	}}
}

func stressLives(t *testing.T) {
	s := newStress(t)
	leftovers(t, s) // gives the bridges their fe80:: addresses
	before := leftovers(t, s)

	s.work(t, 120)
	for _, c := range s.containers {
		if err := c.ForceRemove(); !errors.Is(err, sim.ErrNotFound) {
			require.NoError(t, err)
		}
		code, err := c.Wait(t.Context())
		require.NoError(t, err)
		assert.Contains(t, []int{0, 1, 3, 128, 137, 143}, code)
	}
	require.Equal(t, before, leftovers(t, s))
	for _, n := range s.nets[1:] {
		require.NoError(t, n.Remove())
	}
}

// TestCloseLifeStress closes a host on which everything happens.
func TestCloseLifeStress(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		for range 10 {
			s := newStress(t)
			time.AfterFunc(20*time.Millisecond, func() { s.host.Close() })
			s.work(t, 40)
			require.NoError(t, s.host.Close())
			for _, c := range s.containers {
				require.False(t, c.Running())
			}
		}
	})
}

// work has six workers do that many steps each.
func (s *stress) work(t *testing.T, steps int) {
	s.containers = []*sim.Container{simtest.Run(t, s.host, "c0", sim.WithPublish("8000-8100:80"))}
	for seed := range uint64(5) {
		s.run(t, rand.New(rand.NewPCG(seed, 0)))
	}
	seed := rand.Uint64()
	t.Logf("steps of seed %d", seed)
	var all sync.WaitGroup
	for worker := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, worker))
		all.Go(func() {
			for range steps {
				s.step(t, rng)
			}
		})
	}
	all.Wait()
}

// linkRule is a rule of a link, which dockerd does not delete if the target leaves first.
var linkRule = regexp.MustCompile(`(?m)^-A DOCKER -s .*\n`)

// leftovers is what containers must leave as it was.
func leftovers(t *testing.T, s *stress) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, iptables.Run(&b, s.host.Firewall().IPv4(), "-t", "nat", "-S"))
	b.WriteString(linkRule.ReplaceAllString(runIptables(t, s.host, "-S"), ""))
	for _, i := range s.host.Interfaces() {
		fmt.Fprintln(&b, i.Name, i.Addrs)
	}
	for _, n := range s.nets {
		c, err := s.host.Run("", sim.WithNetwork(n), sim.WithPublish("8000:80"))
		require.NoError(t, err, "the port is free")
		fmt.Fprintln(&b, n, c.Link(n).Addr(), c.Link(n).Addr6())
		require.NoError(t, c.ForceRemove())
		require.Empty(t, n.Inspect().Containers)
	}
	for c := range s.host.Containers() {
		fmt.Fprintln(&b, c.Name())
	}
	return b.String()
}

// any returns a random container.
func (s *stress) any(rng *rand.Rand) *sim.Container {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.containers[rng.IntN(len(s.containers))]
}

// run makes a container of a random kind, unless the host is closed.
func (s *stress) run(t *testing.T, rng *rand.Rand) bool {
	s.mu.Lock()
	s.made++
	name := fmt.Sprintf("c%d", s.made)
	s.mu.Unlock()
	life := time.Duration(rng.IntN(30_000)) * time.Microsecond
	opts := []sim.ContainerOption{sim.WithImage(sim.Image{Main: func(ctx context.Context, c *sim.Container) error {
		return stressMain(ctx, c, life)
	}})}
	switch kind := rng.IntN(8); {
	case kind == 0:
		opts = append(opts, sim.WithNetworkOf(s.any(rng)))
	case kind < 3:
		opts = append(opts, sim.WithLink(s.any(rng), "db"))
	case kind < 7:
		opts = append(opts, sim.WithNetwork(s.nets[rng.IntN(len(s.nets))]), sim.WithPublish("8000-8100:80", "9000-9100:53/udp"))
	}
	c, err := s.host.Create(name, opts...)
	if errors.Is(err, sim.ErrConflict) || errors.Is(err, sim.ErrNotFound) { // the other one is gone or has no network of the kind
		return s.run(t, rng)
	}
	if s.expect(t, err); err != nil {
		return false
	}
	s.mu.Lock()
	s.containers = append(s.containers, c)
	s.mu.Unlock()
	// Another worker may have started and paused it meanwhile.
	s.expect(t, c.Start(), sim.ErrNotFound, sim.ErrPaused, sim.ErrNotRunning, sim.ErrConflict)
	return true
}

// replace makes another container if one was removed.
func (s *stress) replace(t *testing.T, rng *rand.Rand, c *sim.Container, err error) {
	s.expect(t, err, sim.ErrNotFound, sim.ErrRunning)
	if err != nil || !s.run(t, rng) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.containers = slices.DeleteFunc(s.containers, func(o *sim.Container) bool { return o == c })
}

// stressMain serves until the container stops or, with an even life, that is over.
func stressMain(ctx context.Context, c *sim.Container, life time.Duration) error {
	l, err := c.Listen(ctx, "tcp", ":80")
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { l.Close() })
	if life%(2*time.Microsecond) == 0 {
		timer := time.AfterFunc(life, func() { l.Close() })
		defer timer.Stop()
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			break
		}
		io.WriteString(conn, "hello")
		conn.Close()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return sim.ExitStatus(3)
}

// expect fails the test if err is none that s may have.
func (s *stress) expect(t *testing.T, err error, allowed ...error) {
	if err == nil {
		return
	}
	for _, a := range append(allowed, sim.ErrClosed) {
		if errors.Is(err, a) {
			return
		}
	}
	t.Errorf("%T: %v", err, err)
}

// step does something to a random container.
func (s *stress) step(t *testing.T, rng *rand.Rand) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c, other, n := s.any(rng), s.any(rng), s.nets[rng.IntN(len(s.nets))]
	switch rng.IntN(18) {
	case 0, 1, 2:
		s.expect(t, c.Start(), sim.ErrNotFound, sim.ErrPaused, sim.ErrNotRunning, sim.ErrConflict)
	case 3:
		s.expect(t, c.Stop(ctx), sim.ErrNotFound)
	case 4:
		s.expect(t, c.Kill(), sim.ErrNotFound, sim.ErrNotRunning)
	case 5:
		s.expect(t, c.Restart(ctx), sim.ErrNotFound, sim.ErrNotRunning, sim.ErrConflict)
	case 6, 7:
		s.expect(t, c.Pause(), sim.ErrNotFound, sim.ErrNotRunning, sim.ErrPaused)
	case 8:
		s.expect(t, c.Unpause(), sim.ErrNotFound, sim.ErrNotPaused)
	case 9:
		s.expect(t, c.Rename(fmt.Sprintf("r%d", rng.IntN(10))), sim.ErrNotFound, sim.ErrExists)
	case 10:
		s.replace(t, rng, c, c.Remove())
	case 11:
		s.replace(t, rng, c, c.ForceRemove())
	case 12, 13:
		s.expect(t, c.Connect(n), sim.ErrNotFound, sim.ErrExists, sim.ErrConflict)
	case 14:
		s.expect(t, c.Disconnect(n), sim.ErrNotFound)
	case 15:
		_, err := c.Wait(ctx)
		s.expect(t, err, context.DeadlineExceeded)
	case 16:
		s.expect(t, c.WaitListening(ctx, "80"), context.DeadlineExceeded, sim.ErrNotRunning)
		s.dial(ctx, other, c)
	case 17:
		c.Inspect()
		c.Summary()
		c.Networks()
		c.Interfaces()
		c.Go(func(ctx context.Context) error { s.dial(ctx, c, other); return nil })
	}
}

// dial has one container ask another one, by name and by the port that it publishes.
func (s *stress) dial(ctx context.Context, from, to *sim.Container) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	for _, address := range []string{to.Name() + ":80", "172.17.0.1:8000"} {
		if c, err := from.DialContext(ctx, "tcp", address); err == nil {
			c.SetDeadline(time.Now().Add(20 * time.Millisecond))
			io.ReadAll(c)
			c.Close()
		}
	}
}
