package conntrack

import (
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/faketime"
)

// big is a table with a million connections, which the benchmarks share. Its clock
// stands still: reading one takes some 60 ns, once for Track and each of the others.
var big = sync.OnceValue(func() *Table {
	t := NewTable(Config{Max: 1 << 21, Clock: &faketime.NullClock{}})
	for i := range million {
		tup := flow(i)
		c, err := t.Begin(&tup, &ack)
		if err == nil {
			_, err = t.Confirm(c)
		}
		if err != nil {
			panic(err)
		}
	}
	return t
})

const million = 1_000_000

// flow is one of more than a million TCP flows to a server.
func flow(i int) Tuple {
	return Tuple{
		Src: netip.AddrFrom4([4]byte{10, byte(i >> 15), byte(i >> 23), 1}), Dst: netip.AddrFrom4([4]byte{192, 0, 2, 1}),
		SrcPort: uint16(32768 + i%32768), DstPort: 443, Proto: protoTCP,
	}
}

// shuffled returns i's place in an order that no cache can guess.
func shuffled(i int) int { return i * 7919 * 104729 % million }

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1, 1000, million} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			t := big()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				tup := flow(shuffled(i) % n)
				if c, _ := t.Find(&tup); c == nil {
					b.Fatal("not found")
				}
			}
		})
	}
}

// A plain map behind a lock is what Find is to be compared with.
func BenchmarkFindMap(b *testing.B) {
	var mu sync.RWMutex
	m := map[Tuple]*Conn{}
	for i := range million {
		tup := flow(i)
		reply, _ := tup.Invert()
		k := makeKey(&tup)
		c := newConn(&k, 0, &k)
		m[tup], m[reply] = c, c
	}
	for _, n := range []int{1, 1000, million} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				tup := flow(shuffled(i) % n)
				mu.RLock()
				c := m[tup]
				mu.RUnlock()
				if c.expires.Load() < 0 {
					b.Fatal("not found")
				}
			}
		})
	}
	runtime.KeepAlive(m)
}

func BenchmarkMiss(b *testing.B) {
	t := big()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tup := flow(shuffled(i))
		tup.Proto = protoUDP
		if t.InUse(&tup, nil) {
			b.Fatal("found")
		}
	}
}

// established returns a table with a connection that is open.
func established(b *testing.B) (*Table, *Conn, Tuple) {
	t := NewTable(Config{})
	tup := flow(0)
	c, err := t.Begin(&tup, &syn)
	if err == nil {
		_, err = t.Confirm(c)
	}
	if err == nil {
		err = t.Update(c, Reply, &synack)
	}
	if err == nil {
		err = t.Update(c, Original, &ack)
	}
	if err != nil || !c.has(Assured) {
		b.Fatal(err)
	}
	return t, c, tup
}

func BenchmarkUpdate(b *testing.B) {
	t, c, _ := established(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := t.Update(c, Original, &ack); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUpdateTime is Update without reading the clock, which Track does once.
func BenchmarkUpdateTime(b *testing.B) {
	t, c, _ := established(b)
	now := t.now()
	for b.Loop() {
		now++
		if err := t.update(c, Original, &ack, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTrack(b *testing.B) {
	t, _, tup := established(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := t.Track(&tup, &ack); err != nil {
			b.Fatal(err)
		}
	}
}

// All goroutines track the same connection, which is the worst that they can do.
func BenchmarkTrackParallel(b *testing.B) {
	t, _, tup := established(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := t.Track(&tup, &ack); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkNew is a connection from its first packet until it is confirmed, in tables
// with room and in one that is full, where each displaces another.
func BenchmarkNew(b *testing.B) {
	for name, limit := range map[string]int{"room": 1 << 30, "full": DefaultMax} {
		b.Run(name, func(b *testing.B) {
			t := NewTable(Config{Max: limit})
			if limit == DefaultMax {
				for i := range limit {
					newFlow(b, t, -1-i)
				}
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				newFlow(b, t, i)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "conns/s")
		})
	}
}

func newFlow(b *testing.B, t *Table, i int) {
	tup := nth(protoUDP, i)
	c, _, err := t.Track(&tup, &any20)
	if err == nil {
		_, err = t.Confirm(c)
	}
	if err != nil && err != ErrFull {
		b.Fatal(err)
	}
}
