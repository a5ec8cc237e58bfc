package conntrack

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLifecycle(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{})
	tup := tuple("tcp 10.0.0.1:1000 192.0.2.1:80")
	reply, _ := tup.Invert()
	c, d, err := b.Track(&tup, &syn)
	require.NoError(t, err)
	require.Equal(t, Original, d)
	require.Equal(t, reply, c.Tuple(Reply))

	translated := tuple("tcp 172.17.0.2:8080 198.51.100.1:61000")
	c.SetReply(translated)
	c.SetStatus(SrcNAT | DstNAT | SrcNATDone | DstNATDone | Assured | Dying)
	assert.Equal(t, SrcNAT|DstNAT|SrcNATDone|DstNATDone, c.Status(), "the others are the table's")
	found, _ := b.Find(&tup)
	assert.Nil(t, found, "not confirmed")
	assert.Empty(t, b.lines())
	assert.Zero(t, b.Len())

	for range 2 {
		winner, err := b.Confirm(c)
		require.NoError(t, err)
		require.Same(t, c, winner)
		assert.Equal(t, 1, b.Len())
	}
	found, d = b.Find(&tup)
	assert.Same(t, c, found)
	assert.Equal(t, Original, d)
	found, d = b.Find(&translated)
	assert.Same(t, c, found)
	assert.Equal(t, Reply, d)
	found, _ = b.Find(&reply)
	assert.Nil(t, found)
	c.SetReply(reply)
	assert.Equal(t, translated, c.Tuple(Reply), "too late")
	c.SetMark(7)
	assert.Equal(t, "tcp      6 120 SYN_SENT src=10.0.0.1 dst=192.0.2.1 sport=1000 dport=80 [UNREPLIED] "+
		"src=172.17.0.2 dst=198.51.100.1 sport=8080 dport=61000 mark=7 use=1", b.line())

	require.NoError(t, b.pass(c, Reply, synack))
	for e := range b.Entries() {
		assert.Equal(t, [2]uint64{1, 1}, e.Packets)
		assert.Equal(t, [2]uint64{60, 60}, e.Bytes)
		assert.Equal(t, SynRecv, e.State)
	}
	assert.Zero(t, b.Delete(func(e Entry) bool { return e.Original.DstPort == 81 }))
	assert.Equal(t, 1, b.Delete(func(e Entry) bool { return e.Original.DstPort == 80 }))
	assert.Zero(t, b.Len())
	assert.Empty(t, b.lines())
	assert.True(t, c.has(Dying))
	found, _ = b.Find(&translated)
	assert.Nil(t, found)
}

func TestRefs(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{})
	c := b.begin(tuple("udp 10.0.0.1:1 10.0.0.2:2"), any20)
	for _, d := range []Dir{Original, Reply} {
		for _, related := range []bool{false, true} {
			r := c.Ref(d, related)
			assert.Equal(t, Ref{Conn: c, Dir: d, Related: related}, *r)
			assert.Same(t, r, c.Ref(d, related))
			assert.Zero(t, r.KUID()|r.KGID())
		}
	}
	assert.NotSame(t, Invalid, Untracked)
}

func TestDataPathAllocatesNothing(t *testing.T) {
	b := newBed(t, Config{})
	tup := tuple("tcp 10.0.0.1:1000 10.0.0.2:80")
	c := b.begin(tup, syn)
	require.NoError(t, b.pass(c, Reply, synack))
	p, other := ack, tuple("tcp 10.0.0.1:1001 10.0.0.2:80")
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		found, d := b.Find(&tup)
		_ = b.Update(found, d, &p)
		found, d, _ = b.Track(&tup, &p)
		_ = found.Ref(d, true)
		_ = b.InUse(&other, found)
	}))
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = b.Find(&other) }))
	fresh := nth(protoUDP, 0)
	assert.EqualValues(t, 1, testing.AllocsPerRun(100, func() {
		fresh.SrcPort++
		fc, _, err := b.Track(&fresh, &any20)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = b.Confirm(fc); err != nil {
			t.Fatal(err)
		}
	}), "a connection is one allocation")
}

func TestInUse(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{})
	tup := tuple("udp 10.0.0.1:1000 192.0.2.1:53")
	reply, _ := tup.Invert()
	c := b.begin(tup, any20)
	assert.True(t, b.InUse(&reply, nil))
	assert.True(t, b.InUse(&tup, nil))
	assert.False(t, b.InUse(&reply, c), "its own")

	twin, err := b.Begin(&tup, &any20)
	require.NoError(t, err)
	assert.False(t, b.InUse(&reply, twin), "the same flow")
	stranger := tuple("udp 10.0.0.9:1000 192.0.2.1:53")
	other, err := b.Begin(&stranger, &any20)
	require.NoError(t, err)
	assert.True(t, b.InUse(&reply, other))
	b.clock.Advance(30 * time.Second)
	assert.False(t, b.InUse(&reply, other), "expired")
}

func TestClash(t *testing.T) {
	t.Parallel()
	const sameFlow, sameReply, sameOriginal = "same flow", "same reply", "same original tuple"
	for _, proto := range []string{"udp", "tcp", "icmp", "136", "47", "89"} {
		for _, natted := range []bool{false, true} {
			for _, clash := range []string{sameFlow, sameReply, sameOriginal} {
				b := newBed(t, Config{})
				p := any20
				if proto == "tcp" {
					p = syn
				}
				orig := tuple(proto + " 10.0.0.1:8 192.0.2.1:8")
				first, err := b.Begin(&orig, &p)
				require.NoError(t, err)
				orig2 := orig
				if clash == sameReply {
					orig2 = tuple(proto + " 10.0.0.2:8 192.0.2.1:8")
				}
				second, err := b.Begin(&orig2, &p)
				require.NoError(t, err)
				reply := first.Tuple(Reply)
				if clash == sameOriginal {
					reply.Src = reply.Dst
				}
				second.SetReply(reply)
				if natted {
					first.SetStatus(SrcNATDone)
				}
				_, err = b.Confirm(first)
				require.NoError(t, err)

				b.clock.Advance(3 * time.Second) // were it not for the clash, a reply would make it a stream
				winner, err := b.Confirm(second)
				what := proto + " " + clash
				allowed := proto != "tcp" && proto != "89"
				switch {
				case !allowed, clash == sameReply && natted:
					assert.ErrorIs(t, err, ErrClash, what)
					assert.Nil(t, winner, what)
				case clash == sameFlow || !natted:
					require.NoError(t, err, what)
					assert.Same(t, first, winner, what)
					assert.EqualValues(t, 2, winner.entry(0).Packets[Original], what)
				default:
					require.NoError(t, err, what)
					assert.Same(t, second, winner, what)
					requireHidden(t, b, first, second)
				}
				assert.Len(t, b.lines(), 1, what)
			}
		}
	}
}

// requireHidden checks that second is found by its reply only, and for a second.
func requireHidden(t *testing.T, b *bed, first, second *Conn) {
	t.Helper()
	tup := second.Tuple(Original)
	found, _ := b.Find(&tup)
	require.Same(t, first, found)
	require.Equal(t, 2, b.Len())
	b.clock.Advance(time.Second - 1)
	require.NoError(t, b.pass(second, Reply, any20))
	require.NoError(t, b.pass(second, Reply, any20))
	require.False(t, second.has(Assured))
	b.clock.Advance(1)
	tup = second.Tuple(Reply)
	found, _ = b.Find(&tup)
	require.Nil(t, found)
	require.Zero(t, b.Delete(func(Entry) bool { return false }))
	require.Equal(t, 1, b.Len())
}
