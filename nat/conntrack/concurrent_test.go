package conntrack

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Many goroutines track, list and delete the same few connections while time goes on.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{Max: 2000})
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for range 5000 {
				b.step(rand.IntN(3000))
			}
		})
	}
	work.Go(func() {
		for i := range 50 {
			b.clock.Advance(time.Second)
			for e := range b.Entries() {
				if e.Timeout < 0 || e.String() == "" {
					t.Errorf("timeout %v", e.Timeout)
				}
			}
			b.Delete(func(e Entry) bool { return int(e.Original.SrcPort)%50 == i })
		}
	})
	work.Wait()
	require.LessOrEqual(t, b.Len(), 2000)
	b.check()
}

// step has a random packet of connection n pass, as the hooks would.
func (b *bed) step(n int) {
	proto, p := uint8(protoUDP), any20
	if n%2 == 0 {
		proto, p = protoTCP, []Packet{syn, synack, ack, fin, rst}[rand.IntN(5)]
	}
	tup := nth(proto, n)
	if rand.IntN(2) == 0 {
		tup, _ = tup.Invert()
	}
	c, d, err := b.Track(&tup, &p)
	if err != nil {
		return
	}
	if d == Original && !c.has(Confirmed) {
		reply := c.Tuple(Reply)
		reply.DstPort ^= uint16(rand.IntN(2)) << 15
		if !b.InUse(&reply, c) {
			c.SetReply(reply)
		}
		c.SetStatus(SrcNATDone)
		if c, err = b.Confirm(c); err != nil {
			return
		}
	}
	_ = c.Ref(d, false).Conn.Tuple(1 - d)
	c.SetMark(uint32(n))
}

// Who looks for a connection that stays finds it, however the chains move.
func TestFindWhileResizing(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{})
	conns := b.fill(100)
	done := make(chan struct{})
	var work sync.WaitGroup
	for range 2 {
		work.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				tup := nth(protoTCP, i%100)
				if c, _ := b.Find(&tup); c != conns[i%100] {
					t.Errorf("connection %d not found", i%100)
					return
				}
			}
		})
	}
	for range 5 {
		b.flood(1000, 3000)
		b.Delete(func(e Entry) bool { return e.Original.Proto == protoUDP })
	}
	close(done)
	work.Wait()
	b.check()
}

// Of many packets that begin the same flow at once, one's connection is entered and
// takes the others.
func TestConcurrentBegin(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{})
	for i := range 100 {
		tup := nth(protoUDP, i)
		winners := make([]*Conn, 4)
		var work sync.WaitGroup
		for j := range winners {
			work.Go(func() {
				c, _, err := b.Track(&tup, &any20)
				if err == nil {
					c, err = b.Confirm(c)
				}
				assert.NoError(t, err)
				winners[j] = c
			})
		}
		work.Wait()
		for _, c := range winners {
			require.Same(t, winners[0], c)
		}
		require.EqualValues(t, 4, winners[0].entry(0).Packets[Original])
	}
	require.Equal(t, 100, b.Len())
	b.check()
}
