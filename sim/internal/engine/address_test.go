package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func prefixes(list ...string) (p []netip.Prefix) {
	for _, s := range list {
		p = append(p, netip.MustParsePrefix(s))
	}
	return p
}

func TestDefaultPools(t *testing.T) {
	t.Parallel()
	pools := Docker20.DefaultPools()
	require.Len(t, pools, 31)
	require.Equal(t, prefixes("172.17.0.0/16", "172.18.0.0/16"), pools[:2])
	require.Equal(t, prefixes("172.31.0.0/16", "192.168.0.0/20", "192.168.16.0/20"), pools[14:17])
	require.Equal(t, prefixes("192.168.240.0/20"), pools[30:])
}

// TestNextPool: the search goes on behind the last one, passes those in use, and returns to one
// that was given back when it has been round.
func TestNextPool(t *testing.T) {
	t.Parallel()
	pools := prefixes("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24")
	for _, test := range []struct {
		last  int
		inUse []netip.Prefix
		want  int
		ok    bool
	}{
		{-1, nil, 0, true},
		{0, nil, 1, true},
		{2, nil, 0, true},
		{0, prefixes("10.0.1.128/25"), 2, true},
		{1, prefixes("10.0.2.0/24", "10.0.0.0/24"), 1, true},
		{1, prefixes("10.0.0.0/8"), 1, false},
	} {
		index, ok := Docker20.NextPool(pools, test.last, test.inUse)
		require.Equal(t, test.ok, ok)
		require.Equal(t, test.want, index)
	}
}

func TestMACs(t *testing.T) {
	t.Parallel()
	random := func() *bytes.Reader { return bytes.NewReader([]byte{0xde, 0xad, 0xbe, 0xef}) }
	require.Equal(t, "02:42:ac:11:00:02", Docker20.ContainerMAC(netip.MustParseAddr("172.17.0.2"), nil).String())
	require.Equal(t, "02:42:de:ad:be:ef", Docker20.BridgeMAC(random()).String())
	require.Equal(t, "vethdeadbee", Docker20.VethName(random()))
	require.True(t, Docker20.ByMAC(netip.MustParsePrefix("fd00::/80")))
	require.False(t, Docker20.ByMAC(netip.MustParsePrefix("fd00::/81")))
}

func TestComparePriority(t *testing.T) {
	t.Parallel()
	six := Family{Subnet: netip.MustParsePrefix("fd00::/64")}
	want := []Network{
		{Name: "z6", V6: six},
		{Name: "Zed"}, {Name: "alpha"}, {Name: "bridge"}, {Name: "bridgf"},
		{Name: "a", Internal: true, V6: six}, {Name: "A", Internal: true},
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Docker20.ComparePriority)
	require.Equal(t, want, got)
}

// TestStartOrder is what forty starts of real containers showed: with three networks the order goes
// round from any of them, most often from the first; with two it is reversed in 14 of 64.
func TestStartOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for n, want := range map[int]map[string]float64{
		1: {"[0]": 1},
		2: {"[0 1]": 50. / 64, "[1 0]": 14. / 64},
		3: {"[0 1 2]": 38. / 64, "[1 2 0]": 13. / 64, "[2 0 1]": 13. / 64},
	} {
		got := make(map[string]float64)
		const times = 10000
		for range times {
			got[fmt.Sprint(Docker29.StartOrder(n, random.IntN))] += 1. / times
		}
		require.InDeltaMapValues(t, want, got, 0.02)
	}
	many := Docker28.StartOrder(20, random.IntN)
	slices.Sort(many)
	require.Len(t, slices.Compact(many), 20)
	require.Nil(t, Docker20.StartOrder(3, random.IntN))
}

// TestGateways: before 28 one network has all, later each family is the first's that leads on.
func TestGateways(t *testing.T) {
	t.Parallel()
	v4, v6 := Family{Subnet: netip.MustParsePrefix("172.18.0.0/16")}, Family{Subnet: netip.MustParsePrefix("fd00::/64")}
	only4, only6, both, inside := Network{Name: "d", V4: v4}, Network{Name: "c", V6: v6}, Network{Name: "b", V4: v4, V6: v6}, Network{Name: "a", V4: v4, Internal: true}
	first := Network{Name: "z", V4: v4, GwPriority: 7}
	list := []Network{inside, only4, first, both, only6}
	slices.SortFunc(list, Docker29.ComparePriority)
	var names []string
	for _, n := range list {
		names = append(names, n.Name)
	}
	require.Equal(t, []string{"z", "b", "c", "d", "a"}, names)
	for _, test := range []struct {
		list   []Network
		v4, v6 int
	}{
		{list, 0, 1}, {[]Network{inside}, -1, -1}, {[]Network{only6, only4}, 1, 0}, {nil, -1, -1},
	} {
		v4, v6 := Docker29.Gateways(test.list)
		require.Equal(t, [2]int{test.v4, test.v6}, [2]int{v4, v6})
	}
	v, w := Docker20.Gateways([]Network{inside})
	require.Equal(t, [2]int{}, [2]int{v, w})
}
