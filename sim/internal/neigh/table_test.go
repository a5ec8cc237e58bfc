package neigh

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// TestNoAnswer asks all three times, then tells those who wait.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWire(t, 1)
	require.Empty(t, w.send(seven, "one"))
	w.table.NotifyFailure(seven, func() { w.note("told") })
	w.clock.Advance(500 * time.Millisecond)
	require.Empty(t, w.send(seven, "two"))
	w.clock.Advance(time.Minute)
	ask := "ask all for 10.9.0.7 from 10.9.0.1"
	require.Equal(t, []string{"0s " + ask, "1s " + ask, "2s " + ask, "3s fail one", "3s fail two", "3s told"}, w.take())
	require.Equal(t, "FAILED", w.state(seven))

	w.start = time.Minute + 500*time.Millisecond
	require.Empty(t, w.send(seven, "more"), "which asks again")
	w.clock.Advance(1500 * time.Millisecond)
	w.arp(header.ARPReply, macOf("a"), me, "", true)
	require.Equal(t, []string{"0s " + ask, "1s " + ask, "1.5s send more to a"}, w.take())
	w.table.NotifyFailure(seven, func() { t.Error("it is there") })
	require.Equal(t, "a", w.send(seven, "again"))
	w.clock.Advance(10 * time.Second)
	require.Empty(t, w.take())
}

// TestAsksAtOnce: no timer has to fire for the first question. In a bubble of testing/synctest none
// does while others talk without a rest.
func TestAsksAtOnce(t *testing.T) {
	w := newWire(t, 1)
	w.send(seven, "one")
	require.Equal(t, []string{"0s ask all for 10.9.0.7 from 10.9.0.1"}, w.take())
}

// TestProbe asks a neighbour that has not been heard of for five seconds since a packet went
// there, and has packets go to its MAC meanwhile.
func TestProbe(t *testing.T) {
	t.Parallel()
	w := newWire(t, 1)
	w.table.Learn(seven6, macOf("a"))
	require.Equal(t, "a", w.send(seven6, "one"))
	w.clock.Advance(7500 * time.Millisecond)
	require.Equal(t, "a", w.send(seven6, "two"))
	require.Equal(t, "PROBE a", w.state(seven6))
	w.clock.Advance(time.Minute)
	ask := "ask a for fd09::7 from anybody"
	require.Equal(t, []string{"5s " + ask, "6s " + ask, "7s " + ask}, w.take())
	require.Equal(t, "FAILED", w.state(seven6))
}

// TestCannotAsk gives up at once.
func TestCannotAsk(t *testing.T) {
	t.Parallel()
	w := newWire(t, 1)
	w.deaf = &tcpip.ErrNetworkUnreachable{}
	require.Empty(t, w.send(seven, "one"))
	require.Equal(t, []string{"0s ask all for 10.9.0.7 from 10.9.0.1", "0s fail one"}, w.take())
	require.Equal(t, "FAILED", w.state(seven))
}

// TestWaiting has as many packets wait as Linux 6.18 had, and the oldest go.
func TestWaiting(t *testing.T) {
	t.Parallel()
	const header = 28 // of a datagram
	for size, want := range map[int]int{20: 256, 100: 256, 200: 166, 500: 166, 1000: 92, 1400: 92, 65000: 3} {
		w := newWire(t, 1)
		for i := range 500 {
			w.send(seven, fmt.Sprintf("%04d", i)+strings.Repeat("x", size+header-4))
		}
		lost := w.take()
		require.Len(t, lost, 1+500-want, size)
		require.Equal(t, "0s lose 0000", lost[1])
		w.arp(2, macOf("a"), me, "", true)
		sent := w.take()
		require.Len(t, sent, want, size)
		require.Equal(t, fmt.Sprintf("0s send %04d to a", 500-want), sent[0])
		require.Equal(t, "0s send 0499 to a", sent[want-1])
		require.Zero(t, w.table.waiting)
	}
}

// TestManyWait bounds what waits for all neighbours together.
func TestManyWait(t *testing.T) {
	t.Parallel()
	w := newWire(t, 1)
	for n := range 200 {
		for range 4 {
			w.send(numbered(n), strings.Repeat("x", 65000))
		}
	}
	require.LessOrEqual(t, w.table.waiting, waitingInTable)
	require.Greater(t, w.table.waiting, waitingInTable-waitingBytes)
	w.clock.Advance(10 * time.Second)
	require.Zero(t, w.table.waiting)
}

func numbered(n int) tcpip.Address {
	return tcpip.AddrFrom4([4]byte{10, 8, byte(n >> 8), byte(n)})
}

// TestReachable has neighbours reachable for 15 to 45 seconds, as the seed says.
func TestReachable(t *testing.T) {
	t.Parallel()
	reachable := func(seed uint64) time.Duration {
		w := newWire(t, seed)
		w.send(seven, "one")
		w.arp(2, macOf("a"), me, "", true)
		for d := time.Duration(0); ; d += 100 * time.Millisecond {
			if s := w.state(seven); s != "REACHABLE a" {
				require.Equal(t, "STALE a", s)
				return d
			}
			w.clock.Advance(100 * time.Millisecond)
		}
	}
	different := make(map[time.Duration]bool)
	for seed := range uint64(20) {
		d := reachable(seed)
		require.True(t, d >= 15*time.Second && d <= 45*time.Second+100*time.Millisecond, d)
		require.Equal(t, d, reachable(seed))
		different[d] = true
	}
	require.Greater(t, len(different), 15)
}

// TestConfirm: a neighbour that is talked with stays REACHABLE, and nobody is asked. So does a
// gateway, which is confirmed by who is behind it.
func TestConfirm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		gateway bool
		from    tcpip.Address
		mac     string
		want    bool
	}{
		{"neighbour", false, seven, "a", true},
		{"with another MAC", false, seven, "b", false},
		{"somebody else", false, other, "a", false},
		{"behind the gateway", true, other, "a", true},
		{"behind another one", true, other, "b", false},
	} {
		w := newWire(t, 1)
		pkt := packet("one")
		w.table.Resolve(seven, me, tt.gateway, pkt)
		pkt.DecRef()
		w.clock.RunImmediatelyScheduledJobs()
		w.arp(2, macOf("a"), me, "", true)
		w.take()
		seen := make(map[string]bool)
		for range 300 {
			w.clock.Advance(time.Second)
			w.send(seven, "more")
			if w.table.Listening() {
				w.table.Confirm(tt.from, macOf(tt.mac))
			}
			seen[w.state(seven)] = true
		}
		if tt.want {
			assert.Equal(t, map[string]bool{"REACHABLE a": true}, seen, tt.name)
			assert.Empty(t, w.take(), tt.name)
		} else {
			assert.True(t, seen["PROBE a"], tt.name)
		}
	}
}

// TestConfirmDelay: a confirmation in DELAY spares the question.
func TestConfirmDelay(t *testing.T) {
	t.Parallel()
	w := newWire(t, 1)
	w.table.Learn(seven, macOf("a"))
	require.False(t, w.table.Listening())
	w.send(seven, "one")
	require.True(t, w.table.Listening())
	w.clock.Advance(2 * time.Second)
	w.table.Confirm(seven, macOf("a"))
	require.False(t, w.table.Listening())
	require.Equal(t, "DELAY a", w.state(seven))
	w.clock.Advance(3 * time.Second)
	require.Equal(t, "REACHABLE a", w.state(seven))
	w.clock.Advance(time.Hour)
	require.Equal(t, "STALE a", w.state(seven))
	require.Empty(t, w.take())
}

// TestSet has neighbours that were set, which nothing changes, and Delete.
func TestSet(t *testing.T) {
	t.Parallel()
	w := newWire(t, 1)
	require.Empty(t, w.send(seven, "one"))
	w.table.Set(seven, macOf("a"))
	require.Equal(t, []string{"0s ask all for 10.9.0.7 from 10.9.0.1", "0s send one to a"}, w.take())
	w.arp(1, macOf("b"), me, "", false)
	w.clock.Advance(time.Hour)
	require.Equal(t, "a", w.send(seven, "two"))
	require.Equal(t, "PERMANENT a", w.state(seven))
	w.table.Set(seven, macOf("c"))
	require.Equal(t, "c", w.send(seven, "two"))
	require.True(t, w.table.Delete(seven))
	require.False(t, w.table.Delete(seven))
	require.Zero(t, w.table.dynamic)

	require.Empty(t, w.send(seven, "last"))
	w.take()
	require.True(t, w.table.Delete(seven))
	require.Equal(t, []string{"1h0m0s fail last"}, w.take())
	require.Empty(t, w.table.List())
}

// TestFlush loses what waits without a word.
func TestFlush(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*Table){"flush": (*Table).Flush, "close": (*Table).Close} {
		w := newWire(t, 1)
		w.table.Set(other, macOf("a"))
		require.Empty(t, w.send(seven, "one"))
		w.table.NotifyFailure(seven, func() { t.Error("told") })
		w.take()
		end(w.table)
		w.clock.Advance(time.Hour)
		require.Empty(t, w.take(), name)
		require.Empty(t, w.table.List(), name)
		require.Zero(t, w.table.dynamic+w.table.waiting, name)
		require.Empty(t, w.send(seven, "two"), name)
		require.Equal(t, name == "close", len(w.take()) == 0)
	}
}

// TestRoom bounds how many neighbours a flood makes, and who has to go.
func TestRoom(t *testing.T) {
	t.Parallel()
	w := newWire(t, 1)
	w.table.Set(other, macOf("a"))
	for n := range 100 {
		w.table.Learn(numbered(n), macOf("b"))
	}
	w.clock.Advance(time.Hour)
	require.Len(t, w.table.List(), 101, "few are never forgotten")
	for n := range 3000 {
		w.table.Learn(numbered(1000+n), macOf("c"))
		require.LessOrEqual(t, w.table.dynamic, thresh3)
	}
	require.Equal(t, "PERMANENT a", w.state(other))
	require.Equal(t, "-", w.state(numbered(0)), "the settled ones went first")
	pkt := packet("one")
	defer pkt.DecRef()
	_, err := w.table.Resolve(seven, me, false, pkt)
	require.Equal(t, &tcpip.ErrNoBufferSpace{}, err, "all are new")
	w.clock.Advance(6 * time.Second)
	require.Empty(t, w.send(seven, "one"))
	require.Len(t, w.table.List(), thresh2+2)
	w.clock.Advance(2 * time.Minute)
	require.LessOrEqual(t, len(w.table.List()), 2, "what nobody uses is swept")
}

// TestWithin calls the table from the methods that it calls.
func TestWithin(t *testing.T) {
	t.Parallel()
	w := newWire(t, 1)
	w.within = func() {
		w.table.List()
		w.table.Lookup(seven)
		w.table.Learn(other, macOf("d"))
	}
	require.Empty(t, w.send(seven, "one"))
	w.clock.Advance(time.Minute)
	require.Empty(t, w.send(seven, "two"))
	w.arp(2, macOf("a"), me, "", true)
	require.Equal(t, "REACHABLE a", w.state(seven))
}

// TestConcurrent is for the race detector.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	link := new(silent)
	table := New(Config{Link: link, Clock: tcpip.NewStdClock(), Retransmit: time.Millisecond})
	link.table = table
	defer table.Close()
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			pkt := packet("x")
			defer pkt.DecRef()
			for i := range 3000 {
				a := numbered((i*7 + g) % 1500)
				switch i % 11 {
				case 0:
					table.Learn(a, macOf("a"))
				case 1:
					table.Advertise(a, macOf("b"), true, true)
				case 2:
					table.Delete(a)
				case 3:
					table.Confirm(a, macOf("b"))
				case 4:
					table.ReceiveARP(arpPacket(2, macOf("c"), a, me, ""), true, func(tcpip.Address) bool { return false })
				case 5:
					if i%110 == 5 {
						table.List()
					}
				default:
					if _, ok := table.Lookup(a); !ok {
						table.Resolve(a, me, i%2 == 0, pkt)
					}
				}
			}
		})
	}
	all.Wait()
}

// silent is a Link that answers some questions.
type silent struct{ table *Table }

func (s *silent) Ask(a, _ tcpip.Address, _ tcpip.LinkAddress) tcpip.Error {
	if a.As4()[3]%3 == 0 {
		s.table.Advertise(a, macOf("a"), true, true)
	}
	return nil
}
func (*silent) Send(*stack.PacketBuffer, tcpip.LinkAddress) {}
func (*silent) Fail(*stack.PacketBuffer)                    {}
func (*silent) Lose(*stack.PacketBuffer)                    {}

// FuzzARP delivers any bytes, with time passing: the table stays small, and what it holds is
// sound.
func FuzzARP(f *testing.F) {
	f.Add([]byte(arpPacket(header.ARPRequest, macOf("a"), seven, me, "")), uint8(3))
	f.Add([]byte(arpPacket(header.ARPReply, macOf("a"), seven, seven, macOf("a"))), uint8(1))
	f.Add([]byte{0, 1, 8}, uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, n uint8) {
		w := newWire(t, 1)
		for i := range int(n) {
			w.table.ReceiveARP(b, i%2 == 0, func(a tcpip.Address) bool { return a == me })
			w.send(seven, "one")
			w.clock.Advance(time.Duration(n) * 100 * time.Millisecond)
			if len(b) > 17 {
				b[17]++
			}
		}
		list := w.table.List()
		require.LessOrEqual(t, len(list), 1+int(n))
		for _, e := range list {
			require.Equal(t, e.State&valid != 0, len(e.MAC) == header.EthernetAddressSize)
			require.True(t, station(e.Addr) && e.Addr != me)
		}
	})
}

func TestLookupAllocatesNothing(t *testing.T) {
	w := newWire(t, 1)
	w.table.Set(seven, macOf("a"))
	w.table.Set(seven6, macOf("a"))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		w.table.Lookup(seven)
		w.table.Lookup(seven6)
		w.table.Lookup(other)
	}))
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{1, 10, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := newWire(b, 1)
			for i := range n {
				w.table.Set(numbered(i), macOf("a"))
			}
			a := numbered(0)
			for b.Loop() {
				w.table.Lookup(a)
			}
		})
	}
}
