package conntrack

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A duel is a table beside a model of it.
type duel struct {
	*bed
	model model
}

// packet has a packet with a tuple pass. If it begins a connection that is translated
// as change says, from 1 on; and confirmed, if it gets through.
func (d *duel) packet(t Tuple, change uint8, through bool) {
	want, wantDir := d.model.find(t)
	c, dir, err := d.Track(&t, &any20)
	if want != nil {
		require.NoError(d.t, err)
		require.Equal(d.t, wantDir, dir)
		require.Equal(d.t, want.orig, c.Tuple(Original))
		require.Equal(d.t, want.reply, c.Tuple(Reply))
		d.model.pass(want, dir)
		return
	}
	if want = d.model.begin(t); want == nil {
		require.ErrorIs(d.t, err, ErrInvalid)
		return
	}
	require.NoError(d.t, err)
	if change > 0 {
		want.reply.DstPort += uint16(change - 1)
		want.natted = true
		c.SetReply(want.reply)
		c.SetStatus(SrcNATDone | DstNATDone)
	}
	require.Equal(d.t, d.model.inUse(want.reply, want), d.InUse(&want.reply, c))
	if !through {
		return
	}
	winner, err := d.Confirm(c)
	wantWinner := d.model.confirm(want)
	if wantWinner == nil {
		require.ErrorIs(d.t, err, ErrClash)
		return
	}
	require.NoError(d.t, err)
	require.Equal(d.t, wantWinner.orig, winner.Tuple(Original))
	require.Equal(d.t, wantWinner.reply, winner.Tuple(Reply))
	require.Equal(d.t, wantWinner == want, winner == c)
}

func (d *duel) compare() {
	var lines []string
	for e := range d.Entries() {
		lines = append(lines, fmt.Sprint(e, e.Packets))
	}
	slices.Sort(lines)
	require.Equal(d.t, d.model.lines(), lines)
}

// A few tuples that have to do with each other, and may so clash.
var duelTuples = func() (tuples []Tuple) {
	for _, s := range []string{
		"udp 10.0.0.1:1 192.0.2.1:9", "udp 10.0.0.1:2 192.0.2.1:9", "udp 10.0.0.2:1 192.0.2.1:9",
		"icmp 10.0.0.1:7 192.0.2.1:8", "icmp 10.0.0.1:8 192.0.2.1:8", "icmp 10.0.0.1:7 192.0.2.1:3",
		"89 10.0.0.1:0 192.0.2.1:0", "89 10.0.0.1:0 192.0.2.1:1",
	} {
		t := tuple(s)
		tuples = append(tuples, t)
		if r, ok := t.Invert(); ok {
			r.DstPort += uint16(len(tuples) % 2)
			tuples = append(tuples, r)
		}
	}
	return tuples
}()

func play(t *testing.T, moves []byte) {
	d := &duel{bed: newBed(t, Config{})}
	for ; len(moves) >= 3; moves = moves[3:] {
		op, a, b := moves[0]%16, moves[1], moves[2]
		switch op {
		case 0, 1, 2:
			step := []time.Duration{100 * time.Millisecond, time.Second, 10 * time.Second}[op]
			d.clock.Advance(time.Duration(a%8) * step)
			d.model.now += time.Duration(a%8) * step
		case 3:
			proto := duelTuples[int(a)%len(duelTuples)].Proto
			match := func(e Entry) bool { return e.Original.Proto == proto && e.Reply.DstPort%2 == uint16(b%2) }
			n := 0
			d.model.conns = slices.DeleteFunc(d.model.alive(), func(c *modelConn) bool {
				gone := match(Entry{Original: c.orig, Reply: c.reply})
				if gone {
					n++
				}
				return gone
			})
			require.Equal(t, n, d.Delete(match))
			require.Equal(t, len(d.model.conns), d.Len())
		case 4:
			d.check()
		default:
			d.packet(duelTuples[int(a)%len(duelTuples)], b%4, b&0xf0 != 0)
		}
		d.compare()
	}
	d.check()
}

func TestModel(t *testing.T) {
	t.Parallel()
	random := newRandom(t)
	for range 50 {
		moves := make([]byte, 3*80)
		for i := range moves {
			moves[i] = byte(random())
		}
		play(t, moves)
		if t.Failed() {
			return
		}
	}
}

func FuzzModel(f *testing.F) {
	f.Add([]byte{8, 0, 0xf1, 8, 1, 0xf2, 2, 3, 0, 8, 0, 0xf3})
	f.Add([]byte{8, 6, 0xf0, 8, 7, 0xf0, 1, 7, 0, 3, 6, 0, 4, 0, 0})
	f.Fuzz(play)
}
