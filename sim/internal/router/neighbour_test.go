package router_test

import (
	"net/netip"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"drydock/drop"
	"drydock/sim/ping"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Pings to nobody on the far cable: the router answers for it when its own
// questions were not answered, after nearly three seconds, and answers all that waited.
func TestUnreachableHost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		to, from   string
		kind, code uint8
	}{
		{"10.2.0.77", "10.1.0.1", 3, 1},
		{"fd02::77", "fd01::1", 1, 3},
	} {
		t.Run(tt.to, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				top := plan{virtual: true}.build(t)
				type answer struct {
					seq int
					at  time.Duration
				}
				var got []answer
				start := time.Now()
				_, err := top.a.Ping(bg, netip.MustParseAddr(tt.to), &ping.Config{
					Count: 5, Interval: 900 * time.Millisecond,
					Observe: func(e ping.Event) {
						if !e.From.IsValid() {
							return
						}
						assert.Equal(t, &ping.ICMPError{From: netip.MustParseAddr(tt.from), Type: tt.kind, Code: tt.code}, e.Err)
						got = append(got, answer{e.Seq, time.Since(start)})
					},
				})
				require.NoError(t, err)
				const gone = 2997 * time.Millisecond
				assert.Equal(t, []answer{{1, gone}, {2, gone}, {3, gone}, {4, gone}, {5, 2*gone + 603*time.Millisecond}}, got)
			})
		})
	}
}

// A connection attempt to nobody fails when the router says so.
func TestDialUnreachable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		to  string
		err error
		at  time.Duration
	}{
		{"10.2.0.77:80", syscall.EHOSTUNREACH, 2997 * time.Millisecond},
		{"10.77.0.1:80", syscall.ENETUNREACH, 0},
		{"[fd77::1]:80", syscall.ENETUNREACH, 0},
	} {
		t.Run(tt.to, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				top := plan{virtual: true}.build(t)
				start := time.Now()
				_, err := top.a.DialContext(bg, "tcp", tt.to)
				assert.ErrorIs(t, err, tt.err)
				assert.Equal(t, tt.at, time.Since(start))
			})
		})
	}
}

// A neighbour that comes late gets what waited for it.
func TestLateNeighbour(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		top := plan{virtual: true}.build(t)
		s, err := top.b.ListenPacket(bg, "udp", "0.0.0.0:9")
		require.NoError(t, err)
		defer s.Close()
		for range 3 {
			top.inject(t, 0, packet{src: "10.1.0.99", dst: "10.2.0.50", proto: 17, body: udp(5)})
		}
		time.AfterFunc(1500*time.Millisecond, func() { top.b.AddAddr(2, netip.MustParsePrefix("10.2.0.50/24")) })
		start := time.Now()
		for range 3 {
			_, _, err := s.ReadFrom(make([]byte, 10))
			require.NoError(t, err)
		}
		assert.Equal(t, 1998*time.Millisecond, time.Since(start), "with the third question")
	})
}

// What waits for a neighbour when the stack is closed is lost without a word, and
// without a leak.
func TestCloseWhilePending(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		top := plan{virtual: true}.build(t)
		c := top.capture()
		top.inject(t, 0, packet{src: "10.1.0.2", dst: "10.2.0.77", proto: 17, body: udp(5)})
		time.Sleep(time.Second)
		top.router.Close()
		time.Sleep(10 * time.Second)
		assert.Empty(t, c.take())
	})
}

// After source translation the router itself is the source: the error goes to it,
// through OUTPUT, where a netfilter translates it back.
func TestUnreachableBehindSNAT(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		mine, client := tcpip.AddrFrom4([4]byte{10, 2, 0, 1}), tcpip.AddrFrom4([4]byte{10, 1, 0, 99})
		f := new(netfilter)
		f.at = func(hook string, pkt *stack.PacketBuffer, _ *stack.Route) bool {
			switch h := pkt.Network(); {
			case hook == "POSTROUTING" && h.SourceAddress() == client:
				setAddress(pkt, mine, true)
			case hook == "OUTPUT" && h.DestinationAddress() == mine:
				setAddress(pkt, client, false)
			}
			return true
		}
		top := plan{virtual: true, filter: f}.build(t)
		top.acquaint(t)
		c := top.capture()
		top.inject(t, 0, packet{src: "10.1.0.99", dst: "10.2.0.77", proto: 17, body: udp(5)})
		time.Sleep(4 * time.Second)
		synctest.Wait()
		one(out(0), addrs("10.2.0.1", "10.1.0.99"), func(t *testing.T, got seen) {
			assert.Equal(t, []byte{3, 1}, got.body()[:2])
		})(t, packet{}, c.take())
	})
}

// Errors to one host are limited: six at once, then one a second; those without a
// route count twice. Path MTU discovery is not.
func TestErrorLimit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		in           packet
		first, later int // answers to 20 packets at once; to 20 more after 2 s
	}{
		{"TTL", packet{src: "10.1.0.99", dst: "10.2.0.99", ttl: 1, proto: 17, body: udp(1)}, 6, 2},
		{"hop limit", packet{src: "fd01::99", dst: "fd02::99", ttl: 1, proto: 17, body: udp(1)}, 6, 2},
		{"no route", packet{src: "10.1.0.99", dst: "10.77.0.1", proto: 17, body: udp(1)}, 2, 1},
		{"MTU", packet{src: "10.1.0.99", dst: "10.2.0.99", df: true, proto: 17, body: udp(1400)}, 20, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := new(netfilter)
				top := plan{virtual: true, filter: f, mtu: [2]int{1500, 1000}}.build(t)
				top.acquaint(t)
				c := top.capture()
				for _, want := range []int{tt.first, tt.later} {
					for range 20 {
						top.inject(t, 0, tt.in)
					}
					synctest.Wait()
					assert.Len(t, c.take(), want)
					time.Sleep(2 * time.Second)
				}
				other := tt.in
				other.src = map[bool]string{true: "10.1.0.98", false: "fd01::98"}[other.src == "10.1.0.99"]
				top.inject(t, 0, other)
				synctest.Wait()
				assert.Len(t, c.take(), 1, "to another host")
			})
		})
	}
}

// Packets to more neighbours than a table has room for are dropped like those to neighbours that do
// not answer, at once and without an error.
func TestTooManyNeighbours(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		top := plan{virtual: true}.build(t)
		dst := netip.MustParseAddr("fd02::1:0")
		for range 1100 {
			top.inject(t, 0, packet{src: "fd01::99", dst: dst.String(), proto: 17, body: udp(5)})
			dst = dst.Next()
		}
		synctest.Wait()
		assert.EqualValues(t, 1100-1024, top.router.Drops()[drop.NeighbourFailed])
		time.Sleep(3 * time.Second)
		assert.EqualValues(t, 1100, top.router.Drops()[drop.NeighbourFailed])
	})
}
