package engine

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPool compares a pool with a search from the start for each address.
func TestPool(t *testing.T) {
	t.Parallel()
	subnet := netip.MustParsePrefix("10.0.0.0/28")
	p := NewPool(subnet, subnet)
	held := map[netip.Addr]bool{}
	lowest := func() (netip.Addr, bool) {
		for a := netip.MustParseAddr("10.0.0.1"); a != netip.MustParseAddr("10.0.0.15"); a = a.Next() {
			if !held[a] {
				return a, true
			}
		}
		return netip.Addr{}, false
	}
	for i := range 1000 {
		if give := netip.AddrFrom4([4]byte{10, 0, 0, byte(i * 7 % 15)}); i%3 == 2 && held[give] {
			p.Release(give)
			delete(held, give)
			continue
		}
		want, ok := lowest()
		got, gotOK := p.Take()
		require.Equal(t, ok, gotOK)
		require.Equal(t, want, got)
		if ok {
			held[got] = true
		}
	}
}

// TestPoolRange: an address outside the range, which was asked for, is not handed out
// when it is free again; behind the last address of all there is none.
func TestPoolRange(t *testing.T) {
	t.Parallel()
	p := NewPool(netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("10.0.0.128/25"))
	low := netip.MustParseAddr("10.0.0.5")
	require.True(t, p.Reserve(low))
	p.Release(low)
	a, ok := p.Take()
	require.True(t, ok)
	require.Equal(t, "10.0.0.128", a.String())

	last := netip.MustParsePrefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127")
	p = NewPool(last, last)
	for _, want := range []bool{true, false, false} {
		_, ok = p.Take()
		require.Equal(t, want, ok)
	}
	p.Release(last.Addr().Next())
	a, ok = p.Take()
	require.True(t, ok)
	require.Equal(t, last.Addr().Next(), a)
}
