package sim

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func sprint(v any) string { return fmt.Sprint(v) }

// TestPool compares a pool with a search from the start for each address.
func TestPool(t *testing.T) {
	t.Parallel()
	subnet := netip.MustParsePrefix("10.0.0.0/28")
	p := newPool(subnet, subnet)
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
			p.release(give)
			delete(held, give)
			continue
		}
		want, ok := lowest()
		got, gotOK := p.take()
		require.Equal(t, ok, gotOK)
		require.Equal(t, want, got)
		if ok {
			held[got] = true
		}
	}
}
