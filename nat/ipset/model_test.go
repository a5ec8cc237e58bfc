package ipset

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A plain is the simplest set there could be: a list of entries with the times at which
// they end.
type plain struct {
	keys    []Key
	nomatch []bool
	ends    []int64
}

func (p *plain) index(k Key, now int64) int {
	for i := range p.keys {
		if p.keys[i] == k && (p.ends[i] == 0 || p.ends[i] > now) {
			return i
		}
	}
	return -1
}

// match looks for the longest network around an address.
func (p *plain) match(k Key, now int64) (in, nomatch bool) {
	best := -1
	for i, e := range p.keys {
		if (p.ends[i] == 0 || p.ends[i] > now) && e.Proto == k.Proto && e.Port == k.Port && e.Net.Contains(k.Net.Addr()) && e.Net.Bits() > best {
			best, in, nomatch = e.Net.Bits(), true, p.nomatch[i]
		}
	}
	return in, nomatch
}

// TestAsPlain makes random changes to sets of networks with ports and asks both.
func TestAsPlain(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	now := int64(time.Hour)
	table := NewTable(func() int64 { return now }, rng.Uint64)
	for _, typ := range []Type{HashIP, HashNet, HashIPPort, HashNetPort} {
		s, err := table.Create(typ.String(), Spec{Type: typ, Timeouts: true})
		require.NoError(t, err)
		p := &plain{}
		for range 4000 {
			bits := 32
			if typ.HasNet() {
				bits = 28 + rng.IntN(5)
			}
			net, _ := netip.AddrFrom4([4]byte{10, 0, 0, byte(rng.IntN(16))}).Prefix(bits)
			k := Key{Net: net}
			if typ.HasPort() {
				k.Proto, k.Port = 6, uint16(rng.IntN(3))
			}
			e := Entry{Key: k, NoMatch: typ.HasNet() && rng.IntN(4) == 0, Timeout: time.Duration(rng.IntN(3)) * time.Second}
			at := p.index(k, now)
			switch rng.IntN(5) {
			case 0, 1:
				exist := rng.IntN(2) == 0
				err := s.Add(e, exist)
				if at >= 0 && !exist {
					require.ErrorIs(t, err, ErrAdded)
					break
				}
				require.NoError(t, err)
				if at >= 0 {
					p.keys[at] = Key{}
				}
				end := int64(0)
				if e.Timeout > 0 {
					end = now + int64(e.Timeout)
				}
				p.keys, p.nomatch, p.ends = append(p.keys, k), append(p.nomatch, e.NoMatch), append(p.ends, end)
			case 2:
				require.Equal(t, at < 0, s.Delete(Entry{Key: k}) != nil)
				if at >= 0 {
					p.keys[at] = Key{}
				}
			case 3:
				now += int64(rng.IntN(int(time.Second)))
			default:
				k.Net, _ = k.Net.Addr().Prefix(32)
				in, nomatch := p.match(k, now)
				q := Packet{Src: k.Net.Addr(), Proto: 6, Ports: [2]uint16{k.Port, k.Port}, HasPorts: true}
				require.Equal(t, in && !nomatch, s.Match(&q, &Ask{N: 2}))
				require.Equal(t, in && nomatch, s.Match(&q, &Ask{N: 2, NoMatch: true}))
			}
		}
	}
}

// A set is never larger than it may be, and what has expired makes room.
func TestBounds(t *testing.T) {
	t.Parallel()
	now := int64(0)
	table := NewTable(func() int64 { return now }, func() uint64 { return 1 })
	s, err := table.Create("s", Spec{Type: HashIP, MaxElem: 3, Timeouts: true, Timeout: time.Second})
	require.NoError(t, err)
	add := func(last byte) error {
		return s.Add(Entry{Key: Key{Net: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, last}), 32)}, Default: true}, false)
	}
	for last := range 3 {
		require.NoError(t, add(byte(last)))
	}
	require.ErrorIs(t, add(9), ErrFull)
	now += int64(time.Second)
	require.NoError(t, add(9))
	require.Len(t, s.Entries(), 1)
	require.ErrorIs(t, s.Add(Entry{Comment: "x"}, false), ErrNoComment)
	_, err = table.Create("s", Spec{})
	require.ErrorIs(t, err, ErrSetExists)
	_, err = table.Create("m", Spec{Type: HashIP, Netmask: 33})
	require.ErrorIs(t, err, ErrValue)
}

// To ask a set allocates nothing, and others may change it meanwhile.
func TestMatchAllocates(t *testing.T) {
	table := NewTable(func() int64 { return 0 }, func() uint64 { return 1 })
	s, err := table.Create("s", Spec{Type: HashNetPort})
	require.NoError(t, err)
	net := netip.MustParsePrefix("10.0.0.0/8")
	require.NoError(t, s.Add(Entry{Key: Key{Net: net, Proto: 6, Port: 80}}, false))
	list, err := table.Create("l", Spec{Type: ListSet})
	require.NoError(t, err)
	require.NoError(t, list.Add(Entry{Key: Key{Set: "s"}}, false))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 1000 {
			s.Add(Entry{Key: Key{Net: netip.PrefixFrom(net.Addr(), 9+i%20), Proto: 6, Port: 80}}, true)
			list.Delete(Entry{Key: Key{Set: "s"}})
			list.Add(Entry{Key: Key{Set: "s"}}, true)
		}
	}()
	p, ask := Packet{Src: net.Addr().Next(), Proto: 6, Ports: [2]uint16{80, 80}, HasPorts: true}, Ask{N: 2}
	for range 1000 {
		require.True(t, s.Match(&p, &ask))
		list.Match(&p, &ask)
	}
	<-done
	require.Zero(t, testing.AllocsPerRun(100, func() { list.Match(&p, &ask) }))
}
