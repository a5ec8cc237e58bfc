package sim_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// TestManyNames has a thousand containers on one network find each other by name,
// while nothing happens and while others come and go.
func TestManyNames(t *testing.T) {
	t.Parallel()
	n := 1000
	if raceDetector || testing.Short() {
		n = 200
	}
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		network := simtest.NewNetwork(t, h, "net", sim.WithSubnet(prefix("172.18.0.0/16")))
		all := make([]*sim.Container, n)
		for i := range all {
			all[i] = simtest.Run(t, h, fmt.Sprint("c", i), sim.WithNetwork(network))
		}
		start := time.Now()
		var lookups errgroup.Group
		for i, c := range all {
			lookups.Go(func() error { return findOthers(t, c, all, rand.New(rand.NewPCG(1, uint64(i))), 20) })
		}
		require.NoError(t, lookups.Wait())
		require.Zero(t, time.Since(start), "a query was lost and sent again")
		churnNames(t, h, network, all)
	})
}

// findOthers looks up n of the containers.
func findOthers(t *testing.T, c *sim.Container, all []*sim.Container, random *rand.Rand, n int) error {
	for range n {
		other := all[random.IntN(len(all))]
		if got, want := lookup(t, c, other.Name()), fmt.Sprint("[", other.IP(), "]"); got != want {
			return fmt.Errorf("%v finds %v at %s, not at %s", c, other, got, want)
		}
	}
	return nil
}

// churnNames starts and stops a hundred containers in a second. At the same instants
// ten others look up those that stay, which they find, and those that come and go.
func churnNames(t *testing.T, h *sim.Host, network *sim.Network, all []*sim.Container) {
	const beat = 10 * time.Millisecond
	start := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	found := make([]int, 10)
	var lookups errgroup.Group
	defer lookups.Wait()
	defer cancel()
	for i := range found {
		c, random := all[i], rand.New(rand.NewPCG(2, uint64(i)))
		lookups.Go(func() error {
			for beats := time.NewTicker(beat); ctx.Err() == nil; <-beats.C {
				if err := findOthers(t, c, all, random, 2); err != nil {
					return err
				}
				got, err := findPasser(t, c, random.IntN(passers))
				if err != nil {
					return err
				}
				found[i] += got
			}
			return nil
		})
	}
	beats := time.NewTicker(beat)
	for i := range 100 {
		require.NoError(t, passBy(t, h, network, all[len(all)-1], i))
		<-beats.C
	}
	require.Equal(t, time.Second, time.Since(start), "a query was lost and sent again")
	cancel()
	require.NoError(t, lookups.Wait())
	total := 0
	for _, n := range found {
		total += n
	}
	require.Positive(t, total, "lookups that found a container that came and went")
	t.Log("found", total, "times")
}

// passers is how many containers are there in turn, at most two at once.
const passers = 4

func passerAddr(i int) netip.Addr { return netip.AddrFrom4([4]byte{172, 18, 200, byte(1 + i%passers)}) }

// passBy starts the i-th container that comes and goes, and removes the one before.
// Witness knows the names at once, and no longer.
func passBy(t *testing.T, h *sim.Host, network *sim.Network, witness *sim.Container, i int) error {
	name := fmt.Sprint("passer", i%passers)
	_, err := h.Run(name, sim.WithNetwork(network, sim.WithAddr(passerAddr(i)), sim.WithAlias("anyone")))
	if err != nil {
		return err
	}
	if got, want := lookup(t, witness, name), fmt.Sprint("[", passerAddr(i), "]"); got != want {
		return fmt.Errorf("%s started: %s", name, got)
	}
	name = fmt.Sprint("passer", (i+passers-1)%passers)
	before, ok := h.Container(name)
	if !ok {
		return nil // i is 0
	}
	stop := before.Kill
	if i%3 == 0 {
		stop = func() error { return before.Stop(t.Context()) }
	}
	if err := stop(); err != nil {
		return err
	}
	if got, err := findPasser(t, witness, i+passers-1); err != nil || got != 0 {
		return fmt.Errorf("%s is found after it stopped: %v", name, err)
	}
	if got, want := lookup(t, witness, "anyone"), fmt.Sprint("[", passerAddr(i), "]"); got != want {
		return fmt.Errorf("anyone: %s", got)
	}
	return before.Remove()
}

// findPasser looks up a container that comes and goes, and returns how many there are.
// Those that know it answer before a moment has passed; otherwise there is nobody to
// ask, and no answer.
func findPasser(t *testing.T, c *sim.Container, i int) (int, error) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	addrs, err := c.LookupNetIP(ctx, "ip4", fmt.Sprint("passer", i%passers))
	if errors.Is(err, context.DeadlineExceeded) {
		return 0, nil
	}
	if err == nil && !slices.Equal(addrs, []netip.Addr{passerAddr(i)}) {
		err = fmt.Errorf("passer%d is at %v", i%passers, addrs)
	}
	return len(addrs), err
}
