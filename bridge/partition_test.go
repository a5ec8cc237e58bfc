package bridge_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"drydock/bridge"
	"drydock/drop"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// halves keeps p1 and p2 away from p3 and docker0, one way.
func halves(in, out *bridge.Port) bool {
	return (in.Name() == "p1" || in.Name() == "p2") && (out.Name() == "p3" || out.Local())
}

func TestPartition(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		in    string
		frame frame
		want  []string // ports that it leaves by
		lost  uint64
	}{
		{"one side", "p1", frame{src: macA, dst: macB}, []string{"p2"}, 0},
		{"the other side", "p1", frame{src: macA, dst: macC}, nil, 1},
		{"back", "p3", frame{src: macC, dst: macA}, []string{"p1"}, 0},
		{"flooded", "p1", frame{src: macA, dst: broadcast, proto: header.ARPProtocolNumber}, []string{"p2"}, 2},
		{"unknown", "p1", frame{src: macA, dst: station(9)}, []string{"p2"}, 1},
		{"to the host", "p2", frame{src: macB, dst: macBridge}, nil, 1},
		{"from the host", "docker0", frame{src: macBridge, dst: macB}, []string{"p2"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, 0)
			l.add("p1", bridge.WithStation(macA))
			l.add("p2", bridge.WithStation(macB))
			heal := l.bridge.Partition(halves)
			l.add("p3", bridge.WithStation(macC)) // later
			l.add("docker0", bridge.Local(macBridge))
			l.bridge.SetFilter(bridge.FilterFunc(func(_, in, out string, pkt *stack.PacketBuffer) *stack.PacketBuffer {
				assert.False(t, halves(l.ports[in], l.ports[out]), "%s to %s passes the filter", in, out)
				return pkt
			}))
			l.send(tt.in, tt.frame)
			assert.ElementsMatch(t, tt.want, left(l))
			assert.Equal(t, drop.Counts{drop.Partitioned: tt.lost}, l.ports[tt.in].Stats().Drops)

			heal()
			heal()
			l.bridge.SetFilter(nil)
			l.send(tt.in, tt.frame)
			assert.Len(t, left(l), len(tt.want)+int(tt.lost), "healed")
		})
	}
}

// left returns the ports by which frames have left.
func left(l *lab) (names []string) {
	for name := range l.received() {
		names = append(names, name)
	}
	return names
}

// TestPartitionPassUp has a filter pass up what a partition keeps away from the host.
func TestPartitionPassUp(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1)
	l.add("p2", bridge.WithStation(macB))
	l.add("docker0", bridge.Local(macBridge))
	l.bridge.SetFilter(bridge.FilterFunc(func(_, _, _ string, pkt *stack.PacketBuffer) *stack.PacketBuffer {
		l.bridge.PassUp(pkt)
		return nil
	}))
	heal := l.bridge.Partition(func(_, out *bridge.Port) bool { return out.Local() })
	l.send("p1", frame{src: macA, dst: macB})
	assert.Empty(t, left(l))
	assert.Equal(t, drop.Counts{drop.Partitioned: 1, drop.Filter: 1}, l.ports["p1"].Stats().Drops)
	heal()
	l.send("p1", frame{src: macA, dst: macB})
	assert.Equal(t, []string{"docker0"}, left(l))
}

// TestPartitionsStack sets and heals random partitions: what passes is what none forbids.
func TestPartitionsStack(t *testing.T) {
	t.Parallel()
	const ports = 5
	l := newLab(t, 0)
	for i := range ports {
		l.add(string(rune('a'+i)), bridge.WithStation(station(i+1)), bridge.WithOwner(i))
	}
	type one struct {
		apart [ports][ports]bool
		heal  func()
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var standing []*one
	for range 200 {
		if n := len(standing); n > 0 && rng.IntN(3) == 0 {
			i := rng.IntN(n)
			standing[i].heal()
			standing = slices.Delete(standing, i, i+1)
		} else {
			o := new(one)
			o.apart[rng.IntN(ports)][rng.IntN(ports)] = true
			o.apart[rng.IntN(ports)][rng.IntN(ports)] = true
			o.heal = l.bridge.Partition(func(in, out *bridge.Port) bool { return o.apart[in.Owner().(int)][out.Owner().(int)] })
			standing = append(standing, o)
		}
		for in := range ports {
			for out := range ports {
				if in == out {
					continue
				}
				l.send(string(rune('a'+in)), frame{src: station(in + 1), dst: station(out + 1)})
				apart := slices.ContainsFunc(standing, func(o *one) bool { return o.apart[in][out] })
				require.Equal(t, !apart, len(left(l)) == 1, "%d to %d", in, out)
			}
		}
	}
}

// TestPartitionWhileForwarding is for the race detector. Without allocations, with a partition too.
func TestPartitionWhileForwarding(t *testing.T) {
	l := newLab(t, 0)
	for _, name := range []string{"p1", "p2", "p3"} {
		l.add(name).discard = true
	}
	pkt := incoming(frame{src: macA, dst: broadcast}.bytes())
	defer pkt.DecRef()
	forward := func() { l.cables["p1"].forward(pkt) }
	assert.Zero(t, testing.AllocsPerRun(100, forward))
	heal := l.bridge.Partition(halves)
	assert.Zero(t, testing.AllocsPerRun(100, forward))
	heal()
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for range 500 {
				l.bridge.Partition(halves)()
			}
		})
		all.Go(func() {
			pkt := incoming(frame{src: macA, dst: broadcast}.bytes())
			defer pkt.DecRef()
			for range 500 {
				l.cables["p1"].forward(pkt)
			}
		})
	}
	all.Wait()
}
