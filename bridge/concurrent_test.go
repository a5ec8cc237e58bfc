package bridge_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"drydock/bridge"
	"drydock/drop"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Ports come and go and everything is looked at while frames flow. What stays is
// right: no entry of a removed port, no frame lost between the ports that stayed.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	const senders, frames, churns = 4, 3000, 300
	l := newLab(t, 0, bridge.WithTableSize(64))
	for i := range senders {
		l.add(fmt.Sprint("p", i), bridge.WithStation(station(i))).discard = true
	}
	l.add("docker0", bridge.Local(macBridge)).discard = true

	pass := bridge.FilterFunc(func(_, _, _ string, pkt *stack.PacketBuffer) *stack.PacketBuffer { return pkt })
	var done atomic.Bool
	var traffic, churn sync.WaitGroup
	for i := range senders {
		traffic.Go(func() {
			c := l.cables[fmt.Sprint("p", i)]
			for n := range frames {
				for _, f := range []frame{
					{src: station(i), dst: station((i + 1) % senders)},
					{src: station(100 + i*frames + n), dst: broadcast},
					{src: station(50 + n%8), dst: station(50 + (n+1)%8)}, // moves all the time
					{src: station(i), dst: macBridge},
				} {
					pkt := incoming(f.bytes())
					c.forward(pkt)
					pkt.DecRef()
				}
			}
		})
	}
	for i := range 2 {
		churn.Go(func() {
			for n := 0; n < churns || !done.Load(); n++ {
				c := newCable()
				c.discard = true
				name := fmt.Sprintf("q%d-%d", i, n%2)
				_, err := l.bridge.AddPort(name, c)
				assert.NoError(t, err)
				pkt := incoming(frame{src: station(20 + i), dst: broadcast}.bytes())
				c.forward(pkt)
				pkt.DecRef()
				assert.NoError(t, l.bridge.RemovePort(name))
				assert.False(t, c.IsAttached())
			}
		})
	}
	churn.Go(func() {
		for n := 0; !done.Load(); n++ {
			l.bridge.Lookup(station(0))
			for e := range l.bridge.Entries() {
				_ = e.String()
			}
			for _, p := range l.bridge.Ports() {
				p.Stats()
			}
			l.bridge.SetFilter(pass)
			if n%10 == 0 {
				l.bridge.Flush()
				l.bridge.SetFilter(nil)
			}
		}
	})
	traffic.Wait()
	done.Store(true)
	churn.Wait()

	for i := range senders {
		s := l.ports[fmt.Sprint("p", i)].Stats()
		assert.EqualValues(t, 4*frames, s.RxPackets)
		assert.EqualValues(t, 4*frames*64, s.RxBytes)
		assert.GreaterOrEqual(t, s.TxPackets, uint64(frames*senders), "unicast, and broadcasts of the others")
		assert.Zero(t, s.Drops[drop.Filter])
	}
	require.Len(t, l.bridge.Ports(), senders+1)
	known := 0
	for e := range l.bridge.Entries() {
		assert.NotContains(t, e.Port.Name(), "q")
		if !e.Static {
			known++
		}
	}
	assert.LessOrEqual(t, known, 64)
}

// Close during traffic leaves every endpoint detached and no station behind.
func TestCloseDuringTraffic(t *testing.T) {
	t.Parallel()
	l := newLab(t, 4)
	for _, c := range l.cables {
		c.discard = true
	}
	started := make(chan struct{}, len(l.cables))
	var done atomic.Bool
	var wg sync.WaitGroup
	for _, c := range l.cables {
		wg.Go(func() {
			for n := 0; !done.Load(); n++ {
				pkt := incoming(frame{src: station(n % 1000), dst: station((n + 1) % 1000)}.bytes())
				c.forward(pkt)
				pkt.DecRef()
				if n == 100 {
					started <- struct{}{}
				}
			}
		})
	}
	for range l.cables {
		<-started
	}
	l.bridge.Close()
	assert.Empty(t, l.table())
	for name, c := range l.cables {
		assert.False(t, c.IsAttached(), name)
	}
	done.Store(true)
	wg.Wait()
	assert.Empty(t, l.table())
}
