package veth_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
)

func TestCarrier(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t)
		defer a.Close()
		var atA, atB station
		a.Attach(&atA)
		b.Attach(&atB)
		exchange := func(want bool) {
			t.Helper()
			fromA, fromB := len(atB.arrivals()), len(atA.arrivals())
			write(t, a, numbered(0))
			write(t, b, raw(macA, macB, 100))
			synctest.Wait()
			n := 0
			if want {
				n = 1
			}
			assert.Len(t, atB.arrivals(), fromA+n)
			assert.Len(t, atA.arrivals(), fromB+n)
			assert.Equal(t, want, a.Carrier())
			assert.Equal(t, want, b.Carrier())
		}
		exchange(true)
		a.SetCarrier(false)
		exchange(false)
		b.SetCarrier(false)
		exchange(false)
		a.SetCarrier(true) // the plug of b is out still
		exchange(false)
		b.SetCarrier(true)
		exchange(true)
		b.SetCarrier(true)
		exchange(true)
		assert.Equal(t, veth.Stats{TxPackets: 3, TxBytes: 300, TxDropped: 3, RxPackets: 3, RxBytes: 300}, a.Stats())
		conserved(t, a, b)
		conserved(t, b, a)
	})
}

// TestCarrierInFlight takes the carrier away from frames on a slow line, and gives
// it back before they would have arrived.
func TestCarrierInFlight(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{
			Delay: 50 * time.Millisecond, Rate: 800_000, Queue: 40, // 1 ms for 100 bytes
		}))
		defer a.Close()
		var atA, atB station
		a.Attach(&atA)
		b.Attach(&atB)
		for n := range 20 {
			write(t, a, numbered(n))
			write(t, b, raw(macA, macB, 100))
		}
		sleep(55 * time.Millisecond) // five arrived
		for n := range 20 {
			write(t, a, numbered(20+n)) // they occupy the wire
		}
		a.SetCarrier(false)
		a.SetCarrier(true)
		start := time.Now()
		for n := range 41 {
			write(t, a, numbered(40+n))
		}
		sleep(time.Second)
		assert.Equal(t, append(count(5), count(81)[40:]...), atB.numbers())
		assert.Equal(t, 51*time.Millisecond, atB.times(start)[5], "the wire is empty again")
		assert.Len(t, atA.arrivals(), 5)
		assert.Equal(t, uint64(35), a.Stats().TxLost)
		assert.Equal(t, uint64(15), b.Stats().TxLost)
		conserved(t, a, b)
		conserved(t, b, a)
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	closers := map[string]func(a, b *veth.Endpoint){
		"this end":  func(a, _ *veth.Endpoint) { a.Close() },
		"other end": func(_, b *veth.Endpoint) { b.Close() },
		"twice":     func(a, _ *veth.Endpoint) { a.Close(); a.Close() },
		"both ends": func(a, b *veth.Endpoint) { a.Close(); b.Close() },
		"at once": func(a, b *veth.Endpoint) {
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go([]*veth.Endpoint{a, b}[i%2].Close)
			}
			wg.Wait()
		},
	}
	for name, closeEnds := range closers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t)
				require.NoError(t, b.Impair(veth.Impairment{Delay: time.Second}))
				var atA, atB station
				a.Attach(&atA)
				b.Attach(&atB)
				write(t, a, numbered(0))
				synctest.Wait()
				write(t, b, raw(macA, macB, 100))
				closed := make(chan tcpip.LinkAddress, 4)
				a.SetOnCloseAction(func() { closed <- macA })
				b.SetOnCloseAction(func() { closed <- macB })

				start := time.Now()
				closeEnds(a, b)
				assert.Equal(t, start, time.Now(), "does not wait for frames in flight")
				close(closed)
				var who []tcpip.LinkAddress
				for mac := range closed {
					who = append(who, mac)
				}
				assert.ElementsMatch(t, []tcpip.LinkAddress{macA, macB}, who, "once each")

				for _, e := range []*veth.Endpoint{a, b} {
					assert.False(t, e.IsAttached())
					assert.False(t, e.Carrier())
					pkt := packet(numbered(0))
					assert.IsType(t, &tcpip.ErrClosedForSend{}, e.WritePacket(pkt))
					pkt.DecRef()

					e.SetCarrier(true) // changes nothing any more
					e.Attach(&atA)
					assert.False(t, e.IsAttached())
					assert.False(t, e.Carrier())
				}
				sleep(2 * time.Second)
				assert.Len(t, atB.arrivals(), 1)
				assert.Empty(t, atA.arrivals(), "was in flight")
				conserved(t, b, a)
			})
		})
	}
}

// TestCloseWaits closes while a delivery is under way.
func TestCloseWaits(t *testing.T) {
	t.Parallel()
	for name, i := range map[string]veth.Impairment{"queue": {}, "line": {Delay: 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t, veth.WithImpairment(i))
				atB := station{hold: make(chan struct{})}
				b.Attach(&atB)
				write(t, a, numbered(0))
				sleep(time.Millisecond)
				var closed sync.WaitGroup
				done := make(chan struct{})
				for range 3 {
					closed.Go(a.Close)
				}
				go func() {
					closed.Wait()
					close(done)
				}()
				sleep(time.Hour)
				select {
				case <-done:
					t.Error("did not wait")
				default:
				}
				close(atB.hold)
				<-done
			})
		})
	}
}

// TestCloseWaitsForForwarder does so while a frame is being forwarded by the timer
// of a line.
func TestCloseWaitsForForwarder(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Delay: time.Millisecond}))
		atB := port{station{hold: make(chan struct{})}}
		b.Attach(&atB)
		write(t, a, numbered(0), numbered(1))
		sleep(time.Millisecond)
		done := make(chan struct{})
		go func() {
			b.Close()
			close(done)
		}()
		sleep(time.Hour)
		select {
		case <-done:
			t.Error("did not wait")
		default:
		}
		close(atB.hold)
		<-done
		assert.Equal(t, []int{0}, atB.numbers())
		conserved(t, a, b)
	})
}

// TestCloseDuringWrite closes the cable when WritePackets has begun, which only a tap
// can see.
func TestCloseDuringWrite(t *testing.T) {
	t.Parallel()
	for name, i := range map[string]veth.Impairment{"queue": {}, "line": {Delay: time.Second}, "line without delay": {Queue: 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t, veth.WithImpairment(i))
				var atB station
				b.Attach(&atB)
				a.Tap(func(veth.Tapped) {
					done := make(chan struct{})
					go func() {
						a.Close()
						close(done)
					}()
					<-done
				})
				write(t, a, numbered(0))
				assert.Equal(t, uint64(1), a.Stats().TxLost+b.Stats().RxDropped)
				sleep(time.Minute)
				assert.Empty(t, atB.arrivals())
				conserved(t, a, b)
			})
		})
	}
}

// TestChaos writes, impairs, attaches, taps, unplugs and closes all at once. It is
// for the race detector, and for the checks of TestMain.
func TestChaos(t *testing.T) {
	t.Parallel()
	for range 20 {
		a, b := pair(t, veth.WithQueue(50))
		ends := []*veth.Endpoint{a, b}
		a.Attach(&station{})
		b.Attach(&port{})
		var users sync.WaitGroup
		for i := range 2 {
			e := ends[i]
			each := func(n int, fn func(n int)) {
				users.Go(func() {
					for n := range n {
						fn(n)
					}
				})
			}
			each(300, func(n int) {
				pkt := packet(numbered(n))
				defer pkt.DecRef()
				e.WritePacket(pkt)
			})
			each(30, func(n int) {
				assert.NoError(t, e.Impair([]veth.Impairment{
					{}, {Delay: time.Microsecond}, {Rate: 1e9, Queue: 10}, {Loss: veth.Loss{P: 0.5}}, {Delay: time.Hour},
				}[n%5]))
				_ = e.Impairment()
			})
			each(30, func(n int) {
				switch n % 3 {
				case 0:
					e.Attach(&station{})
				case 1:
					e.Attach(&port{})
				case 2:
					e.Attach(nil)
				}
				_ = e.IsAttached()
			})
			each(10, func(n int) { e.SetCarrier(n%2 == 1) })
			each(10, func(int) {
				remove := e.Tap(func(veth.Tapped) {})
				e.SetMTU(1500)
				e.SetLinkAddress(macC)
				_, _, _ = e.LinkAddress(), e.MTU(), e.Stats()
				remove()
			})
			if i == 1 {
				each(1, func(int) { e.Close() })
			}
		}
		users.Wait()
		a.Close()
		conserved(t, a, b)
		conserved(t, b, a)
	}
}
