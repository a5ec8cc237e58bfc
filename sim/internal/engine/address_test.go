package engine

import (
	"bytes"
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
